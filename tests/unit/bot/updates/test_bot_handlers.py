"""Who is told that something went wrong waits for no answer to their tap."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import CallbackQuery, Chat, Message, Update, User
from telegram.error import TimedOut

from bot.chat.context import ChatContext
from bot.chat.retries import reporting_outages
from bot.updates.handlers import _report_error

ADA = User(1, "Ada", is_bot=False, language_code="en")
MESSAGE = Message(7, dt.datetime.now(dt.UTC), Chat(1, "private"))
TAP = CallbackQuery("tap-1", ADA, "1", message=MESSAGE, data="m:s")


class Speaker:
    """A bot that notes what it is told to do."""

    username = "atelier_bot"

    def __init__(self, *, lame: bool = False) -> None:
        self.done: list[tuple[str, Any]] = []
        self._lame = lame

    async def answer_callback_query(self, query: str, *_: object, **__: object) -> None:
        """Answer a tap."""
        self.done.append(("answer", query))
        if self._lame:
            raise TimedOut

    async def send_message(self, chat: int, *_: object, **__: object) -> None:
        """Say something."""
        self.done.append(("say", chat))


def _stumble() -> None:
    raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize("lame", [False, True])
async def test_a_tap_is_answered_when_the_database_is_away(lame: bool) -> None:
    speaker: Any = Speaker(lame=lame)
    context = ChatContext(speaker, 1, 1, "Ada", "en", tap=TAP)
    async with reporting_outages(context):
        _stumble()
    await asyncio.wait(context.answers)
    assert sorted(speaker.done) == [("answer", "tap-1"), ("say", 1)]


@pytest.mark.parametrize("lame", [False, True])
async def test_a_tap_is_answered_when_nobody_knows_what_went_wrong(lame: bool) -> None:
    speaker: Any = Speaker(lame=lame)
    context: Any = SimpleNamespace(bot=speaker, error=ValueError())
    await _report_error(Update(1, callback_query=TAP), context)
    assert speaker.done == [("answer", "tap-1"), ("say", 1)]
