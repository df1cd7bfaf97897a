"""A statement on SQLite is one round trip to its connection's thread."""

from __future__ import annotations

from typing import Any

import aiosqlite
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.queue import Queue, read_only, single_select
from engine.queue.database import single_statement
from engine.queue.schema import spent
from tests.integration.queue.steps import Add


@pytest.fixture
def kind() -> str:
    """The only kind of database with such a thread."""
    return "sqlite"


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the connections' threads are asked for."""
    found: list[str] = []
    usual = aiosqlite.Connection._execute

    async def noted(self: aiosqlite.Connection, function: Any, *args: Any, **named: Any) -> Any:
        found.append(function.__name__)
        return await usual(self, function, *args, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", noted)
    return found


async def test_a_statement_is_one_round_trip_and_a_transaction_two_more(
    engine: AsyncEngine, trips: list[str]
) -> None:
    async with single_select(engine).connect() as connection:
        await connection.scalar(select(spent.c.owner))
    trips.clear()
    async with single_select(engine).connect() as connection:
        assert (await connection.scalar(text("SELECT 1"))) == 1
    assert len(trips) == 1
    trips.clear()
    async with single_statement(engine).begin() as connection:
        await connection.execute(insert(spent).values(owner="A", created=1.0))
    assert len(trips) == 1
    trips.clear()
    async with engine.begin() as connection:
        await connection.execute(insert(spent), [{"owner": owner, "created": 1.0} for owner in "BC"])
        assert set(await connection.scalars(select(spent.c.owner))) == {"A", "B", "C"}
    assert len(trips) == 4  # BEGIN, the two, and COMMIT


async def test_what_failed_is_rolled_back_and_a_reader_leaves_no_transaction_open(
    engine: AsyncEngine, queue: Queue, add: Add
) -> None:
    async with engine.connect() as connection:  # nobody commits it
        await connection.execute(insert(spent).values(owner="A", created=1.0))
    async with single_statement(engine).begin() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(insert(spent).values(owner="A", created=None))
    async with read_only(engine).connect() as connection:
        assert (await connection.scalars(select(spent.c.owner))).all() == []
    await add(queue, "A1")
    assert [job.id for job in await queue.jobs()] == ["A1"]
