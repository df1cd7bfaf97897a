"""A supergroup that was a group a moment ago is told from one that the bot joins."""

from __future__ import annotations

import asyncio
import datetime as dt

from telegram import Chat, Message

from bot.updates.migrations import LIFETIME, NEWS_TIMEOUT, Migrations
from tests.unit.bot.clockwork import simulate


def _told(supergroup: int) -> Message:
    """Return the message in a group that it has become this supergroup."""
    return Message(1, dt.datetime.now(dt.UTC), Chat(-1, Chat.GROUP), migrate_to_chat_id=supergroup)


def test_news_are_waited_for_a_moment_and_remembered_for_a_while() -> None:
    async def story() -> None:
        migrations, now = Migrations(), asyncio.get_running_loop().time
        migrations.hear(_told(-5))
        assert await migrations.has(-5)
        assert now() == start(), "at once"
        assert not await migrations.has(-6)
        assert now() == start() + NEWS_TIMEOUT
        waits = asyncio.create_task(migrations.has(-7))
        await asyncio.sleep(NEWS_TIMEOUT / 2)
        migrations.hear(_told(-7))
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
