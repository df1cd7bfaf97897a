"""The client's transactions: enqueue, cancel, look at jobs, note deliveries, prune."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, null, or_, select, update

from engine.errors import TooManyJobsError
from engine.queue.blobs import blob_equals, drop_blobs, store_blobs
from engine.queue.database import in_slices, read_only, shrink, single_select, uninterrupted
from engine.queue.forecast import JobStatus
from engine.queue.forecaster import places, read_forecaster
from engine.queue.job import ACTIVE, LIVE, SAMPLES, Job, Limits, State, Usage, Worker
from engine.queue.order import next_tag
from engine.queue.pictures import PictureCache, prune_some
from engine.queue.quota import DAY, counts_today, erased_today, forget_yesterday, refuse_excess, remember
from engine.queue.schema import ORDER, Now, ago, blob, job, spent
from engine.queue.schema import worker as worker_table
from engine.queue.statements import (
    WORKER_TTL,
    insert_into,
    is_painting,
    lease_expired,
    live_of,
    living,
    lock_clock,
    queue_paused,
    set_state,
)
from engine.queue.watch import Cursor, read_part

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


NOBODY: Final = ""
"""The owner of jobs that were forgotten, until they are deleted."""
FAILED_TTL: Final = 86400.0
"""Seconds that a failed job's pictures are kept, so that an operator can retry it."""
PRUNED_AT_ONCE: Final = 50
"""Jobs that one transaction deletes: others wait for it, some 0.2 s for paintings of 1.5 MB on SQLite."""
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
        self._pictures = PictureCache()

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
        public: Collection[str] = (),
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
            public: names of those that are the same for everybody: each of them is stored once for all jobs.
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
                if known is not None and known["owner"] != NOBODY:
                    return Job(**known)
                await connection.execute(delete(job).where(job.c.id == id, job.c.owner == NOBODY))
                # On PostgreSQL it was forgotten between the two statements: then there is room for this one.
            # The pictures come before the lock: on PostgreSQL no other client waits for their upload.
            await store_blobs(connection, id, blobs, public)
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
    async def look(self, cursor: Cursor) -> tuple[list[JobStatus], Cursor]:
        """Return a part of the undelivered jobs, live or ended, and the cursor for the next part.

        A part has a bounded size. So have all of them together, of a short queue: then it has every job. They
        are in the order of the claims. What is queued is in the next part, wherever the client has come to.
        """
        async with self._read_only.connect() as connection:
            return await read_part(connection, cursor, self.limits.running)

    @uninterrupted
    async def live(self, owner: str) -> list[JobStatus]:
        """Return an owner's queued and running jobs, in the order of the claims."""
        mine = select(job).where(job.c.owner == owner, job.c.state.in_(LIVE), is_painting()).order_by(*ORDER)
        async with self._read_only.connect() as connection:
            jobs = [Job(**row) for row in (await connection.execute(mine)).mappings()]
            if not jobs:
                return []
            place = await places(connection, [each.id for each in jobs if each.state is State.QUEUED])
            forecaster = await read_forecaster(connection, self.limits.running)
            return [JobStatus(each, forecaster.of(each, place.get(each.id))) for each in jobs]

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
        # A queued one is read from an index alone: it has no progress.
        queued = select(func.coalesce(func.sum(job.c.cost), 0.0)).where(job.c.state == State.QUEUED)
        left = select(func.coalesce(func.sum(job.c.cost * (1.0 - job.c.progress)), 0.0)).where(
            job.c.state == State.RUNNING
        )
        rates = select(func.sum(worker_table.c.rate)).where(*_starting(), worker_table.c.rate > 0)
        parts = (each.scalar_subquery() for each in (queued, left, rates))
        async with self._single_select.connect() as connection:
            waiting, under_way, rate = (await connection.execute(select(*parts))).one()
            return None if rate is None else (waiting + under_way) / rate

    @uninterrupted
    async def rate(self) -> float | None:
        """Return the megapixel-iterations per second of the fastest active worker; None if it is unknown."""
        async with self._single_select.connect() as connection:
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
        public: Collection[str] = (),
        address: dict[str, Any],
    ) -> bool:
        """Replace what a job paints, as long as it has the address ``old`` and has never been started.

        It keeps its id, its cost, its shape and its place in the queue.

        Args:
            job_id: the job.
            old: its address now.
            recipe: other options of the painter, of the same cost and shape.
            blobs: all of its pictures.
            public: names of those that are the same for everybody.
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
            await store_blobs(connection, job_id, blobs, public)
            await connection.execute(
                update(job).where(job.c.id == job_id).values(recipe=recipe, address=address)
            )
            return True

    async def forget(self, owner: str, job_id: str | None = None) -> int:
        """Erase an owner's jobs, or one of them, in any state, with all blobs; return their number.

        The worker of a running one learns at its next heartbeat that it has lost the lease. For the daily
        quota the times of those that count stay until their day is over.

        One transaction takes all of them from their owner, and short ones erase them. If that is interrupted,
        nobody has them any more, and :meth:`prune` erases the rest.
        """
        count = await self._disown(owner, job_id)
        if count:
            await in_slices(self._erase_some)
        return count

    @uninterrupted
    async def _disown(self, owner: str, job_id: str | None) -> int:
        """End an owner's jobs, or one of them, and let them be nobody's; return their number."""
        which = job.c.owner == owner if job_id is None else and_(job.c.owner == owner, job.c.id == job_id)
        async with self._engine.begin() as connection:
            # No enqueue ends meanwhile; and the clock comes first, as in a claim: no deadlock.
            await lock_clock(connection)
            await connection.execute(select(job.c.id).where(which).order_by(job.c.id).with_for_update())
            if self.limits.daily:
                await connection.execute(remember(which))
            disowned = await connection.execute(
                update(job)
                .where(which)
                .values(
                    owner=NOBODY,
                    priority=SAMPLES,  # which no list or figure of an operator counts
                    address=None,
                    state=State.CANCELLED,
                    worker=None,
                    lease=None,
                    renewed=None,
                    finished=func.coalesce(job.c.finished, Now()),
                )
            )
            return disowned.rowcount

    @uninterrupted
    async def _erase_some(self) -> int:
        """Delete some of the jobs that were taken from their owners, and return their number."""
        left = select(job.c.id).where(job.c.owner == NOBODY).limit(PRUNED_AT_ONCE)
        async with self._engine.begin() as connection:
            ids = (await connection.scalars(left.with_for_update(skip_locked=True))).all()
            await connection.execute(delete(job).where(job.c.id.in_(ids)))
            return len(ids)

    @uninterrupted
    async def delivered(self, job_id: str, address: dict[str, Any] | None = None) -> bool:
        """Note that the owner has been told how the job ended. False, and nothing noted, before its end.

        Likewise if the job has another address by now than ``address``, where one is given.
        """
        async with self._engine.begin() as connection:
            if address is not None and address != await _address_of(connection, job_id):
                return False
            noted = await connection.execute(
                update(job)
                .where(job.c.id == job_id, job.c.state.not_in(LIVE))
                .values(delivered=func.coalesce(job.c.delivered, Now()))
            )
            return noted.rowcount == 1

    @uninterrupted
    async def redeliver(self, job_id: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Let an ended job with the address ``old`` be delivered again, to the address ``new``.

        False, and nothing changed: there is no such job, or it has another address by now.
        """
        async with self._engine.begin() as connection:
            if old != await _address_of(connection, job_id):
                return False
            changed = await connection.execute(
                update(job)
                .where(job.c.id == job_id, job.c.state.not_in(LIVE))
                .values(address=new, delivered=None)
            )
            return changed.rowcount == 1

    @uninterrupted
    async def get(self, job_id: str) -> Job | None:
        """Return a job."""
        async with self._read_only.connect() as connection:
            mine = select(job).where(job.c.id == job_id, job.c.owner != NOBODY)
            row = (await connection.execute(mine)).mappings().one_or_none()
            return None if row is None else Job(**row)

    @uninterrupted
    async def jobs(self, owner: str | None = None, count: int = 100) -> list[Job]:
        """Return the newest jobs, of all owners or of one."""
        query = select(job).order_by(job.c.created.desc(), job.c.id.desc()).limit(count)
        query = query.where(job.c.owner != NOBODY if owner is None else job.c.owner == owner)
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
            mine = select(blob.c.picture, blob.c.bytes).where(blob.c.job == job_id, blob.c.name == name)
            found = (await connection.execute(mine)).one_or_none()
            if found is None or found.picture is None:
                return None if found is None else found.bytes
            return await self._pictures.read(connection, found.picture)

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
        ``SAMPLES_TTL``: a killed process has left them. A transaction deletes those of ``PRUNED_AT_ONCE``
        jobs at most.

        Returns the number of paintings.
        """
        await self._prune_workers(older_than)
        await in_slices(self._erase_some)
        await in_slices(self._prune_spent)
        await in_slices(self._prune_samples)
        await in_slices(self._prune_failed)
        end = ago(older_than)
        delivered = job.c.delivered < end
        unaddressed = and_(job.c.delivered.is_(None), job.c.address.is_(null()), job.c.finished < end)
        # One after the other: for both PostgreSQL would read the whole table, and hold the clock meanwhile.
        count = await in_slices(lambda: self._prune_some(delivered, job.c.delivered, older_than))
        count += await in_slices(lambda: self._prune_some(unaddressed, job.c.finished, older_than))
        await in_slices(self._prune_pictures)
        return count

    @uninterrupted
    async def _prune_some(
        self, which: ColumnElement[bool], time: ColumnElement[float], older_than: float
    ) -> int:
        """Delete some of these paintings, the oldest by ``time``, and return their number."""
        over = (
            select(job.c.id)
            .where(job.c.state.not_in(LIVE), which, is_painting())
            .order_by(time)
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
    async def _prune_failed(self) -> int:
        """Delete the pictures of some of the jobs that failed long ago, and return the number of the jobs."""
        pictures = exists(select(blob.c.job).where(blob.c.job == job.c.id))
        stale = (
            select(job.c.id)
            .where(job.c.state == State.FAILED, job.c.finished < ago(FAILED_TTL), pictures)
            .limit(PRUNED_AT_ONCE)
        )
        async with self._engine.begin() as connection:
            # The lock keeps apart a prune and an operator's retry of the same job.
            ids = (await connection.scalars(stale.with_for_update(skip_locked=True))).all()
            await drop_blobs(connection, ids)
            return len(ids)

    @uninterrupted
    async def _prune_samples(self) -> int:
        """Delete some of the samples whose time is over, and return their number."""
        # Those of a moment to come are from before the clock was put back.
        recent = job.c.created.between(ago(SAMPLES_TTL), ago(-SAMPLES_TTL))
        # In any state: so the index of the queue's order finds them.
        left = select(job.c.id).where(job.c.state.in_(State), ~is_painting(), ~recent).limit(PRUNED_AT_ONCE)
        async with self._engine.begin() as connection:
            ids = (await connection.scalars(left.with_for_update(skip_locked=True))).all()
            await connection.execute(delete(job).where(job.c.id.in_(ids)))
            return len(ids)

    @uninterrupted
    async def _prune_pictures(self) -> int:
        """Delete some of the public pictures that no job needs any more, and return their number."""
        async with self._engine.begin() as connection:
            return await prune_some(connection)

    @uninterrupted
    async def _prune_spent(self) -> int:
        """Delete some of the counts of days that are over, and return their number."""
        async with self._engine.begin() as connection:
            return await forget_yesterday(connection)

    @uninterrupted
    async def _prune_workers(self, older_than: float) -> None:
        """Delete the workers that have not announced themselves for so long."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(worker_table).where(worker_table.c.seen < Now() - max(older_than, WORKER_TTL))
            )

    async def shrink(self) -> None:
        """Return the space of pruned jobs to the file system; on SQLite the file gets smaller."""
        await shrink(self._engine)


def _starting() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a worker that may start a job."""
    return (
        living(),
        worker_table.c.state.in_(ACTIVE),
        ~worker_table.c.drain,
        ~queue_paused(),
    )


async def _address_of(connection: AsyncConnection, job_id: str) -> dict[str, Any] | None:
    """Return a job's address, and lock the job."""
    mine = select(job.c.address).where(job.c.id == job_id).with_for_update()
    address: dict[str, Any] | None = await connection.scalar(mine)
    return address
