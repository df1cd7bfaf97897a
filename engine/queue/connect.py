"""A command's connection to the database, with errors in one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from engine.queue.database import OPENING_TIMEOUT, DatabaseError, open_database
from engine.queue.retry import explain, reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from sqlalchemy.ext.asyncio import AsyncEngine


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncEngine]:
    """Open a database for the time of the body.

    Raises:
        DatabaseError, PackageError, QueueUnavailableError, StorageFullError: it cannot be used.
    """
    before = set(threading.enumerate())
    try:
        database = open_database(url, busy_timeout=OPENING_TIMEOUT)
        try:
            yield database
        finally:
            await database.dispose()
    except (OSError, SQLAlchemyError, sqlite3.Error) as error:
        await _join(set(threading.enumerate()) - before)
        raise explain(error) or DatabaseError(f"The database cannot be used: {reason(error)}.") from error


async def _join(threads: Collection[threading.Thread]) -> None:
    """Wait for a failed connection's thread; aiosqlite does not, and the thread fails if the loop is gone."""

    def join() -> None:
        for thread in threads:
            if thread is not threading.current_thread():  # the event loop's own pool has some, too
                thread.join(1.0)

    await asyncio.to_thread(join)
