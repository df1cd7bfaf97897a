"""The disk: files that shrink again, and one that is full."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from engine.errors import QueueUnavailableError, StorageFullError
from engine.queue import (
    Job,
    Leases,
    Limits,
    Queue,
    QueueAdmin,
    State,
    create_schema,
    database,
    explain,
    open_database,
    persist,
    transient,
)
from engine.queue.database import shrink
from engine.queue.schema import blob

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    Add = Callable[..., Awaitable[Job]]

MB = 2**20
LIMITS = Limits(live=100, running=100, lease=600.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The folder of the SQLite database."""
    return tmp_path / "queue.db"


@pytest.fixture
async def sqlite(file: Path) -> AsyncIterator[AsyncEngine]:
    """A SQLite database, small and ready."""
    engine = open_database(f"sqlite:///{file}")
    await create_schema(engine)
    yield engine
    await engine.dispose()


async def fill(queue: Queue, add: Add, jobs: int = 8, size: int = 5 * MB) -> None:
    """Put pictures in."""
    for number in range(jobs):
        await add(queue, f"A{number}", blobs={"content": bytes([number]) * size})


async def clear(queue: Queue, jobs: int = 8, keep: int = 0) -> None:
    """Throw them out again, but for the last ones."""
    for number in range(jobs - keep):
        await queue.cancel(f"A{number}", "A")
    await queue.prune(-1.0)


def sizes(file: Path) -> tuple[int, int]:
    """Bytes of the database and of its log."""
    log = file.with_name(f"{file.name}-wal")
    return file.stat().st_size, log.stat().st_size if log.exists() else 0


def whole(file: Path) -> bool:
    """Return whether SQLite finds nothing wrong with the file."""
    connection = sqlite3.connect(file)
    try:
        found: tuple[str] = connection.execute("PRAGMA integrity_check").fetchone()
        return found == ("ok",)
    finally:
        connection.close()


