"""The tapped message is changed whatever it is, and however much Telegram tells of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from telegram import CallbackQuery, Chat, InaccessibleMessage, MaybeInaccessibleMessage, Message, User
from telegram.error import BadRequest

from bot.chat.context import ChatContext

CHAT = Chat(1, "private")
ADA = User(1, "Ada", is_bot=False)
LONG_AGO = dt.datetime.fromtimestamp(0, dt.UTC)


class Telegram:
    """What it does with one message."""

    def __init__(self, kind: str, *, same: bool = False) -> None:
        self.kind, self.same = kind, same
        self.tried: list[str] = []

    async def edit_message_text(self, text: str, *_: object, **__: object) -> None:
        """Change a text."""
        self._edit("text")

    async def edit_message_caption(self, *_: object, **__: object) -> None:
        """Change a caption."""
        self._edit("caption")

    def _edit(self, kind: str) -> None:
        self.tried.append(kind)
        if kind != self.kind:
            raise BadRequest(f"There is no {kind} in the message to edit")
        if self.same:
            raise BadRequest("Message is not modified: specified new message content is exactly the same")


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("kind", ["text", "caption"])
@pytest.mark.parametrize(
    "message", [Message(7, LONG_AGO, CHAT), InaccessibleMessage(CHAT, 7)], ids=["as read", "as documented"]
)
async def test_an_old_message_is_changed_as_what_it_turns_out_to_be(
    message: MaybeInaccessibleMessage, kind: str, same: bool
) -> None:
    telegram: Any = Telegram(kind, same=same)
    await ChatContext(telegram, 1, 1, "Ada", "en", tap=CallbackQuery("t", ADA, "1", message)).edit("new")
    assert telegram.tried[-1] == kind
    assert len(telegram.tried) <= 2


async def test_a_text_is_changed_at_once_and_another_refusal_is_told() -> None:
    telegram: Any = Telegram("text")
    tap = CallbackQuery("t", ADA, "1", Message(7, dt.datetime.now(dt.UTC), CHAT, text="old"))
    context = ChatContext(telegram, 1, 1, "Ada", "en", tap=tap)
    await context.edit("new")
    assert telegram.tried == ["text"]
    telegram.kind = "nothing"
    with pytest.raises(BadRequest, match="no caption"):
        await context.edit("new")


def test_an_edited_message_leads_to_another_job_than_the_message_did() -> None:
    telegram: Any = None
    sent = Message(7, dt.datetime.now(dt.UTC), CHAT, caption="mosaic")
    edited = Message(7, sent.date, CHAT, caption="stained glass", edit_date=sent.date)
    ids = [
        ChatContext(telegram, 1, 1, "Ada", "en", update, source=source).new_id()
        for update, source in ((1, sent), (2, sent), (3, edited), (3, edited), (4, edited))
    ]
    assert ids[0] == ids[1]
    assert ids[2] == ids[3], "another attempt at the same edit"
    assert len(set(ids)) == 3
