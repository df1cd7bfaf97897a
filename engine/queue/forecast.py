"""Forecasts for waiting jobs: position and time of completion. Arithmetic only."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from engine.queue.job import Job, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Forecast:
    """A job's position and time of completion."""

    position: int | None
    """Queued jobs before this one: 0 is next. None unless queued."""
    eta: float | None
    """Seconds until the painting is done. None if unknown, or if the job has ended."""


class Entry(NamedTuple):
    """What a forecast needs of a job; the fields are columns."""

    id: str
    owner: str
    state: State
    worker: str | None
    cost: float
    progress: float


AnyJob = TypeVar("AnyJob", Job, Entry)


@dataclass(frozen=True, slots=True)
class Place:
    """A queued job's place behind others."""

    position: int
    """Queued jobs before this one."""
    ahead: float
    """Megapixel-iterations of those together."""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job and its forecast."""

    job: Job
    forecast: Forecast


class Forecaster:
    """The forecasts of a long queue: exact for the jobs under way and the first ones, by sums for the others.

    Far back, the rates of the workers decide, and which of them paints which job does not matter any more.
    """

    def __init__(
        self,
        head: Iterable[Entry],
        rates: Mapping[str, float],
        running: int = 1,
        draining: Collection[str] = (),
    ) -> None:
        """Schedule the head.

        Args:
            head: the running jobs and the first queued ones, in the order of the claims.
            rates: as for :func:`forecasts`, like those below.
            running: how many jobs of one owner may run at once.
            draining: workers that start nothing more.
        """
        head = list(head)
        self._exact = forecasts(head, rates, running, draining)
        able = {name: rate for name, rate in rates.items() if rate > 0 and name not in draining}
        self._workers, self._rate = len(able), sum(able.values())
        # A running job without a living worker is painted again from its beginning.
        self._under_way = sum(
            job.cost * (1.0 - job.progress if job.worker in able else 1.0)
            for job in head
            if job.state is State.RUNNING and (job.worker in able or job.worker not in rates)
        )

    def of(self, job: Job, place: Place | None) -> Forecast:
        """Return a job's forecast.

        Args:
            job: the job.
            place: its place; None if it is not queued.
        """
        exact = self._exact.get(job.id)
        if exact is not None:
            return exact
        if place is None:
            return Forecast(None, None)
        if not self._rate:
            return Forecast(place.position, None)
        # When it starts, each of the other workers has half a job left on average. And the slower a worker,
        # the fewer jobs it paints: the mean duration is that of a job on one of as many equal workers.
        own = job.cost * (self._workers + 1) / 2
        return Forecast(place.position, (self._under_way + place.ahead + own) / self._rate)


def forecasts(
    jobs: Iterable[AnyJob],
    rates: Mapping[str, float],
    running: int = 1,
    draining: Collection[str] = (),
) -> dict[str, Forecast]:
    """Return every job's forecast by its id: list scheduling (Graham 1966) in virtual time.

    A running job ends when its worker, at that worker's own rate, has painted everything that it paints: a
    batch ends together. From then on, whenever a worker is free, it takes the first job whose owner may have
    one more running, as in a claim. The times hold if no more jobs come.

    A job whose progress is 1 is only encoded, while its worker paints others. That takes seconds, which count
    as none: it ends now, and its owner may have the next one.

    A running job whose worker has no rate is queued again, in its old place, once its lease expires. When is
    unknown, so it has no time itself; but those behind it wait for it as for a queued job, its whole cost.

    Args:
        jobs: every live job, in the order of the claims; ended ones may be among them.
        rates: megapixel-iterations per second of each living worker that has measured its own, by its name.
        running: how many jobs of one owner may run at once.
        draining: workers that end what they run and start nothing more.
    """
    jobs = list(jobs)
    ends = _schedule(jobs, {name: rate for name, rate in rates.items() if rate > 0}, running, draining)
    positions = count()
    return {
        job.id: Forecast(next(positions) if job.state is State.QUEUED else None, ends.get(job.id))
        for job in jobs
    }


def _schedule(
    jobs: Sequence[AnyJob], rates: Mapping[str, float], running: int, draining: Collection[str]
) -> dict[str, float]:
    """Return the end of every job that has one, by its id."""
    batches, painted, queued = _sort(jobs, rates)
    times = dict.fromkeys((job.id for job in painted), 0.0)
    busy: list[tuple[float, str, list[AnyJob]]] = []
    for name, batch in batches.items():
        end = sum(job.cost * (1.0 - job.progress) for job in batch) / rates[name]
        times |= dict.fromkeys((job.id for job in batch), end)
        busy.append((end, name, batch))
    heapify(busy)
    waiting = _Waiting(queued, (job for batch in batches.values() for job in batch), running)
    idle: list[tuple[float, str]] = []
    while busy and waiting:
        now = busy[0][0]
        while busy and busy[0][0] == now:  # all of them, so that no tie favours the first in the heap
            _, name, batch = heappop(busy)
            if name not in draining:
                heappush(idle, (-rates[name], name))
            for job in batch:
                waiting.ended(job)
        while idle and (first := waiting.take()):
            _, name = heappop(idle)
            end = now + first.cost / rates[name]
            heappush(busy, (end, name, [first]))
            if first.state is State.QUEUED:
                times[first.id] = end
    return times


def _sort(
    jobs: Iterable[AnyJob], rates: Mapping[str, float]
) -> tuple[dict[str, list[AnyJob]], list[AnyJob], list[AnyJob]]:
    """Return the jobs that each worker paints, those that are painted, and those that wait for a worker."""
    batches: dict[str, list[AnyJob]] = {name: [] for name in rates}
    painted: list[AnyJob] = []
    waiting: list[AnyJob] = []
    for job in jobs:
        if job.state is State.RUNNING and job.worker is not None and job.worker in batches:
            (batches[job.worker] if job.progress < 1.0 else painted).append(job)
        elif not job.state.terminal:
            waiting.append(job)
    return batches, painted, waiting


class _Waiting(Generic[AnyJob]):
    """Waiting jobs, as a free worker sees them. Each operation takes a heap's logarithmic time."""

    def __init__(self, waiting: Sequence[AnyJob], running: Iterable[AnyJob], limit: int) -> None:
        """Sort the jobs by their owners.

        Args:
            waiting: in their order.
            running: jobs that count towards their owner's limit already.
            limit: how many jobs of one owner may run at once.
        """
        self._limit = limit
        self._left = len(waiting)
        self._running = Counter(job.owner for job in running)
        self._of_owner: defaultdict[str, deque[tuple[int, AnyJob]]] = defaultdict(deque)
        for place, job in enumerate(waiting):
            self._of_owner[job.owner].append((place, job))
        # The first job of each owner below the limit: the only ones that a claim may begin with.
        self._first: list[tuple[int, AnyJob]] = [
            jobs[0] for owner, jobs in self._of_owner.items() if self._running[owner] < limit
        ]
        heapify(self._first)

    def __bool__(self) -> bool:
        return self._left > 0

    def take(self) -> AnyJob | None:
        """Start and return the first job that may start, if there is one."""
        if not self._first:
            return None
        _, job = heappop(self._first)
        self._left -= 1
        self._of_owner[job.owner].popleft()
        self._running[job.owner] += 1
        if self._running[job.owner] < self._limit:
            self._offer(job.owner)
        return job

    def ended(self, job: AnyJob) -> None:
        """Count the end of a running job: its owner may have another one."""
        self._running[job.owner] -= 1
        if self._running[job.owner] == self._limit - 1:
            self._offer(job.owner)

    def _offer(self, owner: str) -> None:
        if self._of_owner[owner]:
            heappush(self._first, self._of_owner[owner][0])
