"""The application's handlers: they turn Telegram's updates into the conversation's events."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from telegram import (
    Bot,
    ChatMember,
    ChatMemberRestricted,
    ExternalReplyInfo,
    Message,
    MessageEntity,
    Update,
)
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.chat.context import ChatContext, topic_of
from bot.chat.dispatcher import Dispatcher
from bot.chat.guests import GuestQuery, Guests
from bot.chat.inline import Inline
from bot.chat.senders import sender_of
from bot.chat.uploads import guest_picture, is_by, replied_picture
from bot.conversation import Command, Edited, Event, Other, Pictures, Tapped, Words
from bot.i18n import texts
from bot.storage.inbox import Inbox
from bot.storage.sessions import Sessions
from bot.transport.capabilities import UNASKED
from bot.transport.ephemeral import number_of
from bot.updates.albums import Albums
from bot.updates.context import UpdateContext
from bot.updates.intake import InboxBot
from bot.updates.migrations import Migrations
from bot.updates.processor import ChatOrderedProcessor
from bot.updates.restriction import Restriction
from engine.queue import persist

log = logging.getLogger(__name__)

KINDS: Final = {
    "video": "video",
    "animation": "animation",
    "video_note": "video",
    "voice": "voice",
    "audio": "voice",
    "sticker": "sticker",
}
"""The kinds of messages that have an answer of their own, by the message's field in the Bot API."""

App = Application[Any, Any, Any, Any, Any, Any]


