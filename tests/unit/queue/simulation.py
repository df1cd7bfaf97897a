"""A discrete-event simulation of the queue: the forecast at each enqueue, and the real end."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.queue import Forecast, Job, Limits, State, forecasts

COSTS = (4.0, 8.0, 16.0, 32.0)
"""Megapixel-iterations."""
OWNERS = (4, 4, 2, 2, 1, 1, 1, 1)
"""Jobs of each owner among sixteen, on average."""
NOISE = 0.15
"""Standard deviation of the logarithm of a job's duration over the expected one."""

Model = Callable[[Sequence[Job], Mapping[str, float], int], dict[str, Forecast]]


def job(
    id: str,  # noqa: A002 - the column's name
    cost: float,
    owner: str = "A",
    *,
    state: State = State.QUEUED,
    progress: float = 0.0,
    worker: str | None = None,
    tag: int = 1,
    created: float = 0.0,
) -> Job:
    """A job of which only this matters."""
    return Job(
        id=id, owner=owner, priority=0, tag=tag, state=state, recipe={}, shape="s", cost=cost, address=None,
        attempts=1, worker=worker, lease=None, renewed=None, cancel=False, progress=progress, stage=None,
        previews=0, reduced=False, facts=None, error=None, error_detail=None, created=created, started=None,
        finished=None, delivered=None,
    )  # fmt: skip


@dataclass(frozen=True)
class Told:
    """The forecast for a job when it came, and its real time, in seconds."""

    eta: float
    truth: float

    @property
    def error(self) -> float:
        """Relative to the truth."""
        return abs(self.eta / self.truth - 1.0)


@dataclass
class Simulation:
    """A queue and its workers, whose rates are known but for the noise; fair as the real one."""

    rates: Mapping[str, float]
    chance: random.Random
    model: Model = forecasts
    limits: Limits = field(default_factory=Limits)
    noise: float = NOISE
    now: float = 0.0
    clock: int = 0
    live: list[Job] = field(default_factory=list)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When each running job started and will end, by its id."""
    etas: dict[str, float] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def enqueue(self, job_id: str, owner: str, cost: float) -> None:
        """A job comes, unless its owner has too many, and is told its ETA."""
        mine = [each.tag for each in self.live if each.owner == owner]
        if len(mine) >= self.limits.live:
            return
        tag = max(self.clock, *mine, 0) + 1
        self.live.append(job(job_id, cost, owner, tag=tag, created=self.now))
        eta = self.forecasts()[job_id].eta
        assert eta is not None
        self.etas[job_id] = eta
        self._claim()

    def pass_time(self, until: float) -> None:
        """Let running jobs end, and others start, until then."""
        while self.spans:
            job_id, (_, end) = min(self.spans.items(), key=lambda item: item[1][1])
            if end > until:
                break
            self.now = end
            del self.spans[job_id]
            ended = next(each for each in self.live if each.id == job_id)
            self.live.remove(ended)
            self.ends[job_id] = end
            self.told.append(Told(self.etas[job_id], end - ended.created))
            self._claim()
        self.now = until

    def forecasts(self) -> dict[str, Forecast]:
        """Return the forecasts at this moment."""
        return self.model(self._seen(), self.rates, self.limits.running)

    def _seen(self) -> list[Job]:
        """The live jobs in their order, as the table has them."""
        return [
            replace(each, progress=(self.now - self.spans[each.id][0]) / self._duration(each))
            if each.state is State.RUNNING
            else each
            for each in sorted(self.live, key=lambda each: (each.tag, each.created))
        ]

    def _duration(self, running: Job) -> float:
        start, end = self.spans[running.id]
        return end - start

    def _claim(self) -> None:
        """Each idle worker, in any order, takes the first job whose owner may have one more running."""
        busy = {each.worker for each in self.live}
        idle = [name for name in self.rates if name not in busy]
        for name in self.chance.sample(idle, len(idle)):
            running = [each.owner for each in self.live if each.state is State.RUNNING]
            eligible = [
                each
                for each in self.live
                if each.state is State.QUEUED and running.count(each.owner) < self.limits.running
            ]
            if not eligible:
                return
            first = min(eligible, key=lambda each: (each.tag, each.created))
            self.live[self.live.index(first)] = replace(first, state=State.RUNNING, worker=name)
            self.clock = max(self.clock, first.tag)
            noise = self.chance.lognormvariate(0.0, self.noise)
            self.spans[first.id] = (self.now, self.now + first.cost / self.rates[name] * noise)


def steady_mix(
    rates: Mapping[str, float], seed: int, *, load: float = 0.9, jobs: int = 400, model: Model = forecasts
) -> list[Told]:
    """Let jobs come by chance, at a share ``load`` of what the workers can paint."""
    chance = random.Random(seed)
    simulation = Simulation(rates, chance, model)
    every = sum(COSTS) / len(COSTS) / sum(rates.values()) / load
    for number in range(jobs):
        (owner,) = chance.choices(range(len(OWNERS)), OWNERS)
        simulation.enqueue(f"job-{number}", f"owner-{owner}", chance.choice(COSTS))
        simulation.pass_time(simulation.now + chance.expovariate(1.0 / every))
    simulation.pass_time(float("inf"))
    return simulation.told
