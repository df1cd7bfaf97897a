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
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import TooManyJobsError
from engine.queue.database import reading, uninterrupted
from engine.queue.job import LIVE, Job, Limits, State, Worker
from engine.queue.outlook import Watch, outlooks
from engine.queue.schema import ORDER, Now, blob, clock, job
from engine.queue.schema import worker as studio

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LIVING: Final = 30.0
"""Seconds since its last word after which a worker no longer counts towards an ETA."""

DETAIL: Final = 4000
"""Characters of an error's detail that are kept."""

RESULT: Final = "result"
PREVIEW: Final = "preview"
CHECKPOINT: Final = "checkpoint"


class Queue:
    """The leased job table. Any number of processes may share one database.

    Every method is one transaction, and a call that is cancelled on its way is carried out all the same. The
    name of a worker is its identity: no two living processes may share one.
    """

    def __init__(self, engine: AsyncEngine, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._engine = engine
        self._reading = reading(engine)
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
        limit is exact however many come at once.

        Args:
            id: the idempotency key.
            cost: megapixel-iterations.
            blobs: ``content``, ``style0``, ``style1`` and so on.

        Raises:
            TooManyJobsError: the owner has as many live jobs as allowed.
        """
        async with self._engine.begin() as connection:
            started = await _lock_clock(connection)
            known = (await connection.execute(select(job).where(job.c.id == id))).mappings().one_or_none()
            if known is not None:
                return Job(**known)
            live, tag = (
                await connection.execute(
                    select(func.count(), func.coalesce(func.max(job.c.tag), 0)).where(
                        job.c.owner == owner, job.c.state.in_(LIVE)
                    )
                )
            ).one()
            if live >= self.limits.live:
                raise TooManyJobsError(
                    f"You already have {live} paintings under way; please wait for one of them.",
                    limit=self.limits.live,
                )
            added = await connection.execute(
                insert(job)
                .values(
                    id=id,
                    owner=owner,
                    priority=priority,
                    tag=max(started, tag) + 1,
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
                .returning(job)
            )
            await self._store(connection, id, blobs)
            return Job(**added.mappings().one())

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
                    state=case((queued, _state(State.CANCELLED)), else_=job.c.state),
                    finished=case((queued, Now()), else_=job.c.finished),
                    lease=case((queued, None), else_=job.c.lease),
                )
                .returning(job.c.state)
            )
            if state is None:
                return await connection.scalar(select(job.c.state).where(*mine))
            if state is State.CANCELLED:
                await _drop_blobs(connection, [job_id])
            return state

    @uninterrupted
    async def undelivered(self) -> list[Watch]:
        """Everything that a delivery watches: jobs with an address and no delivery yet, ended ones too."""
        waited_for = and_(job.c.delivered.is_(None), or_(job.c.address.is_not(null()), job.c.state.in_(LIVE)))
        async with self._reading.connect() as connection:
            rows = await connection.execute(select(job).where(waited_for).order_by(*ORDER))
            jobs = [Job(**row) for row in rows.mappings()]
            rates = await connection.execute(
                select(studio.c.name, studio.c.rate).where(
                    studio.c.state == "alive", studio.c.seen > Now() - LIVING, studio.c.rate.is_not(None)
                )
            )
        ahead = outlooks(jobs, dict(rates.all()))
        return [Watch(each, ahead[each.id]) for each in jobs if each.address is not None]

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
        fail with ``worker-lost`` when their attempts are used up.
        """
        async with self._reading.connect() as connection:
            if not await connection.scalar(select(or_(exists(_expired()), exists(self._next_shape())))):
                return []
        async with self._engine.begin() as connection:
            started = await _lock_clock(connection)
            # SKIP LOCKED: a row that is locked is being reported on right now, and its worker is alive.
            expired = await connection.scalars(_expired().with_for_update(skip_locked=True))
            await self._give_back(connection, expired.all(), spent=True)
            while ids := await self._next(connection, count):
                rows = await connection.execute(
                    update(job)
                    .where(job.c.id.in_(ids), job.c.state == State.QUEUED)
                    .values(
                        state=State.RUNNING,
                        worker=worker,
                        lease=Now() + self.limits.lease,
                        attempts=job.c.attempts + 1,
                        started=Now(),
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
        async with self._engine.begin() as connection:
            cancel: bool | None = await connection.scalar(
                update(job)
                .where(*_held(job_id, worker))
                .values(
                    lease=Now() + self.limits.lease,
                    progress=min(max(progress, 0.0), 1.0),
                    stage=func.coalesce(stage, job.c.stage),
                    previews=job.c.previews + (0 if preview is None else 1),
                )
                .returning(job.c.cancel)
            )
            if cancel is not None:
                news = {PREVIEW: preview, CHECKPOINT: checkpoint}
                await self._store(connection, job_id, {n: b for n, b in news.items() if b is not None})
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
        """End a job with an error's code, and words for operators. False: no longer this worker's."""
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
    async def announce(self, worker: str, device: str, network: str, rate: float | None) -> None:
        """Say that a worker lives; an ETA counts those that did so within the last 30 seconds.

        Without a rate, the one stays that was measured on the same device with the same network.
        """
        new = self._insert(studio).values(
            name=worker, device=device, network=network, rate=rate, seen=Now(), state="alive"
        )
        same = and_(studio.c.device == device, studio.c.network == network)
        kept = case((same, func.coalesce(new.excluded.rate, studio.c.rate)), else_=new.excluded.rate)
        async with self._engine.begin() as connection:
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=[studio.c.name],
                    set_={
                        "device": device,
                        "network": network,
                        "rate": kept,
                        "seen": Now(),
                        "state": "alive",
                    },
                )
            )

    @uninterrupted
    async def retire(self, worker: str) -> None:
        """Say that a worker stops."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(studio).where(studio.c.name == worker).values(seen=Now(), state="retired")
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
        """A blob: ``content``, ``style0``, ``checkpoint``, ``preview``, ``result``."""
        async with self._reading.connect() as connection:
            found: bytes | None = await connection.scalar(
                select(blob.c.bytes).where(blob.c.job == job_id, blob.c.name == name)
            )
            return found

    @uninterrupted
    async def prune(self, older_than: float) -> int:
        """Forget jobs delivered more than so many seconds ago, with their blobs; workers too.

        A job without an address counts as delivered when it ends; any other is kept until it was.

        Returns the number of jobs.
        """
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
            await connection.execute(delete(studio).where(studio.c.seen < Now() - max(older_than, LIVING)))
            return pruned.rowcount

    # The parts of a transaction

    def _next_shape(self) -> Select[str]:
        """The shape of the next job whose owner may have one more running."""
        return (
            select(job.c.shape)
            .where(job.c.state == State.QUEUED, _running_of_its_owner() < self.limits.running)
            .order_by(*ORDER)
            .limit(1)
        )

    async def _next(self, connection: AsyncConnection, count: int) -> Sequence[str]:
        """The ids of the next jobs, of one shape, with no owner over the limit if all of them start."""
        shape = await connection.scalar(self._next_shape())
        if shape is None:
            return []
        nth = func.row_number().over(partition_by=job.c.owner, order_by=ORDER)
        place = func.row_number().over(order_by=ORDER).label("place")
        queued = (
            select(job.c.id, place, (nth + _running_of_its_owner()).label("running"))
            .where(job.c.state == State.QUEUED, job.c.shape == shape)
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
        ended = await connection.scalars(
            update(job)
            .where(job.c.id.in_(ids))
            .values(
                state=case(
                    (job.c.cancel, _state(State.CANCELLED)),
                    (hopeless, _state(State.FAILED)),
                    else_=_state(State.QUEUED),
                ),
                error=case((and_(~job.c.cancel, hopeless), "worker-lost"), else_=None),
                finished=case((or_(job.c.cancel, hopeless), Now()), else_=None),
                attempts=job.c.attempts if spent else job.c.attempts - 1,
                lease=None,
                progress=0.0,
                stage=None,
                worker=case((or_(job.c.cancel, hopeless), job.c.worker), else_=None),
            )
            .returning(case((job.c.state.not_in(LIVE), job.c.id)))
        )
        await _drop_blobs(connection, [each for each in ended if each is not None])

    async def _end(
        self, connection: AsyncConnection, job_id: str, worker: str, *also: ColumnElement[bool], **values: Any
    ) -> bool:
        """End a job that is the worker's; its blobs go."""
        ended = await connection.execute(
            update(job)
            .where(*_held(job_id, worker), *also)
            .values(lease=None, stage=None, finished=Now(), **values)
        )
        if ended.rowcount:
            await _drop_blobs(connection, [job_id])
        return ended.rowcount == 1

    async def _store(self, connection: AsyncConnection, job_id: str, blobs: Mapping[str, bytes]) -> None:
        for name, content in blobs.items():
            new = self._insert(blob).values(job=job_id, name=name, bytes=content)
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=[blob.c.job, blob.c.name], set_={"bytes": new.excluded.bytes}
                )
            )


async def _lock_clock(connection: AsyncConnection) -> int:
    """The tag started last. On SQLite the transaction has the write lock already."""
    tag: int = (await connection.execute(select(clock.c.tag).with_for_update())).scalar_one()
    return tag


async def _drop_blobs(connection: AsyncConnection, ids: Collection[str]) -> None:
    if ids:
        await connection.execute(delete(blob).where(blob.c.job.in_(ids)))


def _expired() -> Select[str]:
    return select(job.c.id).where(job.c.state == State.RUNNING, job.c.lease < Now())


def _held(job_id: str, worker: str) -> tuple[ColumnElement[bool], ...]:
    return job.c.id == job_id, job.c.worker == worker, job.c.state == State.RUNNING


def _running_of_its_owner() -> ColumnElement[int]:
    other = job.alias()
    return (
        select(func.count())
        .where(other.c.owner == job.c.owner, other.c.state == State.RUNNING)
        .correlate(job)
        .scalar_subquery()
    )


def _state(state: State) -> ColumnElement[State]:
    return literal(state, job.c.state.type)
