"""A database of the first version, as its program left it, in the hands of today's."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, inspect, select, text

from engine.queue import (
    Condition,
    Job,
    Leases,
    Limits,
    Queue,
    QueueAdmin,
    State,
    create_schema,
    open_database,
)
from engine.queue.migrations import MIGRATIONS
from engine.queue.schema import metadata, schema_version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    Add = Callable[..., Awaitable[Job]]
    Columns = dict[str, set[tuple[str, bool]]]

# Frozen: what the first version created, word for word. It never changes.

FIRST_ON_SQLITE = """
CREATE TABLE job (
    id TEXT NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL, tag BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL, recipe JSON NOT NULL, shape TEXT NOT NULL, cost DOUBLE NOT NULL, address JSON,
    attempts INTEGER NOT NULL, worker TEXT, lease DOUBLE, cancel BOOLEAN NOT NULL, progress DOUBLE NOT NULL,
    stage TEXT, previews INTEGER NOT NULL, facts JSON, error TEXT, error_detail TEXT, created DOUBLE NOT NULL,
    started DOUBLE, finished DOUBLE, delivered DOUBLE,
    PRIMARY KEY (id)
);
CREATE INDEX job_order ON job (state, priority DESC, tag, created, id);
CREATE INDEX job_owner ON job (owner, state);
CREATE INDEX job_undelivered ON job (id) WHERE delivered IS NULL;
CREATE TABLE blob (
    job TEXT NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (job, name),
    FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
);
CREATE TABLE clock (id INTEGER NOT NULL, tag BIGINT NOT NULL, PRIMARY KEY (id));
CREATE TABLE worker (
    name TEXT NOT NULL, device TEXT NOT NULL, network TEXT NOT NULL, rate DOUBLE, seen DOUBLE NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version))
"""

FIRST_ON_POSTGRESQL = """
CREATE TABLE job (
    id TEXT NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL, tag BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL, recipe JSON NOT NULL, shape TEXT NOT NULL, cost DOUBLE PRECISION NOT NULL,
    address JSON, attempts INTEGER NOT NULL, worker TEXT, lease DOUBLE PRECISION, cancel BOOLEAN NOT NULL,
    progress DOUBLE PRECISION NOT NULL, stage TEXT, previews INTEGER NOT NULL, facts JSON, error TEXT,
    error_detail TEXT, created DOUBLE PRECISION NOT NULL, started DOUBLE PRECISION, finished DOUBLE PRECISION,
    delivered DOUBLE PRECISION,
    PRIMARY KEY (id)
);
CREATE INDEX job_order ON job (state, priority DESC, tag, created, id);
CREATE INDEX job_owner ON job (owner, state);
CREATE INDEX job_undelivered ON job (id) WHERE delivered IS NULL;
CREATE TABLE blob (
    job TEXT NOT NULL, name TEXT NOT NULL, bytes BYTEA NOT NULL,
    PRIMARY KEY (job, name),
    FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
);
CREATE TABLE clock (id INTEGER NOT NULL, tag BIGINT NOT NULL, PRIMARY KEY (id));
CREATE TABLE worker (
    name TEXT NOT NULL, device TEXT NOT NULL, network TEXT NOT NULL, rate DOUBLE PRECISION,
    seen DOUBLE PRECISION NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version))
