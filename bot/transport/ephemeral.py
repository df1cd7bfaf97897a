"""Ephemeral messages, of Bot API 10.2 and 10.3: messages in a group that one user and the bot see.

Any bot may answer so within 15 seconds of a tap, or of a command that is ephemeral itself; an administrator
of the chat always. Telegram does not promise that such a message arrives. python-telegram-bot 22.8 does not
know them, so what they need is sent and read beside its own fields.

A server that does not know a parameter ignores it, and all would see the message. It is told by the methods
that came with the parameter: one that it does not know either, it calls unknown.

Source: https://core.telegram.org/bots/api#ephemeral-messages-and-commands
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from telegram import Bot, InlineKeyboardMarkup, MaybeInaccessibleMessage, Message
from telegram.error import BadRequest, EndPointNotFound

NUMBER: Final = "ephemeral_message_id"
"""The field with the number of an ephemeral message; its ``message_id`` is 0."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A user in a chat, and what they did that lets the bot answer so that nobody else sees it."""

    chat: int
    person: int
    thread: int | None = None
    tap: str | None = None
    """The id of their tap."""
    command: int | None = None
    """The number of their ephemeral message."""

    @property
    def is_eligible(self) -> bool:
        """True if any bot may answer; False if only an administrator of the chat may."""
        return self.tap is not None or self.command is not None


async def is_known(bot: Bot) -> bool:
    """Return whether the Bot API server knows ephemeral messages. A call that names none of them tells.

    Raises:
        NetworkError: no answer.
        RetryAfter: flood control.
    """
    try:
        await bot.do_api_request("deleteEphemeralMessage")
    except EndPointNotFound:
        return False
    except BadRequest:
        return True
    return True


def number_of(message: MaybeInaccessibleMessage | None) -> int | None:
    """Return the number of an ephemeral message; None for any other."""
    number = message.api_kwargs.get(NUMBER) if message else None
    return number if isinstance(number, int) else None


async def send(bot: Bot, to: Occasion, text: str, keyboard: InlineKeyboardMarkup | None) -> Message:
    """Send a text that one user sees. From a server that does not know this, it is an ordinary message.

    Raises:
        BadRequest: it is too late for this occasion, or the bot is no administrator of the chat.
    """
    receiver: dict[str, Any] = {"receiver_user_id": to.person}
    if to.tap:
        receiver["callback_query_id"] = to.tap
    # 10.3 has them in an object of their own, 10.2 beside the others; each ignores what it does not know.
    beside: dict[str, Any] = {"ephemeral_message_parameters": receiver, **receiver}
    if to.command:
        beside["reply_parameters"] = {NUMBER: to.command}
    return await bot.send_message(
        to.chat, text, reply_markup=keyboard, message_thread_id=to.thread, api_kwargs=beside
    )


async def edit(
    bot: Bot, chat: int, person: int, number: int, text: str, keyboard: InlineKeyboardMarkup | None
) -> None:
    """Replace the text and the buttons of an ephemeral message.

    Raises:
        BadRequest: it is gone, or says that already.
    """
    what: dict[str, Any] = {"chat_id": chat, "receiver_user_id": person, NUMBER: number, "text": text}
    if keyboard is not None:
        what["reply_markup"] = keyboard.to_dict()
    await bot.do_api_request("editEphemeralMessageText", api_kwargs=what)
