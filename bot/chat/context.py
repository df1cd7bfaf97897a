"""The context of an event: the user, the chat, and the messages that the bot sends there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2s
from typing import Any, TypeVar

from telegram import (
    CallbackQuery,
    ForceReply,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.conversation.callback_data import read
from bot.i18n import Texts, texts
from bot.transport import ephemeral
from bot.transport.capabilities import UNASKED, Capabilities
from bot.transport.ephemeral import Occasion
from bot.transport.errors import (
    is_administrator_needed,
    is_button_style_refused,
    is_not_modified,
    is_wrong_kind,
)
from bot.views.keyboards import Keys
from engine.queue import Job

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class ChatContext:
    """One message or tap of a user in a chat."""

    bot: ExtBot[Any]
    chat: int
    person: int
    name: str
    language: str | None
    update: int = 0
    """The update's id."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    """The optional features that the Bot API server and the chat take."""
    source: Message | None = None
    """The user's message."""
    tap: CallbackQuery | None = None
    chosen: str | None = None
    """The language that the user has chosen."""
    late: bool = False
    """True if the tap was answered without a text while it waited for its turn."""
    answered: bool = False
    """True once the tap has been answered; Telegram takes one answer."""
    finished: bool = False
    """True once the updates were finished together with the saving of the session."""
    answers: set[asyncio.Task[None]] = field(default_factory=set)
    """Answers to the tap on their way. Nothing waits for them but the end of the update."""
    refused: bool = False
    """True if the pictures of the message cannot be painted."""
    acted_on: set[str] = field(default_factory=set)
    """The jobs that an attempt at the event has stopped, deleted, or had sent again; its answer may
    be lost."""
    reporting: bool | None = None
    """Whether the event sends a reported painting to the admins; None until an attempt has decided that."""
    erased: list[Job] = field(default_factory=list)
    """The jobs that an attempt has erased, or was about to."""
    erased_language: str | None = None
    """The language that the user had chosen, as an attempt has erased it, or was about to."""
    refusals: list[str] = field(default_factory=list)
    """The kinds of refusals in this attempt, for the admins' figures."""
    turn_in: Callable[[int], contextlib.AbstractAsyncContextManager[object]] = lambda _: (
        contextlib.nullcontext()
    )
    """Returns the lock of a chat that this one has become."""
    home: int | None = None
    """The chat's former id, if it became a supergroup meanwhile."""
    sent: dict[tuple[int, int], Message] = field(default_factory=dict)
    """The messages that were sent, by their chat and their number within an attempt at the event."""
    messages: int = 0
    """The number of messages in this attempt."""

    @property
    def tapper(self) -> int | None:
        """The user who tapped, also where the button is of a chat in whose name somebody spoke."""
        return self.tap.from_user.id if self.tap else None

    @property
    def texts(self) -> Texts:
        """The texts in the user's language."""
        return texts(self.chosen or self.language)

    @property
    def keys(self) -> Keys:
        """The keyboards of this user."""
        return Keys(self.texts, self.person)

    @property
    def private(self) -> bool:
        """True in a private chat, which has its user's number. Groups have negative ones."""
        return self.chat == self.person > 0

    @property
    def thread(self) -> int | None:
        """The topic of the message, in a chat that has topics; None for General."""
        message = self.source or (self.tap.message if self.tap else None)
        return topic_of(message) if isinstance(message, Message) and not self.home else None

    @property
    def message(self) -> int | None:
        """The message whose button was tapped; None if it was left behind in a group's former chat.

        None as well for an ephemeral message, which has a number of another kind.
        """
        tapped = self.tap.message if self.tap and not self.home else None
        return (tapped.message_id or None) if tapped else None

    @property
    def ephemeral(self) -> int | None:
        """The number of the tapped message if only the user who taps sees it."""
        return ephemeral.number_of(self.tap.message) if self.tap and not self.home else None

    @property
    def occasion(self) -> Occasion | None:
        """What lets the bot answer so that nobody else in the group sees it; None if nothing does.

        Somebody who speaks in the name of a chat is nobody's user.
        """
        if self.chat > 0 or self.home:
            return None
        if self.tap:
            return Occasion(self.chat, self.tap.from_user.id, self.thread, tap=self.tap.id)
        source = self.source
        if source is None or source.from_user is None or source.sender_chat is not None:
            return None
        return Occasion(self.chat, source.from_user.id, self.thread, command=ephemeral.number_of(source))

    def has_button(self, data: str | None = None) -> bool:
        """Return whether the tapped message has a button with these data; without any, one of this user's.

        A program may send any data with any message, but what the message is, Telegram says. Of an old one it
        gives the number alone.
        """
        message = self.tap.message if self.tap else None
        if not isinstance(message, Message) or message.reply_markup is None:
            return False
        offered = (str(key.callback_data) for row in message.reply_markup.inline_keyboard for key in row)
        return any(each == data if data else read(each)[1] == self.person for each in offered)

    def new_id(self) -> str:
        """Return an id for a draft, the same for every attempt at this update; short, as buttons carry it."""
        what: object = self.update
        if self.tap:
            what = self.tap.id
        elif self.source:
            edited = self.source.edit_date is not None  # the message has led to another one before
            by_update = edited or not self.source.message_id  # an ephemeral message has another number
            what = f"edit {self.update}" if by_update else self.source.message_id
        return blake2s(f"{self.home or self.chat}:{self.person}:{what}".encode(), digest_size=9).hexdigest()

    def move(self, chat: int) -> None:
        """Go on in the supergroup that the chat has become; its messages have other numbers there."""
        self.home, self.chat = self.home or self.chat, chat

    def begin_attempt(self) -> None:
        """Begin to handle the event, perhaps once more: messages that were sent are not sent again."""
        self.messages = 0
        self.refusals.clear()

    # Messages

    def worded(self, key: str, /, **values: str | float) -> str:
        """Return a text; in a group its variant for groups, if there is one."""
        in_group = f"{key}-group"
        return self.texts(key if self.private or not self.texts.knows(in_group) else in_group, **values)

    async def say(
        self, text: str, keyboard: InlineKeyboardMarkup | None = None, *, awaited: bool = False
    ) -> Message:
        """Send a text; in a group as a reply, so that all see whom it is for.

        An ``awaited`` message is to be sent as a reply to this one, in a group.
        """
        forced = ForceReply(selective=True) if awaited and keyboard is None and not self.private else None
        return await self.once(keyboard, lambda keys: self._send(text, keys or forced))

    async def tell(self, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Send a text that is for the user alone: in a group nobody else sees it, if Telegram can do that."""

        async def send(keys: InlineKeyboardMarkup | None) -> Message:
            return await self._send_unseen(text, keys) or await self._send(text, keys)

        await self.once(keyboard, send)

    async def _send(self, text: str, keyboard: InlineKeyboardMarkup | ForceReply | None) -> Message:
        return await self.bot.send_message(
            self.chat,
            text,
            reply_markup=keyboard,
            reply_parameters=self._reply(),
            message_thread_id=self.thread,
        )

    async def _send_unseen(self, text: str, keyboard: InlineKeyboardMarkup | None) -> Message | None:
        """Send a text that the user alone sees; None if that cannot be done here and now."""
        to = self.occasion
        if to is None or not await self.capabilities.knows_ephemeral(self.bot):
            return None
        if not to.is_eligible and not self.capabilities.allows(self.chat, UNASKED):
            return None
        return await self._send_unseen_to(to, text, keyboard)

    async def _send_unseen_to(
        self, to: Occasion, text: str, keyboard: InlineKeyboardMarkup | None
    ) -> Message | None:
        try:
            sent = await ephemeral.send(self.bot, to, text, keyboard)
        except Forbidden:  # it may be about the user
            return None
        except BadRequest as error:
            if is_button_style_refused(error):
                raise
            if to.is_eligible and self.capabilities.allows(self.chat, UNASKED):
                # Too late, perhaps: an administrator of the chat may always send one.
                return await self._send_unseen_to(replace(to, tap=None, command=None), text, keyboard)
            if is_administrator_needed(error):
                self.capabilities.refuse(self.chat, UNASKED, error)
            return None
        if ephemeral.number_of(sent) is None:
            self.capabilities.lacks_ephemeral()
        return sent

    async def apologise(self, code: str) -> None:
        """Say that the event was interrupted, as far as that can be said."""
        text = self.texts.error(code)
        with contextlib.suppress(TelegramError):
            await self.answer()
            await self._send_unseen(text, None) or await self._send(text, None)

    async def show(
        self,
        picture: bytes,
        caption: str,
        keyboard: InlineKeyboardMarkup | None = None,
        *,
        covered: bool = False,
    ) -> Message:
        """Send a picture; ``covered`` hides it until it is tapped."""
        return await self.once(
            keyboard,
            lambda keys: self.bot.send_photo(
                self.chat,
                picture,
                caption=caption,
                reply_markup=keys,
                reply_parameters=self._reply(),
                message_thread_id=self.thread,
                has_spoiler=covered or None,
            ),
        )

    async def replace_picture(
        self, picture: bytes, caption: str, keyboard: InlineKeyboardMarkup, *, covered: bool = False
    ) -> int:
        """Replace the picture of the tapped message; if it is gone, send a new one. Return the message."""
        if self.message is None:
            return (await self.show(picture, caption, keyboard, covered=covered)).message_id
        media = InputMediaPhoto(picture, caption=caption, has_spoiler=covered or None)
        try:
            await self._styled(
                keyboard,
                lambda keys: self.bot.edit_message_media(media, self.chat, self.message, reply_markup=keys),
            )
        except BadRequest as error:
            if not is_not_modified(error):
                log.info("a message could not be edited: %s", error)
                return (await self.show(picture, caption, keyboard, covered=covered)).message_id
        return self.message

    async def take_off(self, message: int) -> None:
        """Take the buttons off a message that has had its day, as far as Telegram lets us."""
        try:
            await self.bot.edit_message_reply_markup(self.chat, message, reply_markup=None)
        except TelegramError as error:
            log.info("the buttons of a message stay: %s", error)

    async def edit(self, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """Edit the text or caption, and the buttons, of the tapped message.

        Of an old message Telegram gives the number alone; its kind is known only by the attempt to edit it.
        """
        message = self.tap.message if self.tap else None
        if self.ephemeral is not None:
            await self._edit_unseen(self.ephemeral, text, keyboard)
            return
        if message is None or self.message is None:
            await self.tell(text, keyboard)
            return
        pictured = not isinstance(message, Message) or message.text is None
        try:
            try:
                await self._reword(text, keyboard, pictured=pictured)
            except BadRequest as error:
                if not is_wrong_kind(error):
                    raise
                await self._reword(text, keyboard, pictured=not pictured)
        except BadRequest as error:
            if not is_not_modified(error):
                raise

    async def _edit_unseen(self, number: int, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
        """Edit the tapped message that only this user sees; if it is gone, send another one."""
        assert self.tap is not None  # noqa: S101 - that message was tapped
        bot, chat, person = self.bot, self.chat, self.tap.from_user.id
        try:
            await self._styled(keyboard, lambda keys: ephemeral.edit(bot, chat, person, number, text, keys))
        except BadRequest as error:
            if not is_not_modified(error):
                await self.tell(text, keyboard)

    async def answer(self, text: str | None = None, *, alert: bool = False) -> None:
        """Answer the tap, unless it has been answered or is too old.

        If it was answered before its turn, an alert becomes a message, and a toast is dropped.
        """
        if self.tap is None or self.answered:
            return
        self.answered = True
        if self.late:
            if text and alert:
                await self.tell(text)
            return
        self.answers.add(asyncio.create_task(self._answer(self.tap.id, text, alert=alert)))

    async def _answer(self, tap: str, text: str | None, *, alert: bool) -> None:
        """Answer a tap. Whatever it asks for does not wait for this."""
        try:
            await self.bot.answer_callback_query(tap, text, show_alert=alert)
        except TelegramError as error:
            log.info("a tap could not be answered (%s)", type(error).__name__)

    async def _reword(self, text: str, keyboard: InlineKeyboardMarkup | None, *, pictured: bool) -> None:
        chat, message = self.chat, self.message
        await self._styled(
            keyboard,
            lambda keys: (
                self.bot.edit_message_caption(chat, message, caption=text, reply_markup=keys)
                if pictured
                else self.bot.edit_message_text(text, chat, message, reply_markup=keys)
            ),
        )

    async def once(
        self,
        keyboard: InlineKeyboardMarkup | None,
        send: Callable[[InlineKeyboardMarkup | None], Awaitable[Message]],
    ) -> Message:
        """Send a message, unless an earlier attempt has sent it."""
        self.messages += 1
        place = self.chat, self.messages
        if place not in self.sent:
            self.sent[place] = await self._styled(keyboard, send)
        return self.sent[place]

    async def _styled(
        self,
        keyboard: InlineKeyboardMarkup | None,
        call: Callable[[InlineKeyboardMarkup | None], Awaitable[T]],
    ) -> T:
        return await (
            call(None)
            if keyboard is None
            else self.capabilities.with_button_styles(self.chat, keyboard, call)
        )

    def _reply(self) -> ReplyParameters | None:
        if self.private or self.home:
            return None
        about = self.source.message_id if self.source else self.message
        return None if not about else ReplyParameters(about, allow_sending_without_reply=True)


def topic_of(message: Message) -> int | None:
    """Return the topic of a message; None for General, and in a chat without topics."""
    return message.message_thread_id if message.is_topic_message else None