async def free(engine: AsyncEngine) -> int:
    """Pages in which nothing is."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("PRAGMA freelist_count")) or 0)


# A file shrinks


async def test_a_file_is_small_again_when_what_was_in_it_is_gone(
    sqlite: AsyncEngine, file: Path, add: Add
) -> None:
    queue = Queue(sqlite, LIMITS)
    await fill(queue, add)
    assert sizes(file)[0] > 40 * MB
    await clear(queue, keep=1)
    assert sizes(file)[0] > 40 * MB
    await shrink(sqlite)
    assert sizes(file)[0] < 5 * MB + database.MAX_FREE + MB
    assert sizes(file)[1] <= 64 * MB
    assert await queue.read("A7", "content") == b"\x07" * (5 * MB)
    assert whole(file)
    # What is left free is for the next painting; there is nothing to do again.
    assert 0 < await free(sqlite) * 4096 <= database.MAX_FREE
    before = sizes(file)
    await shrink(sqlite)
    assert sizes(file) == before


async def test_the_log_is_written_back_when_a_file_shrinks(sqlite: AsyncEngine, file: Path, add: Add) -> None:
    queue = Queue(sqlite, LIMITS)
    await fill(queue, add, 2)
    await clear(queue, 2)
    await shrink(sqlite)
    other = sqlite3.connect(file)
    busy, pages, written = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    other.close()
    assert (busy, pages) == (0, written)
    assert sizes(file)[0] < database.MAX_FREE + MB


async def test_an_older_file_learns_to_shrink(sqlite: AsyncEngine, file: Path, add: Add) -> None:
    await fill(Queue(sqlite, LIMITS), add, 4)
    await sqlite.dispose()
    older = sqlite3.connect(file)
    for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA auto_vacuum = 0", "VACUUM"):
        older.execute(statement)
    assert older.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    older.close()
    engine = open_database(f"sqlite:///{file}")
    queue = Queue(engine, LIMITS)
    await create_schema(engine)
    assert await queue.read("A3", "content") == b"\x03" * (5 * MB)
    await clear(queue, 3)
    await shrink(engine)
    assert sizes(file)[0] < 5 * MB + database.MAX_FREE + MB
    assert await queue.read("A3", "content") == b"\x03" * (5 * MB)
    await engine.dispose()
    assert whole(file)


async def test_shrinking_waits_for_whoever_writes(sqlite: AsyncEngine, file: Path, add: Add) -> None:
    queue = Queue(sqlite, LIMITS)
    await fill(queue, add, 4)
    await clear(queue, 4)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE clock SET tag = 77")
    shrinking = asyncio.create_task(shrink(sqlite))
    await asyncio.sleep(0.2)
    assert not shrinking.done()
    other.execute("COMMIT")
    await shrinking
    assert sizes(file)[0] < database.MAX_FREE + MB
    assert other.execute("SELECT tag FROM clock").fetchone() == (77,)
    other.close()
    assert whole(file)


async def test_shrinking_gives_up_on_whoever_writes_for_long_and_breaks_nothing(
    file: Path, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.5)
    sqlite = open_database(f"sqlite:///{file}")
    await create_schema(sqlite)
    queue = Queue(sqlite, LIMITS)
    await fill(queue, add, 4)
    await clear(queue, 4)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE clock SET tag = 77")
    with pytest.raises(sqlite3.OperationalError, match="locked") as caught:
        await shrink(sqlite)
    assert transient(caught.value)
    assert isinstance(explain(caught.value), QueueUnavailableError)
    assert sizes(file)[0] > 20 * MB
    # Under ``persist`` it comes back to it, and the one who wrote has lost nothing.
    shrinking = asyncio.create_task(persist(lambda: shrink(sqlite), first=0.0))
    await asyncio.sleep(0.7)
    assert not shrinking.done()
    other.execute("COMMIT")
    await shrinking
    assert other.execute("SELECT tag FROM clock").fetchone() == (77,)
    other.close()
    assert sizes(file)[0] < database.MAX_FREE + MB
    assert (await add(queue, "B1")).tag == 78
    await sqlite.dispose()
    assert whole(file)


async def test_a_file_shrinks_while_others_read_and_write(sqlite: AsyncEngine, file: Path, add: Add) -> None:
    queue = Queue(sqlite, LIMITS)
    await fill(queue, add, 4)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM job").fetchone() == (4,)
    await clear(queue, 4)
    await asyncio.gather(shrink(sqlite), *(add(queue, f"B{number}") for number in range(10)))
    # Who began to read before still sees all of it; and so the file cannot shrink before they end.
    assert reader.execute("SELECT sum(length(bytes)) FROM blob").fetchone() == (20 * MB,)
    reader.execute("COMMIT")
    reader.close()
    await shrink(sqlite)
    assert sizes(file)[0] < database.MAX_FREE + MB
    assert len(await queue.jobs()) == 10
    assert whole(file)


async def test_shrinking_is_postgresqls_own_business(postgresql: Any) -> None:
    engine = open_database(postgresql.create())
    await shrink(engine)
    await engine.dispose()


# A disk is full


REFUSE = (
    """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           RAISE 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
       END $$""",
    """CREATE TRIGGER refuse BEFORE INSERT ON blob FOR EACH ROW
       WHEN (length(NEW.bytes) > 100000) EXECUTE FUNCTION refuse()""",
)
"""What makes PostgreSQL refuse large pictures as it does without room for them."""


class Disk:
    """A disk with little room left, as the database sees it."""

    def __init__(self, url: str) -> None:
        self.engine = open_database(url)
        self._pages: int | None = None
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", self._limit)

    async def fill(self) -> None:
        """Leave room for some small rows, not for a picture."""
        if self.engine.dialect.name == "sqlite":
            async with self.engine.connect() as connection:
                self._pages = int(await connection.scalar(text("PRAGMA page_count")) or 0) + 20
            await self.engine.dispose()
            return
        async with self.engine.begin() as connection:
            for statement in REFUSE:
                await connection.exec_driver_sql(statement)

    async def make_room(self) -> None:
        """Have a larger disk."""
        if self.engine.dialect.name == "sqlite":
            self._pages = None
            await self.engine.dispose()
            return
        async with self.engine.begin() as connection:
            await connection.exec_driver_sql("DROP TRIGGER refuse ON blob")

    def _limit(self, connection: Any, _record: object) -> None:
        if self._pages is not None:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA max_page_count = {self._pages}")
            cursor.close()


@pytest.fixture
async def disk(url: str) -> AsyncIterator[Disk]:
    """A disk that can be filled, with the queue's tables on it."""
    disk = Disk(url)
    await create_schema(disk.engine)
    yield disk
    await disk.engine.dispose()


