"""Counts of refusals by kind, for the admins; they name nobody."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.tables import refusal
from engine.queue import persist, read_only, uninterrupted
from engine.queue.statements import insert_into

BANNED: Final = "banned"
ELSEWHERE: Final = "elsewhere"
"""An update from a chat that the host does not serve."""
NO_PICTURE: Final = "not-a-picture"
FORBIDDEN: Final = "forbidden"
"""The bot has no right to send pictures to the chat."""
FORBIDDEN_KIND: Final = "forbidden-kind"
"""The bot has no right to send files, videos or stickers to the chat."""
REFUSED: Final = "refused"
"""Telegram takes a painting in no form."""
HOUR: Final = 3600.0
"""Seconds of refusals that are counted together."""
HOURS: Final = 24
"""Hours that are summed up."""


class Refusals:
    """The store of the counts. A kind is an error's code, or one of the names above."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._read_only = engine, read_only(engine)

    def counted(self, kind: str) -> Executable:
        """Return the statement that counts a refusal, for the transaction that finishes its update."""
        new = insert_into(refusal, self._engine.dialect).values(hour=_hour(), kind=kind, count=1)
        key = [refusal.c.hour, refusal.c.kind]
        return new.on_conflict_do_update(index_elements=key, set_={"count": refusal.c.count + 1})

    async def count(self, kind: str) -> None:
        """Count a refusal in a transaction of its own, once the database is available."""
        await persist(lambda: self._count(kind), "counting a refusal")

    @uninterrupted
    async def of_a_day(self) -> dict[str, int]:
        """Return how often each kind was refused in the last 24 hours, the most frequent first."""
        total = func.sum(refusal.c.count)
        query = select(refusal.c.kind, total).where(refusal.c.hour > _hour() - HOURS)
        async with self._read_only.connect() as connection:
            rows = await connection.execute(query.group_by(refusal.c.kind).order_by(-total, refusal.c.kind))
            return {kind: int(count) for kind, count in rows}

    @uninterrupted
    async def prune(self) -> None:
        """Delete the counts of earlier days."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(refusal).where(refusal.c.hour <= _hour() - HOURS))

    @uninterrupted
    async def _count(self, kind: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(self.counted(kind))


def _hour() -> int:
    return int(time.time() // HOUR)