"""

NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
}

LIMITS = Limits(live=100, running=100, lease=600.0)


@pytest.fixture
async def first(url: str) -> AsyncIterator[AsyncEngine]:
    """A database of the first version: with jobs in every state and workers, alive, retired and dead."""
    engine = open_database(url)
    dialect = engine.dialect.name
    tables = FIRST_ON_SQLITE if dialect == "sqlite" else FIRST_ON_POSTGRESQL
    now = NOW[dialect]
    job = f"""
        INSERT INTO job (id, owner, priority, tag, state, recipe, shape, cost, address, attempts, worker,
            lease, cancel, progress, previews, facts, created)
        VALUES (:id, :owner, 0, :tag, :state, '{{}}', '512x384', 10.0, '{{"chat": 1}}', :attempts, :worker,
            {now} + :lease, false, :progress, 0, :facts, {now})
    """
    async with engine.begin() as connection:
        for statement in tables.split(";"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql("INSERT INTO schema_version VALUES (1)")
        await connection.exec_driver_sql("INSERT INTO clock VALUES (1, 4)")
        for id_, tag, state, attempts, worker, lease in (
            ("A1", 5, "queued", 0, None, None),
            ("B1", 5, "queued", 1, None, None),
            ("A2", 6, "queued", 0, None, None),
            ("R1", 4, "running", 1, "alive", 600.0),
            ("L1", 3, "running", 1, "dead", -5.0),
            ("D1", 1, "done", 1, "alive", None),
            ("F1", 2, "failed", 1, "alive", None),
        ):
            said = {"id": id_, "owner": id_[0], "tag": tag, "state": state, "attempts": attempts}
            facts = json.dumps({"width": 640}) if state == "done" else None
            said |= {"worker": worker, "lease": lease, "facts": facts, "progress": 0.25}
            await connection.execute(text(_typed(job, dialect)), said)
            names = ["result"] if state == "done" else ["content", "style0"]
            names += ["checkpoint"] if id_ in {"B1", "R1"} else []
            for name in names:
                blob = text("INSERT INTO blob VALUES (:job, :name, :bytes)")
                await connection.execute(blob, {"job": id_, "name": name, "bytes": f"{id_} {name}".encode()})
        for worker, state, seen in (("alive", "alive", 0), ("gone", "retired", 0), ("dead", "alive", 900)):
            await connection.exec_driver_sql(
                f"INSERT INTO worker VALUES ('{worker}', 'cpu', 'vgg16', 2.0, {now} - {seen}, '{state}')"
            )
    await engine.dispose()
    engine = open_database(url)
    yield engine
    await engine.dispose()


def _typed(statement: str, dialect: str) -> str:
    """PostgreSQL wants to know what a parameter is."""
    if dialect == "postgresql":
        statement = statement.replace(":lease", "CAST(:lease AS DOUBLE PRECISION)")
        statement = statement.replace(":facts", "CAST(:facts AS JSON)")
    return statement


async def everything(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Every row of every table."""
    async with engine.connect() as connection:
        return {
            table.name: sorted(tuple(map(repr, row)) for row in await connection.execute(select(table)))
            for table in metadata.sorted_tables
        }


async def columns(engine: AsyncEngine) -> Columns:
    """The columns of every table: their names, and whether they may be null."""

    def look(connection: Connection) -> Columns:
        seen = inspect(connection)
        return {
            name: {(each["name"], each["nullable"]) for each in seen.get_columns(name)}
            for name in seen.get_table_names()
        }

    async with engine.connect() as connection:
        return await connection.run_sync(look)


async def indices(engine: AsyncEngine) -> set[tuple[str, str]]:
    """The indices' names, with their tables'."""

    def look(connection: Connection) -> set[tuple[str, str]]:
        seen = inspect(connection)
        return {
            (name, str(each["name"])) for name in seen.get_table_names() for each in seen.get_indexes(name)
        }

    async with engine.connect() as connection:
        return await connection.run_sync(look)


