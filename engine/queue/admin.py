"""The operators' transactions: health, statistics, drain, retry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, select, update

from engine.errors import AtelierError
from engine.queue.database import read_only, single_select, uninterrupted
from engine.queue.forecast import Entry, Forecast, forecasts
from engine.queue.job import ACTIVE, ENDED, LIVE, Condition, Job, State, Worker
from engine.queue.order import next_tag
from engine.queue.quota import DAY
from engine.queue.schema import ORDER, Now, ago, blob, clock, job, picture
from engine.queue.schema import worker as worker_table
from engine.queue.statements import (
    is_awaited,
    is_painting,
    lease_expired,
    live_of,
    living,
    lock_clock,
    worker_rates,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncEngine


class JobError(AtelierError):
    """The job does not exist, or its state does not allow this."""

    code = "job-impossible"


class UnknownWorkerError(AtelierError):
    """No worker of this name has announced itself."""

    code = "worker-unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The queue's condition at one moment. Samples are counted nowhere in it."""

    queued: int
    running: int
    undelivered: int
    """Ended jobs that were not delivered yet."""
    expired: int
    """Running jobs whose lease has expired and that no other worker has taken yet."""
    waiting: float
    """Seconds that the oldest queued job has waited."""
    paused: bool
    """True if the whole queue is drained."""
    workers: Sequence[Worker]
    """Those that are alive and have not retired."""
    now: float
    """The moment, by the database's clock."""

    @property
    def healthy(self) -> bool:
        """True if a job that is queued now would be painted."""
        return not self.paused and any(each.state in ACTIVE and not each.drain for each in self.workers)

    @property
    def problems(self) -> list[str]:
        """Problems for an operator, one sentence each."""
        found = []
        if self.paused:
            found.append("The queue is drained: nothing starts until it is resumed.")
        if not any(each.state in ACTIVE for each in self.workers):
            found.append("No worker is running.")
        for each in self.workers:
            if each.state is Condition.BROKEN:
                found.append(f"Worker {each.name} is broken: {each.reason or 'no reason given'}")
            elif each.drain:
                found.append(f"Worker {each.name} is drained.")
        if self.expired:
            found.append(f"{self.expired} running job(s) have lost their worker.")
        return found


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """Numbers of paintings, owners and workers.

    Ended ones and owners are those of the last 24 hours.
    """

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    owners: int
    """Owners who enqueued a job."""
    seconds: float | None
    """Mean duration of the done ones, from the start of the last attempt; None without any."""
    workers: int
    """Those that are alive and have not retired."""