LARGE = {"content": b"small", "style0": b"s" * (2 * MB)}
"""Pictures of which the first still has room."""


async def stored(engine: AsyncEngine, job_id: str) -> int:
    """Return the number of a job's blobs."""
    async with engine.connect() as connection:
        count: int = (await connection.execute(select(func.count()).where(blob.c.job == job_id))).scalar_one()
        return count


async def test_an_enqueue_on_a_full_disk_says_so_and_leaves_nothing(disk: Disk, add: Add) -> None:
    queue = Queue(disk.engine, LIMITS)
    leases = Leases(disk.engine, LIMITS)
    await add(queue, "B1")
    await disk.fill()
    for _ in range(2):
        with pytest.raises(DBAPIError) as caught:
            await add(queue, "A1", blobs=LARGE)
        known = explain(caught.value)
        assert isinstance(known, StorageFullError)
        assert known.code == "storage-full"
        assert transient(caught.value)
        assert await queue.get("A1") is None
        assert await stored(disk.engine, "A1") == 0
    # What needs no room goes on.
    assert [job.id for job in await leases.claim("w")] == ["B1"]
    assert await leases.finish("B1", "w", b"painting", {})
    await disk.make_room()
    job = await add(queue, "A1", blobs=LARGE)
    assert (job.state, job.tag) == (State.QUEUED, 2)
    assert await queue.read("A1", "style0") == LARGE["style0"]
    assert await add(queue, "A1", blobs=LARGE) == job


async def test_a_result_that_has_no_room_is_stored_later_and_nothing_is_lost_meanwhile(
    disk: Disk, add: Add
) -> None:
    queue, queue_admin = Queue(disk.engine, LIMITS), QueueAdmin(disk.engine)
    leases = Leases(disk.engine, LIMITS)
    await add(queue, "A1")
    (before,) = await leases.claim("w")
    await disk.fill()
    with pytest.raises(DBAPIError) as caught:
        await leases.heartbeat("A1", "w", progress=0.5, preview=b"p", checkpoint=b"c" * (2 * MB))
    assert isinstance(explain(caught.value), StorageFullError)
    with pytest.raises(DBAPIError) as caught:
        await leases.finish("A1", "w", b"r" * (2 * MB), {"width": 640})
    assert isinstance(explain(caught.value), StorageFullError)
    assert await queue.get("A1") == before
    assert await queue_admin.blobs("A1") == {"content": 5, "style0": 8}
    tries = 0

    async def finish() -> bool:
        nonlocal tries
        tries += 1
        if tries == 3:
            await disk.make_room()
        return await leases.finish("A1", "w", b"r" * (2 * MB), {"width": 640})

    assert await persist(finish, first=0.0)
    assert tries == 3
    assert await queue_admin.blobs("A1") == {"result": 2 * MB}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_pruning_makes_room_on_a_full_disk(disk: Disk, add: Add) -> None:
    queue = Queue(disk.engine, LIMITS)
    await add(queue, "B1", blobs={"content": b"c" * (3 * MB)})
    await disk.fill()
    with pytest.raises(DBAPIError):
        await add(queue, "A1", blobs=LARGE)
    await queue.cancel("B1", "B")
    assert await queue.prune(-1.0) == 1
    assert (await add(queue, "A1", blobs=LARGE)).id == "A1"
