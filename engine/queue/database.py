"""Opening the database and bringing its tables up to date."""

from __future__ import annotations

import asyncio
import functools
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, event, func, insert, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import AtelierError
from engine.queue.schema import clock, metadata, schema_version

P = ParamSpec("P")
T = TypeVar("T")

BUSY: Final = 30.0
"""Seconds that a SQLite connection waits for another one's write."""

SILENCE: Final = 60
"""Seconds after which PostgreSQL and a client that waits for it give each other up. Without that, a machine
that loses its power while it holds the clock's row would stop the queue for hours."""

Migration = Callable[[AsyncConnection], Awaitable[None]]

MIGRATIONS: tuple[Migration, ...] = ()
"""The first brings version 1 to 2, and so on. Released ones never change."""


class DatabaseError(AtelierError):
    """The database is not one that this program can work with."""

    code = "database-unusable"


def open_database(url: str) -> AsyncEngine:
    """Open a database; nothing is connected yet. Dispose of the engine in the end.

    On SQLite a transaction takes the write lock at its beginning: it waits for others there, and never fails
    for them later. Use ``reading`` where nothing is written.

    Args:
        url: ``sqlite:///path`` (the parent folder is created) or ``postgresql://user:password@host/name``;
            naming the driver, aiosqlite or asyncpg, is not needed.

    Raises:
        DatabaseError: no such URL, another kind of database, one in memory (where processes cannot meet), or
            asyncpg is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # not quoted: it may hold a password
        raise DatabaseError(
            "The database's URL should look like sqlite:///path or postgresql://user:password@host/name."
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed.set(drivername="sqlite+aiosqlite"))
        case "postgresql" | "postgres":
            try:
                return _open_postgresql(parsed.set(drivername="postgresql+asyncpg"))
            except ModuleNotFoundError as error:
                raise DatabaseError("PostgreSQL needs asyncpg: install atelier[postgres].") from error
        case other:
            raise DatabaseError(f"The database can be sqlite or postgresql, not {other}.")


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The same engine and pool, for transactions that write nothing: on SQLite they never wait."""
    return engine.execution_options(atelier_begin="BEGIN")


def uninterrupted(call: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a coroutine function that no cancellation cuts: it ends first, then its caller is cancelled.

    For one short transaction. Cut in the middle, a SQLite connection may keep its lock until the garbage
    collector finds its last cursor, and everybody waits for that; a PostgreSQL connection is thrown away.
    """

    @functools.wraps(call)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.create_task(call(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # has been seen, so that asyncio does not complain
            raise

    return whole


@uninterrupted
async def create_schema(engine: AsyncEngine) -> None:
    """Create the tables, or bring older ones up to date. Any number of processes may do so at once.

    Raises:
        DatabaseError: a newer program has been here.
    """
    if engine.dialect.name == "sqlite":
        await _write_ahead(engine)
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # There, IF NOT EXISTS does not keep two creators apart. SQLite's write lock has done it already.
            await connection.execute(select(func.pg_advisory_xact_lock(0x61_74_65_6C)))
        newest = len(MIGRATIONS) + 1
        if not await connection.run_sync(_has_tables):
            await connection.run_sync(metadata.create_all)
            await connection.execute(insert(schema_version).values(version=newest))
            await connection.execute(insert(clock).values(id=1, tag=0))
            return
        version = (await connection.execute(select(schema_version.c.version))).scalar_one()
        if version > newest:
            raise DatabaseError(
                f"The database is of version {version}; this program knows up to {newest}. Please update it.",
                version=version,
            )
        for migrate in MIGRATIONS[version - 1 :]:
            await migrate(connection)
        if version < newest:
            await connection.execute(update(schema_version).values(version=newest))


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table(schema_version.name)


# NaN is no JSON: PostgreSQL refuses it, and SQLite shall not be more lenient.
_to_json: Final = functools.partial(json.dumps, allow_nan=False)


def _open_sqlite(url: URL) -> AsyncEngine:
    if not url.database or ":memory:" in url.database:
        raise DatabaseError("The database needs a file: the bot and the engine are two processes.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # isolation_level=None: the driver begins nothing by itself; _begin does.
    engine = create_async_engine(
        url, connect_args={"timeout": BUSY, "isolation_level": None}, json_serializer=_to_json
    )
    event.listen(engine.sync_engine, "connect", _configure)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


async def _write_ahead(engine: AsyncEngine) -> None:
    """Switch the file to WAL, in which readers and a writer do not wait for each other; it stays so."""
    until = time.monotonic() + BUSY
    async with engine.connect() as connection:
        # Through the driver: SQLAlchemy would begin a transaction, and there it cannot be switched.
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101
        while True:
            try:
                async with driver.execute("PRAGMA journal_mode = WAL"):
                    return
            except sqlite3.OperationalError as error:
                # SQLite itself waits for every lock but this one, when two processes switch at once.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            await asyncio.sleep(0.01)


def _configure(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        # FULL: an accepted job outlives a power cut too. NORMAL would be safe for a killed process only, and
        # what it saves, one fsync a commit, is nothing next to a painting.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {64 * 2**20}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("atelier_begin", "BEGIN IMMEDIATE"))


def _open_postgresql(url: URL) -> AsyncEngine:
    query = dict(url.query)
    if "sslmode" in query:  # libpq's word, in every hosted database's URL; asyncpg's is ssl
        query["ssl"] = query.pop("sslmode")
    return create_async_engine(
        url.set(query=query),
        isolation_level="READ COMMITTED",
        json_serializer=_to_json,
        pool_pre_ping=True,
        connect_args={
            "timeout": 15.0,
            "command_timeout": float(SILENCE),
            "server_settings": {
                "application_name": "atelier",
                "idle_in_transaction_session_timeout": str(SILENCE * 1000),
                "tcp_keepalives_idle": "30",
                "tcp_keepalives_interval": "10",
                "tcp_keepalives_count": "3",
            },
        },
    )
