"""The plan and the results of the queue's benchmark. Numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

BUSY: Final = 0.85
"""Share of the processor from which on the processor is the bottleneck."""
OURS: Final = 0.8
"""Share of its work from which on that counts as the benchmark's; the kernel writes to the disk besides."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The amount of each measurement."""

    repeat: int = 3
    """Repetitions of every count and time below."""
    lives: int = 10
    """Jobs whose every step is timed."""
    picture: int = 1_000_000
    """Bytes of a photo, a painting, a result."""
    preview: int = 100_000
    """Bytes."""
    waits: int = 13
    """Jobs whose wait is timed."""
    waiting: Sequence[int] = (1, 20)
    """Idle workers that wait for them."""
    idle: int = 200
    """Simulated workers that only idle, on PostgreSQL."""
    watch: float = 5.0
    """Seconds that their statements are counted."""
    crowds: Sequence[int] = (1, 8, 64)
    """Simulated busy workers, on PostgreSQL."""
    burst: float = 2.0
    """Seconds that their jobs are counted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step in a job's life, timed."""

    name: str
    milliseconds: float
    """Median."""
    late: float
    """95th percentile."""
    floor: float
    """Median of what the same driver takes to write the same bytes to the same disk without a queue."""

    @property
    def ratio(self) -> float:
        """Ratio to the floor."""
        return self.milliseconds / self.floor


@dataclass(frozen=True, slots=True)
class Wait:
    """From the end of an enqueue to the moment that a worker has the job, in seconds."""

    idle: int
    """Workers that waited for it."""
    median: float
    longest: float
    jobs: int


@dataclass(frozen=True, slots=True)
class Idling:
    """The load of many idle workers on the server."""

    workers: int
    statements: float | None
    """A second, by the server's log; None: it is not ours to read."""
    transactions: float
    """A second, by the server's statistics: each statement of an idle worker is one."""
    server: float | None
    """Processor seconds of the server a second."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Workers that claim, report once and finish, each by a connection of its own, in a few processes."""

    workers: int
    taken: int
    """Bytes that each job's pictures have together."""
    given: int
    """Bytes of each result."""
    rate: float
    """Jobs a second of all together, median."""
    server: float | None
    """Processor seconds of the server a second."""
    clients: float | None
    """Likewise of the simulated workers."""
    total: float | None
    """Likewise of all programs on the machine."""

    def limit(self, cores: int) -> str:
        """Return the bottleneck."""
        if self.server is None or self.clients is None or self.total is None:
            return "unknown"
        if self.total >= BUSY * cores:
            return "processor" if self.server + self.clients >= OURS * self.total else "other programs"
        return "one at a time" if self.workers == 1 else "disk and turns"


@dataclass(frozen=True, slots=True)
class Database:
    """The results of one database."""

    name: str
    """With its version."""
    filesystem: str
    """The kind that its files are on; empty: unknown."""
    steps: Sequence[Step]
    painted: float
    """Jobs that one worker claims and finishes in a second."""
    waits: Sequence[Wait]
    worker: float | None = None
    """Processor seconds that an idle worker's process takes a second."""
    idling: Idling | None = None
    crowds: Sequence[Crowd] = ()


@dataclass(slots=True)
class Findings:
    """The results of the queue."""

    cores: int
    """Processor cores, shared by the server and all other programs."""
    plan: Plan
    databases: list[Database] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
