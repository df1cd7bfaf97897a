"""Housekeeping: delete what is no longer needed."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.storage.claims import HOUSEKEEPING, Claims
from bot.storage.inbox import Inbox
from bot.storage.people import People
from bot.storage.refusals import Refusals
from bot.storage.sessions import Sessions
from engine.queue import Queue, persist

FIRST_DELAY: Final = 5.0
"""Seconds until the first run: the start has more urgent things to do."""
INTERVAL: Final = 600.0
"""Seconds between two runs."""


async def run(
    queue: Queue,
    inbox: Inbox,
    people: People,
    sessions: Sessions,
    refusals: Refusals,
    result_ttl: float,
    claims: Claims,
) -> None:
    """Delete jobs delivered ``result_ttl`` seconds ago, old samples, updates, sessions, users and counts.

    It goes on until cancelled.

    Of several bots one does it. Apart from the deliveries, for a full disk delays it.
    """
    delay = FIRST_DELAY
    while True:
        await asyncio.sleep(delay)
        if await claims.take({HOUSEKEEPING}):
            await persist(lambda: queue.prune(result_ttl), "pruning jobs")
            await persist(inbox.prune, "pruning updates")
            await persist(sessions.prune, "pruning sessions")
            await persist(people.prune, "pruning users")
            await persist(refusals.prune, "pruning counts")
            await persist(queue.shrink, "shrinking the database")
        delay = INTERVAL
