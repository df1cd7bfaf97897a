"""The webhook with the real bot: what is let in, what is answered when, and what is told beside it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.app import SettingsError, running
from bot.settings import Settings
from bot.storage import tables
from bot.updates.webhook import MAX_BODY, SECRET_HEADER, WebhookAddress
from engine.queue import open_database
from tests.support.chat import TOKEN, Chat
from tests.support.playground import Playground
from tests.support.processes import free_port, until

Json = dict[str, Any]

ALL_WELL = {"started": True, "database": True, "telegram": True}


class Door:
    """The bot's HTTP server, as others see it."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self.base = session, f"http://127.0.0.1:{port}"
        self.url = f"{self.base}/telegram"
        self.hook = WebhookAddress.of(self.url, "", TOKEN)

    async def get(self, path: str) -> tuple[int, str]:
        """Look at a page."""
        async with self._session.get(self.base + path) as answer:
            return answer.status, await answer.text()

    async def bring(self, body: bytes, **headers: str) -> int:
        """Be Telegram, or pretend to."""
        async with self._session.post(self.url, data=io.BytesIO(body), headers=headers) as answer:
            return answer.status

    async def figures(self) -> dict[str, float]:
        """What is counted: each series with its value."""
        status, text = await self.get("/metrics")
        assert status == 200
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}


@contextlib.asynccontextmanager
async def hooked(make: Callable[..., Settings], **said: Any) -> AsyncIterator[Door]:
    """A bot to which updates are brought."""
    port = free_port()
    settings = make(bot_webhook_url=f"http://127.0.0.1:{port}/telegram", bot_port=port, **said)
    async with running(settings), aiohttp.ClientSession() as session:
        yield Door(session, port)


def _told(update_id: int, chat: int) -> bytes:
    message = {"message_id": 900, "date": 1, "chat": {"id": chat, "type": "private"}, "text": "/help"}
    return json.dumps({"update_id": update_id, "message": message | {"from": _person(chat)}}).encode()


def _person(number: int) -> Json:
    return {"id": number, "is_bot": False, "first_name": "Ada"}


async def test_a_conversation_by_webhook_and_what_is_counted_and_then_by_polling_again(
    settings: Callable[..., Settings], playground: Playground, you: Chat, small: bytes
) -> None:
    async with hooked(settings) as door:
        before = await door.figures()
        await you.tap(await you.asked_for_style(small), "Mosaic")
        info = playground.webhook.info()
        assert (info["url"], info["max_connections"]) == (door.url, 40)
        assert "callback_query" in info["allowed_updates"]
        assert await door.get("/healthz") == (200, "ok\n")
        status, report = await door.get("/readyz")
        assert (status, json.loads(report)) == (200, ALL_WELL | {"webhook": True})

        async def queued() -> dict[str, float] | None:
            now = await door.figures()
            return now if now['atelier_queue_jobs{state="queued"}'] == 1 else None

        after = await until(queued)
        assert after is not None

        def rise(name: str) -> float:
            return after[name] - before.get(name, 0.0)

        assert rise('atelier_updates_total{kind="message"}') == 1
        assert rise('atelier_updates_total{kind="callback_query"}') == 1
        assert rise('atelier_webhook_requests_total{status="200"}') == 2
        assert rise('atelier_telegram_calls_total{method="sendPhoto",outcome="ok"}') == 1
        assert after["atelier_database_up"] == after["atelier_bots"] == 1
        assert not [name for name in after if str(you.id) in name or TOKEN[:10] in name or "Ada" in name]

        playground.webhook.delete()  # by somebody else's hand
        port = free_port()

    async with running(settings(bot_port=port)), aiohttp.ClientSession() as session:
        polling = Door(session, port)
        assert playground.webhook.info()["url"] == ""
        await you.heard("1. Send a photo", after=await you.text("/help"))
        status, report = await polling.get("/readyz")
        assert (status, json.loads(report)) == (200, ALL_WELL)
        assert await polling.bring(b"{}", **{SECRET_HEADER: door.hook.secret}) == 404


