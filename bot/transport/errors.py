"""Tell what a refusal of Telegram's means."""

from __future__ import annotations

from telegram.error import BadRequest, RetryAfter, TelegramError


def of_the_other_kind(error: BadRequest) -> bool:
    """Whether a caption was to be changed where there is a text, or a text where there is a picture."""
    return any(f"there is no {words} in the message" in str(error).lower() for words in ("text", "caption"))


def unchanged(error: BadRequest) -> bool:
    """Whether an edit was refused because the message is so already."""
    return "not modified" in str(error).lower()


def gone(error: BadRequest) -> bool:
    """Whether there is no message to edit or to delete any more."""
    words = str(error).lower()
    return any(
        each in words
        for each in (
            *("message to edit not found", "message to delete not found"),
            *("message can't be edited", "message_id_invalid"),
        )
    )


def nobody(error: TelegramError) -> bool:
    """Whether there is no chat any more."""
    words = str(error).lower()
    return any(each in words for each in ("chat not found", "user is deactivated", "peer_id_invalid"))


def seconds(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    wait = error.retry_after
    return wait if isinstance(wait, (int, float)) else wait.total_seconds()
