"""Housekeeping: what nobody needs any more goes."""

from __future__ import annotations

import asyncio
from typing import Final

from bot.storage.claims import HOUSEKEEPING, Claims
from bot.storage.inbox import Inbox
from engine.queue import Queue, persist

FIRST: Final = 5.0
"""Seconds until the first time: the start has more urgent things to do."""
EVERY: Final = 600.0
"""Seconds between two times."""


async def run(queue: Queue, inbox: Inbox, result_ttl: float, claims: Claims) -> None:
    """Forget jobs that were delivered ``result_ttl`` seconds ago, old updates, and give the space back.

    Until cancelled.

    Of several bots one does it at a time. Not in the deliveries' loop: a full disk keeps this waiting.
    """
    wait = FIRST
    while True:
        await asyncio.sleep(wait)
        if await claims.take({HOUSEKEEPING}):
            await persist(lambda: queue.prune(result_ttl), "pruning")
            await persist(inbox.sweep, "forgetting updates")
            await persist(queue.shrink, "shrinking")
        wait = EVERY
