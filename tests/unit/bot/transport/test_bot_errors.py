"""Each refusal of Telegram's is told from all others by its description."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pytest
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.transport.errors import (
    RECIPIENT_REFUSED,
    is_administrator_needed,
    is_button_style_refused,
    is_chat_gone,
    is_effect_refused,
    is_file_too_big,
    is_file_unavailable,
    is_message_gone,
    is_not_modified,
    is_picture_refused,
    is_reaction_refused,
    is_removed_at_once,
    is_sending_forbidden,
    is_server_fault,
    is_topic_gone,
    is_wrong_kind,
    retry_delay,
)

NOT_MODIFIED = "Message is not modified: specified new message content is exactly the same"
NO_MESSAGE = "Message to edit not found"
NO_CHAT = "Chat not found"
TOO_BIG = "File is too big"
STYLE = "Can't parse inline keyboard button: unsupported button style specified"
NO_TEXT = "There is no text in the message to edit"
NO_RIGHTS = "Not enough rights to send photos to the chat"
NO_TOPIC = "Message thread not found"
NO_REACTION = "REACTION_INVALID"
NOT_NOW = "Wrong file_id or the file is temporarily unavailable"
REFUSALS = (
    *(NOT_MODIFIED, NO_MESSAGE, NO_CHAT, TOO_BIG, STYLE, NO_TEXT),
    *(
        NO_RIGHTS,
        NO_TOPIC,
        NO_REACTION,
        NOT_NOW,
        "TOPIC_CLOSED",
        "PHOTO_INVALID_DIMENSIONS",
        "USER_NOT_PARTICIPANT",
    ),
)


@pytest.mark.parametrize(
    ("predicate", "descriptions"),
    [
        (is_wrong_kind, (NO_TEXT, "There is no caption in the message to edit")),
        (is_not_modified, (NOT_MODIFIED,)),
        (
            is_message_gone,
            (NO_MESSAGE, "Message to delete not found", "Message can't be edited", "MESSAGE_ID_INVALID"),
        ),
        (is_reaction_refused, (NO_REACTION,)),
        (is_sending_forbidden, (NO_RIGHTS, "TOPIC_CLOSED", "CHAT_SEND_PHOTOS_FORBIDDEN")),
        (is_topic_gone, (NO_TOPIC,)),
        (is_file_unavailable, (NOT_NOW,)),
        (is_picture_refused, (TOO_BIG, "PHOTO_INVALID_DIMENSIONS", "IMAGE_PROCESS_FAILED")),
        (is_server_fault, ("Internal Server Error: sent message was immediately deleted",)),
        (is_chat_gone, (NO_CHAT, "User is deactivated", "PEER_ID_INVALID")),
        (is_button_style_refused, (STYLE,)),
        (is_file_too_big, (TOO_BIG,)),
        (is_effect_refused, ("Can't use message effects in the chat", "EFFECT_ID_INVALID")),
        (is_administrator_needed, ("BOT_NOT_ADMIN", "CHAT_ADMIN_REQUIRED")),
        (is_removed_at_once, ("Internal Server Error: sent message was immediately deleted",)),
    ],
)
def test_a_predicate_knows_its_own_refusals_and_no_others(
    predicate: Callable[[TelegramError], bool], descriptions: Sequence[str]
) -> None:
    for description in descriptions:
        assert predicate(BadRequest(description)), description
    for description in set(REFUSALS) - set(descriptions):
        assert not predicate(BadRequest(description)), description


@pytest.mark.parametrize("wait", [3, dt.timedelta(seconds=3)])
def test_the_delay_of_a_flood_wait_is_in_seconds(wait: int | dt.timedelta) -> None:
    assert retry_delay(RetryAfter(wait)) == 3.0


def test_a_message_to_who_has_blocked_the_bot_is_refused() -> None:
    assert isinstance(Forbidden("bot was blocked by the user"), RECIPIENT_REFUSED)
