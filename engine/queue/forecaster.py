"""What a forecast reads: the jobs under way and the first that wait; of others, what is ahead of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select, union_all

from engine.queue.forecast import Entry, Forecaster, Place
from engine.queue.job import State
from engine.queue.order import earlier
from engine.queue.schema import ORDER, job
from engine.queue.statements import is_painting, worker_rates

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection

HEAD: Final = 200
"""Queued paintings whose times are forecast exactly: the first ones."""

QUEUED: Final = (job.c.state == State.QUEUED, is_painting())
"""The conditions of a painting that waits in the queue."""

_COLUMNS: Final = tuple(job.c[name] for name in Entry._fields)
_KEY: Final = (job.c.priority, job.c.tag, job.c.created)
"""What the order needs besides."""


async def read_forecaster(connection: AsyncConnection, running: int) -> Forecaster:
    """Return the forecaster of this moment, if so many jobs of one owner may run at once."""
    under_way = select(*_COLUMNS, *_KEY).where(job.c.state == State.RUNNING, is_painting())
    first = select(*_COLUMNS, *_KEY).where(*QUEUED).order_by(*ORDER).limit(HEAD).subquery()
    both = union_all(under_way, select(first)).subquery()
    order = (both.c.priority.desc(), both.c.tag, both.c.created, both.c.id)
    rows = await connection.execute(select(*(both.c[name] for name in Entry._fields)).order_by(*order))
    head = [Entry(*row) for row in rows]
    rates, draining = await worker_rates(connection)
    return Forecaster(head, rates, running, draining)


async def places(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Place]:
    """Return the places of the queued paintings among these jobs, by their ids."""
    if not ids:
        return {}
    mine, other = job.alias(), job.alias()
    ahead = and_(other.c.state == State.QUEUED, is_painting(other), earlier(other, mine))
    rows = await connection.execute(
        select(mine.c.id, func.count(other.c.id), func.coalesce(func.sum(other.c.cost), 0.0))
        .join_from(mine, other, ahead, isouter=True)
        .where(mine.c.id.in_(ids), mine.c.state == State.QUEUED, is_painting(mine))
        .group_by(mine.c.id)
    )
    return {job_id: Place(position, cost) for job_id, position, cost in rows}
