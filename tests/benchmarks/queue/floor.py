"""The floor: the time to commit the same bytes by the same driver without a queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine


class Floor:
    """A table of its own and a connection with the queue's settings."""

    def __init__(self, driver: Any, dialect: str) -> None:
        self._driver = driver
        self._sqlite = dialect == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self._sqlite else "BEGIN"
        self._mark = "?" if self._sqlite else "$1"

    async def make(self) -> None:
        """Create the table, with one row to change."""
        await self.remove()
        kinds = ("INTEGER PRIMARY KEY", "BLOB") if self._sqlite else ("SERIAL PRIMARY KEY", "BYTEA")
        await self._run(f"CREATE TABLE floor (id {kinds[0]}, bytes {kinds[1]} NOT NULL)")
        await self.insert(b"")

    async def remove(self) -> None:
        """Drop the table."""
        await self._run("DROP TABLE IF EXISTS floor")

    async def insert(self, *contents: bytes) -> None:
        """Insert rows in one transaction."""
        await self._run(self._begin)
        for content in contents:
            await self._run(f"INSERT INTO floor (bytes) VALUES ({self._mark})", content)
        await self._run("COMMIT")

    async def change(self, content: bytes) -> None:
        """Update the one row in a transaction."""
        await self._run(self._begin)
        await self._run(f"UPDATE floor SET bytes = {self._mark} WHERE id = 1", content)
        await self._run("COMMIT")

    async def _run(self, statement: str, *values: bytes) -> None:
        if self._sqlite:
            await self._driver.execute_fetchall(statement, values)
        else:
            await self._driver.execute(statement, *values)


@asynccontextmanager
async def floor_of(engine: AsyncEngine) -> AsyncIterator[Floor]:
    """Create the table for the time of the body."""
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        floor = Floor(driver, engine.dialect.name)
        await floor.make()
        try:
            yield floor
        finally:
            await floor.remove()
