"""Retries with backoff while the database is unavailable."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import sqlite3
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from engine.errors import AtelierError, QueueUnavailableError, StorageFullError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_DELAY: Final = 0.2
"""Seconds before the second attempt; each further delay is twice as long."""

MAX_DELAY: Final = 10.0
"""Seconds between two attempts at most."""


async def persist(
    call: Callable[[], Awaitable[T]],
    what: str = "",
    *,
    first: float = FIRST_DELAY,
    longest: float = MAX_DELAY,
) -> T:
    """Return the result of ``call``; retry while the database is unavailable, until the task is cancelled.

    An outage is logged when it begins, and when it ends or the retries do. A call may have taken effect
    although its answer was lost, so it has to be idempotent; those of ``Queue`` and ``Leases`` are.

    Args:
        call: makes a fresh awaitable each time.
        what: names the call in the log.
        first: seconds before the second attempt.
        longest: seconds between two attempts at most.

    Raises:
        Exception: any error of ``call`` that is not transient; see ``transient``.
    """
    delay = first
    attempts = 1
    about = what and f" ({what})"
    try:
        while True:
            try:
                answer = await call()
            except Exception as error:
                if not transient(error):
                    raise
                if attempts == 1:
                    logger.warning("The database does not answer%s; retrying: %s.", about, reason(error))
            else:
                if attempts > 1:
                    logger.info("The database answers again%s, at attempt %d.", about, attempts)
                return answer
            attempts += 1
            # Jitter, so that a database that comes back does not meet all clients at one moment.
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311
            delay = min(delay * 2, longest)
    except asyncio.CancelledError:
        if attempts > 1:
            logger.info("No longer waiting for the database%s.", about)
        raise


def transient(error: BaseException) -> bool:
    """Return whether the database's absence or load raised this, and not the statement."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.Error):
        # SQLITE_ERROR is a wrong statement or a missing table. Busy, full, I/O error, cannot open may pass.
        return (
            isinstance(cause, sqlite3.OperationalError)
            and getattr(cause, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
        )
    if not isinstance(error, DBAPIError):
        return isinstance(error, (OSError, PoolTimeoutError))
    # Connection lost, deadlock or serialisation, out of something, shut down or starting.
    sqlstate = getattr(cause, "sqlstate", None) or ""
    return (
        error.connection_invalidated
        or sqlstate[:2] in {"08", "40", "53", "57"}
        or isinstance(error, (InterfaceError, OperationalError))
    )


def explain(error: BaseException) -> AtelierError | None:
    """Return the error to show for a failed call: the disk is full, or the database is unavailable.

    None: it is neither, see ``transient``. The reason is the database's own, without URL and statement.
    """
    cause = _cause(error)
    if _full(cause):
        return StorageFullError("The database's disk is full: nothing more can be stored.")
    if not transient(error):
        return None
    return QueueUnavailableError(f"The queue's database cannot be reached: {reason(error)}.")


def reason(error: BaseException) -> str:
    """Return the database's own words for an error: one line, without URL and statement."""
    cause = _cause(error)
    # Not str(): SQLAlchemy adds a web address there.
    words = (isinstance(cause, OSError) and cause.strerror) or str(*cause.args[:1])
    return words.partition("\n")[0].rstrip(".") or type(cause).__name__


def _full(cause: BaseException) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in {errno.ENOSPC, errno.EDQUOT}
    # SQLite turns a write's ENOSPC into SQLITE_FULL; its SQLITE_IOERR_WRITE is any other reason.
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == "53100"
    )


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error; the pragmas' come without SQLAlchemy's around it."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
