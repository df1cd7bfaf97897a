"""Outliving the database: a call is made again until the database answers."""

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

FIRST: Final = 0.2
"""Seconds before the second try; every further wait is twice as long …"""

LONGEST: Final = 10.0
"""… up to this."""


async def persist(
    call: Callable[[], Awaitable[T]], what: str = "", *, first: float = FIRST, longest: float = LONGEST
) -> T:
    """Return what ``call`` returns, making it again while the database is away; stop by cancelling the task.

    An outage is logged when it begins, and when it ends or is waited for no longer. A call may have taken
    effect although its answer was lost, so it should bear being repeated; those of ``Queue`` do.

    Args:
        call: makes a fresh awaitable each time.
        what: names the call in the log.
        first: seconds before the second try.
        longest: seconds between two tries at most.

    Raises:
        Exception: whatever ``call`` raises that waiting does not mend; see ``transient``.
    """
    wait = first
    tries = 1
    about = what and f" ({what})"
    try:
        while True:
            try:
                answer = await call()
            except Exception as error:
                if not transient(error):
                    raise
                if tries == 1:
                    logger.warning("The database does not answer%s; trying again: %s", about, error)
            else:
                if tries > 1:
                    logger.info("The database answers again%s, at try %d.", about, tries)
                return answer
            tries += 1
            # Spread, so that a database that comes back does not meet everybody at one moment.
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
            wait = min(wait * 2, longest)
    except asyncio.CancelledError:
        if tries > 1:
            logger.info("The database is waited for no longer%s.", about)
        raise


def transient(error: BaseException) -> bool:
    """Whether it is the database's absence or load, and not the statement, that raised this."""
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
    """Say what a failed call means to a person: a full disk, or a database that is away.

    None: it is neither, see ``transient``. The words are the database's own, without URL and statement.
    """
    cause = _cause(error)
    if _full(cause):
        return StorageFullError("The database's disk is full: nothing more can be stored.")
    if not transient(error):
        return None
    # Not str(): SQLAlchemy adds a web address there.
    words = (isinstance(cause, OSError) and cause.strerror) or str(*cause.args[:1])
    why = words.partition("\n")[0].rstrip(".") or type(cause).__name__
    return QueueUnavailableError(f"The queue's database cannot be reached: {why}.")


def _full(cause: BaseException) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in {errno.ENOSPC, errno.EDQUOT}
    # SQLite turns a write's ENOSPC into SQLITE_FULL; its SQLITE_IOERR_WRITE is any other reason.
    return (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == "53100"
    )


def _cause(error: BaseException) -> BaseException:
    """The driver's own error; the pragmas' come without SQLAlchemy's around it."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
