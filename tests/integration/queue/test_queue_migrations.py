"""A database of version 1, as its program left it, in the hands of a later one."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, inspect, select, text, update

from engine.queue import (
    Condition,
    DatabaseError,
    Job,
    Leases,
    Limits,
    OutdatedDatabaseError,
    Queue,
    QueueAdmin,
    State,
    create_schema,
    open_database,
)
from engine.queue.migrations import MIGRATIONS
from engine.queue.schema import metadata, schema_version
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    Add = Callable[..., Awaitable[Job]]
    Columns = dict[str, set[tuple[str, bool]]]

# Frozen: the tables of version 1, word for word. They never change.

FIRST_ON_SQLITE = """
CREATE TABLE job (
    id TEXT NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL, tag BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL, recipe JSON NOT NULL, shape TEXT NOT NULL, cost DOUBLE NOT NULL, address JSON,
    attempts INTEGER NOT NULL, worker TEXT, lease DOUBLE, renewed DOUBLE, cancel BOOLEAN NOT NULL,
    progress DOUBLE NOT NULL, stage TEXT, previews INTEGER NOT NULL, reduced BOOLEAN DEFAULT 0 NOT NULL,
    facts JSON, error TEXT, error_detail TEXT, created DOUBLE NOT NULL, started DOUBLE, finished DOUBLE,
    delivered DOUBLE,
    PRIMARY KEY (id)
);
CREATE INDEX job_order ON job (state, priority DESC, tag, created, id, cost, owner);
CREATE INDEX job_owner ON job (owner, state, created, priority);
CREATE INDEX job_awaited ON job (state, created, id) WHERE delivered IS NULL AND address IS NOT NULL;
CREATE INDEX job_finished ON job (finished, state, priority, started) WHERE finished IS NOT NULL;
CREATE INDEX job_delivered ON job (delivered) WHERE delivered IS NOT NULL;
CREATE TABLE blob (
    job TEXT NOT NULL, name TEXT NOT NULL, picture TEXT, bytes BLOB,
    PRIMARY KEY (job, name),
    FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
);
CREATE INDEX blob_picture ON blob (picture) WHERE picture IS NOT NULL;
CREATE TABLE picture (
    digest TEXT NOT NULL, used DOUBLE NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (digest)
);
CREATE TABLE clock (
    id INTEGER NOT NULL, tag BIGINT NOT NULL, paused BOOLEAN DEFAULT 0 NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE worker (
    name TEXT NOT NULL, device TEXT NOT NULL, network TEXT NOT NULL, rate DOUBLE, seen DOUBLE NOT NULL,
    state VARCHAR(16) NOT NULL, reason TEXT, drain BOOLEAN DEFAULT 0 NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE spent (owner TEXT NOT NULL, created DOUBLE NOT NULL);
CREATE INDEX spent_owner ON spent (owner);
CREATE TABLE atelier_schema (version INTEGER NOT NULL, PRIMARY KEY (version))
"""

FIRST_ON_POSTGRESQL = """
CREATE TABLE job (
    id TEXT NOT NULL, owner TEXT NOT NULL, priority INTEGER NOT NULL, tag BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL, recipe JSON NOT NULL, shape TEXT NOT NULL, cost DOUBLE PRECISION NOT NULL,
    address JSON, attempts INTEGER NOT NULL, worker TEXT, lease DOUBLE PRECISION,
    renewed DOUBLE PRECISION, cancel BOOLEAN NOT NULL,
    progress DOUBLE PRECISION NOT NULL, stage TEXT, previews INTEGER NOT NULL,
    reduced BOOLEAN DEFAULT false NOT NULL, facts JSON, error TEXT,
    error_detail TEXT, created DOUBLE PRECISION NOT NULL, started DOUBLE PRECISION, finished DOUBLE PRECISION,
    delivered DOUBLE PRECISION,
    PRIMARY KEY (id)
);
CREATE INDEX job_order ON job (state, priority DESC, tag, created, id, cost, owner);
CREATE INDEX job_owner ON job (owner, state, created, priority);
CREATE INDEX job_awaited ON job (state, created, id) WHERE delivered IS NULL AND address IS NOT NULL;
CREATE INDEX job_finished ON job (finished, state, priority, started) WHERE finished IS NOT NULL;
CREATE INDEX job_unaddressed ON job (finished)
    WHERE delivered IS NULL AND address IS NULL AND finished IS NOT NULL;
CREATE INDEX job_delivered ON job (delivered) WHERE delivered IS NOT NULL;
CREATE TABLE blob (
    job TEXT NOT NULL, name TEXT NOT NULL, picture TEXT, bytes BYTEA,
    PRIMARY KEY (job, name),
    FOREIGN KEY(job) REFERENCES job (id) ON DELETE CASCADE
);
CREATE INDEX blob_picture ON blob (picture) WHERE picture IS NOT NULL;
CREATE TABLE picture (
    digest TEXT NOT NULL, used DOUBLE PRECISION NOT NULL, bytes BYTEA NOT NULL,
    PRIMARY KEY (digest)
);
CREATE TABLE clock (
    id INTEGER NOT NULL, tag BIGINT NOT NULL, paused BOOLEAN DEFAULT false NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE worker (
    name TEXT NOT NULL, device TEXT NOT NULL, network TEXT NOT NULL, rate DOUBLE PRECISION,
    seen DOUBLE PRECISION NOT NULL, state VARCHAR(16) NOT NULL, reason TEXT,
    drain BOOLEAN DEFAULT false NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE spent (owner TEXT NOT NULL, created DOUBLE PRECISION NOT NULL);
CREATE INDEX spent_owner ON spent (owner);
CREATE TABLE atelier_schema (version INTEGER NOT NULL, PRIMARY KEY (version))
"""

NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
}

LIMITS = Limits(live=100, running=100, lease=600.0)


@pytest.fixture
async def first(url: str) -> AsyncIterator[AsyncEngine]:
    """A database of version 1: with jobs in every state and workers, alive, retired and dead."""
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
        await connection.exec_driver_sql("INSERT INTO atelier_schema VALUES (1)")
        await connection.exec_driver_sql("INSERT INTO clock (id, tag) VALUES (1, 4)")
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
                blob = text("INSERT INTO blob (job, name, bytes) VALUES (:job, :name, :bytes)")
                await connection.execute(blob, {"job": id_, "name": name, "bytes": f"{id_} {name}".encode()})
        for worker, state, seen in (("alive", "idle", 0), ("gone", "retired", 0), ("dead", "idle", 900)):
            await connection.exec_driver_sql(
                f"INSERT INTO worker (name, device, network, rate, seen, state, reason) "
                f"VALUES ('{worker}', 'cpu', 'vgg16', 2.0, {now} - {seen}, '{state}', NULL)"
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


async def add_a_mood(connection: AsyncConnection) -> None:
    """A step from version 1 to 2, which succeeds once."""
    await connection.execute(text("ALTER TABLE job ADD COLUMN mood TEXT DEFAULT 'calm' NOT NULL"))
    await connection.execute(text("UPDATE job SET mood = 'busy' WHERE state = 'running'"))


async def moods(engine: AsyncEngine) -> dict[str, str]:
    """The column that the step added, by the jobs' ids."""
    async with engine.connect() as connection:
        return {row.id: row.mood for row in await connection.execute(text("SELECT id, mood FROM job"))}


async def version(engine: AsyncEngine) -> object:
    """The one version that a database says it is of."""
    async with engine.connect() as connection:
        return (await connection.execute(select(schema_version.c.version))).scalar_one()


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of version 2."""
    monkeypatch.setattr("engine.queue.database.MIGRATIONS", (add_a_mood,))


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


@pytest.mark.usefixtures("step")
async def test_every_live_job_goes_on_to_its_end_after_a_migration(first: AsyncEngine) -> None:
    await create_schema(first)
    assert await version(first) == 2
    assert await moods(first) == {
        **dict.fromkeys(("A1", "A2", "B1", "D1", "F1"), "calm"),
        **dict.fromkeys(("R1", "L1"), "busy"),
    }
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
    watches = {watch.job.id: watch.job.state for watch in await undelivered(queue)}
    assert watches == {**dict.fromkeys(before, State.DONE), "F1": State.FAILED}
    for job_id in watches:
        result = f"{job_id} result".encode() if job_id != "F1" else None
        assert await queue.read(job_id, "result") == result
        assert await queue.delivered(job_id)
    assert await queue.prune(-1.0) == 7


@pytest.mark.usefixtures("step")
async def test_migrated_jobs_can_be_retried_reduced_and_drained(first: AsyncEngine) -> None:
    await create_schema(first)
    leases, queue_admin = Leases(first, LIMITS), QueueAdmin(first)
    assert (await queue_admin.retry("F1")).state is State.QUEUED
    assert await leases.reduce("R1", "alive", recipe={"size": 128}, cost=1.0, shape="tiny")
    assert await queue_admin.drain() == 1
    assert await leases.claim("new") == []
    await queue_admin.resume()
    assert [job.id for job in await leases.claim("new")] == ["L1"]


@pytest.mark.usefixtures("step")
async def test_migrated_workers_are_known_by_their_conditions(first: AsyncEngine) -> None:
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


@pytest.mark.usefixtures("step")
async def test_migrating_twice_changes_nothing_more(first: AsyncEngine) -> None:
    await create_schema(first)
    once, shape = await everything(first), await columns(first)
    assert await version(first) == 2
    await create_schema(first)
    assert await everything(first) == once
    assert await columns(first) == shape
    assert await version(first) == 2


@pytest.mark.usefixtures("step")
async def test_of_several_that_open_at_once_one_migrates(
    first: AsyncEngine, connect: Callable[[], AsyncEngine]
) -> None:
    await asyncio.gather(*(create_schema(connect()) for _ in range(5)))
    assert await version(first) == 2
    assert len(await moods(first)) == len(await Queue(first).jobs()) == 7


async def test_a_database_of_version_1_has_the_shape_of_a_new_one_after_all_steps(
    first: AsyncEngine, request: pytest.FixtureRequest, tmp_path: Any
) -> None:
    await create_schema(first)
    if first.dialect.name == "sqlite":
        new = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    else:
        new = open_database(request.getfixturevalue("postgresql").create())
    try:
        await create_schema(new)
        assert await version(first) == await version(new) == len(MIGRATIONS) + 1
        assert await columns(first) == await columns(new)
        assert await indices(first) == await indices(new)
    finally:
        await new.dispose()


async def test_a_crash_in_the_middle_of_a_migration_leaves_the_old_version_whole(
    first: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(connection: AsyncConnection) -> None:
        raise RuntimeError

    before, rows = await columns(first), await everything(first)
    with monkeypatch.context() as patched:
        patched.setattr("engine.queue.database.MIGRATIONS", (add_a_mood, crash))
        with pytest.raises(RuntimeError):
            await create_schema(first)
    assert await columns(first) == before
    assert await everything(first) == rows
    assert await version(first) == 1
    monkeypatch.setattr("engine.queue.database.MIGRATIONS", (add_a_mood,))
    await create_schema(first)
    assert await version(first) == 2
    assert len(await Queue(first).jobs()) == 7


async def test_a_newer_database_is_refused(first: AsyncEngine) -> None:
    async with first.begin() as connection:
        await connection.execute(update(schema_version).values(version=7))
    rows = await everything(first)
    with pytest.raises(DatabaseError, match="version 7") as caught:
        await create_schema(first)
    assert caught.value.facts == {"version": 7}
    assert "\n" not in str(caught.value)
    assert await everything(first) == rows


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE atelier_schema SET version = 0",
        "DROP TABLE atelier_schema",
        "ALTER TABLE atelier_schema RENAME TO schema_version",
    ],
)
@pytest.mark.usefixtures("step")
async def test_a_database_from_before_version_1_is_too_old_and_left_alone(
    first: AsyncEngine, statement: str
) -> None:
    async with first.begin() as connection:
        await connection.execute(text(statement))
    shape, jobs = await columns(first), await Queue(first).jobs()
    with pytest.raises(OutdatedDatabaseError) as caught:
        await create_schema(first)
    assert str(caught.value) == (
        "The database is from before Atelier's first release, and cannot be upgraded: "
        "use an empty DATA_DIR or another DATABASE_URL."
    )
    assert caught.value.code == "database-unusable"
    assert (await columns(first), await Queue(first).jobs()) == (shape, jobs)


@pytest.mark.parametrize("change", ["ALTER TABLE job DROP COLUMN renewed", "DROP TABLE spent"])
async def test_a_database_of_version_1_from_before_its_release_is_too_old(
    first: AsyncEngine, change: str
) -> None:
    async with first.begin() as connection:
        await connection.execute(text(change))
    with pytest.raises(OutdatedDatabaseError):
        await create_schema(first)


async def test_a_database_with_a_development_versions_table_alone_is_too_old(
    connect: Callable[[], AsyncEngine],
) -> None:
    engine = connect()
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
    with pytest.raises(OutdatedDatabaseError):
        await create_schema(engine)


async def test_a_database_with_tables_of_others_gets_ours_besides(connect: Callable[[], AsyncEngine]) -> None:
    engine = connect()
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE session (key TEXT PRIMARY KEY)"))
    await create_schema(engine)
    assert await version(engine) == len(MIGRATIONS) + 1
    assert await Queue(engine).jobs() == []


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_file_that_cannot_shrink_learns_to(first: AsyncEngine) -> None:
    await create_schema(first)
    with sqlite3.connect(str(first.url.database)) as file:
        assert file.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()
