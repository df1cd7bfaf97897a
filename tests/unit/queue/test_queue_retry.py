"""Trying again, and giving up."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from engine.errors import QueueUnavailableError, StorageFullError, TooManyJobsError
from engine.queue import explain, persist, transient


def raised_by_sqlite(code: int) -> OperationalError:
    """What SQLAlchemy raises for an error of SQLite."""
    cause = sqlite3.OperationalError("said so")
    cause.sqlite_errorcode = code
    return OperationalError("SELECT 1", {}, cause)


def raised_by_postgresql(sqlstate: str) -> DBAPIError:
    """What SQLAlchemy raises for an error of PostgreSQL."""
    cause = Exception("said so")
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    return DBAPIError("SELECT 1", {}, cause)


def raised_by_a_pragma(code: int) -> sqlite3.OperationalError:
    """What comes from the driver itself, with nothing of SQLAlchemy's around it."""
    cause = sqlite3.OperationalError("said so")
    cause.sqlite_errorcode = code
    return cause


@pytest.mark.parametrize(
    "error",
    [
        raised_by_a_pragma(sqlite3.SQLITE_BUSY),
        ConnectionRefusedError(),
        TimeoutError(),
        raised_by_sqlite(sqlite3.SQLITE_BUSY),
        raised_by_sqlite(sqlite3.SQLITE_FULL),
        raised_by_sqlite(sqlite3.SQLITE_CANTOPEN),
        raised_by_postgresql("57P01"),
        raised_by_postgresql("40P01"),
        raised_by_postgresql("53300"),
    ],
)
def test_an_absent_or_busy_database_may_come_back(error: Exception) -> None:
    assert transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        TooManyJobsError("Too many."),
        raised_by_sqlite(sqlite3.SQLITE_ERROR),
        raised_by_a_pragma(sqlite3.SQLITE_ERROR),
        sqlite3.DatabaseError("file is not a database"),
        raised_by_postgresql("42P01"),
        IntegrityError("INSERT", {}, sqlite3.IntegrityError()),
    ],
)
def test_a_mistake_does_not_pass_by_waiting(error: Exception) -> None:
    assert not transient(error)


@pytest.mark.parametrize(
    "error",
    [
        raised_by_sqlite(sqlite3.SQLITE_FULL),
        raised_by_a_pragma(sqlite3.SQLITE_FULL),
        raised_by_postgresql("53100"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_called_so(error: Exception) -> None:
    known = explain(error)
    assert isinstance(known, StorageFullError)
    assert known.code == "storage-full"
    assert str(known) == "The database's disk is full: nothing more can be stored."
    # It may pass: somebody makes room.
    assert transient(error)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (raised_by_sqlite(sqlite3.SQLITE_BUSY), "said so"),
        (raised_by_sqlite(sqlite3.SQLITE_IOERR_WRITE), "said so"),
        (raised_by_a_pragma(sqlite3.SQLITE_CANTOPEN), "said so"),
        (raised_by_postgresql("57P01"), "said so"),
        (raised_by_postgresql("53300"), "said so"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed"), "Connect call failed"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("Multiple exceptions: one, another"), "Multiple exceptions: one, another"),
        (TimeoutError(), "TimeoutError"),
        (PoolTimeoutError("QueuePool limit reached.", code="3o7r"), "QueuePool limit reached"),
    ],
)
def test_an_absent_or_busy_database_is_called_so(error: Exception, why: str) -> None:
    known = explain(error)
    assert isinstance(known, QueueUnavailableError)
    assert known.code == "queue-unavailable"
    assert str(known) == f"The queue's database cannot be reached: {why}."


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        KeyboardInterrupt(),
        TooManyJobsError("Too many."),
        raised_by_sqlite(sqlite3.SQLITE_ERROR),
        raised_by_postgresql("42P01"),
        raised_by_postgresql("28P01"),
        IntegrityError("INSERT", {}, sqlite3.IntegrityError()),
    ],
)
def test_anything_else_is_not_explained(error: BaseException) -> None:
    assert explain(error) is None


def test_an_explanation_shows_neither_statement_nor_values() -> None:
    cause = sqlite3.OperationalError("database is locked")
    error = OperationalError("INSERT INTO job VALUES (?)", {"owner": "telegram:1"}, cause)
    assert str(explain(error)) == "The queue's database cannot be reached: database is locked."


async def test_an_outage_is_one_line_without_the_statement(caplog: pytest.LogCaptureFixture) -> None:
    outages = [raised_by_sqlite(sqlite3.SQLITE_BUSY)]

    async def call() -> int:
        if outages:
            raise outages.pop()
        return 7

    assert await persist(call, "counting", first=0.0) == 7
    (line,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert line == "The database does not answer (counting); retrying: said so."


async def test_a_call_is_made_again_until_it_answers(caplog: pytest.LogCaptureFixture) -> None:
    outages = [ConnectionRefusedError("nobody there"), TimeoutError("too slow")]

    async def call() -> int:
        if outages:
            raise outages.pop(0)
        return 7

    with caplog.at_level(logging.INFO, "engine.queue.retry"):
        assert await persist(call, "counting", first=0.0) == 7
    assert [record.getMessage() for record in caplog.records] == [
        "The database does not answer (counting); retrying: nobody there.",
        "The database answers again (counting), at attempt 3.",
    ]


async def test_a_call_that_answers_at_once_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def call() -> str:
        return "here"

    with caplog.at_level(logging.INFO):
        assert await persist(call) == "here"
    assert caplog.records == []


async def test_a_mistake_is_raised_at_once() -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1
        raise TooManyJobsError("Too many.")

    with pytest.raises(TooManyJobsError):
        await persist(call)
    assert calls == 1


async def test_waiting_doubles_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 8:
            raise asyncio.CancelledError

    async def call() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("engine.queue.retry.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await persist(call, first=1.0, longest=20.0)
    for wait, most in zip(waits, [1, 2, 4, 8, 16, 20, 20, 20], strict=True):
        assert most / 2 <= wait <= most


async def test_giving_up_is_said(caplog: pytest.LogCaptureFixture) -> None:
    away = asyncio.Event()

    async def call() -> None:
        away.set()
        raise ConnectionRefusedError("nobody there")

    with caplog.at_level(logging.INFO, "engine.queue.retry"):
        waiting = asyncio.create_task(persist(call, "counting", first=60.0))
        await away.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert [record.getMessage() for record in caplog.records] == [
        "The database does not answer (counting); retrying: nobody there.",
        "No longer waiting for the database (counting).",
    ]
