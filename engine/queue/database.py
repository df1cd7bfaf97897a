"""Opening the database and bringing its tables up to date."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import json
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    ExceptionContext,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import AtelierError
from engine.packages import PackageError, how_to_install
from engine.queue.migrations import MIGRATIONS
from engine.queue.postgresql_options import options
from engine.queue.schema import UNVERSIONED, clock, job, metadata, schema_version
from engine.queue.sqlite_driver import connect

P = ParamSpec("P")
T = TypeVar("T")

INCREMENTAL: Final = 2
"""SQLite's number for giving free pages back on request (PRAGMA auto_vacuum)."""

BUSY_TIMEOUT: Final = 30.0
"""Seconds that a SQLite connection waits for another one's write."""

OPENING_TIMEOUT: Final = 4.0
"""The same at the start of a process, where who waits should soon hear of it."""

_READ_ONLY: Final = "25006"
"""SQLSTATE of a write to a server that only reads."""
POSTGRESQL_TIMEOUT: Final = 60
"""Seconds after which PostgreSQL and a client that waits for it give each other up. Without it, a machine
that loses its power while it holds the clock's row would stop the queue for hours."""

CONNECT_TIMEOUT: Final = 8.0
"""Seconds that a PostgreSQL has to let a client in."""

MAX_PORT: Final = 65535
"""The highest port."""

MAX_FREE: Final = 8 * 2**20
"""Bytes of a SQLite file that may stay free: the next painting takes them."""

VACUUM_PAGES: Final = 2048
"""Pages that are given back to the file system at once: others wait for the write lock meanwhile."""


class DatabaseError(AtelierError):
    """The database is not one that this program can work with."""

    code = "database-unusable"


class OutdatedDatabaseError(DatabaseError):
    """The database is from before version 1, which no migration upgrades."""


def open_database(url: str, *, thrifty: bool = False, busy_timeout: float | None = None) -> AsyncEngine:
    """Return an engine for a database; nothing is connected yet. The caller disposes of it.

    On SQLite a transaction takes the write lock at its beginning: it waits for others there, and never fails
    for them later. Use ``read_only`` where nothing is written.

    Args:
        url: ``sqlite:///path`` (the parent folder is created) or ``postgresql://user:password@host/name``;
            naming the driver, aiosqlite or asyncpg, is not needed.
        thrifty: for one of many idle clients of a PostgreSQL, whose calls are all under ``persist``: it
            keeps one connection, and does not check before each use that it still works. A second one
            lives while the first is busy: the upload of a painting must not hold up heartbeats.
        busy_timeout: seconds that a call waits for another one's write, on SQLite (``BUSY_TIMEOUT``).

    Raises:
        DatabaseError: no valid URL, an unknown option, another kind of database, or one in memory (which
            processes cannot share).
        PackageError: asyncpg is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.port is not None and not 0 < parsed.port <= MAX_PORT:
            raise ValueError
    except (ArgumentError, ValueError) as error:  # not quoted: it may hold a password
        raise DatabaseError(
            "The database's URL should look like sqlite:///path or postgresql://user:password@host/name."
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            sqlite = parsed.set(drivername="sqlite+aiosqlite")
            return _open_sqlite(sqlite, busy_timeout=BUSY_TIMEOUT if busy_timeout is None else busy_timeout)
        case "postgresql" | "postgres":
            try:
                return _open_postgresql(parsed.set(drivername="postgresql+asyncpg"), thrifty=thrifty)
            except ModuleNotFoundError as error:
                raise PackageError(f"PostgreSQL needs asyncpg. {how_to_install('postgres')}") from error
        case other:
            raise DatabaseError(f"The database can be sqlite or postgresql, not {other}.")


def read_only(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine, with the same pool, for transactions that only read: on SQLite they never wait."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(atelier_begin="BEGIN")
    return single_statement(engine)


def single_select(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine, with the same pool, for a single SELECT: it needs no BEGIN."""
    return single_statement(engine)


