"""The daily quota: an owner's jobs of the last 24 hours, erased ones too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, Insert, and_, delete, or_, select, union_all

from engine.errors import TooManyTodayError
from engine.queue.job import LIVE, State
from engine.queue.schema import Now, job, spent
from engine.queue.statements import is_painting

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

DAY: Final = 86400.0
"""Seconds in a day."""
HOUR: Final = 3600.0
"""Seconds in an hour."""
FORGOTTEN_AT_ONCE: Final = 500
"""Owners whose counts one transaction deletes."""


def counts_today() -> ColumnElement[bool]:
    """Return whether a job is of the last 24 hours and costs, has cost or will cost a worker's time.

    One that failed does not count, nor one that was cancelled before it was ever started.
    """
    stopped = and_(job.c.state == State.CANCELLED, job.c.started.is_not(None))
    return and_(job.c.created > Now() - DAY, or_(job.c.state.in_((*LIVE, State.DONE)), stopped))


def erased_today() -> ColumnElement[bool]:
    """Return whether an erased job is of the last 24 hours."""
    return spent.c.created > Now() - DAY


def remember(which: ColumnElement[bool]) -> Insert:
    """Return the statement that remembers jobs which count and are about to be erased: owner and time alone.

    One that no worker has begun has cost nothing, and never will; samples count towards nothing.
    """
    begun = and_(which, is_painting(), counts_today(), job.c.started.is_not(None))
    return spent.insert().from_select(["owner", "created"], select(job.c.owner, job.c.created).where(begun))


async def forget_yesterday(connection: AsyncConnection) -> int:
    """Delete some of what is remembered of days that are over, or from before the clock was put back.

    Returns the number of rows.
    """
    over = ~spent.c.created.between(Now() - DAY, Now() + DAY)
    owners = select(spent.c.owner).where(over).distinct().limit(FORGOTTEN_AT_ONCE)
    gone = await connection.execute(delete(spent).where(over, spent.c.owner.in_(owners)))
    return gone.rowcount


async def refuse_excess(connection: AsyncConnection, owner: str, job_id: str, limit: int) -> None:
    """Refuse a job if its owner has had ``limit`` others in the last 24 hours. The caller holds the clock.

    Raises:
        TooManyTodayError: with the limit, and the whole hours until one more is allowed.
    """
    # Room is made when the day of the limit-th newest is over, however many are older.
    had = union_all(
        select(job.c.created).where(job.c.owner == owner, job.c.id != job_id, counts_today()),
        select(spent.c.created).where(spent.c.owner == owner, erased_today()),
    ).subquery()
    nth_newest = select(Now() - had.c.created).order_by(had.c.created.desc()).offset(limit - 1).limit(1)
    age = await connection.scalar(nth_newest)
    if age is not None:
        hours = max(1, math.ceil((DAY - age) / HOUR))
        raise TooManyTodayError(
            f"You have had {limit} paintings in the last 24 hours; the next is possible in {hours} h.",
            limit=limit,
            hours=hours,
        )
