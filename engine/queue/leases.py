"""The worker's transactions: claims, heartbeats, ends, announcements."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, update

from engine.queue.blobs import drop_blobs, store_blobs
from engine.queue.contact import SETTLING, Contact
from engine.queue.database import read_only, single_statement, uninterrupted
from engine.queue.job import CHECKPOINT, PREVIEW, RESULT, SAMPLES, Condition, Job, Limits, State
from engine.queue.order import next_job, next_jobs
from engine.queue.schema import Now, clock, job
from engine.queue.schema import worker as worker_table
from engine.queue.statements import (
    expired,
    insert_into,
    is_painting,
    lease_ahead,
    living,
    lock_clock,
    queue_paused,
    restart_leases,
    set_state,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


MAX_DETAIL: Final = 4000
"""Characters of an error's detail that are kept: the last ones."""

UNFINISHED: Final = (PREVIEW, CHECKPOINT)
"""Blobs of a painting in progress."""


class Leases:
    """The worker's side of the queue: jobs are claimed for a lease, and heartbeats extend it.

    Each method is one transaction, and completes even if its caller is cancelled. A worker's name is its
    identity: no two living processes may share one.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None, *, new: bool = False) -> None:
        """Use a database.

        Args:
            engine: the database.
            limits: the terms of the leases.
            new: whether the database may just have been away, so that the leases of the living have expired.
        """
        self.limits = limits or Limits()
        self._engine = engine
        self._read_only, self._single_statement = read_only(engine), single_statement(engine)
        self._contact = Contact(min(self.limits.lease, SETTLING), new=new)

    @uninterrupted
    async def claim(self, worker: str, count: int = 1, *, but: Collection[str] = ()) -> list[Job]:
        """Start the next jobs in their order: at most ``count``, all of the first one's shape.

        Claims happen one at a time: each job goes to one worker, and no owner ever has more running than
        allowed. An idle worker's poll locks nothing. First, jobs whose lease has expired are queued again, or
        fail with ``worker-lost`` when their attempts are used up; in a drained queue too, so that nothing
        stays running there. After an outage of the database or a jump of its clock that waits until the
        living have renewed theirs. A lease from before the clock was put back begins anew. A job that was
        begun before is claimed alone: it continues from a checkpoint, or it is what kills workers.

        Args:
            worker: the worker's name.
            count: the most jobs that it starts.
            but: ids of jobs that it still has; it takes none of them for lost.
        """
        with self._contact.call():
            return await self._claim(worker, count, but)

    async def _claim(self, worker: str, count: int, but: Collection[str]) -> list[Job]:
        lost = expired().where(job.c.id.not_in(but)) if but else expired()
        async with self._read_only.connect() as connection:
            startable = and_(exists(next_job(self.limits.running)), ~_halted(worker))
            ahead = exists(select(job.c.id).where(lease_ahead()))
            found = await connection.execute(select(Now(), exists(lost), or_(ahead, startable)))
            moment, any_lost, any_other = found.one()
        self._contact.look(moment)
        if not (any_other or (any_lost and self._contact.settled)):
            return []
        began = time.monotonic()
        async with self._engine.begin() as connection:
            started = await lock_clock(connection)
            self._contact.waited(began)
            await connection.execute(restart_leases())
            if self._contact.settled:
                # SKIP LOCKED: a row that is locked is being reported on right now, and its worker is alive.
                unlocked = await connection.scalars(lost.with_for_update(skip_locked=True))
                await self._requeue(connection, unlocked.all(), spent=True)
            if await connection.scalar(select(_halted(worker))):
                return []
            # A subquery is evaluated once: a batch has one start, on PostgreSQL too.
            start = select(Now()).scalar_subquery()
            while ids := await next_jobs(connection, count, self.limits.running):
                rows = await connection.execute(
                    update(job)
                    .where(job.c.id.in_(ids), job.c.state == State.QUEUED)
                    .values(
                        state=State.RUNNING,
                        worker=worker,
                        lease=Now() + self.limits.lease,
                        renewed=Now(),
                        attempts=job.c.attempts + 1,
                        started=start,
                    )
                    .returning(job)
                )
                jobs = sorted((Job(**row) for row in rows.mappings()), key=lambda each: ids.index(each.id))
                # None: on PostgreSQL their owners cancelled all of them meanwhile. Look for others.
                if jobs:
                    # Samples take nobody's turn.
                    tag = max(started, *(each.tag for each in jobs if each.priority > SAMPLES), 0)
                    await connection.execute(update(clock).values(tag=tag))
                    return jobs
            return []

    @uninterrupted
    async def is_awaited(self, worker: str) -> bool:
        """Return whether this worker could start a painting, which samples make way for."""
        painting = next_job(self.limits.running).where(is_painting())
        async with self._read_only.connect() as connection:
            return bool(await connection.scalar(select(and_(exists(painting), ~_halted(worker)))))

    @uninterrupted
    async def upcoming(self, worker: str, count: int = 1) -> list[Job]:
        """Return the fresh jobs that :meth:`claim` would start now if those of this worker had ended.

        Nothing is claimed or changed: they may be cancelled, revised, or started by others meanwhile.
        """
        async with self._read_only.connect() as connection:
            if await connection.scalar(select(_halted(worker))):
                return []
            ids = await next_jobs(connection, count, self.limits.running, worker)
            paintings = (job.c.id.in_(ids), job.c.attempts == 0, is_painting())
            rows = await connection.execute(select(job).where(*paintings))
            return [Job(**row) for row in rows.mappings()]

    @uninterrupted
    async def heartbeat(
        self,
        job_id: str,
        worker: str,
        *,
        progress: float,
        stage: str | None = None,
        preview: bytes | None = None,
        checkpoint: bytes | None = None,
    ) -> bool | None:
        """Extend a job's lease; store its progress, and the preview and checkpoint if they are new.

        Returns whether its owner asked to stop. None: the lease was lost, and nothing was stored.
        """
        blobs = {
            name: data for name, data in ((PREVIEW, preview), (CHECKPOINT, checkpoint)) if data is not None
        }
        with self._contact.call():
            return await self._renew(job_id, worker, blobs, progress, stage)

    async def _renew(
        self, job_id: str, worker: str, blobs: Mapping[str, bytes], progress: float, stage: str | None
    ) -> bool | None:
        async with (self._engine if blobs else self._single_statement).begin() as connection:
            cancel: bool | None = await connection.scalar(
                update(job)
                .where(*_held(job_id, worker))
                .values(
                    lease=Now() + self.limits.lease,
                    renewed=Now(),
                    progress=min(max(progress, 0.0), 1.0),
                    stage=func.coalesce(stage, job.c.stage),
                    previews=job.c.previews + (1 if PREVIEW in blobs else 0),
                )
                .returning(job.c.cancel)
            )
            if cancel is not None:
                await store_blobs(connection, job_id, blobs)
            return cancel

    @uninterrupted
    async def finish(
        self,
        job_id: str,
        worker: str,
        result: bytes,
        facts: dict[str, Any],
        extra: Mapping[str, bytes] | None = None,
    ) -> bool:
        """End a job as done; its result and ``extra`` replace its blobs. False: the lease was lost.

        False also if its owner asked to stop: then the job ends as cancelled and nothing is stored.
        """
        async with self._engine.begin() as connection:
            done = {"state": State.DONE, "progress": 1.0, "facts": facts}
            if await self._end(connection, job_id, worker, ~job.c.cancel, **done):
                await store_blobs(connection, job_id, {**(extra or {}), RESULT: result})
                return True
            await self._end(connection, job_id, worker, job.c.cancel, state=State.CANCELLED)
            return False

    @uninterrupted
    async def fail(self, job_id: str, worker: str, code: str, detail: str | None = None) -> bool:
        """End a job as failed. False: the lease was lost.

        Its pictures stay for a day, so that an operator can remove the cause and queue it again.

        Args:
            job_id: the job.
            worker: the worker that has it.
            code: a stable error code.
            detail: the error in words, for operators.
        """
        if detail is not None:  # PostgreSQL stores neither NUL nor half a surrogate pair
            detail = detail.replace("\0", "\ufffd").encode(errors="replace").decode()[-MAX_DETAIL:]
        async with self._engine.begin() as connection:
            return await self._end(
                connection, job_id, worker, state=State.FAILED, error=code, error_detail=detail
            )

    @uninterrupted
    async def stop(self, job_id: str, worker: str) -> bool:
        """End a job as cancelled if its owner asked for it. False: they did not, or the lease was lost."""
        async with self._engine.begin() as connection:
            return await self._end(connection, job_id, worker, job.c.cancel, state=State.CANCELLED)

    @uninterrupted
    async def release(
        self, worker: str, job_id: str | None = None, *, spent: bool = False, but: Collection[str] = ()
    ) -> int:
        """Return a worker's running jobs, or one of them, to their old places in the queue.

        A job that its owner asked to stop is cancelled instead.

        Args:
            worker: the worker.
            job_id: the job; all that it runs if None.
            spent: whether the attempt counts. It does not for a worker that shuts down. But a worker that
                finds jobs under its own name when it starts has died over them. A job that kills its worker
                must not do so for ever: with its attempts used up, it fails with ``worker-lost``.
            but: ids of jobs that it keeps.

        Returns the number of jobs released.
        """
        mine = select(job.c.id).where(job.c.worker == worker, job.c.state == State.RUNNING)
        if job_id is not None:
            mine = mine.where(job.c.id == job_id)
        if but:
            mine = mine.where(job.c.id.not_in(but))
        async with self._engine.begin() as connection:
            ids = (await connection.scalars(mine.order_by(job.c.id).with_for_update())).all()
            await self._requeue(connection, ids, spent=spent)
            return len(ids)

    @uninterrupted
    async def reduce(
        self, job_id: str, worker: str, *, recipe: dict[str, Any], cost: float, shape: str
    ) -> bool:
        """Queue a job again, unspent, as a smaller painting: memory ran out.

        False: that was done before, or the lease was lost.
        """
        async with self._engine.begin() as connection:
            smaller = await connection.execute(
                update(job)
                .where(*_held(job_id, worker), ~job.c.reduced)
                .values(reduced=True, recipe=recipe, cost=cost, shape=shape)
            )
            if not smaller.rowcount:
                return False
            await drop_blobs(connection, [job_id], UNFINISHED)
            await self._requeue(connection, [job_id], spent=False)
            return True

    @uninterrupted
    async def announce(
        self,
        worker: str,
        device: str,
        network: str,
        rate: float | None,
        condition: Condition = Condition.IDLE,
        reason: str | None = None,
        *,
        starting: bool = False,
    ) -> int:
        """Record that a worker is alive; one that does not announce itself for 45 seconds counts as dead.

        Args:
            worker: its name.
            device: the device that it paints on.
            network: the name of its network.
            rate: megapixel-iterations per second. If None, the rate stays that was measured on the same
                device with the same network.
            condition: its condition.
            reason: the cause, if it is broken.
            starting: whether this is a new process's first announcement: only its predecessor was drained.

        Returns the number of living idle workers: the more there are, the less often each has to poll.
        """
        new = insert_into(worker_table, self._engine.dialect).values(
            name=worker,
            device=device,
            network=network,
            rate=rate,
            seen=Now(),
            state=condition,
            reason=reason,
            drain=False,
        )
        same = and_(worker_table.c.device == device, worker_table.c.network == network)
        kept = case((same, func.coalesce(new.excluded.rate, worker_table.c.rate)), else_=new.excluded.rate)
        others = worker_table.alias()
        idle = (
            select(func.count())
            .where(living(others), others.c.state == Condition.IDLE, others.c.name != worker)
            .scalar_subquery()
        )
        async with self._single_statement.begin() as connection:
            count: int | None = await connection.scalar(
                new.on_conflict_do_update(
                    index_elements=[worker_table.c.name],
                    set_={
                        "device": device,
                        "network": network,
                        "rate": kept,
                        "seen": Now(),
                        "state": condition,
                        "reason": reason,
                        "drain": literal(False) if starting else worker_table.c.drain,
                    },
                ).returning(idle)
            )
            return (count or 0) + (condition is Condition.IDLE)

    @uninterrupted
    async def retire(self, worker: str) -> None:
        """Record that a worker has shut down."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(worker_table)
                .where(worker_table.c.name == worker)
                .values(seen=Now(), state=Condition.RETIRED)
            )

    async def _requeue(self, connection: AsyncConnection, ids: Sequence[str], *, spent: bool) -> None:
        """Queue running jobs again; end those that may not run again. The caller has locked them."""
        if not ids:
            return
        exhausted = job.c.attempts >= self.limits.attempts if spent else literal(False)
        changed = await connection.execute(
            update(job)
            .where(job.c.id.in_(ids))
            .values(
                state=case(
                    (job.c.cancel, set_state(State.CANCELLED)),
                    (exhausted, set_state(State.FAILED)),
                    else_=set_state(State.QUEUED),
                ),
                error=case((and_(~job.c.cancel, exhausted), "worker-lost"), else_=None),
                finished=case((or_(job.c.cancel, exhausted), Now()), else_=None),
                attempts=job.c.attempts if spent else job.c.attempts - 1,
                lease=None,
                renewed=None,
                progress=0.0,
                stage=None,
                worker=case((or_(job.c.cancel, exhausted), job.c.worker), else_=None),
            )
            .returning(job.c.id, job.c.state)
        )
        states = {row.id: row.state for row in changed}
        await drop_blobs(connection, [each for each in ids if states[each] is State.CANCELLED])
        await drop_blobs(connection, [each for each in ids if states[each] is State.FAILED], UNFINISHED)

    async def _end(
        self, connection: AsyncConnection, job_id: str, worker: str, *also: ColumnElement[bool], **values: Any
    ) -> bool:
        """End a job that the worker holds; drop its blobs, but keep the pictures of a failed one."""
        ended = await connection.execute(
            update(job)
            .where(*_held(job_id, worker), *also)
            .values(lease=None, renewed=None, stage=None, finished=Now(), **values)
        )
        if ended.rowcount:
            names = UNFINISHED if values["state"] is State.FAILED else None
            await drop_blobs(connection, [job_id], names)
        return ended.rowcount == 1


def _halted(worker: str) -> ColumnElement[bool]:
    """Return whether an operator has drained this worker or the whole queue."""
    drained = select(worker_table.c.name).where(worker_table.c.name == worker, worker_table.c.drain)
    return or_(exists(drained), queue_paused())


def _held(job_id: str, worker: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a job is this worker's."""
    return job.c.id == job_id, job.c.worker == worker, job.c.state == State.RUNNING
