"""The connections to the Bot API: as many as are needed at once, few while they wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.playground import serve
from bot.storage import tables
from bot.storage.inbox import Inbox
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates.intake import IDLE_CONNECTIONS, POOL_SIZE, make_bot
from engine.queue import create_schema, open_database
from tests.support.playground import Playground

CALLS = 4 * IDLE_CONNECTIONS


async def test_many_calls_go_at_once_and_few_connections_stay(playground: Playground, tmp_path: Path) -> None:
    """The client looks at each idle connection at each call: fifty took a third of a busy bot's time."""
    assert CALLS < POOL_SIZE
    database = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    await create_schema(database)
    await tables.create(database)
    async with await serve(playground) as server:
        bot = make_bot(Inbox(database), playground.token, server.url, ApiConnection(), RateLimiter())
        async with bot:
            playground.fault("getMyName", times=None, hang=True)
            calls = [asyncio.create_task(bot.get_my_name()) for _ in range(CALLS)]
            await playground.wait_for(
                lambda: sum(call.method == "getMyName" for call in playground.calls) == CALLS
            )
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
            playground.faults.clear()
            await asyncio.gather(*(bot.get_my_name() for _ in range(CALLS)))
            client = bot.request._client  # type: ignore[attr-defined]
            assert 0 < len(client._transport._pool.connections) <= IDLE_CONNECTIONS
    await database.dispose()
