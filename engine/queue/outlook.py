"""What a waiting person is told: how many are before them, and how long it takes. Arithmetic only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.queue.job import Job, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Outlook:
    """The near future of one job."""

    position: int | None
    """Queued jobs before this one: 0 is next. None unless queued."""
    eta: float | None
    """Seconds until the painting is done. None when nobody can say, or when the job has ended."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A job whose owner still waits for news, and its outlook."""

    job: Job
    outlook: Outlook


def outlooks(jobs: Iterable[Job], rates: Mapping[str, float]) -> dict[str, Outlook]:
    """Tell every job's outlook by its id.

    A running job ends when its worker, at that worker's own rate, is through with everything it runs: a batch
    ends together. A queued job ends when all workers together are through with all that runs, all that is
    queued before it, and the job itself.

    Args:
        jobs: every live job, queued ones in the order of the claims; ended ones may be among them.
        rates: megapixel-iterations per second of each living worker that has measured its own, by its name.
    """
    jobs = list(jobs)
    load: defaultdict[str | None, float] = defaultdict(float)
    for job in jobs:
        if job.state is State.RUNNING:
            load[job.worker] += job.cost * (1.0 - job.progress)
    pace = sum(rates.values())
    before = sum(load.values())
    position = 0
    result: dict[str, Outlook] = {}
    for job in jobs:
        if job.state is State.QUEUED:
            before += job.cost
            result[job.id] = Outlook(position, _seconds(before, pace))
            position += 1
        elif job.state is State.RUNNING:
            result[job.id] = Outlook(None, _seconds(load[job.worker], rates.get(job.worker or "", 0.0)))
        else:
            result[job.id] = Outlook(None, None)
    return result


def _seconds(cost: float, rate: float) -> float | None:
    return cost / rate if rate > 0 else None
