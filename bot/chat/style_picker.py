"""The style picker: pages of styles with their buttons."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from PIL import Image
from telegram import InlineKeyboardMarkup

from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads, GoneError, UnavailableError
from bot.chat.samples import Page, Samples
from bot.conversation import MAX_PAINTINGS, AskStyle, Kept, Sent, Session, Style
from bot.views import captions
from bot.views.images import Tile, in_image_thread, pages, sheet, styles_of, styles_sheet
from engine.errors import UnknownStyleError
from engine.imaging.encoding import encode_jpeg
from engine.styles.catalogue import catalogue

log = logging.getLogger(__name__)

_GONE: Final = encode_jpeg(Image.new("RGB", (64, 64), "#2f2823"))
"""The tile of a picture that Telegram has lost: empty but for its number."""


async def show(context: ChatContext, effect: AskStyle, session: Session, samples: Samples) -> int | None:
    """Show a page of styles, and return its message; if it is the user's own and empty, say so."""
    downloads = samples.downloads
    person, say = session.person, context.texts
    if effect.page == "mine":
        if not person.styles:
            await context.tell(say("no-styles-yet"))
            return None
        own = await _sheet_of(context, person.styles, downloads)
        keyboard = context.keys.kept(person.styles, effect.draft_id)
        covered = any(one.covered for kept in person.styles for one in kept.styles if isinstance(one, Sent))
        return await _put(context, effect, own, say("my-styles"), keyboard, covered=covered)
    styles = catalogue().now.all
    page = effect.page % pages(styles)
    first, shown = styles_of(page, styles)
    painted = samples.of(context, session, shown)
    picture = await in_image_thread(styles_sheet, page, styles) if painted is None else painted
    if effect.greet:
        question = context.worded("start", name=context.name or "none")
    elif session.awaiting == "blend":
        question = context.worded("ask-blend")
    else:
        question = context.worded("gallery" if session.photo is None else "ask-style")
    caption = captions.gallery(say, question, first, shown)
    keyboard = context.keys.styles(
        page, styles, last=bool(person.last), mine=bool(person.styles), draft_id=effect.draft_id
    )
    covered = bool(painted and session.photo and session.photo.covered)
    message = await _put(context, effect, picture, caption, keyboard, covered=covered)
    samples.begin(context, session, Page(shown, first, message, caption, keyboard))
    return message


async def _put(
    context: ChatContext,
    effect: AskStyle,
    picture: bytes,
    caption: str,
    keyboard: InlineKeyboardMarkup,
    *,
    covered: bool = False,
) -> int:
    if effect.new:
        return (await context.show(picture, caption, keyboard, covered=covered)).message_id
    return await context.replace_picture(picture, caption, keyboard, covered=covered)


async def _sheet_of(context: ChatContext, styles: tuple[Kept, ...], downloads: Downloads) -> bytes:
    found = await asyncio.gather(*(_fetched(context, style, downloads) for style in styles))
    return await in_image_thread(sheet, [Tile(image, number) for number, image in enumerate(found, start=1)])


async def _fetched(context: ChatContext, kept: Kept, downloads: Downloads) -> tuple[bytes, ...]:
    """Return the paintings of a kept style."""
    return tuple(
        await asyncio.gather(*(_painting(context, style, downloads) for style in kept.styles[:MAX_PAINTINGS]))
    )


async def _painting(context: ChatContext, style: Style, downloads: Downloads) -> bytes:
    try:
        return (await downloads.fetch(context.bot, style)).data
    except (GoneError, UnavailableError, UnknownStyleError):
        log.info("the picture of a kept style cannot be had")
        return _GONE
