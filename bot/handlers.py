"""Telegram updates become events; thin on purpose."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final

from telegram import Message, MessageEntity, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.albums import Albums
from bot.atelier import Atelier
from bot.conversation import Command, Event, Other, Pictures, Tapped, Words
from bot.pacing import Patience
from bot.texts import texts
from bot.uploads import picture_of
from bot.visit import Visit
from engine.errors import AtelierError

log = logging.getLogger(__name__)

CONCURRENT_UPDATES: Final = 256
MEDIA_TIMEOUT: Final = 60.0
"""Seconds that an upload may take."""
KINDS: Final = {
    "video": "video",
    "animation": "animation",
    "video_note": "video",
    "voice": "voice",
    "audio": "voice",
    "sticker": "sticker",
}
"""What has an answer of its own, by Telegram's word for it."""

App = Application[Any, Any, Any, Any, Any, Any]


def build(atelier: Atelier, token: str, api_url: str) -> App:
    """Build the application for one Bot API server; nothing but the address tells Telegram from another."""
    application: App = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .rate_limiter(Patience())
        .concurrent_updates(CONCURRENT_UPDATES)
        .connection_pool_size(64)
        .pool_timeout(30.0)
        .media_write_timeout(MEDIA_TIMEOUT)
        .read_timeout(30.0)
        .build()
    )
    albums = Albums()

    async def message(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message
        if message is None or message.from_user is None:  # a channel's post
            return
        if message.migrate_to_chat_id:
            await atelier.sessions.move(message.chat_id, message.migrate_to_chat_id)
            return
        visit = _visit(update, context.bot, message)
        words = _said(message, context.bot.username)
        if words is None or filters.StatusUpdate.ALL.check_update(update):
            return
        if _is_picture(message):

            def frame(pictures: Pictures) -> Pictures:
                caption = "" if pictures.caption == message.caption else pictures.caption
                about = words or caption
                if about.startswith("/"):  # /paint, most likely: a picture says so itself
                    about = about.partition(" ")[2]
                return replace(pictures, caption=about, reply_to=_reply(message))

            if not message.media_group_id:
                await atelier.pictures(visit, lambda: _only(message), frame)
            elif albums.add(message):
                await atelier.pictures(visit, lambda: albums.gather(message), frame)
        else:
            await atelier.happen(visit, _event(message, words))

    async def tap(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query and query.message:
            person = query.from_user
            visit = Visit(
                context.bot,
                query.message.chat.id,
                person.id,
                person.first_name,
                person.language_code,
                update.update_id,
                tap=query,
            )
            await atelier.happen(visit, Tapped(query.data or ""))

    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, message))
    application.add_handler(CallbackQueryHandler(tap))
    application.add_error_handler(_error)
    return application


def _visit(update: Update, bot: Any, message: Message) -> Visit:
    person = message.from_user
    assert person is not None  # noqa: S101 - the handler has looked
    return Visit(
        bot,
        message.chat_id,
        person.id,
        person.first_name,
        person.language_code,
        update.update_id,
        source=message,
    )


def _event(message: Message, words: str) -> Event:
    if message.text is None:
        kind = next((KINDS[kind] for kind in KINDS if getattr(message, kind)), "other")
        return Other(kind)
    if words.startswith("/"):
        name, _, argument = words[1:].partition(" ")
        return Command(name.partition("@")[0].lower(), argument.strip(), _reply(message))
    return Words(words, _reply(message))


def _said(message: Message, username: str) -> str | None:
    """A message's words, without the bot's name; None if it was not said to the bot.

    In a group the bot hears commands, what mentions it and replies to it.
    """
    text = message.text or message.caption or ""
    entities = message.parse_entities() | message.parse_caption_entities()
    mentions = [
        entity
        for entity, words in entities.items()
        if entity.type == MessageEntity.MENTION and words.lower() == f"@{username}".lower()
    ]
    for entity in sorted(mentions, key=lambda entity: entity.offset, reverse=True):
        text = _without(text, entity)
    text = text.strip()
    command = text.startswith("/")
    if command:
        to = text.split(maxsplit=1)[0].partition("@")[2]
        if to and to.lower() != username.lower():
            return None
    replied = message.reply_to_message
    to_bot = replied is not None and replied.from_user is not None and replied.from_user.username == username
    spoken_to = message.chat.type == message.chat.PRIVATE or command or bool(mentions) or to_bot
    return text if spoken_to else None


def _without(text: str, entity: MessageEntity) -> str:
    """Cut an entity out; Telegram counts in UTF-16."""
    units = text.encode("utf-16-le")
    start, end = entity.offset * 2, (entity.offset + entity.length) * 2
    return (units[:start] + units[end:]).decode("utf-16-le")


def _is_picture(message: Message) -> bool:
    sticker = message.sticker
    static = sticker is not None and not sticker.is_animated and not sticker.is_video
    # Telegram gives an animation as a document too.
    document = message.document is not None and message.animation is None
    return bool(message.photo or message.live_photo or document or static)


def _reply(message: Message) -> Any:
    """The earlier picture that a message replies to, if it is one."""
    try:
        return picture_of(message.reply_to_message)
    except AtelierError:  # it cannot be painted, so it is not meant
        return None


async def _only(message: Message) -> list[Message]:
    return [message]


async def _error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note what no one caught, and tell the person that it was not their fault."""
    log.error("An update could not be handled.", exc_info=context.error)
    if isinstance(update, Update) and update.effective_chat:
        person = update.effective_user
        say = texts(person.language_code if person else None)
        await context.bot.send_message(update.effective_chat.id, say.error("internal"))
