"""The client's transactions: enqueue, cancel, look at jobs, note deliveries, prune."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, null, or_, select, update

from engine.errors import TooManyJobsError
from engine.queue.database import read_only, shrink, single_select, uninterrupted
from engine.queue.forecast import JobStatus, forecasts
from engine.queue.job import ACTIVE, LIVE, Job, Limits, State, Usage, Worker
from engine.queue.order import next_tag
from engine.queue.quota import DAY, counts_today, erased_today, forget_yesterday, refuse_excess, remember
from engine.queue.schema import ORDER, Now, blob, job, spent
from engine.queue.schema import worker as worker_table
from engine.queue.statements import (
    WORKER_TTL,
    blob_equals,
    drop_blobs,
    insert_into,
    is_painting,
    lease_expired,
    live_of,
    living,
    lock_clock,
    queue_paused,
    set_state,
    store_blobs,
    worker_rates,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncEngine


FAILED_TTL: Final = 86400.0
"""Seconds that a failed job's pictures are kept, so that an operator can retry it."""
PRUNED_AT_ONCE: Final = 200
"""Paintings that one transaction deletes: others wait for it, on SQLite."""
SAMPLES_TTL: Final = 120.0
"""Seconds after which samples are deleted in any state: nobody waits for them that long."""


class Queue:
    """The client's side of the leased job table. Any number of processes may share one database.

    Each method is one transaction, and completes even if its caller is cancelled.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._engine = engine
        self._read_only, self._single_select = read_only(engine), single_select(engine)

    @uninterrupted
    async def enqueue(
        self,
        *,
        id: str,  # noqa: A002 - the column's name
        owner: str,
        recipe: dict[str, Any],
        cost: float,
        shape: str,
        blobs: Mapping[str, bytes],
        address: dict[str, Any] | None = None,
        priority: int = 0,
    ) -> Job:
        """Add a job with its pictures; the same id again adds nothing and returns the existing job.

        The tag makes the order fair: one more than the tag started last and than any live one of this owner.
        So each owner's first job comes before anybody's second. Enqueues and claims happen one at a time, so
        that the limits are exact however many come at once.

        Args:
            id: the idempotency key.
            owner: the owner's name; limits and fairness count by it.
            recipe: the painter's options.
            cost: megapixel-iterations.
            shape: jobs of one shape may be painted in one batch.
            blobs: ``content``, ``style0``, ``style1`` and so on.
            address: where the owner waits; the engine never looks inside.
            priority: larger is sooner.

        Raises:
            TooManyJobsError: the owner has as many live jobs as allowed.
            TooManyTodayError: the owner has had as many jobs in 24 hours as allowed.
        """
        async with self._engine.begin() as connection:
            new = insert_into(job, self._engine.dialect).values(
                id=id,
                owner=owner,
                priority=priority,
                tag=0,
                state=State.QUEUED,
                recipe=recipe,
                shape=shape,
                cost=cost,
                address=address,
                attempts=0,
                cancel=False,
                progress=0.0,
                previews=0,
                created=Now(),
            )
            while await connection.scalar(new.on_conflict_do_nothing().returning(job.c.id)) is None:
                known = (await connection.execute(select(job).where(job.c.id == id))).mappings().one_or_none()
                if known is not None:
                    return Job(**known)
                # On PostgreSQL it was forgotten between the two statements: then there is room for this one.
            # The pictures come before the lock: on PostgreSQL no other client waits for their upload.
            await store_blobs(connection, id, blobs)
            started = await lock_clock(connection)
            live, tag = await live_of(connection, owner)  # this one among them
            if live > self.limits.live:
                raise TooManyJobsError(
                    f"You already have {live - 1} paintings under way; please wait for one of them.",
                    limit=self.limits.live,
                )
            if self.limits.daily:
                await refuse_excess(connection, owner, id, self.limits.daily)
            placed = await connection.execute(
                update(job)
                .where(job.c.id == id)
                .values(tag=next_tag(started, tag), created=Now())
                .returning(job)
            )
            return Job(**placed.mappings().one())

    @uninterrupted
    async def cancel(self, job_id: str, owner: str) -> State | None:
        """Cancel a job: a queued one at once, a running one by the flag that the next heartbeat returns.

        Returns the state after that, which an ended job keeps; None when the owner has no such job.
        """
        mine = (job.c.id == job_id, job.c.owner == owner)
        # An expired lease holds nothing: there may be no worker left to see the flag.
        queued = or_(job.c.state == State.QUEUED, lease_expired())
        async with self._engine.begin() as connection:
            state: State | None = await connection.scalar(
                update(job)
                .where(*mine, job.c.state.in_(LIVE))
                .values(
                    cancel=True,
                    state=case((queued, set_state(State.CANCELLED)), else_=job.c.state),
                    finished=case((queued, Now()), else_=job.c.finished),
                    lease=case((queued, None), else_=job.c.lease),
                    renewed=case((queued, None), else_=job.c.renewed),
                )
                .returning(job.c.state)
            )
            if state is None:
                return await connection.scalar(select(job.c.state).where(*mine))
            if state is State.CANCELLED:
                await drop_blobs(connection, [job_id])
            return state

    @uninterrupted
    async def undelivered(self) -> list[JobStatus]:
        """Return all jobs with an address and no delivery yet, live or ended, in the order of the claims."""
        waited_for = and_(job.c.delivered.is_(None), or_(job.c.address.is_not(null()), job.c.state.in_(LIVE)))
        return [each for each in await self._statuses(waited_for) if each.job.address is not None]

    @uninterrupted
    async def live(self, owner: str) -> list[JobStatus]:
        """Return an owner's queued and running jobs, in the order of the claims."""
        return [each for each in await self._statuses(job.c.state.in_(LIVE)) if each.job.owner == owner]

    @uninterrupted
    async def usage(self, owner: str) -> Usage:
        """Return how much of the limits an owner has used."""
        counts = (func.count().filter(job.c.state.in_(LIVE)), func.count().filter(counts_today()))
        async with self._single_select.connect() as connection:
            erased = select(func.count()).select_from(spent).where(spent.c.owner == owner, erased_today())
            query = select(*counts, erased.scalar_subquery()).where(job.c.owner == owner)
            live, today, before = (await connection.execute(query)).one()
            return Usage(live, today + before)

    @uninterrupted
    async def backlog(self) -> float | None:
        """Return the seconds that all active workers together need for everything that is live now.

        None when it is unknown: no worker that may start a job has a measured rate.
        """
        left = select(func.coalesce(func.sum(job.c.cost * (1.0 - job.c.progress)), 0.0)).where(
            job.c.state.in_(LIVE)
        )
        rates = select(func.sum(worker_table.c.rate)).where(*_starting(), worker_table.c.rate > 0)
        async with self._read_only.connect() as connection:
            both = await connection.execute(select(left.scalar_subquery(), rates.scalar_subquery()))
            work, rate = both.one()
            return None if rate is None else work / rate

    @uninterrupted
    async def rate(self) -> float | None:
        """Return the megapixel-iterations per second of the fastest active worker; None if it is unknown."""
        async with self._read_only.connect() as connection:
            fastest = select(func.max(worker_table.c.rate)).where(*_starting(), worker_table.c.rate > 0)
            rate: float | None = await connection.scalar(fastest)
            return rate

    @uninterrupted
    async def takes_samples(self) -> bool:
        """Return whether samples make sense now: a worker may start a job, and no painting waits for one."""
        ready = exists(select(worker_table.c.name).where(*_starting()))
        waiting = exists(select(job.c.id).where(job.c.state == State.QUEUED, is_painting()))
        async with self._read_only.connect() as connection:
            return bool(await connection.scalar(select(and_(ready, ~waiting))))

    @uninterrupted
    async def readdress(self, job_id: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Replace the address ``old`` of an undelivered job by ``new``.

        False, and nothing changed: it was delivered, or has another address, or there is no such job.
        """
        undelivered = (job.c.id == job_id, job.c.delivered.is_(None))
        async with self._engine.begin() as connection:
            found = await connection.scalar(select(job.c.address).where(*undelivered).with_for_update())
            if found == old:
                await connection.execute(update(job).where(job.c.id == job_id).values(address=new))
            return found in (old, new)

    @uninterrupted
    async def revise(
        self,
        job_id: str,
        old: dict[str, Any],
        *,
        recipe: dict[str, Any],
        blobs: Mapping[str, bytes],
        address: dict[str, Any],
    ) -> bool:
        """Replace what a job paints, as long as it has the address ``old`` and has never been started.

        It keeps its id, its cost, its shape and its place in the queue.

        Args:
            job_id: the job.
            old: its address now.
            recipe: other options of the painter, of the same cost and shape.
            blobs: all of its pictures.
            address: its new address.

        Returns:
            False, and nothing changed: it was started, or has another address, or there is no such job.
        """
        waiting = (job.c.id == job_id, job.c.state == State.QUEUED, job.c.started.is_(None))
        async with self._engine.begin() as connection:
            found = await connection.scalar(select(job.c.address).where(*waiting).with_for_update())
            if found is None or found != old:
                return False
            await connection.execute(delete(blob).where(blob.c.job == job_id, blob.c.name.not_in(blobs)))
            await store_blobs(connection, job_id, blobs)
            await connection.execute(
                update(job).where(job.c.id == job_id).values(recipe=recipe, address=address)
            )
            return True

    @uninterrupted
    async def forget(self, owner: str, job_id: str | None = None) -> int:
        """Erase an owner's jobs, or one of them, in any state, with all blobs; return their number.

        The worker of a running one learns at its next heartbeat that it has lost the lease. For the daily
        quota the times of those that count stay until their day is over.
        """
        async with self._engine.begin() as connection:
            # No enqueue ends meanwhile; and the clock comes first, as in a claim: no deadlock.
            await lock_clock(connection)
            which = job.c.owner == owner if job_id is None else and_(job.c.owner == owner, job.c.id == job_id)
            mine = select(job.c.id).where(which).order_by(job.c.id)
            ids = (await connection.scalars(mine.with_for_update())).all()
            if self.limits.daily:
                await connection.execute(remember(job.c.id.in_(ids)))
            await connection.execute(delete(job).where(job.c.id.in_(ids)))
            return len(ids)

    @uninterrupted
    async def delivered(self, job_id: str) -> bool:
        """Note that the owner has been told how the job ended. False, and nothing noted, before its end."""
        async with self._engine.begin() as connection:
            noted = await connection.execute(
                update(job)
                .where(job.c.id == job_id, job.c.state.not_in(LIVE))
                .values(delivered=func.coalesce(job.c.delivered, Now()))
            )
            return noted.rowcount == 1

    @uninterrupted
    async def redeliver(self, job_id: str, address: dict[str, Any]) -> bool:
        """Let an ended job that counts as delivered be delivered again, to a new address.

        False, and nothing changed: there is no such job, or it waits for its delivery.
        """
        async with self._engine.begin() as connection:
            changed = await connection.execute(
                update(job)
                .where(job.c.id == job_id, job.c.state.not_in(LIVE), job.c.delivered.is_not(None))
                .values(address=address, delivered=None)
            )
            return changed.rowcount == 1

    @uninterrupted
    async def get(self, job_id: str) -> Job | None:
        """Return a job."""
        async with self._read_only.connect() as connection:
            row = (await connection.execute(select(job).where(job.c.id == job_id))).mappings().one_or_none()
            return None if row is None else Job(**row)

    @uninterrupted
    async def jobs(self, owner: str | None = None, count: int = 100) -> list[Job]:
        """Return the newest jobs, of all owners or of one."""
        query = select(job).order_by(job.c.created.desc(), job.c.id.desc()).limit(count)
        if owner is not None:
            query = query.where(job.c.owner == owner)
        async with self._read_only.connect() as connection:
            return [Job(**row) for row in (await connection.execute(query)).mappings()]

    @uninterrupted
    async def workers(self) -> list[Worker]:
        """Return every worker that announced itself and was not pruned, the latest first."""
        async with self._read_only.connect() as connection:
            rows = await connection.execute(
                select(worker_table).order_by(worker_table.c.seen.desc(), worker_table.c.name)
            )
            return [Worker(**row) for row in rows.mappings()]

    @uninterrupted
    async def read(self, job_id: str, name: str) -> bytes | None:
        """Return a blob: ``content``, ``style0``, ``checkpoint``, ``preview``, ``result``, ``timelapse``."""
        async with self._read_only.connect() as connection:
            found: bytes | None = await connection.scalar(
                select(blob.c.bytes).where(blob.c.job == job_id, blob.c.name == name)
            )
            return found

    @uninterrupted
    async def holds(self, job_id: str, blobs: Mapping[str, bytes]) -> bool:
        """Return whether a job has all these blobs, to the byte. A server compares them by SHA-256."""
        async with self._read_only.connect() as connection:
            same = or_(*(blob_equals(connection.dialect, *each) for each in blobs.items()))
            count = await connection.scalar(
                select(func.count()).select_from(blob).where(blob.c.job == job_id, same)
            )
            return count == len(blobs)

    @uninterrupted
    async def has(self, job_id: str, name: str) -> bool:
        """Return whether there is such a blob."""
        async with self._read_only.connect() as connection:
            found = select(blob.c.job).where(blob.c.job == job_id, blob.c.name == name)
            return bool(await connection.scalar(select(exists(found))))

    async def prune(self, older_than: float) -> int:
        """Delete jobs delivered more than so many seconds ago, with their blobs; dead workers too.

        A job without an address counts as delivered when it ends; any other is kept until its delivery. The
        pictures of a failed job are deleted after a day in any case. Samples are deleted in any state after
        ``SAMPLES_TTL``: a killed process has left them. A transaction deletes ``PRUNED_AT_ONCE`` paintings at
        most; failed jobs' pictures and samples go in one.

        Returns the number of paintings.
        """
        await self._prune_others(older_than)
        count = 0
        while pruned := await self._prune_some(older_than):
            count += pruned
        return count

    @uninterrupted
    async def _prune_some(self, older_than: float) -> int:
        """Delete some of the paintings whose time is over, and return their number; 0 if there are none."""
        over = (
            select(job.c.id)
            .where(
                job.c.state.not_in(LIVE),
                func.coalesce(job.c.delivered, case((job.c.address.is_(null()), job.c.finished)))
                < Now() - older_than,
                is_painting(),
            )
            .limit(PRUNED_AT_ONCE)
        )
        async with self._engine.begin() as connection:
            await lock_clock(connection)  # as in forget: no deadlock, and nothing is remembered twice
            # SKIP LOCKED: two processes may prune at once.
            ids = (await connection.scalars(over.with_for_update(skip_locked=True))).all()
            if self.limits.daily and older_than < DAY:
                await connection.execute(remember(job.c.id.in_(ids)))
            await connection.execute(delete(job).where(job.c.id.in_(ids)))
            return len(ids)

    @uninterrupted
    async def _prune_others(self, older_than: float) -> None:
        """Delete the samples, pictures, workers and counts whose time is over."""
        stale = select(job.c.id).where(job.c.state == State.FAILED, job.c.finished < Now() - FAILED_TTL)
        # Those of a moment to come are from before the clock was put back.
        recent = job.c.created.between(Now() - SAMPLES_TTL, Now() + SAMPLES_TTL)
        left = select(job.c.id).where(~is_painting(), ~recent)
        async with self._engine.begin() as connection:
            await forget_yesterday(connection)
            await connection.execute(delete(job).where(job.c.id.in_(left.with_for_update(skip_locked=True))))
            # The lock keeps apart a prune and an operator's retry of the same job.
            await connection.execute(
                delete(blob).where(blob.c.job.in_(stale.with_for_update(skip_locked=True)))
            )
            await connection.execute(
                delete(worker_table).where(worker_table.c.seen < Now() - max(older_than, WORKER_TTL))
            )

    async def shrink(self) -> None:
        """Return the space of pruned jobs to the file system; on SQLite the file gets smaller."""
        await shrink(self._engine)

    async def _statuses(self, which: ColumnElement[bool]) -> list[JobStatus]:
        """Return paintings in the order of the claims, with forecasts; every live one must be among them."""
        query = select(job).where(which, is_painting()).order_by(*ORDER)
        async with self._read_only.connect() as connection:
            rows = await connection.execute(query)
            jobs = [Job(**row) for row in rows.mappings()]
            rates, draining = await worker_rates(connection)
        ahead = forecasts(jobs, rates, self.limits.running, draining)
        return [JobStatus(each, ahead[each.id]) for each in jobs]


def _starting() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a worker that may start a job."""
    return (
        living(),
        worker_table.c.state.in_(ACTIVE),
        ~worker_table.c.drain,
        ~queue_paused(),
    )
