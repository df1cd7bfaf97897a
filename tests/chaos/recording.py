"""The recording of a storm: snapshots of all jobs, and states that no snapshot may show."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from engine.queue import Limits, Queue, State, persist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.queue import Job
    from tests.support.moved_clock import MovedClock

RECORD_INTERVAL: Final = 0.1
"""Seconds between two snapshots. Each is one statement, so it shows one moment of the database."""
LONGEST: Final = 0.5
"""Seconds between two attempts in an outage at most."""
ALL: Final = 100_000
"""Limit of the list of jobs: more than there are."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job at one moment, without the fields that a heartbeat changes."""

    id: str
    owner: str
    tag: int
    created: float
    state: State
    attempts: int = 0
    worker: str | None = None
    started: float | None = None
    finished: float | None = None
    error: str | None = None
    delivered: float | None = None
    stamp: float | None = None
    """``created`` by a database's clock that was moved; the other moments are the true ones."""

    @classmethod
    def of(cls, job: Job, clock: MovedClock | None = None) -> Snapshot:
        """Return the snapshot of a job."""

        def true(moment: float | None) -> Any:
            return moment if moment is None or clock is None else clock.true(moment)

        return cls(
            job.id, job.owner, job.tag, true(job.created), job.state, job.attempts, job.worker,
            true(job.started), true(job.finished), job.error, true(job.delivered), job.created,
        )  # fmt: skip

    @property
    def key(self) -> tuple[int, float, str]:
        """The place in the order of the claims."""
        return self.tag, self.created if self.stamp is None else self.stamp, self.id


@dataclass(slots=True)
class Phase:
    """A time in which all snapshots of a job were equal."""

    snapshot: Snapshot
    first: float
    """End of the first query that showed it: it had begun by then."""
    last: float
    """Start of the last query that showed it: it ended later."""


@dataclass(slots=True)
class Recording:
    """All snapshots of all jobs."""

    limits: Limits
    clock: MovedClock | None = None
    """The database's, if it is moved."""
    phases: dict[str, list[Phase]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """Faults that snapshots showed."""
    snapshots: int = 0
    longest: float = 0.0
    """Maximum of seconds from one query's start to the next one's end: changes within may be unseen."""
    _before: float | None = None

    def __str__(self) -> str:
        return "\n".join(
            f"{phase.first:.3f} to {phase.last:.3f}: {phase.snapshot}"
            for phases in self.phases.values()
            for phase in phases
        )

    def add(self, begin: float, jobs: Sequence[Job], end: float) -> None:
        """Add the snapshots of one query, which the database answered between two moments."""
        self.snapshots += 1
        self.longest = max(self.longest, end - (self._before or begin))
        self._before = begin
        for job in jobs:
            self._add_one(begin, Snapshot.of(job, self.clock), end)
            held = job.state is State.RUNNING
            if held != (job.lease is not None) or (held and job.worker is None):
                self._blame(job.id, f"is {job.state} with lease {job.lease} of {job.worker}")
        self._count(jobs)
        for lost in self.phases.keys() - {job.id for job in jobs}:
            self._blame(lost, "is gone")

    def _count(self, jobs: Sequence[Job]) -> None:
        running = Counter(job.owner for job in jobs if job.state is State.RUNNING)
        live = Counter(job.owner for job in jobs if not job.state.terminal)
        for owner, count in running.items():
            if count > self.limits.running:
                self._blame(owner, f"has {count} jobs running at once")
        for owner, count in live.items():
            if count > self.limits.live:
                self._blame(owner, f"has {count} live jobs at once")

    def _add_one(self, begin: float, snapshot: Snapshot, end: float) -> None:
        phases = self.phases.setdefault(snapshot.id, [])
        if phases and phases[-1].snapshot == snapshot:
            phases[-1].last = begin
            return
        if phases:
            for fault in _faults(phases[-1].snapshot, snapshot):
                self._blame(snapshot.id, f"{fault}: {phases[-1].snapshot} became {snapshot}")
        phases.append(Phase(snapshot, end, begin))

    def _blame(self, who: str, what: str) -> None:
        said = f"{who} {what}"
        if said not in self.broken:
            self.broken.append(said)


def _faults(old: Snapshot, new: Snapshot) -> list[str]:
    """Return the forbidden changes between two snapshots of a job."""
    faults = []
    if old.state.terminal and (old.state, old.finished, old.error) != (new.state, new.finished, new.error):
        faults.append("it left its end")
    if (old.owner, old.tag, old.created) != (new.owner, new.tag, new.created):
        faults.append("its place changed")
    if old.delivered not in (None, new.delivered):
        faults.append("it was delivered twice")
    # A claim whose answer was lost in an outage is taken back, and does not count.
    taken_back = (old.state, new.state) == (State.RUNNING, State.QUEUED) and new.attempts == old.attempts - 1
    if new.attempts < old.attempts and not taken_back:
        faults.append("an attempt was forgotten")
    if new.attempts == old.attempts and old.started != new.started:
        faults.append("one attempt began twice")
    if new.attempts == old.attempts and None not in (old.worker, new.worker) and old.worker != new.worker:
        faults.append("one attempt was two workers'")
    if new.attempts == old.attempts and old.state is State.QUEUED and new.state is State.RUNNING:
        faults.append("a start was not counted")
    return faults


async def record(queue: Queue, recording: Recording, over: asyncio.Event) -> None:
    """Take snapshots until it is over, and once more then."""
    last = False
    while not last:
        last = over.is_set()
        await look(queue, recording)
        if not last:
            await asyncio.sleep(RECORD_INTERVAL)


async def look(queue: Queue, recording: Recording) -> list[Job]:
    """Take a snapshot of all jobs, and return them."""
    begin = time.time()
    jobs = await persist(partial(queue.jobs, count=ALL), "looking", longest=LONGEST)
    recording.add(begin, jobs, time.time())
    return jobs
