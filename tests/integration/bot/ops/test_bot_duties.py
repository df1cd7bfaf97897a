"""What one of several bots does for all, and what they say while the database is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot
from telegram.error import NetworkError

from bot.conversation import Session
from bot.ops import broadcast
from bot.ops.http_server import DatabaseMetrics, Health
from bot.playground import YOU, serve
from bot.storage import tables
from bot.storage.claims import BROADCAST, Claims, SharedClaims
from bot.storage.inbox import Inbox
from bot.storage.people import People, insert_announcement
from bot.storage.sessions import Sessions
from bot.transport.request import ApiConnection, CountedRequest
from bot.updates.intake import InboxBot
from engine.queue import create_schema, open_database
from engine.queue.admin import QueueAdmin
from tests.support.playground import Playground

TOKEN = "7000000001:AAF-never-in-any-log-0123456789abcd"


@pytest.fixture
async def database(connect: Callable[[], AsyncEngine]) -> AsyncEngine:
    """An empty database of each kind."""
    engine = connect()
    await create_schema(engine)
    await tables.create(engine)
    return engine


@pytest.fixture
async def bot(database: AsyncEngine) -> AsyncIterator[tuple[InboxBot, Playground]]:
    """A client of a playground where somebody has said something."""
    playground = Playground(token=TOKEN)
    await playground.send_text(YOU, "/start")
    async with await serve(playground) as server:
        made = InboxBot(
            Inbox(database, Claims(database)),
            TOKEN,
            base_url=server.base_url,
            request=CountedRequest(ApiConnection()),
            get_updates_request=CountedRequest(ApiConnection()),
        )
        async with made:
            yield made, playground
    playground.close()


async def test_everybody_is_told_by_one_bot_and_by_another_when_that_is_gone(
    database: AsyncEngine, bot: tuple[InboxBot, Playground], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "POLL_INTERVAL", 0.02)
    client, playground = bot
    people, sessions = People(database), Sessions(database)
    await people.add(YOU)
    first, second = SharedClaims(database), SharedClaims(database)
    await first.start()
    await second.start()
    await first.take({BROADCAST})
    await sessions.save(YOU, YOU, Session(), Session(), insert_announcement("A word", YOU))
    telling = asyncio.create_task(broadcast.run(client, people, second))
    await asyncio.wait((telling,), timeout=0.3)
    assert playground.from_bot() == []
    await first.close()
    async with asyncio.timeout(20):
        while len(playground.from_bot()) < 2:  # noqa: ASYNC110 - the word, and that it is over
            await asyncio.sleep(0.02)
    telling.cancel()
    await asyncio.wait((telling,))
    assert playground.from_bot()[0]["text"] == "A word"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_who_is_told_while_telegram_wants_silence_is_told_after_it(
    database: AsyncEngine, bot: tuple[InboxBot, Playground], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "POLL_INTERVAL", 0.02)
    monkeypatch.setattr(broadcast, "MIN_FLOOD_WAIT", 0.0)
    monkeypatch.setattr(broadcast, "retry_delay", lambda _: 0.02)
    client, playground = bot
    people, sessions = People(database), Sessions(database)
    await people.add(YOU)
    await sessions.save(YOU, YOU, Session(), Session(), insert_announcement("A word", YOU))
    playground.fault("sendMessage", code=429, times=broadcast.MAX_UNANSWERED + 1)
    telling = asyncio.create_task(broadcast.run(client, people, Claims(database)))
    await playground.wait_for(lambda: len(playground.from_bot()) == 2)
    telling.cancel()
    await asyncio.wait((telling,))
    assert playground.from_bot()[0]["text"] == "A word"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", [404, 409, 502])
async def test_a_word_to_everybody_bears_whatever_telegram_answers(
    database: AsyncEngine, bot: tuple[InboxBot, Playground], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(broadcast, "POLL_INTERVAL", 0.02)
    client, playground = bot
    people, sessions = People(database), Sessions(database)
    await people.add(YOU)
    await sessions.save(YOU, YOU, Session(), Session(), insert_announcement("A word", YOU))
    playground.fault("sendMessage", code=code)
    telling = asyncio.create_task(broadcast.run(client, people, Claims(database)))
    await playground.wait_for(lambda: len(playground.from_bot()) == 2)
    telling.cancel()
    await asyncio.wait((telling,))
    assert playground.from_bot()[0]["text"] == "A word"


async def test_while_the_database_is_away_the_figures_say_so_and_the_bot_is_not_ready() -> None:
    away = open_database("postgresql://nobody@127.0.0.1:1/nowhere")
    line, claims = ApiConnection(), Claims(away)
    line.last_answer = time.monotonic()
    text = (await DatabaseMetrics(QueueAdmin(away), Inbox(away, claims), claims).text()).decode()
    assert "\natelier_database_up 0.0\n" in text
    assert "\natelier_updates_waiting NaN\n" in text
    assert "atelier_queue_jobs{" not in text
    async with (health := Health(away, Bot(TOKEN), line, None)).serving():
        assert await health.report() == {"started": True, "database": False, "telegram": True}
    assert not (await health.report())["started"]
    await away.dispose()


async def test_calls_are_counted_by_what_came_of_them(bot: tuple[InboxBot, Playground]) -> None:
    from telegram.error import TelegramError

    from bot.metrics import CALLS, REGISTRY

    client, playground = bot

    def count(outcome: str) -> float:
        labels = {"method": "sendMessage", "outcome": outcome}
        return REGISTRY.get_sample_value("atelier_telegram_calls_total", labels) or 0.0

    outcomes = {
        "flood": {"code": 429, "retry_after": 7},
        "forbidden": {"code": 403, "description": "Forbidden: bot was blocked by the user"},
        "refused": {"code": 400, "description": "Bad Request: no"},
        "server": {"code": 502},
        "network": {"drop": True},
    }
    silence = REGISTRY.get_sample_value("atelier_telegram_flood_seconds_total") or 0.0
    before = {outcome: count(outcome) for outcome in (*outcomes, "ok")}
    for fault in outcomes.values():
        playground.fault("sendMessage", **fault)  # type: ignore[arg-type]
        with pytest.raises(TelegramError):
            await client.send_message(YOU, "A word")
    await client.send_message(YOU, "A word")
    assert {outcome: count(outcome) - before[outcome] for outcome in before} == dict.fromkeys(before, 1.0)
    assert REGISTRY.get_sample_value("atelier_telegram_flood_seconds_total") == silence + 7
    assert not [sample for family in CALLS.collect() for sample in family.samples if TOKEN in str(sample)]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_what_could_not_be_kept_is_asked_for_again(
    bot: tuple[InboxBot, Playground], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = bot
    inbox = client._inbox

    async def broken(_: object) -> list[int]:
        raise RuntimeError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "store", broken)
        with pytest.raises(NetworkError):  # for anything else the library stops asking
            await client.get_updates(timeout=5)
    assert await client.get_updates(timeout=5) == ()
    assert await inbox.count() == 1
