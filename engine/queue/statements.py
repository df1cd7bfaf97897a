"""SQL that several transactions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.queue.job import ACTIVE, LIVE, SAMPLES, State
from engine.queue.schema import Now, clock, job
from engine.queue.schema import worker as worker_table

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table, Update
    from sqlalchemy.ext.asyncio import AsyncConnection


WORKER_TTL: Final = 45.0
"""Seconds since its last announcement after which a worker counts as dead: it has missed three."""


def insert_into(table: Table, dialect: Dialect) -> postgresql.Insert | sqlite.Insert:
    """Return the dialect's own INSERT, which has ON CONFLICT."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)


async def lock_clock(connection: AsyncConnection) -> int:
    """Lock the clock and return the tag started last. On SQLite the transaction has the lock already."""
    tag: int = (await connection.execute(select(clock.c.tag).with_for_update())).scalar_one()
    return tag


async def live_of(connection: AsyncConnection, owner: str) -> tuple[int, int]:
    """Return the number of an owner's live jobs, and the highest tag among them."""
    mine = (job.c.owner == owner, job.c.state.in_(LIVE))
    found = await connection.execute(select(func.count(), func.coalesce(func.max(job.c.tag), 0)).where(*mine))
    count, tag = found.one()
    return count, tag


async def worker_rates(connection: AsyncConnection) -> tuple[dict[str, float], set[str]]:
    """Return each living worker's rate by its name, and the names of those that start nothing."""
    paused = await connection.scalar(select(clock.c.paused))
    found = await connection.execute(
        select(worker_table.c.name, worker_table.c.rate, worker_table.c.drain).where(
            living(), worker_table.c.state.in_(ACTIVE), worker_table.c.rate.is_not(None)
        )
    )
    workers = found.all()
    rates = {each.name: each.rate for each in workers}
    return rates, {each.name for each in workers if paused or each.drain}


def living(worker: FromClause = worker_table) -> ColumnElement[bool]:
    """Return whether a worker has announced itself lately."""
    return worker.c.seen.between(Now() - WORKER_TTL, Now() + WORKER_TTL)  # later: the clock was put back


def is_painting(one: FromClause = job) -> ColumnElement[bool]:
    """Return whether a job is a painting. Samples are none: nobody counts them or waits for them."""
    return one.c.priority > SAMPLES


def is_awaited() -> ColumnElement[bool]:
    """Return whether somebody waits for news of a job. Nobody does of samples: they have no address."""
    return and_(job.c.delivered.is_(None), job.c.address.is_not(None))


def queue_paused() -> ColumnElement[bool]:
    """Return whether an operator has drained the whole queue."""
    return exists(select(clock.c.id).where(clock.c.paused))


def lease_expired() -> ColumnElement[bool]:
    """Return whether a job runs under a lease that has expired: its worker is lost, as far as is known."""
    return and_(job.c.state == State.RUNNING, job.c.lease < Now())


def lease_ahead() -> ColumnElement[bool]:
    """Return whether a lease was renewed in the future by more than a lease: the clock was put back since."""
    ahead = job.c.renewed - Now() > job.c.lease - job.c.renewed
    return and_(job.c.state == State.RUNNING, ahead)


def restart_leases() -> Update:
    """Return the statement that lets the leases of the future begin now: its workers may well be alive."""
    return update(job).where(lease_ahead()).values(lease=Now() + job.c.lease - job.c.renewed, renewed=Now())


def expired() -> Select[str]:
    """Select the ids of running jobs whose lease has expired."""
    return select(job.c.id).where(lease_expired())


def set_state(state: State) -> ColumnElement[State]:
    """Return a state as a value for the state's column."""
    return literal(state, job.c.state.type)
