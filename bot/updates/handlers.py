"""Telegram updates become events; thin on purpose."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import Any, Final

from telegram import Bot, Message, MessageEntity, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.chat.context import ChatContext
from bot.chat.dispatcher import Dispatcher
from bot.chat.uploads import picture_of
from bot.conversation import Command, Event, Other, Pictures, Tapped, Words
from bot.delivery.deliveries import Deliveries
from bot.i18n import texts
from bot.storage.inbox import Inbox
from bot.transport.capabilities import Capabilities
from bot.updates.albums import Albums
from bot.updates.intake import InboxBot
from bot.updates.processor import STOPPED, ChatOrderedProcessor, answered, handled
from engine.errors import AtelierError

log = logging.getLogger(__name__)

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


def build(dispatcher: Dispatcher, deliveries: Deliveries, bot: InboxBot, inbox: Inbox) -> App:
    """Build the application around a bot."""
    albums = Albums()
    application: App = (
        ApplicationBuilder().bot(bot).concurrent_updates(ChatOrderedProcessor(inbox, albums)).build()
    )

    async def message(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message
        if message is None or message.from_user is None:  # a channel's post
            return
        if message.migrate_to_chat_id:
            await dispatcher.sessions.move(message.chat_id, message.migrate_to_chat_id)
            return
        if filters.StatusUpdate.ALL.check_update(update):
            return
        messages = await albums.gather(message) if message.media_group_id else [message]
        said = [_said(each, context.bot.username) for each in messages]
        words = next(filter(None, said), next((each for each in said if each is not None), None))
        if words is None:  # nobody spoke to the bot
            return
        chat_context = _chat_context(update, context.bot, message, dispatcher.capabilities)
        pictures = [each for each in messages if _is_picture(each)]
        if not pictures:
            await dispatcher.happen(chat_context, _event(message, words), handled())
            return
        reply_to = _reply(pictures[0])
        # A command in a caption is /paint, most likely: a picture says so itself.
        caption = words.partition(" ")[2] if words.startswith("/") else words

        def frame(looked: Pictures) -> Pictures:
            return replace(looked, caption=caption, reply_to=reply_to)

        await dispatcher.pictures(chat_context, pictures, frame, handled())

    async def tap(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        if query and query.message:
            person = query.from_user
            chat_context = ChatContext(
                context.bot,
                query.message.chat.id,
                person.id,
                person.first_name,
                person.language_code,
                update.update_id,
                dispatcher.capabilities,
                tap=query,
                late=answered(),
            )
            await dispatcher.happen(chat_context, Tapped(query.data or ""), handled())

    async def other(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if stopped := update.api_kwargs.get(STOPPED):
            await deliveries.stopped(int(stopped["chat"]["id"]), int(stopped["draft_id"]))

    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, message))
    application.add_handler(CallbackQueryHandler(tap))
    application.add_handler(TypeHandler(Update, other))
    application.add_error_handler(_error)
    return application


def _chat_context(update: Update, bot: Any, message: Message, capabilities: Capabilities) -> ChatContext:
    person = message.from_user
    assert person is not None  # noqa: S101 - the handler has looked
    return ChatContext(
        bot,
        message.chat_id,
        person.id,
        person.first_name,
        person.language_code,
        update.update_id,
        capabilities,
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
    text = _plain(text).strip()
    command = text.startswith("/")
    if command:
        to = text.split(maxsplit=1)[0].partition("@")[2]
        if to and to.lower() != username.lower():
            return None
    replied = message.reply_to_message
    to_bot = replied is not None and replied.from_user is not None and replied.from_user.username == username
    spoken_to = message.chat.type == message.chat.PRIVATE or command or bool(mentions) or to_bot
    return text if spoken_to else None


def _meant(update: Update, username: str) -> bool:
    """Whether an update is for the bot: without privacy mode it hears all that is said in a group."""
    message = update.message
    if message is None:
        return update.callback_query is not None
    return not filters.StatusUpdate.ALL.check_update(update) and _said(message, username) is not None


def _plain(text: str) -> str:
    """Leave out what no message shows and PostgreSQL does not store: NUL, and half a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


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


async def _error(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Note what no one caught, and tell the person that it was not their fault."""
    log.error("An update could not be handled.", exc_info=context.error)
    if isinstance(update, Update):
        if update.callback_query:  # or its button would show a clock
            with contextlib.suppress(TelegramError):
                await context.bot.answer_callback_query(update.callback_query.id)
        await apologise(context.bot, update, "error-internal")


async def apologise(bot: Bot, update: Update, key: str) -> None:
    """Tell whoever said something to the bot what became of it; what cannot be told is noted."""
    if update.effective_chat is None or not _meant(update, bot.username):
        return
    person = update.effective_user
    say = texts(person.language_code if person else None)
    try:
        await bot.send_message(update.effective_chat.id, say(key))
    except TelegramError as error:
        log.warning("update %d: no apology (%s)", update.update_id, type(error).__name__)
