"""The meaning of Telegram's refusals. Few of them have an error code of their own; all have a description."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError, TimedOut

RECIPIENT_REFUSED: Final = (BadRequest, Forbidden)
"""The errors of a message to a user who has blocked the bot, or who is gone."""


def reason(error: TelegramError) -> str:
    """Return the reason of a call without an answer in a few words, without the address: it has a token."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "its certificate is not valid here; is the clock right?"
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "it does not speak TLS"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "its name is not known here; is there a network?"
    if any(isinstance(cause, httpx.RemoteProtocolError) for cause in causes):
        return "what answers there is no Bot API server"
    for cause in reversed(causes):
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno)
    if isinstance(error, TimedOut):
        return "no answer"
    return "no connection" if len(causes) > 1 else str(error).rstrip(".")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it, the first cause last."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__


def is_wrong_kind(error: TelegramError) -> bool:
    """Return whether an edit was for a caption and the message is a text, or the reverse."""
    return _says(error, "there is no text in the message", "there is no caption in the message")


def is_not_modified(error: TelegramError) -> bool:
    """Return whether an edit was refused because the message has that content already."""
    return _says(error, "not modified")


def is_message_gone(error: TelegramError) -> bool:
    """Return whether the message to edit or to delete does not exist any more, or cannot be edited."""
    return _says(
        error,
        "message to edit not found",
        "message to delete not found",
        "message can't be edited",
        "message_id_invalid",
    )


def is_chat_gone(error: TelegramError) -> bool:
    """Return whether the chat does not exist any more."""
    return _says(error, "chat not found", "user is deactivated", "peer_id_invalid")


def is_button_style_refused(error: TelegramError) -> bool:
    """Return whether a keyboard was refused because of the colours of its buttons."""
    return _says(error, "style")


def is_administrator_needed(error: TelegramError) -> bool:
    """Return whether something was refused because the bot is no administrator of the chat."""
    return _says(error, "admin")


def is_effect_refused(error: TelegramError) -> bool:
    """Return whether a message was refused because of its effect."""
    return _says(error, "effect")


def is_sending_forbidden(error: TelegramError) -> bool:
    """Return whether the bot may not send this kind of message to the chat, or none at all."""
    return _says(
        error,
        "not enough rights to send",
        "have no rights to send",
        "have no write access",
        "write_forbidden",
        "_forbidden",
        "chat_restricted",
        "topic_closed",
    )


def is_topic_gone(error: TelegramError) -> bool:
    """Return whether the topic of a message does not exist any more."""
    return _says(error, "message thread not found", "topic_deleted")


def is_picture_refused(error: TelegramError) -> bool:
    """Return whether a call was refused because of its picture or film, and not because of what it does."""
    return _says(
        error,
        "photo_invalid_dimensions",
        "image_process_failed",
        "photo_save_file_invalid",
        "photo_ext_invalid",
        "video_file_invalid",
        "video_content_type_invalid",
        "too big",
        "too large",
        "file must be non-empty",
    )


def is_reaction_refused(error: TelegramError) -> bool:
    """Return whether a chat takes no reactions, or not this one, or the server knows none."""
    return _says(error, "reaction_", "reactions_", "reactions are", "method_unknown")


def is_server_fault(error: TelegramError) -> bool:
    """Return whether the Bot API server has answered that it failed: the call may have taken effect."""
    return str(error).lower().startswith("internal server error")


def is_file_unavailable(error: TelegramError) -> bool:
    """Return whether a file cannot be had now. Telegram says the same of a file that it does not know."""
    return _says(error, "temporarily unavailable")


def is_removed_at_once(error: TelegramError) -> bool:
    """Return whether a message was sent, and a moderator of the chat has removed it at once."""
    return _says(error, "immediately deleted")


def is_file_too_big(error: TelegramError) -> bool:
    """Return whether a file was refused because a bot may not download that many bytes."""
    return _says(error, "too big")


def retry_delay(error: RetryAfter) -> float:
    """Return the seconds that Telegram's flood control asks the bot to wait."""
    wait = error.retry_after
    return wait if isinstance(wait, (int, float)) else wait.total_seconds()


def _says(error: TelegramError, *descriptions: str) -> bool:
    said = str(error).lower()
    return any(each in said for each in descriptions)
