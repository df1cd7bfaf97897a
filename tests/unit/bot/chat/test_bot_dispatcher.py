"""The retries while Telegram does not answer."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TelegramError

from bot.chat.context import ChatContext
from bot.chat.retries import DELAYS, MAX_ATTEMPTS, MAX_SERVER_FAULTS, with_retries
from bot.updates.processor import ChatLocks
from tests.unit.bot.clockwork import simulate

AWAY = NetworkError("away")


class Moves:
    """The store of sessions, as far as it is asked to move some."""

    def __init__(self) -> None:
        self.made: list[tuple[int, int]] = []

    async def move(self, chat: int, to: int) -> None:
        """Note a move."""
        self.made.append((chat, to))


def _times(answers: Sequence[TelegramError | None]) -> list[float]:
    """When work is tried that comes to such ends, in seconds; if the last one is an error, it is raised."""
    context = ChatContext(None, 1, 1, "Ada", "en")  # type: ignore[arg-type]  # nothing is said here
    sessions: Any = Moves()
    tried: list[float] = []

    async def story() -> None:
        left, start = list(answers), asyncio.get_running_loop().time()

        async def work() -> None:
            tried.append(asyncio.get_running_loop().time() - start)
            if error := left.pop(0):
                raise error

        await with_retries(context, sessions, work)

    simulate(story())
    return tried


def test_an_outage_is_tried_again_ever_less_often() -> None:
    assert _times([*[AWAY] * 7, None]) == pytest.approx([0, 1, 3, 8, 18, 48, 78, 108])


def test_ten_minutes_are_waited_for_and_after_half_an_hour_it_is_told() -> None:
    assert _times([*[AWAY] * (MAX_ATTEMPTS - 1), None])[-1] > 2 * 600
    with pytest.raises(NetworkError):
        _times([AWAY] * MAX_ATTEMPTS)


def test_a_server_that_fails_for_ever_is_asked_three_times() -> None:
    fault = NetworkError("Internal Server Error: sent message was immediately deleted")
    with pytest.raises(NetworkError):
        _times([fault] * MAX_SERVER_FAULTS)
    assert _times([fault, AWAY, fault, None])[-1] < 20, "and blocks its chat for seconds"


def test_silence_is_kept_as_long_as_telegram_wants_it() -> None:
    assert _times([RetryAfter(dt.timedelta(seconds=300)), None]) == pytest.approx([0, 300])
    assert _times([RetryAfter(dt.timedelta(seconds=0)), None]) == pytest.approx([0, DELAYS[0]])


def test_what_telegram_refuses_is_not_tried_again() -> None:
    with pytest.raises(BadRequest):
        _times([BadRequest("no"), None])


async def test_a_request_that_meets_the_migration_of_its_group_goes_on_in_the_new_one() -> None:
    context = ChatContext(None, -5, 1, "Ada", "en", update=9)  # type: ignore[arg-type]
    sessions: Any = Moves()
    seen, first = [], context.new_id()

    async def work() -> None:
        seen.append(context.chat)
        if context.chat == -5:
            raise ChatMigrated(-1005)

    await with_retries(context, sessions, work)
    assert seen == [-5, -1005]
    assert sessions.made == [(-5, -1005)]
    assert context.new_id() == first, "what was queued before is not queued again"


@pytest.mark.parametrize("chat", [1, -1_000_000_000_005, -5], ids=["private", "supergroup", "migrated"])
async def test_the_migration_of_another_chat_moves_nothing_and_waits_for_nobody(chat: int) -> None:
    context = ChatContext(None, chat, 1, "Ada", "en", update=9)  # type: ignore[arg-type]
    context.turn_in = ChatLocks().of
    sessions: Any = Moves()

    async def work() -> None:
        raise ChatMigrated(-1_000_000_000_007)

    with pytest.raises(ChatMigrated):
        await asyncio.wait_for(with_retries(context, sessions, work), 1)
    assert sessions.made == ([(-5, -1_000_000_000_007)] if chat == -5 else [])
