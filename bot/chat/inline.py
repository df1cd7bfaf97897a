"""Inline mode: in any chat, a user picks one of their own paintings or a style, and posts it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from telegram import (
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultCachedPhoto,
    InputTextMessageContent,
)
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.conversation import CatalogueStyle, style_titles
from bot.i18n import Texts, texts
from bot.storage.job_address import Address, owner
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.views.captions import credit_line, shared
from bot.views.keyboards import paint_mine
from engine.queue import Job, Queue, State, persist
from engine.styles.catalogue import catalogue

log = logging.getLogger(__name__)

MAX_PAINTINGS: Final = 30
"""Paintings of one answer, the newest first; styles have the rest of the room."""
MAX_RESULTS: Final = 50
"""Results of one answer that Telegram takes."""
JOBS_SEARCHED: Final = 200
"""Jobs of a user that are searched for paintings."""
ONE: Final = "#"
"""Marks the query of a painting's Share button; the job's id follows."""

Result = InlineQueryResultCachedPhoto | InlineQueryResultArticle


def share_query(job_id: str) -> str:
    """Return the query that finds one painting."""
    return f"{ONE}{job_id}"


@dataclass(frozen=True, slots=True)
class Inline:
    """Answers inline queries. Nothing of an answer is stored, here or at Telegram."""

    queue: Queue
    people: People
    sessions: Sessions
    invites: bool = True
    """True if the bot paints for everybody, so that a painting or a style may lead others to it."""

    async def answer(self, bot: ExtBot[Any], query: InlineQuery) -> None:
        """Answer a query with the user's paintings and the styles that it names; an empty one, with all."""
        user = query.from_user
        say = texts(await self.sessions.language(user.id) or user.language_code)
        results: list[Result] = []
        if not await persist(lambda: self.people.is_banned(user.id), "looking for a ban"):
            jobs = await persist(lambda: self.queue.jobs(owner(user.id), JOBS_SEARCHED), "reading jobs")
            words = query.query.strip().casefold()
            paintings = islice(_paintings(bot, say, jobs, words, self.invites), MAX_PAINTINGS)
            styles = _styles(bot, say, words) if self.invites else ()
            results = [*paintings, *styles][:MAX_RESULTS]
        try:
            await bot.answer_inline_query(query.id, results, cache_time=0, is_personal=True)
        except TelegramError as error:  # another letter was typed meanwhile
            log.info("an inline query could not be answered (%s)", type(error).__name__)


def _paintings(bot: ExtBot[Any], say: Texts, jobs: list[Job], words: str, invites: bool) -> Iterator[Result]:
    for job in jobs:
        address = Address.of(job)
        if address is None or not address.shareable or job.state is not State.DONE:
            continue
        if words.startswith(ONE) and job.id.casefold() != words.removeprefix(ONE):
            continue
        if not words.startswith(ONE) and words not in address.style.casefold():
            continue
        yield InlineQueryResultCachedPhoto(
            job.id,
            address.shareable,
            title=address.style,
            caption=shared(say, address),
            reply_markup=paint_mine(say, bot.username, address.draft.styles[0]) if invites else None,
        )


def _styles(bot: ExtBot[Any], say: Texts, words: str) -> Iterator[Result]:
    if words.startswith(ONE):
        return
    for style in catalogue().now.all:
        title, credit = style_titles.title(say, style), credit_line(say, style)
        if words not in f"{title} {credit}".casefold():
            continue
        text = InputTextMessageContent(say("share", style=title))
        keyboard = paint_mine(say, bot.username, CatalogueStyle(id=style.id))
        yield InlineQueryResultArticle(f"style-{style.id}", title, text, keyboard, description=credit or None)
