"""Decide which job is next.

Owners take turns. A new job's tag is one more than the tag that was started last, and than any live one of
its owner. Claims go by priority, then by tag: ``ORDER`` of ``engine.queue.schema``, which has an index. So
with A×8, B×2 and C×2 the order is A B C A B C A A …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, or_, select

from engine.queue.job import CHECKPOINT, State
from engine.queue.schema import ORDER, blob, job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


BATCH_SEARCHED: Final = 500
"""Queued jobs that are searched for others of the first one's shape, from the first on."""


def next_tag(started: int, of_owner: int) -> int:
    """Return a new job's tag, given the tag that was started last and the highest live one of its owner."""
    return max(started, of_owner) + 1


def next_job(running: int, without: str | None = None) -> Select[tuple[str, str]]:
    """Select id and shape of the next job whose owner has fewer than ``running`` under way."""
    return (
        select(job.c.id, job.c.shape)
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
    if count == 1 or not await connection.scalar(select(_fresh()).where(job.c.id == first.id)):
        return [first.id]
    one = select(job).where(job.c.state == State.QUEUED).order_by(*ORDER).limit(BATCH_SEARCHED).subquery()
    order = (one.c.priority.desc(), one.c.tag, one.c.created, one.c.id)
    nth = func.row_number().over(partition_by=one.c.owner, order_by=order)
    place = func.row_number().over(order_by=order).label("place")
    queued = (
        select(one.c.id, place, (nth + _running_of_its_owner(without, one)).label("running"))
        .where(one.c.shape == first.shape, _fresh(one))
        .subquery()
    )
    ids = await connection.scalars(
        select(queued.c.id).where(queued.c.running <= running).order_by(queued.c.place).limit(count)
    )
    return ids.all() or [first.id]


def _fresh(one: FromClause = job) -> ColumnElement[bool]:
    """Return whether nothing was ever painted of a job."""
    begun = select(blob.c.job).where(blob.c.job == one.c.id, blob.c.name == CHECKPOINT).correlate(one)
    return and_(one.c.attempts == 0, ~one.c.reduced, ~exists(begun))


def _running_of_its_owner(without: str | None, one: FromClause = job) -> ColumnElement[int]:
    """Return the number of running jobs of a job's owner, but for those of a worker."""
    other = job.alias()
    elsewhere = () if without is None else (other.c.worker != without,)
    return (
        select(func.count())
        .where(other.c.owner == one.c.owner, other.c.state == State.RUNNING, *elsewhere)
        .correlate(one)
        .scalar_subquery()
    )


def earlier(this: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Return whether a job comes before another one in ``ORDER``."""
    return or_(
        this.c.priority > other.c.priority,
        and_(
            this.c.priority == other.c.priority,
            or_(
                this.c.tag < other.c.tag,
                and_(
                    this.c.tag == other.c.tag,
                    or_(
                        this.c.created < other.c.created,
                        and_(this.c.created == other.c.created, this.c.id < other.c.id),
                    ),
                ),
            ),
        ),
    )
