"""What operators do with a queue: look at it, drain it, have a failed painting painted after all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, null, select, update

from engine.errors import AtelierError
from engine.queue.database import reading, uninterrupted
from engine.queue.forecast import Forecast, forecasts
from engine.queue.job import AT_WORK, LIVE, Condition, Job, State, Worker
from engine.queue.quota import DAY
from engine.queue.schema import ORDER, Now, blob, clock, job
from engine.queue.schema import worker as studio
from engine.queue.statements import crew, expired, live_of, living, lock_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncEngine


class JobError(AtelierError):
    """There is no such job, or this cannot be done with it."""

    code = "job-impossible"


class UnknownWorkerError(AtelierError):
    """No worker of this name has announced itself."""

    code = "worker-unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """How a queue is."""

    queued: int
    running: int
    undelivered: int
    """Ended jobs whose owner has not been told yet."""
    expired: int
    """Running jobs whose worker has fallen silent and that no other has taken yet."""
    waiting: float
    """Seconds that the oldest queued job has waited."""
    paused: bool
    """Whether an operator lets nothing more start."""
    workers: Sequence[Worker]
    """The living ones."""
    now: float
    """When this was so, by the database's clock."""

    @property
    def healthy(self) -> bool:
        """Whether a job that is queued now would be painted."""
        return not self.paused and any(each.state in AT_WORK and not each.drain for each in self.workers)

    @property
    def problems(self) -> list[str]:
        """What an operator should know, one sentence each."""
        found = []
        if self.paused:
            found.append("The queue is drained: nothing starts until it is resumed.")
        if not any(each.state in AT_WORK for each in self.workers):
            found.append("No worker is at work.")
        for each in self.workers:
            if each.state is Condition.BROKEN:
                found.append(f"Worker {each.name} is broken: {each.reason or 'it does not say why'}")
            elif each.drain:
                found.append(f"Worker {each.name} is drained.")
        if self.expired:
            found.append(f"{self.expired} running job(s) have lost their worker.")
        return found


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much a queue is asked for, and what becomes of it.

    Ends and owners are those of the last 24 hours.
    """

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    owners: int
    """Those who had something enqueued."""
    seconds: float | None
    """Mean of what those done took, from the start of the last attempt; None without any."""
    workers: int
    """The living ones."""


class QueueAdmin:
    """The operators' side of the queue; each method is one transaction, as those of ``Queue``."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = reading(engine)

    @uninterrupted
    async def jobs(
        self, states: Sequence[State] = (), owner: str | None = None, count: int = 100
    ) -> list[Job]:
        """Jobs in these states, or in any: live ones first, in the order of the claims, then the newest."""
        query = select(job).order_by(
            job.c.state.not_in(LIVE),
            job.c.state == State.QUEUED,
            func.coalesce(-job.c.finished, 0.0),
            *ORDER,
        )
        if states:
            query = query.where(job.c.state.in_(states))
        if owner is not None:
            query = query.where(job.c.owner == owner)
        async with self._reading.connect() as connection:
            return [Job(**row) for row in (await connection.execute(query.limit(count))).mappings()]

    @uninterrupted
    async def forecasts(self, running: int = 1) -> dict[str, Forecast]:
        """The near future of every live job, by its id, if one owner may have so many running."""
        live = select(job).where(job.c.state.in_(LIVE)).order_by(*ORDER)
        async with self._reading.connect() as connection:
            jobs = [Job(**row) for row in (await connection.execute(live)).mappings()]
            rates, resting = await crew(connection)
        return forecasts(jobs, rates, running, resting)

    @uninterrupted
    async def blobs(self, job_id: str) -> dict[str, int]:
        """The names of a job's blobs, and their bytes."""
        query = select(blob.c.name, func.length(blob.c.bytes).label("size")).where(blob.c.job == job_id)
        async with self._reading.connect() as connection:
            return {row.name: row.size for row in await connection.execute(query.order_by(blob.c.name))}

    @uninterrupted
    async def retry(self, job_id: str) -> Job:
        """Queue a failed job again, as if it were new; its owner is told how it ends as for any other.

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
                raise JobError(f"Job {job_id} is {row['state']}; only a failed one can be painted after all.")
            content = exists().where(blob.c.job == job_id, blob.c.name == "content")
            if not await connection.scalar(select(content)):
                raise JobError(f"The pictures of job {job_id} are gone; its owner has to send them again.")
            _, tag = await live_of(connection, row["owner"])
            again = await connection.execute(
                update(job)
                .where(job.c.id == job_id)
                .values(
                    state=State.QUEUED,
                    tag=max(started, tag) + 1,
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
        """Let nothing more start, here or on one worker; what is being painted is painted to its end.

        Returns how many jobs that is. Jobs are taken on as before.

        Raises:
            UnknownWorkerError: no such worker.
        """
        await self._halt(worker, halted=True)
        running = select(func.count()).where(job.c.state == State.RUNNING)
        if worker is not None:
            running = running.where(job.c.worker == worker)
        async with self._reading.connect() as connection:
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
            named = update(studio).where(studio.c.name == worker).values(drain=halted)
            if not (await connection.execute(named)).rowcount:
                raise UnknownWorkerError(f"There is no worker {worker!r}.")

    @uninterrupted
    async def health(self) -> Health:
        """Look at everything at once."""
        queued, running = job.c.state == State.QUEUED, job.c.state == State.RUNNING
        untold = job.c.state.not_in(LIVE) & job.c.delivered.is_(None) & job.c.address.is_not(null())
        counts = [_count(which) for which in (queued, running, untold)]
        oldest = select(Now() - func.min(job.c.created)).where(queued).scalar_subquery()
        lost = select(func.count()).where(job.c.id.in_(expired())).scalar_subquery()
        async with self._reading.connect() as connection:
            row = (await connection.execute(select(*counts, lost, oldest, clock.c.paused, Now()))).one()
            workers = await connection.execute(select(studio).where(_on_duty()).order_by(studio.c.name))
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
    async def statistics(self) -> Statistics:
        """Count what was done."""
        lately = job.c.finished > Now() - DAY
        done = and_(job.c.state == State.DONE, lately)
        found = {
            "queued": _count(job.c.state == State.QUEUED),
            "running": _count(job.c.state == State.RUNNING),
            "done": _count(done),
            "failed": _count(and_(job.c.state == State.FAILED, lately)),
            "cancelled": _count(and_(job.c.state == State.CANCELLED, lately)),
        }
        owners = select(func.count(job.c.owner.distinct())).where(job.c.created > Now() - DAY)
        seconds = select(func.avg(job.c.finished - job.c.started)).where(done)
        workers = select(func.count()).select_from(studio).where(_on_duty())
        found |= {
            "owners": owners.scalar_subquery(),
            "seconds": seconds.scalar_subquery(),
            "workers": workers.scalar_subquery(),
        }
        everything = select(*(query.label(name) for name, query in found.items()))
        async with self._reading.connect() as connection:
            return Statistics(**(await connection.execute(everything)).mappings().one())


def _count(which: ColumnElement[bool]) -> ScalarSelect[Any]:
    """The number of such jobs."""
    return select(func.count()).select_from(job).where(which).scalar_subquery()


def _on_duty() -> ColumnElement[bool]:
    """Whether a worker lives and has not said goodbye."""
    return and_(living(), studio.c.state != Condition.RETIRED)