def single_statement(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine, with the same pool, for a single statement: it needs no BEGIN and no COMMIT."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(atelier_begin="")
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def uninterrupted(call: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Decorate a coroutine function so that it completes before its caller is cancelled.

    For one short transaction. Cancelled in the middle, a SQLite connection may keep its lock until the
    garbage collector finds its last cursor, and all others wait; a PostgreSQL connection is thrown away.
    """

    @functools.wraps(call)
    async def complete(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(call(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():  # however often it is cancelled
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # retrieved, so that asyncio does not complain
            raise

    return complete


async def in_slices(delete_some: Callable[[], Awaitable[int]]) -> int:
    """Delete many rows in short transactions, between which others write; return the number of rows.

    Each is followed by a pause as long as itself: who waits for SQLite's lock looks for it now and then.

    Args:
        delete_some: one transaction, which returns the number of rows that it has deleted: 0 in the end.
    """
    count, began = 0, time.monotonic()
    while some := await delete_some():
        count += some
        await asyncio.sleep(time.monotonic() - began)
        began = time.monotonic()
    return count


@uninterrupted
async def create_schema(engine: AsyncEngine) -> None:
    """Create the tables, or bring older ones up to date. Any number of processes may do so at once.

    Raises:
        DatabaseError: the database is of a newer version than this program.
        OutdatedDatabaseError: it is from before version 1.
    """
    file = file_of(engine)
    if file is None:
        await _create(engine)
        return
    _make_private(file)
    opening = _open_sqlite(engine.url, busy_timeout=OPENING_TIMEOUT)
    try:
        await _write_ahead(opening)
        await _create(opening)
    finally:
        await opening.dispose()


async def _create(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await lock_creation(connection, 0x61_74_65_6C)
        newest = len(MIGRATIONS) + 1
        version = await connection.run_sync(read_version)
        if version is None:
            await connection.run_sync(metadata.create_all)
            await connection.execute(insert(schema_version).values(version=newest))
            await connection.execute(insert(clock).values(id=1, tag=0))
            return
        if version > newest:
            raise DatabaseError(
                f"The database is of version {version}; this program knows up to {newest}. Please update it.",
                version=version,
            )
        for migrate in MIGRATIONS[version - 1 :]:
            await migrate(connection)
        if version < newest:
            await connection.execute(update(schema_version).values(version=newest))


async def lock_creation(connection: AsyncConnection, number: int) -> None:
    """Keep other creators of the tables with this number out until the transaction ends.

    IF NOT EXISTS does not do that on PostgreSQL. On SQLite the transaction has the write lock already.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(number)))


async def shrink(engine: AsyncEngine) -> None:
    """Give the space of deleted rows back to the file system. PostgreSQL does so by itself."""
    if engine.dialect.name != "sqlite":
        return
    async with engine.connect() as connection:
        driver = await _driver(connection)
        page = await _sql(driver, "PRAGMA page_size")
        free = await _sql(driver, "PRAGMA freelist_count")
        while free * page > MAX_FREE:
            began = time.monotonic()
            # A page is freed with every row, and the rows have no columns: Python 3.11 reads only the first.
            await uninterrupted(driver.executescript)(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
            left = await _sql(driver, "PRAGMA freelist_count")
            if left >= free:
                break
            free = left
            await asyncio.sleep(time.monotonic() - began)  # others write meanwhile
        await _sql(driver, "PRAGMA wal_checkpoint(PASSIVE)")


def read_version(connection: Connection) -> int | None:
    """Return the version of a database's tables; None if it has none of them.

    Raises:
        OutdatedDatabaseError: it is from before version 1 was released.
    """
    tables = set(inspect(connection).get_table_names())
    if schema_version.name in tables:
        version: int = connection.execute(select(schema_version.c.version)).scalar_one()
        known = {column["name"] for column in inspect(connection).get_columns(job.name)}
        whole = known.issuperset(job.columns.keys()) and tables.issuperset(metadata.tables)
        if version == len(MIGRATIONS) + 1 and not whole:
            version = 0  # version 1 changed in place until it was released
        if version >= 1:
            return version
    elif tables.isdisjoint({*metadata.tables, UNVERSIONED}):
        return None
    raise OutdatedDatabaseError(
        "The database is from before Atelier's first release, and cannot be upgraded: "
        "use an empty DATA_DIR or another DATABASE_URL."
    )


# NaN is no JSON: PostgreSQL refuses it, and SQLite should not be more lenient.
_to_json: Final = functools.partial(json.dumps, allow_nan=False)


def _open_sqlite(url: URL, *, busy_timeout: float) -> AsyncEngine:
    folder = sqlite_file(url).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, error.strerror or type(error).__name__) from error
    # isolation_level=None: the driver begins nothing by itself; _begin does.
    engine = create_async_engine(
        url,
        connect_args={"timeout": busy_timeout, "isolation_level": None, "async_creator_fn": connect},
        json_serializer=_to_json,
        hide_parameters=True,  # an error's text goes into the log: user data must not
        # Each is a thread. Those beyond the size would be closed after each use, and opened for the next.
        pool_size=15,
        max_overflow=0,
        pool_use_lifo=True,
    )
    event.listen(engine.sync_engine, "connect", _configure)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def sqlite_file(url: URL) -> Path:
    """Return the file in a SQLite URL; it may not exist yet.

    Raises:
        DatabaseError: the URL names no file, or one that cannot be a database's.
    """
    if not url.database or ":memory:" in url.database:
        raise DatabaseError("The database needs a file: the bot and the engine are two processes.")
    if url.database.startswith("file:"):  # another name of the same file, with other rules
        raise DatabaseError("SQLite's URL should look like sqlite:///path, without file: before the path.")
    if url.query:
        raise DatabaseError("SQLite's URL should look like sqlite:///path, without ? and options.")
    file = Path(url.database)
    if file.is_dir():
        raise DatabaseError(f"The database, {file}, is a folder.")
    if not next(one for one in file.absolute().parents if one.exists()).is_dir():
        raise _no_folder(file.parent, os.strerror(errno.ENOTDIR))
    return file