async def test_what_is_not_telegrams_is_not_let_in_and_what_comes_twice_counts_once(
    settings: Callable[..., Settings], you: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    async with hooked(settings) as door:
        right = {SECRET_HEADER: door.hook.secret}
        body = _told(1, you.id)
        start = await you.heard("Ada", after=await you.text("/start"))
        assert await door.bring(body) == 403
        assert await door.bring(body, **{SECRET_HEADER: door.hook.secret[:-1]}) == 403
        assert await door.bring(body, **{SECRET_HEADER: "é"}) == 403
        for nonsense in (
            b"",
            b"[]",
            b"{}",
            b'{"update_id": "1"}',
            b'{"update_id": true}',
            b"\xff",
            b"{" * 9,
            b"[" * 100_000,
        ):
            assert await door.bring(nonsense, **right) == 400
        assert await door.bring(b" " * (MAX_BODY + 1), **right) == 413
        assert you.playground.from_bot(you.id) == [start]
        assert {await door.bring(body, **right) for _ in range(3)} == {200}
        await you.heard("1. Send a photo")

        async def dealt_with() -> bool:
            return (await door.figures())["atelier_updates_waiting"] == 0

        await until(dealt_with)
        assert await door.bring(body, **right) == 200
        assert await door.bring(b'{"update_id": 2, "something_new": {"chat": 1}}', **right) == 200
        await until(dealt_with)
        assert len(you.playground.from_bot(you.id)) == 2
    assert door.hook.secret not in caplog.text
    assert TOKEN not in caplog.text


async def test_an_update_is_answered_for_when_it_is_in_the_database(
    settings: Callable[..., Settings], you: Chat
) -> None:
    async with hooked(settings) as door:
        await you.heard("Ada", after=await you.text("/start"))
        database = open_database(settings().database)
        known = select(tables.inbox.c.update_id).where(tables.inbox.c.update_id == 1)
        async with database.begin() as connection:  # nobody else may write
            assert (await connection.execute(known)).all() == []
            request = asyncio.create_task(door.bring(_told(1, you.id), **{SECRET_HEADER: door.hook.secret}))
            done, _ = await asyncio.wait((request,), timeout=0.5)
            assert not done
        assert await request == 200
        async with database.connect() as connection:
            assert (await connection.scalars(known)).all() == [1]
        await database.dispose()
        await you.heard("1. Send a photo")


async def test_an_address_that_telegram_refuses_and_a_port_that_is_taken_are_said(
    settings: Callable[..., Settings], playground: Playground
) -> None:
    playground.fault(
        "setWebhook", code=400, description="Bad Request: bad webhook: HTTPS url must be provided"
    )
    with pytest.raises(SettingsError, match=r"refuses BOT_WEBHOOK_URL: .*https"):
        async with hooked(settings):
            pass
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} is taken. Set BOT_PORT"):
            async with running(settings(bot_port=port)):
                pass


async def test_it_is_not_ready_when_telegram_is_away_or_the_webhook_is_anothers(
    settings: Callable[..., Settings], playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.ops import http_server

    monkeypatch.setattr(http_server, "CHECK_INTERVAL", 0.0)
    monkeypatch.setattr(http_server, "MAX_ANSWER_AGE", 1.0)
    async with hooked(settings) as door:

        async def report(**parts: bool) -> bool:
            status, text = await door.get("/readyz")
            expected = ALL_WELL | parts
            return (status, json.loads(text)) == (200 if all(expected.values()) else 503, expected)

        await until(lambda: report(webhook=True))
        playground.webhook.set("http://127.0.0.1:9/other", "", 40)
        await until(lambda: report(webhook=False))
        playground.fault("*", drop=True, times=None)
        await until(lambda: report(telegram=False, webhook=False))
        playground.faults.clear()
        playground.webhook.delete()
