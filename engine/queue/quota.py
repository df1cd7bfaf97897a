"""The daily quota: an owner's jobs of the last 24 hours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, or_, select

from engine.errors import TooManyTodayError
from engine.queue.job import LIVE, State
from engine.queue.schema import Now, job

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

DAY: Final = 86400.0
"""Seconds in a day."""
HOUR: Final = 3600.0
"""Seconds in an hour."""


def counts_today() -> ColumnElement[bool]:
    """Return whether a job is of the last 24 hours and costs, has cost or will cost a worker's time.

    One that failed does not count, nor one that was cancelled before it was ever started.
    """
    stopped = and_(job.c.state == State.CANCELLED, job.c.started.is_not(None))
    return and_(job.c.created > Now() - DAY, or_(job.c.state.in_((*LIVE, State.DONE)), stopped))


async def refuse_excess(connection: AsyncConnection, owner: str, job_id: str, limit: int) -> None:
    """Refuse a job if its owner has had ``limit`` others in the last 24 hours. The caller holds the clock.

    Raises:
        TooManyTodayError: with the limit, and the whole hours until one more is allowed.
    """
    # Room is made when the day of the limit-th newest is over, however many are older.
    nth_newest = (
        select(Now() - job.c.created)
        .where(job.c.owner == owner, job.c.id != job_id, counts_today())
        .order_by(job.c.created.desc())
        .offset(limit - 1)
        .limit(1)
    )
    age = await connection.scalar(nth_newest)
    if age is not None:
        hours = max(1, math.ceil((DAY - age) / HOUR))
        raise TooManyTodayError(
            f"You have had {limit} paintings in the last 24 hours; the next is possible in {hours} h.",
            limit=limit,
            hours=hours,
        )