def _no_folder(folder: Path, why: str) -> DatabaseError:
    return DatabaseError(f"The folder of the database, {folder}, cannot be made ({why}).")


def file_of(engine: AsyncEngine) -> Path | None:
    """Return the file of a SQLite database, whichever links lead to it; None for another database."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database).resolve()


def _make_private(file: Path) -> None:
    """Make the file of a new database for this user alone; SQLite gives its log the same rights."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


async def _write_ahead(engine: AsyncEngine) -> None:
    """Switch the file to WAL for good, in which readers and a writer do not wait for each other.

    And to pages that can be given back: a file with tables has to be rewritten for that.
    """
    until = time.monotonic() + OPENING_TIMEOUT
    async with engine.connect() as connection:
        driver = await _driver(connection)
        # SQLite itself waits for every lock but one, that of two who switch at once; here nothing does.
        await _sql(driver, "PRAGMA busy_timeout = 0")
        while True:
            try:
                if await _sql(driver, "PRAGMA auto_vacuum") != INCREMENTAL:
                    await _sql(driver, f"PRAGMA auto_vacuum = {INCREMENTAL}")
                    if await _sql(driver, "PRAGMA schema_version"):
                        await _sql(driver, "VACUUM")
                await _sql(driver, "PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:
                # The low byte: busy with a crashed process's log is busy, too.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            await asyncio.sleep(0.01)
        await _sql(driver, f"PRAGMA busy_timeout = {round(OPENING_TIMEOUT * 1000)}")


async def _driver(connection: AsyncConnection) -> Any:
    """Return the driver's connection: SQLAlchemy would begin a transaction; some pragmas must be outside."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101
    return driver


async def _sql(driver: Any, statement: str) -> Any:
    """Run the statement and return its first value."""
    rows = list(await driver.execute_fetchall(statement))
    return rows[0][0] if rows else None


def _configure(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        # FULL: an accepted job survives a power cut too. NORMAL would be safe for a killed process only, and
        # the fsync that it saves is nothing next to a painting.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {64 * 2**20}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options().get("atelier_begin", "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(statement)


def _open_postgresql(url: URL, *, thrifty: bool) -> AsyncEngine:
    try:
        url, given = options(url)
    except ValueError as error:
        raise DatabaseError(str(error)) from error
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 1} if thrifty else {"pool_pre_ping": True}
    engine = create_async_engine(
        url,
        isolation_level="READ COMMITTED",
        json_serializer=_to_json,
        hide_parameters=True,  # as above
        **pool,
        connect_args={
            "timeout": CONNECT_TIMEOUT,
            "command_timeout": float(POSTGRESQL_TIMEOUT),
            "server_settings": {
                "application_name": "atelier",
                # A plan for any state, from a statement's sixth execution on, reads the whole history where
                # that for the queued jobs ends at its first row.
                "plan_cache_mode": "force_custom_plan",
                "idle_in_transaction_session_timeout": str(POSTGRESQL_TIMEOUT * 1000),
                "tcp_keepalives_idle": "30",
                "tcp_keepalives_interval": "10",
                "tcp_keepalives_count": "3",
            },
        }
        | given,
    )
    event.listen(engine.sync_engine, "handle_error", _leave_standby)
    return engine


def _leave_standby(context: ExceptionContext) -> None:
    """Drop the connections to a server that has become read-only: after a failover another one is not."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True