async def test_every_live_job_of_the_first_version_goes_on_to_its_end(first: AsyncEngine) -> None:
    await create_schema(first)
    queue = Queue(first, LIMITS)
    leases = Leases(first, LIMITS)
    before = {job.id: job for job in await queue.jobs()}
    assert before.keys() == {"A1", "A2", "B1", "R1", "L1", "D1", "F1"}
    assert not any(job.reduced for job in before.values())
    # Its worker goes on with it, and finishes.
    assert await leases.heartbeat("R1", "alive", progress=0.5, preview=b"p") is False
    assert await queue.read("R1", "checkpoint") == b"R1 checkpoint"
    assert await leases.finish("R1", "alive", b"R1 result", {"width": 640})
    # The one that is lost is taken over first; it is painted alone, as the one that was begun before.
    batches = []
    while batch := await leases.claim("new", 5):
        batches.append([job.id for job in batch])
        for job in batch:
            assert await queue.read(job.id, "content") == f"{job.id} content".encode()
            assert await queue.read(job.id, "style0") == f"{job.id} style0".encode()
            assert await leases.finish(job.id, "new", f"{job.id} result".encode(), {})
    assert batches == [["L1"], ["A1", "A2"], ["B1"]]
    # Everybody is told, also of what had ended before.
    watches = {watch.job.id: watch.job.state for watch in await queue.undelivered()}
    assert watches == {**dict.fromkeys(before, State.DONE), "F1": State.FAILED}
    for job_id in watches:
        result = f"{job_id} result".encode() if job_id != "F1" else None
        assert await queue.read(job_id, "result") == result
        assert await queue.delivered(job_id)
    assert await queue.prune(-1.0) == 7


async def test_what_the_first_version_has_can_be_retried_reduced_and_drained(first: AsyncEngine) -> None:
    await create_schema(first)
    leases, queue_admin = Leases(first, LIMITS), QueueAdmin(first)
    assert (await queue_admin.retry("F1")).state is State.QUEUED
    assert await leases.reduce("R1", "alive", recipe={"size": 128}, cost=1.0, shape="tiny")
    assert await queue_admin.drain() == 1
    assert await leases.claim("new") == []
    await queue_admin.resume()
    assert [job.id for job in await leases.claim("new")] == ["L1"]


async def test_the_workers_of_the_first_version_are_known_by_their_new_conditions(first: AsyncEngine) -> None:
    await create_schema(first)
    queue = Queue(first)
    leases = Leases(first)
    known = {each.name: each for each in await queue.workers()}
    assert {name: each.state for name, each in known.items()} == {
        "alive": Condition.IDLE,
        "dead": Condition.IDLE,
        "gone": Condition.RETIRED,
    }
    assert {(each.rate, each.reason, each.drain) for each in known.values()} == {(2.0, None, False)}
    found = await QueueAdmin(first).health()
    assert (found.healthy, [each.name for each in found.workers], found.expired) == (True, ["alive"], 1)
    await leases.announce("dead", "cpu", "vgg16", None, starting=True)
    assert (await QueueAdmin(first).health()).workers[1].rate == 2.0


async def test_bringing_up_to_date_twice_changes_nothing_more(first: AsyncEngine) -> None:
    await create_schema(first)
    once, shape = await everything(first), await columns(first)
    async with first.connect() as connection:
        assert (await connection.scalars(select(schema_version.c.version))).all() == [len(MIGRATIONS) + 1]
    await create_schema(first)
    assert await everything(first) == once
    assert await columns(first) == shape


async def test_a_migrated_database_has_the_shape_of_a_new_one(
    first: AsyncEngine, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    await create_schema(first)
    if first.dialect.name == "sqlite":
        new = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    else:
        new = open_database(request.getfixturevalue("postgresql").create())
    try:
        await create_schema(new)
        assert await columns(first) == await columns(new)
        assert await indices(first) == await indices(new)
    finally:
        await new.dispose()


async def test_a_crash_in_the_middle_of_the_migration_leaves_the_first_version_whole(
    first: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(connection: Any) -> None:
        await MIGRATIONS[0](connection)
        raise RuntimeError

    before = await columns(first)
    with monkeypatch.context() as patched:
        patched.setattr("engine.queue.database.MIGRATIONS", (crash, *MIGRATIONS[1:]))
        with pytest.raises(RuntimeError):
            await create_schema(first)
    assert await columns(first) == before
    await create_schema(first)
    assert len(await Queue(first).jobs()) == 7


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_file_of_the_first_version_learns_to_shrink(first: AsyncEngine) -> None:
    await create_schema(first)
    with sqlite3.connect(str(first.url.database)) as file:
        assert file.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()
