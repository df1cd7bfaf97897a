"""The queue: every transaction that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import TooManyJobsError
from engine.queue.database import glancing, reading, shrink, single, uninterrupted
from engine.queue.forecast import Watch, forecasts
from engine.queue.job import (
    AT_WORK,
    CHECKPOINT,
    LIVE,
    PREVIEW,
    RESULT,
    Condition,
    Job,
    Limits,
    State,
    Usage,
    Worker,
)
from engine.queue.leases import DETAIL
from engine.queue.quota import counts_today, refuse_excess
from engine.queue.schema import ORDER, Now, blob, clock, job
from engine.queue.schema import worker as studio
from engine.queue.statements import (
    LIVING,
    UNFINISHED,
    crew,
    drop_blobs,
    expired,
    fresh,
    halted,
    held,
    live_of,
    living,
    lock_clock,
    paused,
    running_of_its_owner,
    set_state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


FAILED_TTL: Final = 86400.0
"""Seconds that a failed job's pictures are kept, so that an operator can have it painted after all."""


class Queue:
    """The leased job table. Any number of processes may share one database.

    Every method is one transaction, and a call that is cancelled on its way is carried out all the same. The
    name of a worker is its identity: no two living processes may share one.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._engine = engine
        self._reading, self._glancing = reading(engine), glancing(engine)
        self._single = single(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    # The bot's side

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
        """Add a job with its pictures; the same id again adds nothing and returns the job that is there.

        The tag makes it fair: one more than the tag started last and than any live one of this owner. So each
        owner's first job comes before anybody's second. Enqueues and claims happen one at a time, so that the
        limits are exact however many come at once.

        Args:
            id: the idempotency key.
            cost: megapixel-iterations.
            blobs: ``content``, ``style0``, ``style1`` and so on.

        Raises:
            TooManyJobsError: the owner has as many live jobs as allowed.
            TooManyTodayError: the owner has had as many jobs in 24 hours as allowed.
        """
        async with self._engine.begin() as connection:
            new = self._insert(job).values(
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
            # The pictures come before the lock: on PostgreSQL nobody waits while they travel.
            await self._store(connection, id, blobs)
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
                .values(tag=max(started, tag) + 1, created=Now())
                .returning(job)
            )
            return Job(**placed.mappings().one())

    @uninterrupted
    async def cancel(self, job_id: str, owner: str) -> State | None:
        """Cancel a job: a queued one at once, a running one by the flag that the next heartbeat returns.

        Returns the state after that, which an ended job keeps; None when the owner has no such job.
        """
        mine = (job.c.id == job_id, job.c.owner == owner)
        # A lease that has run out holds nothing: there may be no worker left to see the flag.
        queued = or_(job.c.state == State.QUEUED, job.c.lease < Now())
        async with self._engine.begin() as connection:
            state: State | None = await connection.scalar(
                update(job)
                .where(*mine, job.c.state.in_(LIVE))
                .values(
                    cancel=True,
                    state=case((queued, set_state(State.CANCELLED)), else_=job.c.state),
                    finished=case((queued, Now()), else_=job.c.finished),
                    lease=case((queued, None), else_=job.c.lease),
                )
                .returning(job.c.state)
            )
            if state is None:
                return await connection.scalar(select(job.c.state).where(*mine))
            if state is State.CANCELLED:
                await drop_blobs(connection, [job_id])
            return state

    @uninterrupted
    async def undelivered(self) -> list[Watch]:
        """Everything that a delivery watches: jobs with an address and no delivery yet, ended ones too."""
        waited_for = and_(job.c.delivered.is_(None), or_(job.c.address.is_not(null()), job.c.state.in_(LIVE)))
        return [watch for watch in await self._watch(waited_for) if watch.job.address is not None]

    @uninterrupted
    async def live(self, owner: str) -> list[Watch]:
        """An owner's queued and running jobs, in the order of the claims, with their outlook among all."""
        return [watch for watch in await self._watch(job.c.state.in_(LIVE)) if watch.job.owner == owner]

    @uninterrupted
    async def usage(self, owner: str) -> Usage:
        """How much of the limits an owner has used up."""
        counts = (func.count().filter(job.c.state.in_(LIVE)), func.count().filter(counts_today()))
        async with self._glancing.connect() as connection:
            live, today = (await connection.execute(select(*counts).where(job.c.owner == owner))).one()
            return Usage(live, today)

    @uninterrupted
    async def backlog(self) -> float | None:
        """Seconds until everything that is live now is painted, if every worker at work takes its share.

        None when nobody can say: no worker that may start something has measured how fast it is.
        """
        left = select(func.coalesce(func.sum(job.c.cost * (1.0 - job.c.progress)), 0.0)).where(
            job.c.state.in_(LIVE)
        )
        rate = select(func.sum(studio.c.rate)).where(
            living(), studio.c.state.in_(AT_WORK), studio.c.rate > 0, ~studio.c.drain, ~paused()
        )
        async with self._reading.connect() as connection:
            both = await connection.execute(select(left.scalar_subquery(), rate.scalar_subquery()))
            work, pace = both.one()
            return None if pace is None else work / pace

    @uninterrupted
    async def readdress(self, job_id: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Note that the owner waits at ``new`` and no longer at ``old``, for news that are still to be told.

        False, and nothing noted: they were told, or moved elsewhere before, or there is no such job.
        """
        undelivered = (job.c.id == job_id, job.c.delivered.is_(None))
        async with self._engine.begin() as connection:
            found = await connection.scalar(select(job.c.address).where(*undelivered).with_for_update())
            if found == old:
                await connection.execute(update(job).where(job.c.id == job_id).values(address=new))
            return found in (old, new)

    @uninterrupted
    async def forget(self, owner: str, job_id: str | None = None) -> int:
        """Erase an owner's jobs, or one of them, whatever its state, with all its blobs; gives their number.

        The worker of a running one learns at its next heartbeat that the job is no longer its own.
        """
        async with self._engine.begin() as connection:
            # No enqueue ends meanwhile; and the clock comes first, as in a claim: nobody waits in a ring.
            await lock_clock(connection)
            which = job.c.owner == owner if job_id is None else and_(job.c.owner == owner, job.c.id == job_id)
            mine = select(job.c.id).where(which).order_by(job.c.id)
            ids = (await connection.scalars(mine.with_for_update())).all()
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

    # The worker's side

    @uninterrupted
    async def claim(self, worker: str, count: int = 1) -> list[Job]:
        """Start the next jobs, in their order: at most ``count``, all of the first one's shape.

        Claims happen one at a time: each job goes to one worker, and no owner ever has more running than
        allowed. An idle worker's look locks nothing. First, jobs whose lease has run out are queued again, or
        fail with ``worker-lost`` when their attempts are used up; a drained queue's too, so that nothing runs
        there in the end. A job that was begun before is painted alone: it has a canvas to go on from,
        or it is what kills workers.
        """
        async with self._reading.connect() as connection:
            startable = and_(exists(self._startable()), ~halted(worker))
            if not await connection.scalar(select(or_(exists(expired()), startable))):
                return []
        async with self._engine.begin() as connection:
            started = await lock_clock(connection)
            # SKIP LOCKED: a row that is locked is being reported on right now, and its worker is alive.
            lost = await connection.scalars(expired().with_for_update(skip_locked=True))
            await self._give_back(connection, lost.all(), spent=True)
            if await connection.scalar(select(halted(worker))):
                return []
            # A subquery is evaluated once: a batch has one start, on PostgreSQL too.
            moment = select(Now()).scalar_subquery()
            while ids := await self._next(connection, count):
                rows = await connection.execute(
                    update(job)
                    .where(job.c.id.in_(ids), job.c.state == State.QUEUED)
                    .values(
                        state=State.RUNNING,
                        worker=worker,
                        lease=Now() + self.limits.lease,
                        attempts=job.c.attempts + 1,
                        started=moment,
                    )
                    .returning(job)
                )
                jobs = sorted((Job(**row) for row in rows.mappings()), key=lambda each: ids.index(each.id))
                # None: on PostgreSQL their owners cancelled all of them meanwhile. Look for others.
                if jobs:
                    tag = max(started, *(each.tag for each in jobs))
                    await connection.execute(update(clock).values(tag=tag))
                    return jobs
            return []

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
        """Keep a job for another lease and store what is new.

        Returns whether its owner asked to stop. None: the job is no longer this worker's; nothing was stored.
        """
        news = {
            name: data for name, data in ((PREVIEW, preview), (CHECKPOINT, checkpoint)) if data is not None
        }
        async with (self._engine if news else self._single).begin() as connection:
            cancel: bool | None = await connection.scalar(
                update(job)
                .where(*held(job_id, worker))
                .values(
                    lease=Now() + self.limits.lease,
                    progress=min(max(progress, 0.0), 1.0),
                    stage=func.coalesce(stage, job.c.stage),
                    previews=job.c.previews + (0 if preview is None else 1),
                )
                .returning(job.c.cancel)
            )
            if cancel is not None:
                await self._store(connection, job_id, news)
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
        """End a job; its painting and ``extra`` replace its blobs. False: it is no longer this worker's.

        False also if its owner has asked to stop: then the job ends as cancelled and nothing is stored.
        """
        async with self._engine.begin() as connection:
            done = {"state": State.DONE, "progress": 1.0, "facts": facts}
            if await self._end(connection, job_id, worker, ~job.c.cancel, **done):
                await self._store(connection, job_id, {**(extra or {}), RESULT: result})
                return True
            await self._end(connection, job_id, worker, job.c.cancel, state=State.CANCELLED)
            return False

    @uninterrupted
    async def fail(self, job_id: str, worker: str, code: str, detail: str | None = None) -> bool:
        """End a job with an error's code, and words for operators. False: no longer this worker's.

        Its pictures stay for a day: an operator may mend the cause and queue it again.
        """
        if detail is not None:  # PostgreSQL stores neither NUL nor half a surrogate pair
            detail = detail.replace("\0", "\ufffd").encode(errors="replace").decode()[-DETAIL:]
        async with self._engine.begin() as connection:
            return await self._end(
                connection, job_id, worker, state=State.FAILED, error=code, error_detail=detail
            )

    @uninterrupted
    async def stop(self, job_id: str, worker: str) -> bool:
        """End a job whose owner asked for it. False: they did not, or it is no longer this worker's."""
        async with self._engine.begin() as connection:
            return await self._end(connection, job_id, worker, job.c.cancel, state=State.CANCELLED)

    @uninterrupted
    async def release(self, worker: str, job_id: str | None = None, *, spent: bool = False) -> int:
        """Give this worker's running jobs, or one of them, back to the queue, to their old places.

        A job that its owner asked to stop is cancelled instead.

        Args:
            spent: whether the attempt counts. Not for a worker that stops in good order. But one that finds
                jobs under its own name when it starts has died over them, and a job that kills its worker may
                not do so for ever: with its attempts used up, it fails with ``worker-lost``.

        Returns the number of jobs given back.
        """
        mine = select(job.c.id).where(job.c.worker == worker, job.c.state == State.RUNNING)
        if job_id is not None:
            mine = mine.where(job.c.id == job_id)
        async with self._engine.begin() as connection:
            ids = (await connection.scalars(mine.order_by(job.c.id).with_for_update())).all()
            await self._give_back(connection, ids, spent=spent)
            return len(ids)

    @uninterrupted
    async def reduce(
        self, job_id: str, worker: str, *, recipe: dict[str, Any], cost: float, shape: str
    ) -> bool:
        """Queue a job again, unspent, as a smaller painting: there was not enough memory for it.

        False: that was done before, or it is no longer this worker's.
        """
        async with self._engine.begin() as connection:
            smaller = await connection.execute(
                update(job)
                .where(*held(job_id, worker), ~job.c.reduced)
                .values(reduced=True, recipe=recipe, cost=cost, shape=shape)
            )
            if not smaller.rowcount:
                return False
            await drop_blobs(connection, [job_id], UNFINISHED)
            await self._give_back(connection, [job_id], spent=False)
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
        """Say that a worker lives; who has not done so for 45 seconds no longer counts.

        Args:
            worker: its name.
            device: what it paints on.
            network: what it looks with.
            rate: megapixel-iterations per second. Without one, that stays which was measured on the same
                device with the same network.
            condition: how it is.
            reason: why it is broken.
            starting: whether this is a new process's first word: it was not drained, its predecessor was.

        Returns how many living workers are idle: the more they are, the less often each has to look.
        """
        new = self._insert(studio).values(
            name=worker,
            device=device,
            network=network,
            rate=rate,
            seen=Now(),
            state=condition,
            reason=reason,
            drain=False,
        )
        same = and_(studio.c.device == device, studio.c.network == network)
        kept = case((same, func.coalesce(new.excluded.rate, studio.c.rate)), else_=new.excluded.rate)
        others = studio.alias()
        idle = (
            select(func.count())
            .where(living(others), others.c.state == Condition.IDLE, others.c.name != worker)
            .scalar_subquery()
        )
        async with self._single.begin() as connection:
            count: int | None = await connection.scalar(
                new.on_conflict_do_update(
                    index_elements=[studio.c.name],
                    set_={
                        "device": device,
                        "network": network,
                        "rate": kept,
                        "seen": Now(),
                        "state": condition,
                        "reason": reason,
                        "drain": literal(False) if starting else studio.c.drain,
                    },
                ).returning(idle)
            )
            return (count or 0) + (condition is Condition.IDLE)

    @uninterrupted
    async def retire(self, worker: str) -> None:
        """Say that a worker stops."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(studio).where(studio.c.name == worker).values(seen=Now(), state=Condition.RETIRED)
            )

    # Everybody's

    @uninterrupted
    async def get(self, job_id: str) -> Job | None:
        """Look at a job."""
        async with self._reading.connect() as connection:
            row = (await connection.execute(select(job).where(job.c.id == job_id))).mappings().one_or_none()
            return None if row is None else Job(**row)

    @uninterrupted
    async def jobs(self, owner: str | None = None, count: int = 100) -> list[Job]:
        """The newest jobs, everybody's or one owner's."""
        query = select(job).order_by(job.c.created.desc(), job.c.id.desc()).limit(count)
        if owner is not None:
            query = query.where(job.c.owner == owner)
        async with self._reading.connect() as connection:
            return [Job(**row) for row in (await connection.execute(query)).mappings()]

    @uninterrupted
    async def workers(self) -> list[Worker]:
        """Every worker that announced itself and was not pruned, the latest first."""
        async with self._reading.connect() as connection:
            rows = await connection.execute(select(studio).order_by(studio.c.seen.desc(), studio.c.name))
            return [Worker(**row) for row in rows.mappings()]

    @uninterrupted
    async def read(self, job_id: str, name: str) -> bytes | None:
        """A blob: ``content``, ``style0``, ``checkpoint``, ``preview``, ``result``, ``timelapse``."""
        async with self._reading.connect() as connection:
            found: bytes | None = await connection.scalar(
                select(blob.c.bytes).where(blob.c.job == job_id, blob.c.name == name)
            )
            return found

    @uninterrupted
    async def has(self, job_id: str, name: str) -> bool:
        """Whether there is such a blob."""
        async with self._reading.connect() as connection:
            found = select(blob.c.job).where(blob.c.job == job_id, blob.c.name == name)
            return bool(await connection.scalar(select(exists(found))))

    @uninterrupted
    async def prune(self, older_than: float) -> int:
        """Forget jobs delivered more than so many seconds ago, with their blobs; workers too.

        A job without an address counts as delivered when it ends; any other is kept until it was. The
        pictures of a failed job go after a day, whatever becomes of it.

        Returns the number of jobs.
        """
        stale = select(job.c.id).where(job.c.state == State.FAILED, job.c.finished < Now() - FAILED_TTL)
        over = select(job.c.id).where(
            job.c.state.not_in(LIVE),
            func.coalesce(job.c.delivered, case((job.c.address.is_(null()), job.c.finished)))
            < Now() - older_than,
        )
        async with self._engine.begin() as connection:
            # SKIP LOCKED: two processes may prune at once.
            pruned = await connection.execute(
                delete(job).where(job.c.id.in_(over.with_for_update(skip_locked=True)))
            )
            # The lock keeps apart a prune and an operator who has the job painted after all.
            await connection.execute(
                delete(blob).where(blob.c.job.in_(stale.with_for_update(skip_locked=True)))
            )
            await connection.execute(delete(studio).where(studio.c.seen < Now() - max(older_than, LIVING)))
            return pruned.rowcount

    async def shrink(self) -> None:
        """Give the space of what was pruned back; on SQLite the file gets smaller."""
        await shrink(self._engine)

    # The parts of a transaction

    async def _watch(self, which: ColumnElement[bool]) -> list[Watch]:
        """Jobs in the order of the claims, with their outlooks; every live one has to be among them."""
        async with self._reading.connect() as connection:
            rows = await connection.execute(select(job).where(which).order_by(*ORDER))
            jobs = [Job(**row) for row in rows.mappings()]
            rates, resting = await crew(connection)
        ahead = forecasts(jobs, rates, self.limits.running, resting)
        return [Watch(each, ahead[each.id]) for each in jobs]

    def _startable(self) -> Select[tuple[str, str, bool]]:
        """Id, shape and freshness of the next job whose owner may have one more running."""
        return (
            select(job.c.id, job.c.shape, fresh().label("fresh"))
            .where(job.c.state == State.QUEUED, running_of_its_owner() < self.limits.running)
            .order_by(*ORDER)
            .limit(1)
        )

    async def _next(self, connection: AsyncConnection, count: int) -> Sequence[str]:
        """The ids of the next jobs, of one shape, with no owner over the limit if all of them start."""
        first = (await connection.execute(self._startable())).one_or_none()
        if first is None:
            return []
        if count == 1 or not first.fresh:
            return [first.id]
        nth = func.row_number().over(partition_by=job.c.owner, order_by=ORDER)
        place = func.row_number().over(order_by=ORDER).label("place")
        queued = (
            select(job.c.id, place, (nth + running_of_its_owner()).label("running"))
            .where(job.c.state == State.QUEUED, job.c.shape == first.shape, fresh())
            .subquery()
        )
        ids = await connection.scalars(
            select(queued.c.id)
            .where(queued.c.running <= self.limits.running)
            .order_by(queued.c.place)
            .limit(count)
        )
        return ids.all()

    async def _give_back(self, connection: AsyncConnection, ids: Sequence[str], *, spent: bool) -> None:
        """Queue running jobs again; those that may not run again end. The caller has locked them."""
        if not ids:
            return
        hopeless = job.c.attempts >= self.limits.attempts if spent else literal(False)
        ended = await connection.execute(
            update(job)
            .where(job.c.id.in_(ids))
            .values(
                state=case(
                    (job.c.cancel, set_state(State.CANCELLED)),
                    (hopeless, set_state(State.FAILED)),
                    else_=set_state(State.QUEUED),
                ),
                error=case((and_(~job.c.cancel, hopeless), "worker-lost"), else_=None),
                finished=case((or_(job.c.cancel, hopeless), Now()), else_=None),
                attempts=job.c.attempts if spent else job.c.attempts - 1,
                lease=None,
                progress=0.0,
                stage=None,
                worker=case((or_(job.c.cancel, hopeless), job.c.worker), else_=None),
            )
            .returning(job.c.id, job.c.state)
        )
        states = {row.id: row.state for row in ended}
        await drop_blobs(connection, [each for each in ids if states[each] is State.CANCELLED])
        await drop_blobs(connection, [each for each in ids if states[each] is State.FAILED], UNFINISHED)

    async def _end(
        self, connection: AsyncConnection, job_id: str, worker: str, *also: ColumnElement[bool], **values: Any
    ) -> bool:
        """End a job that is the worker's; its blobs go, but for the pictures of one that failed."""
        ended = await connection.execute(
            update(job)
            .where(*held(job_id, worker), *also)
            .values(lease=None, stage=None, finished=Now(), **values)
        )
        if ended.rowcount:
            names = UNFINISHED if values["state"] is State.FAILED else None
            await drop_blobs(connection, [job_id], names)
        return ended.rowcount == 1

    async def _store(self, connection: AsyncConnection, job_id: str, blobs: Mapping[str, bytes]) -> None:
        for name, content in blobs.items():
            new = self._insert(blob).values(job=job_id, name=name, bytes=content)
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=[blob.c.job, blob.c.name], set_={"bytes": new.excluded.bytes}
                )
            )