def build(
    dispatcher: Dispatcher,
    inline: Inline,
    bot: InboxBot,
    inbox: Inbox,
    restriction: Restriction | None = None,
) -> App:
    """Return the application around a bot; ``restriction``: the chats that it serves, all of them if None."""
    albums, migrations = Albums(), Migrations()
    guests = Guests(dispatcher.orders, dispatcher.sessions, dispatcher.refusals)
    handlers = UpdateHandlers(dispatcher, guests, albums, migrations)
    builder = ApplicationBuilder().bot(bot).context_types(ContextTypes(context=UpdateContext))
    application: App = builder.concurrent_updates(ChatOrderedProcessor(inbox, albums, migrations)).build()
    if restriction:
        application.add_handler(TypeHandler(Update, restriction.check), group=-1)  # before all others
    application.add_handler(MessageHandler(filters.UpdateType.MESSAGE, handlers.message))
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, handlers.edited))
    application.add_handler(MessageHandler(filters.UpdateType.GUEST_MESSAGE, handlers.guest))
    application.add_handler(CallbackQueryHandler(handlers.tap))
    application.add_handler(InlineQueryHandler(partial(_answer_inline, inline=inline)))
    application.add_handler(ChatMemberHandler(handlers.membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_error_handler(partial(_report_error, sessions=dispatcher.sessions))
    return application


@dataclass(frozen=True, slots=True)
class UpdateHandlers:
    """The handlers of each kind of update."""

    dispatcher: Dispatcher
    guests: Guests
    albums: Albums
    migrations: Migrations

    async def message(self, update: Update, context: UpdateContext) -> None:
        """Handle a message, or an album by its first one."""
        message = update.message
        if message is None or message.from_user is None:  # a channel's post
            return
        if message.migrate_to_chat_id:
            async with context.turn_in(message.migrate_to_chat_id):
                move = partial(self.dispatcher.sessions.move, message.chat_id, message.migrate_to_chat_id)
                await persist(move, "moving sessions")
            return
        if filters.StatusUpdate.ALL.check_update(update) or _is_posted_from_answer(message, context.bot.id):
            return
        messages = await self.albums.gather(message) if message.media_group_id else [message]
        said = [_text_to_bot(each, context.bot.username) for each in messages]
        words = next(filter(None, said), next((each for each in said if each is not None), None))
        if words is None:  # none of it was said to the bot
            return
        chat_context = self._chat_context(update, context)
        captions = {id(each): text or "" for each, text in zip(messages, said, strict=True)}
        pictures = [each for each in messages if _is_picture(each)]
        update_ids = tuple(context.batch.update_ids)
        if pictures and is_ephemeral(message):  # its painting would be for everybody's eyes
            await self.dispatcher.handle(chat_context, Other("unseen"), update_ids)
        elif pictures:
            around = _words_around(
                pictures, words, [captions[id(each)] for each in pictures], context.bot.username
            )
            await self.dispatcher.handle_pictures(chat_context, pictures, around, update_ids)
        else:
            event = _event(message, words, context.bot.username)
            await self.dispatcher.handle(chat_context, event, update_ids)
        context.batch.finished = chat_context.finished

    async def edited(self, update: Update, context: UpdateContext) -> None:
        """Handle a text or a caption that was edited, as far as it may name a style."""
        message = update.edited_message
        if message is None or message.from_user is None or is_ephemeral(message):
            return
        words = _text_to_bot(message, context.bot.username) or ""
        name, argument = _command(words) if words.startswith("/") else ("paint", words)
        if name == "paint" and argument:
            chat_context = self._chat_context(update, context)
            event = Edited(argument, message.message_id, album=message.media_group_id is not None)
            await self.dispatcher.handle(chat_context, event, tuple(context.batch.update_ids))
            context.batch.finished = chat_context.finished

    async def guest(self, update: Update, context: UpdateContext) -> None:
        """Handle a message that names the bot in a chat where it is no member."""
        message, sender = update.guest_message, sender_of(update)
        if message is None or message.guest_query_id is None or sender is None:
            return
        words = _text_to_bot(message, context.bot.username) or ""
        words = _command(words)[1] if words.startswith("/") else words
        # What it orders belongs to the user's private chat: that is where a guest can send something.
        chat_context = ChatContext(
            context.bot,
            sender.id,
            sender.id,
            sender.name,
            sender.language,
            update.update_id,
            self.dispatcher.capabilities,
        )
        query = GuestQuery(message.guest_query_id, words, guest_picture(message))
        await self.guests.answer(chat_context, query, tuple(context.batch.update_ids))
        context.batch.finished = chat_context.finished

    async def tap(self, update: Update, context: UpdateContext) -> None:
        """Handle a tap on an inline button."""
        query = update.callback_query
        if query and query.message:
            chat_context = self._chat_context(update, context)
            event = Tapped(query.data or "")
            await self.dispatcher.handle(chat_context, event, tuple(context.batch.update_ids))
            context.batch.finished = chat_context.finished

    async def membership(self, update: Update, context: UpdateContext) -> None:
        """Greet a group that the bot has joined; a supergroup, unless it was a group that was greeted."""
        change = update.my_chat_member
        if change is None or change.chat.type not in (change.chat.GROUP, change.chat.SUPERGROUP):
            return
        self.dispatcher.capabilities.try_again(change.chat.id, UNASKED)
        was, is_now = (_is_member(each) for each in (change.old_chat_member, change.new_chat_member))
        if not is_now or was:
            return
        if change.chat.type == change.chat.GROUP or not await self.migrations.has(change.chat.id):
            await self.dispatcher.greet(self._chat_context(update, context), tuple(context.batch.update_ids))

    def _chat_context(self, update: Update, context: UpdateContext) -> ChatContext:
        chat, sender = update.effective_chat, sender_of(update)
        assert chat is not None  # noqa: S101 - the handlers have looked
        assert sender is not None  # noqa: S101 - the same
        return ChatContext(
            context.bot,
            chat.id,
            sender.id,
            sender.name,
            sender.language,
            update.update_id,
            self.dispatcher.capabilities,
            source=update.message or update.edited_message,
            tap=update.callback_query,
            late=context.batch.tap_answered,
            answers=context.batch.answers,
            turn_in=context.turn_in,
        )


def is_ephemeral(message: Message) -> bool:
    """Return whether a message is for the bot alone; in its group nobody else sees it."""
    return number_of(message) is not None


def _words_around(
    messages: Sequence[Message], words: str, captions: Sequence[str], username: str
) -> Callable[[Pictures], Pictures]:
    """Return what adds to pictures what is said with them."""
    # Whoever sends a picture below a channel's post does not ask for the channel's picture.
    reply_to = None if _is_comment(messages[0]) else replied_picture(messages[0], username)
    said = [_command(each)[1] if each.startswith("/") else each for each in (words, *captions)]

    def complete(pictures: Pictures) -> Pictures:
        return replace(pictures, caption=said[0], captions=tuple(said[1:]), reply_to=reply_to)

    return complete


def _event(message: Message, words: str, username: str) -> Event:
    if message.text is None:
        return Other(_kind_of(message) or "other")
    picture, comment = replied_picture(message, username), _is_comment(message)
    name, argument = _command(words) if words.startswith("/") else ("", words)
    original = message.reply_to_message or message.external_reply
    if name in ("", "paint") and original and not picture and not is_by(message.reply_to_message, username):
        kind = _kind_of(original)
        if kind and not comment:
            return Other(kind)
    number = message.message_id or None  # an ephemeral message has none
    return (
        Command(name, argument, picture, comment, number) if name else Words(words, picture, comment, number)
    )


def _command(text: str) -> tuple[str, str]:
    """Return the name of a command, without the bot's, and what stands behind it after any white space."""
    name, argument = (*text[1:].split(maxsplit=1), "", "")[:2]
    return name.partition("@")[0].lower() or "/", argument.strip()


def _is_comment(message: Message) -> bool:
    """Return whether a message stands below a channel's post, to which Telegram makes it a reply."""
    return message.reply_to_message is not None and bool(message.reply_to_message.is_automatic_forward)


def _kind_of(message: Message | ExternalReplyInfo) -> str | None:
    return next((KINDS[kind] for kind in KINDS if getattr(message, kind)), None)


def _text_to_bot(message: Message, username: str) -> str | None:
    """Return a message's text or caption without mentions of the bot; None if it is not for the bot.

    In a group the bot hears commands, messages that mention it, and replies to it.
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
    text = _storable(text).strip()
    command = text.startswith("/")
    if command:
        addressee = text.split(maxsplit=1)[0].partition("@")[2]
        if addressee and addressee.lower() != username.lower():
            return None
    to_bot = is_by(message.reply_to_message, username)
    # A reply to an ephemeral message may come without that message.
    unseen = number_of(message) is not None
    for_bot = message.chat.type == message.chat.PRIVATE or command or bool(mentions) or to_bot or unseen
    return text if for_bot else None


def _is_for_bot(update: Update, username: str) -> bool:
    """Return whether an update is for the bot; without privacy mode it hears all messages of a group."""
    message = update.message
    if message is None:
        return update.callback_query is not None
    return not filters.StatusUpdate.ALL.check_update(update) and _text_to_bot(message, username) is not None


def _is_posted_from_answer(message: Message, bot: int) -> bool:
    """Return whether a message is one that the bot has offered in inline mode."""
    return message.via_bot is not None and message.via_bot.id == bot


def _is_member(member: ChatMember) -> bool:
    """Return whether a member of a chat is in it."""
    if isinstance(member, ChatMemberRestricted):
        return bool(member.is_member)
    return member.status not in (ChatMember.LEFT, ChatMember.BANNED)


def _storable(text: str) -> str:
    """Return the text without what PostgreSQL does not store: NUL, and half a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _without(text: str, entity: MessageEntity) -> str:
    """Return the text without an entity, whose place Telegram counts in UTF-16."""
    units = text.encode("utf-16-le")
    start, end = entity.offset * 2, (entity.offset + entity.length) * 2
    return (units[:start] + units[end:]).decode("utf-16-le")


def _is_picture(message: Message) -> bool:
    sticker = message.sticker
    static = sticker is not None and not sticker.is_animated and not sticker.is_video
    # Telegram gives an animation as a document too.
    document = message.document is not None and message.animation is None
    return bool(message.photo or message.live_photo or document or static)


async def _answer_inline(update: Update, context: UpdateContext, inline: Inline) -> None:
    if update.inline_query:
        await inline.answer(context.bot, update.inline_query)


async def _report_error(update: object, context: UpdateContext, sessions: Sessions | None = None) -> None:
    """Log an error that no handler has caught, and tell the user that it was not their fault."""
    log.error("An update could not be handled.", exc_info=context.error)
    if isinstance(update, Update):
        if update.callback_query:  # or its button would show a clock
            with contextlib.suppress(TelegramError):
                await context.bot.answer_callback_query(update.callback_query.id)
        await apologise(context.bot, update, "error-internal", sessions)


async def apologise(bot: Bot, update: Update, key: str, sessions: Sessions | None = None) -> None:
    """Send the text ``key`` to the chat of an update for the bot that could not be handled."""
    if update.effective_chat is None or not _is_for_bot(update, bot.username):
        return
    sender, message = sender_of(update), update.effective_message
    chosen = await sessions.language(sender.id) if sender and sessions else None
    say = texts(chosen or (sender.language if sender else None))
    thread = topic_of(message) if isinstance(message, Message) else None
    try:
        await bot.send_message(update.effective_chat.id, say(key), message_thread_id=thread)
    except TelegramError as error:
        log.warning("update %d: the apology was not sent (%s)", update.update_id, type(error).__name__)
