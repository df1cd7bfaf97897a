"""The bot that cannot start yet: it lives, says what it waits for, and starts when that has come."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from bot import app
from bot.app import running
from bot.ops import http_server
from bot.playground import serve
from bot.settings import Settings
from bot.updates.webhook import SECRET_HEADER, WebhookAddress
from tests.support.chat import TOKEN
from tests.support.playground import Playground
from tests.support.postgresql import PostgreSQL
from tests.support.processes import free_port, until


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for what is away often enough for a test."""
    monkeypatch.setattr(app, "RECONNECT_INTERVAL", 0.1)
    monkeypatch.setattr(http_server, "CHECK_INTERVAL", 0.0)


class Starting:
    """A bot on its way, as its HTTP server shows it."""

    def __init__(self, bot: asyncio.Task[None], session: aiohttp.ClientSession, settings: Settings) -> None:
        self._bot, self._session = bot, session
        self._base = f"http://127.0.0.1:{settings.bot_port}"
        self._hook = WebhookAddress.of(settings.bot_webhook_url, "", TOKEN)

    async def alive(self) -> bool:
        """Whether the bot tells that it lives."""
        assert not self._bot.done(), self._bot.result()
        with contextlib.suppress(aiohttp.ClientConnectionError):
            async with self._session.get(f"{self._base}/healthz") as answer:
                return answer.status == 200
        return False

    async def missing(self) -> set[str]:
        """What is not well."""
        async with self._session.get(f"{self._base}/readyz") as answer:
            missing = {name for name, well in json.loads(await answer.text()).items() if not well}
            assert answer.status == (503 if missing else 200)
            return missing

    async def ready(self) -> bool:
        """Whether nothing is missing any more."""
        assert await self.alive()
        return not await self.missing()

    async def bring(self, update: int) -> int:
        """Be Telegram and bring an update; gives the answer's status."""
        headers = {SECRET_HEADER: self._hook.secret}
        async with self._session.post(
            f"{self._base}/telegram", json={"update_id": update}, headers=headers
        ) as answer:
            return answer.status


@contextlib.asynccontextmanager
async def starting(make: Callable[..., Settings], **said: str) -> AsyncIterator[Starting]:
    """Start a bot with a webhook, and do not wait for it."""
    port = free_port()
    settings = make(bot_port=port, bot_webhook_url=f"http://127.0.0.1:{port}/telegram", **said)

    async def run() -> None:
        async with running(settings):
            await asyncio.Event().wait()

    bot = asyncio.create_task(run())
    try:
        async with aiohttp.ClientSession() as session:
            yield Starting(bot, session, settings)
    finally:
        bot.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await bot


async def test_while_telegram_is_away_the_bot_lives_and_says_so(
    settings: Callable[..., Settings], playground: Playground
) -> None:
    port = free_port()
    async with starting(settings, bot_api_url=f"http://127.0.0.1:{port}") as bot:
        await until(bot.alive)
        assert await bot.missing() == {"started", "telegram", "webhook"}
        assert await bot.bring(1) == 503
        async with await serve(playground, port):
            await until(bot.ready)
            assert await bot.bring(1) == 200


async def test_while_the_database_is_away_the_bot_lives_and_says_so(
    settings: Callable[..., Settings], postgresql: PostgreSQL
) -> None:
    url = postgresql.create()
    postgresql.stop()
    try:
        async with starting(settings, database_url=url) as bot:
            await until(bot.alive)
            assert await bot.missing() == {"started", "database", "webhook"}
            assert await bot.bring(1) == 503
            postgresql.start()
            await until(bot.ready)
            assert await bot.bring(1) == 200
    finally:
        if not postgresql.pid:
            postgresql.start()


async def test_a_bot_that_still_waits_is_stopped_at_once(settings: Callable[..., Settings]) -> None:
    async with starting(settings, bot_api_url=f"http://127.0.0.1:{free_port()}") as bot:
        await until(bot.alive)
        await bot.missing()
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5.0