class QueueAdmin:
    """The operators' side of the queue; each method is one transaction, as in ``Queue``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._read_only, self._single_select = read_only(engine), single_select(engine)

    @uninterrupted
    async def jobs(
        self, states: Sequence[State] = (), owner: str | None = None, count: int = 100
    ) -> list[Job]:
        """Return jobs in these states, or in any: live ones in the order of the claims, then the newest.

        Samples are among them only if they are of this ``owner``.
        """
        query = select(job).order_by(
            job.c.state.not_in(LIVE),
            job.c.state == State.QUEUED,
            func.coalesce(-job.c.finished, 0.0),
            *ORDER,
        )
        if states:
            query = query.where(job.c.state.in_(states))
        query = query.where(is_painting() if owner is None else job.c.owner == owner)
        async with self._read_only.connect() as connection:
            return [Job(**row) for row in (await connection.execute(query.limit(count))).mappings()]

    @uninterrupted
    async def forecasts(self, running: int = 1) -> dict[str, Forecast]:
        """Return the forecast of every live painting by its id, if one owner may have so many running."""
        columns = (job.c[name] for name in Entry._fields)
        live = select(*columns).where(job.c.state.in_(LIVE), is_painting()).order_by(*ORDER)
        async with self._read_only.connect() as connection:
            jobs = [Entry(*row) for row in await connection.execute(live)]
            rates, draining = await worker_rates(connection)
        return forecasts(jobs, rates, running, draining)

    @uninterrupted
    async def blobs(self, job_id: str) -> dict[str, int]:
        """Return the size in bytes of each of a job's blobs, by its name."""
        size = func.length(func.coalesce(blob.c.bytes, picture.c.bytes)).label("size")
        stored = blob.outerjoin(picture, picture.c.digest == blob.c.picture)
        query = select(blob.c.name, size).select_from(stored).where(blob.c.job == job_id)
        async with self._read_only.connect() as connection:
            return {row.name: row.size for row in await connection.execute(query.order_by(blob.c.name))}

    @uninterrupted
    async def retry(self, job_id: str) -> Job:
        """Queue a failed job again as if it were new; how it ends is delivered as for any other.

        Raises:
            JobError: there is no such job, it has not failed, or its pictures are gone.
        """
        async with self._engine.begin() as connection:
            started = await lock_clock(connection)
            query = select(job).where(job.c.id == job_id).with_for_update()
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                raise JobError(f"There is no job {job_id!r}.")
            if row["state"] is not State.FAILED:
                raise JobError(f"Job {job_id} is {row['state']}; only a failed job can be retried.")
            content = exists().where(blob.c.job == job_id, blob.c.name == "content")
            if not await connection.scalar(select(content)):
                raise JobError(f"The pictures of job {job_id} are gone; its owner has to send them again.")
            _, tag = await live_of(connection, row["owner"])
            again = await connection.execute(
                update(job)
                .where(job.c.id == job_id)
                .values(
                    state=State.QUEUED,
                    tag=next_tag(started, tag),
                    attempts=0,
                    worker=None,
                    cancel=False,
                    reduced=False,
                    progress=0.0,
                    error=None,
                    error_detail=None,
                    finished=None,
                    delivered=None,
                )
                .returning(job)
            )
            return Job(**again.mappings().one())

    @uninterrupted
    async def drain(self, worker: str | None = None) -> int:
        """Start no more jobs, on any worker or on one; running jobs continue to their end.

        Returns the number of running paintings. New jobs are queued as before.

        Raises:
            UnknownWorkerError: no such worker.
        """
        await self._halt(worker, halted=True)
        running = select(func.count()).where(job.c.state == State.RUNNING, is_painting())
        if worker is not None:
            running = running.where(job.c.worker == worker)
        async with self._read_only.connect() as connection:
            count: int = (await connection.execute(running)).scalar_one()
            return count

    @uninterrupted
    async def resume(self, worker: str | None = None) -> None:
        """Undo a drain.

        Raises:
            UnknownWorkerError: no such worker.
        """
        await self._halt(worker, halted=False)

    async def _halt(self, worker: str | None, *, halted: bool) -> None:
        async with self._engine.begin() as connection:
            await lock_clock(connection)  # a claim under way ends first
            if worker is None:
                await connection.execute(update(clock).values(paused=halted))
                return
            named = update(worker_table).where(worker_table.c.name == worker).values(drain=halted)
            if not (await connection.execute(named)).rowcount:
                raise UnknownWorkerError(f"There is no worker {worker!r}.")

    @uninterrupted
    async def health(self) -> Health:
        """Return the queue's condition."""
        queued, running = job.c.state == State.QUEUED, job.c.state == State.RUNNING
        awaited = select(func.count()).select_from(job).where(job.c.state.in_(ENDED), is_awaited())
        counts = [_count(queued), _count(running), awaited.scalar_subquery()]
        oldest = select(Now() - func.min(job.c.created)).where(queued, is_painting()).scalar_subquery()
        lost = _count(lease_expired())
        async with self._read_only.connect() as connection:
            row = (await connection.execute(select(*counts, lost, oldest, clock.c.paused, Now()))).one()
            workers = await connection.execute(
                select(worker_table).where(_in_service()).order_by(worker_table.c.name)
            )
            return Health(
                queued=row[0],
                running=row[1],
                undelivered=row[2],
                expired=row[3],
                waiting=row[4] or 0.0,
                paused=row[5],
                workers=[Worker(**each) for each in workers.mappings()],
                now=row[6],
            )

    @uninterrupted
    async def statistics(self) -> QueueStatistics:
        """Return the numbers of jobs, owners and workers."""
        owners = select(func.count(job.c.owner.distinct())).where(job.c.created > ago(DAY), is_painting())
        workers = select(func.count()).select_from(worker_table).where(_in_service())
        now = {
            "queued": _count(job.c.state == State.QUEUED),
            "running": _count(job.c.state == State.RUNNING),
            "owners": owners.scalar_subquery(),
            "workers": workers.scalar_subquery(),
        }
        done = job.c.state == State.DONE
        of_the_day = {
            "done": func.count().filter(done),
            "failed": func.count().filter(job.c.state == State.FAILED),
            "cancelled": func.count().filter(job.c.state == State.CANCELLED),
            "seconds": func.avg(job.c.finished - job.c.started).filter(done),
        }
        counts = (query.label(name) for name, query in (now | of_the_day).items())
        everything = select(*counts).where(job.c.finished > ago(DAY), is_painting())
        async with self._single_select.connect() as connection:
            return QueueStatistics(**(await connection.execute(everything)).mappings().one())


def _count(which: ColumnElement[bool]) -> ScalarSelect[Any]:
    """Return the number of such paintings."""
    return select(func.count()).select_from(job).where(which, is_painting()).scalar_subquery()


def _in_service() -> ColumnElement[bool]:
    """Return whether a worker is alive and has not retired."""
    return and_(living(), worker_table.c.state != Condition.RETIRED)
