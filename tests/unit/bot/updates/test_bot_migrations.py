"""A supergroup that was a group a moment ago is told from one that the bot joins."""

from __future__ import annotations

import asyncio

from bot.updates.migrations import LIFETIME, NEWS_TIMEOUT, Migrations
from tests.unit.bot.clockwork import simulate


def test_news_are_waited_for_a_moment_and_remembered_for_a_while() -> None:
    async def story() -> None:
        migrations, now = Migrations(), asyncio.get_running_loop().time
        migrations.note(-5)
        assert await migrations.has(-5)
        assert now() == start(), "at once"
        assert not await migrations.has(-6)
        assert now() == start() + NEWS_TIMEOUT
        waits = asyncio.create_task(migrations.has(-7))
        await asyncio.sleep(NEWS_TIMEOUT / 2)
        migrations.note(-7)
        assert await waits, "the news may come after what they explain"
        await asyncio.sleep(LIFETIME)
        assert not await migrations.has(-5), "who joins later does so anew"

    began: list[float] = []

    def start() -> float:
        return began[0]

    async def whole() -> None:
        began.append(asyncio.get_running_loop().time())
        await story()

    simulate(whole())
