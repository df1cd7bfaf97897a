"""The steps that bring an older database up to date, live jobs and all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Migration = Callable[[AsyncConnection], Awaitable[None]]


async def _to_2(connection: AsyncConnection) -> None:
    """Reduced paintings, drained and broken workers, a paused queue."""
    for statement in (
        "ALTER TABLE job ADD COLUMN reduced BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE clock ADD COLUMN paused BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE worker ADD COLUMN reason TEXT",
        "ALTER TABLE worker ADD COLUMN drain BOOLEAN DEFAULT false NOT NULL",
        "UPDATE worker SET state = 'idle' WHERE state = 'alive'",
    ):
        await connection.execute(text(statement))


MIGRATIONS: tuple[Migration, ...] = (_to_2,)
"""The first brings version 1 to 2, and so on. Released ones never change."""
