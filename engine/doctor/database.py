"""The queue's database, checked without a change: its version, write access, workers, clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, make_url, select, update
from sqlalchemy.exc import ArgumentError

from engine.doctor.finding import Finding, Mark, duration
from engine.errors import AtelierError
from engine.host_errors import OTHER_USER
from engine.packages import PackageError
from engine.queue import Health, OutdatedDatabaseError, QueueAdmin, connected
from engine.queue.database import read_version, sqlite_file
from engine.queue.migrations import MIGRATIONS
from engine.queue.schema import clock, worker

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

NEWEST: Final = len(MIGRATIONS) + 1
"""The version of the tables that this program knows."""
MAX_SKEW: Final = 5.0
"""Seconds that two clocks may differ without a note."""
ELSEWHERE: Final = "Set DATABASE_URL to a database that can be reached, or leave it empty for a SQLite file."


async def database(url: str) -> list[Finding]:
    """Check the database behind a URL, and its workers.

    Args:
        url: as ``open_database`` takes it. Its password appears in no finding.
    """
    place = _place(url)
    try:
        if _not_made_yet(url):
            return [Finding("Database", Mark.GOOD, f"{place}: it is made at the first start.")]
        async with connected(url) as engine:
            return [*await _look(engine, place)]
    except (PackageError, OutdatedDatabaseError) as error:  # its message says what to do
        return [Finding("Database", Mark.FAULT, str(error))]
    except AtelierError as error:
        return [Finding("Database", Mark.FAULT, str(error), ELSEWHERE)]
    except PermissionError:
        return [Finding("Database", Mark.FAULT, f"{place} is closed to this user.", OTHER_USER)]
    except OSError as error:
        said = f"{place} cannot be looked at ({error.strerror})."
        return [Finding("Database", Mark.FAULT, said, ELSEWHERE)]


def _place(url: str) -> str:
    """Return a database's name without user and password."""
    try:
        parsed = make_url(url)
    except Exception:  # noqa: BLE001 - open_database says what is wrong
        return "The database"
    if parsed.get_backend_name() == "sqlite":
        return f"SQLite, {parsed.database}"
    return f"PostgreSQL, {parsed.database} at {parsed.host or 'this machine'}"


def _not_made_yet(url: str) -> bool:
    """Return whether this is a SQLite file that does not exist: opening it would make it.

    Raises:
        DatabaseError: it cannot be a database's file.
        OSError: it is unknown.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False  # open_database says what is wrong
    if parsed.get_backend_name() != "sqlite":
        return False
    try:
        sqlite_file(parsed).stat()
    except FileNotFoundError:
        return True
    return False


async def _look(engine: AsyncEngine, place: str) -> list[Finding]:
    async with engine.connect() as connection:
        shape = await connection.run_sync(read_version)
        if shape is None:
            return [await _empty(connection, place)]
        finding = version(place, shape)
        if finding.mark is not Mark.FAULT:
            await connection.execute(update(clock).values(tag=clock.c.tag))  # and is never committed
        await connection.rollback()
    if shape != NEWEST:
        return [finding]
    began = time.time()
    health = await QueueAdmin(engine).health()
    middle = (began + time.time()) / 2
    async with engine.connect() as connection:
        seen = await connection.scalar(select(func.max(worker.c.seen)))
        await connection.rollback()
    found = [finding, workers(health, seen)]
    if engine.dialect.name != "sqlite":
        found.append(clocks(middle, health.now, "the database"))
    return found


async def _empty(connection: AsyncConnection, place: str) -> Finding:
    """Report on a database without our tables."""
    if connection.dialect.name == "postgresql":
        may = func.has_schema_privilege(func.current_schema(), "CREATE")
        if not await connection.scalar(select(may)):
            said = f"{place}: this user may not make tables in it."
            advice = "As its owner: GRANT CREATE ON SCHEMA public TO that user."
            return Finding("Database", Mark.FAULT, said, advice)
    return Finding("Database", Mark.GOOD, f"{place}: its tables are made at the first start.")


def version(place: str, shape: int) -> Finding:
    """Report on the tables' version."""
    if shape > NEWEST:
        said = f"{place}: version {shape}, of a newer Atelier; this one knows up to {NEWEST}."
        return Finding("Database", Mark.FAULT, said, "Update Atelier.")
    if shape < NEWEST:
        said = f"{place}: version {shape}; the next start brings it to {NEWEST}, live paintings and all."
        return Finding("Database", Mark.NOTE, said, "Keep a copy of it until that start.")
    return Finding("Database", Mark.GOOD, f"{place}: version {shape}, can be written.")


def workers(health: Health, seen: float | None) -> Finding:
    """Report on the workers that would paint a job now.

    Args:
        health: the queue's.
        seen: the latest announcement of any worker, by the database's clock.
    """
    if health.healthy:
        last = max(each.seen for each in health.workers)
        count = len(health.workers)
        living = "One worker lives" if count == 1 else f"{count} workers live"
        told = [problem for problem in health.problems if problem]
        said = f"{living}, heard of {duration(health.now - last)} ago; {health.queued} paintings wait."
        if told:
            return Finding("Workers", Mark.NOTE, f"{said} {' '.join(told)}", "See: atelier jobs.")
        return Finding("Workers", Mark.GOOD, said)
    ago = "" if seen is None else f" The last was heard of {duration(health.now - seen)} ago."
    said = " ".join(health.problems) + (ago if not health.workers else "")
    if health.paused:
        return Finding("Workers", Mark.NOTE, said, "To go on: atelier jobs --resume.")
    return Finding("Workers", Mark.NOTE, said, "`atelier run` brings one, `atelier work` is one.")


def clocks(here: float, there: float, whose: str) -> Finding:
    """Compare this machine's clock with another.

    Args:
        here: seconds since 1970 on this machine.
        there: the same moment there.
        whose: the other clock.
    """
    skew = here - there
    if abs(skew) <= MAX_SKEW:
        return Finding("Clock", Mark.GOOD, f"It goes as that of {whose} does.")
    way = "ahead of" if skew > 0 else "behind"
    said = f"It is {duration(abs(skew))} {way} that of {whose}."
    return Finding("Clock", Mark.NOTE, said, "Let the machine set its clock by the network (NTP).")
