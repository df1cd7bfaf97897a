"""Decide which job is next.

Owners take turns. A new job's tag is one more than the tag that was started last, and than any live one of
its owner. Claims go by priority, then by tag: ``ORDER`` of ``engine.queue.schema``, which has an index. So
with A×8, B×2 and C×2 the order is A B C A B C A A …
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from engine.queue.job import CHECKPOINT, State
from engine.queue.schema import ORDER, blob, job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


def next_tag(started: int, of_owner: int) -> int:
    """Return a new job's tag, given the tag that was started last and the highest live one of its owner."""
    return max(started, of_owner) + 1


def next_job(running: int, without: str | None = None) -> Select[tuple[str, str, bool]]:
    """Select id, shape and freshness of the next job whose owner has fewer than ``running`` under way."""
    return (
        select(job.c.id, job.c.shape, _fresh().label("fresh"))
        .where(job.c.state == State.QUEUED, _running_of_its_owner(without) < running)
        .order_by(*ORDER)
        .limit(1)
    )


async def next_jobs(
    connection: AsyncConnection, count: int, running: int, without: str | None = None
) -> Sequence[str]:
    """Return the ids of the next jobs: at most ``count``, of one shape, at most ``running`` of one owner.

    ``without`` is a worker whose running jobs do not count, as if they had ended.
    """
    first = (await connection.execute(next_job(running, without))).one_or_none()
    if first is None:
        return []
    if count == 1 or not first.fresh:
        return [first.id]
    nth = func.row_number().over(partition_by=job.c.owner, order_by=ORDER)
    place = func.row_number().over(order_by=ORDER).label("place")
    queued = (
        select(job.c.id, place, (nth + _running_of_its_owner(without)).label("running"))
        .where(job.c.state == State.QUEUED, job.c.shape == first.shape, _fresh())
        .subquery()
    )
    ids = await connection.scalars(
        select(queued.c.id).where(queued.c.running <= running).order_by(queued.c.place).limit(count)
    )
    return ids.all()


def _fresh() -> ColumnElement[bool]:
    """Return whether nothing was ever painted of a job."""
    begun = select(blob.c.job).where(blob.c.job == job.c.id, blob.c.name == CHECKPOINT).correlate(job)
    return and_(job.c.attempts == 0, ~job.c.reduced, ~exists(begun))


def _running_of_its_owner(without: str | None) -> ColumnElement[int]:
    """Return the number of running jobs of a job's owner, but for those of a worker."""
    other = job.alias()
    elsewhere = () if without is None else (other.c.worker != without,)
    return (
        select(func.count())
        .where(other.c.owner == job.c.owner, other.c.state == State.RUNNING, *elsewhere)
        .correlate(job)
        .scalar_subquery()
    )
