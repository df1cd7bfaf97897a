"""The senders of messages and taps: users, and the chats in whose name they speak.

An anonymous administrator speaks as the group, and others may speak as a channel. All of them share one user
of Telegram's own, so such a sender is known by the chat. Taps always come from the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram import ChatMember, Message, Update
from telegram.error import BadRequest, Forbidden

from bot.chat.context import ChatContext
from bot.conversation.callback_data import Action, JobAction

ADMINISTRATORS: Final = frozenset({ChatMember.ADMINISTRATOR, ChatMember.OWNER})
ERASING: Final[frozenset[str]] = frozenset({Action.FORGET, JobAction.DELETE, JobAction.ERASE})
"""The buttons that erase something for good, or lead there."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of an update."""

    id: int
    """The user's id; the chat's, which is negative, if somebody speaks in its name."""
    name: str
    language: str | None


def sender_of(update: Update) -> Sender | None:
    """Return the sender of an update; None for one without a user."""
    user, message = update.effective_user, update.message or update.edited_message or update.guest_message
    if message is not None and message.sender_chat is not None:
        return Sender(message.sender_chat.id, message.sender_chat.title or "", None)
    return Sender(user.id, user.first_name, user.language_code) if user else None


def sender_id(message: Message) -> int | None:
    """Return the id of a message's sender, as :class:`Sender` has it."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user else None


async def acts_for(context: ChatContext, owner: int | None, action: str) -> bool:
    """Return whether the user who taps may use the button of ``owner``, and let the context act for that one.

    An anonymous administrator's buttons are for all administrators of the group, a channel's for everybody in
    the chat, but for those that erase something.
    """
    if owner is None or owner == context.person:
        return True
    if owner > 0 or context.chat > 0:
        return False
    for_all = owner not in (context.chat, context.home) and action not in ERASING
    if not (for_all or await _is_administrator(context)):
        return False
    context.person = owner
    return True


async def _is_administrator(context: ChatContext) -> bool:
    try:
        member = await context.bot.get_chat_member(context.chat, context.person)
    except (BadRequest, Forbidden):
        return False
    return member.status in ADMINISTRATORS
