"""A driver of SQLite for SQLAlchemy whose statements take one round trip to the connection's thread.

``aiosqlite`` takes four: the cursor, the execution, the rows and the cursor's end. Each round trip waits for
Python's lock twice, behind whatever else the process does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

Answer = tuple[list[Any], Any, int, int | None]
"""The rows of a statement, their description, the number of changed rows and the last new one's number."""


class _Cursor:
    """The result of one statement: all of its rows are read with it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End; nothing is open."""

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Execute a statement, and read its rows."""
        await self._run(lambda cursor: cursor.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute a statement with each of the parameters."""
        await self._run(lambda cursor: cursor.executemany(statement, parameters))

    async def fetchall(self) -> list[Any]:
        """Return the rows."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Drop the rows."""
        self._rows = []

    async def _run(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        self._rows, self.description, self.rowcount, self.lastrowid = await self._connection.run(execute)


class Connection(aiosqlite.Connection):
    """A connection; one that has begun no transaction does not go to its thread to end one."""

    def cursor(self) -> Any:
        """Return a cursor, which exists only here."""
        return _Cursor(self)

    async def run(self, execute: Callable[[sqlite3.Cursor], object]) -> Answer:
        """Execute a statement in the connection's thread."""
        return await self._execute(self._run, execute)  # type: ignore[no-any-return, no-untyped-call]

    def _run(self, execute: Callable[[sqlite3.Cursor], object]) -> Answer:
        cursor = self._conn.cursor()
        try:
            execute(cursor)
            rows = cursor.fetchall() if cursor.description else []
            return rows, cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    async def commit(self) -> None:
        """Commit the transaction, if one has begun."""
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Roll the transaction back, if one has begun."""
        if self.in_transaction:
            await super().rollback()


def connect(database: str, **options: Any) -> Connection:
    """Return a connection that is to be awaited; the options are those of ``sqlite3.connect``."""
    connection = Connection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - a process ends although a connection is open
    return connection
