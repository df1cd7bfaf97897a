"""Opening, creating; the database's clock; its absence."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import AsyncAdaptedQueuePool

from engine.queue import (
    Leases,
    Queue,
    create_schema,
    database,
    open_database,
    persist,
    transient,
)
from engine.queue.schema import Now, clock, schema_version
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from engine.queue import Job
    from tests.support.postgresql import PostgreSQL

    Add = Callable[..., Awaitable[Job]]


async def test_creating_the_tables_again_changes_nothing(
    engine: AsyncEngine, queue: Queue, leases: Leases, add: Add
) -> None:
    await add(queue, "A1")
    await leases.claim("w")
    await create_schema(engine)
    async with engine.connect() as connection:
        assert (await connection.execute(select(clock.c.id, clock.c.tag))).all() == [(1, 1)]
        assert (await connection.scalars(select(schema_version.c.version))).all() == [1]


async def test_the_clock_is_the_databases_and_goes_on_within_a_transaction(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        first = await connection.scalar(select(Now()))
        assert isinstance(first, float)
        assert abs(first - time.time()) < 60.0
        while await connection.scalar(select(Now())) <= first:  # type: ignore[operator]
            pass


async def test_a_sqlite_database_is_safe_and_lets_readers_through(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'queue.db'}")
    await create_schema(engine)
    async with engine.connect() as connection:
        pragmas = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 30_000]
    # With the write lock taken, looking still works, and an idle worker's claim too.
    queue = Queue(engine)
    leases = Leases(engine)
    async with engine.begin():
        assert await queue.get("A1") is None
        assert await undelivered(queue) == []
        assert await leases.claim("w") == []
    await engine.dispose()


async def test_a_new_sqlite_file_that_others_open_too_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sqlite3.connect(tmp_path / "queue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def sleep(seconds: float) -> None:
        other.execute("ROLLBACK")

    monkeypatch.setattr("engine.queue.database.asyncio.sleep", sleep)
    engine = open_database(f"sqlite:///{tmp_path / 'queue.db'}")
    await create_schema(engine)
    assert not other.in_transaction
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    await engine.dispose()


async def test_a_call_outlives_a_locked_sqlite_database(
    tmp_path: Path, add: Add, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.001)
    engine = open_database(f"sqlite:///{tmp_path / 'queue.db'}")
    await create_schema(engine)
    queue = Queue(engine)
    other = sqlite3.connect(tmp_path / "queue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    tries = 0

    async def enqueue() -> Job:
        nonlocal tries
        tries += 1
        if tries == 4:
            other.execute("ROLLBACK")
        return await add(queue, "A1")

    with caplog.at_level(logging.INFO, "engine.queue.retry"):
        job = await persist(enqueue, "enqueue", first=0.0)
    assert job.id == "A1"
    assert tries == 4
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "database is locked" in caplog.text
    other.close()
    await engine.dispose()


async def test_a_server_that_only_reads_for_a_while_is_waited_for(postgresql: PostgreSQL, add: Add) -> None:
    url = postgresql.create()
    engine, owner = open_database(url), open_database(url)
    await create_schema(owner)
    queue = Queue(engine)
    tries = 0

    async def new_sessions_only_read(state: str) -> None:
        async with owner.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            role, setting = make_url(url).username, "default_transaction_read_only"
            await connection.execute(text(f"ALTER ROLE {role} SET {setting} = {state}"))

    async def enqueue() -> Job:
        nonlocal tries
        tries += 1
        if tries == 3:  # the old session would read for ever
            await new_sessions_only_read("off")
        return await add(queue, "A1")

    await new_sessions_only_read("on")
    assert (await persist(enqueue, first=0.0)).id == "A1"
    assert tries == 3
    await engine.dispose()
    await owner.dispose()


async def test_a_missing_table_is_no_outage(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'queue.db'}")
    with pytest.raises(OperationalError) as caught:
        await persist(lambda: Queue(engine).get("A1"))
    assert not transient(caught.value)
    await engine.dispose()


async def test_a_missing_table_is_no_outage_on_postgresql(postgresql: Any) -> None:
    engine = open_database(postgresql.create())
    with pytest.raises(DBAPIError) as caught:
        await persist(lambda: Queue(engine).get("A1"))
    assert not transient(caught.value)
    await engine.dispose()


async def test_a_painting_on_its_way_does_not_hold_up_heartbeats(postgresql: Any, add: Add) -> None:
    engine = open_database(postgresql.create(), thrifty=True)
    await create_schema(engine)
    queue = Queue(engine)
    leases = Leases(engine)
    await add(queue, "A1")
    await leases.claim("w")
    async with asyncio.timeout(60), engine.begin() as sending:
        await sending.execute(text("SELECT 1"))
        assert await leases.heartbeat("A1", "w", progress=0.5) is False
    pool = engine.pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    assert (pool.checkedout(), pool.checkedin()) == (0, 1), "a worker that idles keeps one connection"
    await engine.dispose()


async def test_a_queue_works_with_what_a_pooler_needs(postgresql: Any, add: Add) -> None:
    for_poolers = "statement_cache_size=0&prepared_statement_cache_size=0&timeout=60&sslmode=prefer"
    engine = open_database(f"{postgresql.create()}?{for_poolers}")
    await create_schema(engine)
    await add(Queue(engine), "A1")
    assert await Queue(engine).get("A1")
    await engine.dispose()


async def test_a_queue_outlives_a_crash_of_postgresql(
    postgresql: Any, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_database(postgresql.create())
    await create_schema(engine)
    queue = Queue(engine)
    leases = Leases(engine)
    await add(queue, "A1")
    await leases.claim("w")
    # Once with the server gone, and once with connections in the pool that broke without notice.
    postgresql.stop()
    tries = 0

    async def heartbeat() -> bool | None:
        nonlocal tries
        tries += 1
        if tries == 3:
            postgresql.start()
        return await leases.heartbeat("A1", "w", progress=0.5)

    assert await persist(heartbeat, first=0.0) is False
    assert tries == 3
    assert len(caplog.records) == 1
    postgresql.stop()
    postgresql.start()
    assert await leases.heartbeat("A1", "w", progress=0.6) is False
    # And within a transaction.
    async with engine.connect() as connection:
        await connection.execute(select(clock))
        postgresql.stop()
        postgresql.start()
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(select(clock))
    assert transient(caught.value)
    await engine.dispose()
