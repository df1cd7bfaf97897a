"""SQL that several transactions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, delete, exists, func, literal, or_, select

from engine.queue.job import AT_WORK, CHECKPOINT, LIVE, PREVIEW, State
from engine.queue.schema import Now, blob, clock, job
from engine.queue.schema import worker as studio

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncConnection


LIVING: Final = 45.0
"""Seconds since its last word after which a worker no longer counts: three times it was silent."""


UNFINISHED: Final = (PREVIEW, CHECKPOINT)
"""Blobs of a painting under way."""


async def lock_clock(connection: AsyncConnection) -> int:
    """The tag started last. On SQLite the transaction has the write lock already."""
    tag: int = (await connection.execute(select(clock.c.tag).with_for_update())).scalar_one()
    return tag


async def live_of(connection: AsyncConnection, owner: str) -> tuple[int, int]:
    """How many live jobs an owner has, and the highest tag among them."""
    mine = (job.c.owner == owner, job.c.state.in_(LIVE))
    found = await connection.execute(select(func.count(), func.coalesce(func.max(job.c.tag), 0)).where(*mine))
    count, tag = found.one()
    return count, tag


async def drop_blobs(
    connection: AsyncConnection, ids: Collection[str], names: Collection[str] | None = None
) -> None:
    if ids:
        named = () if names is None else (blob.c.name.in_(names),)
        await connection.execute(delete(blob).where(blob.c.job.in_(ids), *named))


async def crew(connection: AsyncConnection) -> tuple[dict[str, float], set[str]]:
    """Return each living worker's rate by its name, and those that start nothing: for ``forecasts``."""
    paused = await connection.scalar(select(clock.c.paused))
    found = await connection.execute(
        select(studio.c.name, studio.c.rate, studio.c.drain).where(
            living(), studio.c.state.in_(AT_WORK), studio.c.rate.is_not(None)
        )
    )
    workers = found.all()
    rates = {each.name: each.rate for each in workers}
    return rates, {each.name for each in workers if paused or each.drain}


def living(worker: FromClause = studio) -> ColumnElement[bool]:
    """Whether a worker was heard of lately."""
    return worker.c.seen > Now() - LIVING


def halted(worker: str) -> ColumnElement[bool]:
    """Whether an operator lets this worker, or any, start nothing more."""
    drained = select(studio.c.name).where(studio.c.name == worker, studio.c.drain)
    return or_(exists(drained), paused())


def paused() -> ColumnElement[bool]:
    return exists(select(clock.c.id).where(clock.c.paused))


def fresh() -> ColumnElement[bool]:
    """Whether nothing was ever painted of a job."""
    begun = select(blob.c.job).where(blob.c.job == job.c.id, blob.c.name == CHECKPOINT).correlate(job)
    return and_(job.c.attempts == 0, ~job.c.reduced, ~exists(begun))


def expired() -> Select[str]:
    """The ids of running jobs whose worker has fallen silent."""
    return select(job.c.id).where(job.c.state == State.RUNNING, job.c.lease < Now())


def held(job_id: str, worker: str) -> tuple[ColumnElement[bool], ...]:
    return job.c.id == job_id, job.c.worker == worker, job.c.state == State.RUNNING


def running_of_its_owner() -> ColumnElement[int]:
    other = job.alias()
    return (
        select(func.count())
        .where(other.c.owner == job.c.owner, other.c.state == State.RUNNING)
        .correlate(job)
        .scalar_subquery()
    )


def set_state(state: State) -> ColumnElement[State]:
    return literal(state, job.c.state.type)
