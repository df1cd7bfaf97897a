"""Nobody who asks the bot something waits for a database that fell silent."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any

import pytest

from bot.ops import http_server
from bot.ops.http_server import DatabaseMetrics
from bot.storage.claims import Claims
from bot.timeouts import within
from bot.updates import webhook
from bot.updates.webhook import SECRET_HEADER, WebhookAddress, WebhookReceiver
from engine.queue import open_database, uninterrupted


class Silence:
    """Transactions that end when the connection is given up."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.ended = 0

    @uninterrupted
    async def transaction(self, *_: object) -> None:
        """Wait for an answer."""
        await self.over.wait()
        self.ended += 1
        raise OSError("given up")

    async def end(self) -> list[object]:
        """Give the connection up; gives what asyncio complains of then."""
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        self.over.set()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        gc.collect()
        return complaints


async def test_what_takes_too_long_is_cancelled_and_not_waited_for() -> None:
    silence = Silence()
    with pytest.raises(TimeoutError):
        await within(0.01, silence.transaction())
    assert silence.ended == 0
    assert await silence.end() == []
    assert silence.ended == 1


async def test_answers_and_errors_in_time_pass_through() -> None:
    async def divide(a: int, by: int) -> float:
        return a / by

    assert await within(1.0, divide(6, 3)) == 2.0
    with pytest.raises(ZeroDivisionError):
        await within(1.0, divide(1, 0))


async def test_who_is_cancelled_cancels_what_they_wait_for() -> None:
    work = asyncio.create_task(asyncio.sleep(60))

    async def wait() -> None:
        await work

    waiting = asyncio.create_task(within(60.0, wait()))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait((waiting, work), timeout=1.0)
    assert waiting.cancelled()
    assert work.cancelled()


async def test_a_scrape_is_answered_without_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "SCRAPE_TIMEOUT", 0.01)
    silence = Silence()
    silent: Any = SimpleNamespace(health=silence.transaction, count=silence.transaction)
    claims = Claims(open_database("postgresql://nobody@127.0.0.1:1/nowhere"))
    async with asyncio.timeout(5):
        text = (await DatabaseMetrics(silent, silent, claims).text()).decode()
    assert "\natelier_database_up 0.0\n" in text
    assert await silence.end() == []


async def test_telegram_is_told_to_bring_the_update_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "STORE_TIMEOUT", 0.01)
    silence = Silence()
    silent: Any = SimpleNamespace(store=silence.transaction)
    webhook_address = WebhookAddress.of("https://bot.example/telegram", "", "1:a")

    async def read() -> bytes:
        return b'{"update_id": 1}'

    request: Any = SimpleNamespace(headers={SECRET_HEADER: webhook_address.secret}, read=read)
    async with asyncio.timeout(5):
        answer = await WebhookReceiver(webhook_address, silent).receive(request)
    assert answer.status == 503
    assert await silence.end() == []
