"""The queue's records: jobs, workers, limits. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """A job's state. The last three are terminal: they never change again, except by an operator's retry."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """True if the job has ended."""
        return self not in LIVE


LIVE: Final = (State.QUEUED, State.RUNNING)
"""The states of a job that has not ended."""

ENDED: Final = (State.DONE, State.FAILED, State.CANCELLED)
"""The others. An index finds these, but not all those that are not live."""


SAMPLES: Final = -1000
"""Priority of samples, below that of every painting: they are claimed only when nothing else can be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas of one owner, and the terms of a lease."""

    live: int = 5
    """Jobs of one owner that are queued or running."""
    running: int = 1
    """Jobs of one owner that are running."""
    daily: int = 0
    """Jobs of one owner in any 24 hours; 0 for no limit. ``engine.queue.quota`` says which count."""
    attempts: int = 3
    """Starts of a job after which the loss of its worker fails it."""
    lease: float = 15.0
    """Seconds that a lease lasts after a heartbeat."""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table; the fields are its columns. Times are seconds since 1970, by the database."""

    id: str
    owner: str
    priority: int
    """Larger is sooner."""
    tag: int
    """The fairness order within a priority; see ``Queue.enqueue``."""
    state: State
    recipe: dict[str, Any]
    shape: str
    """Jobs of one shape may be painted in one batch."""
    cost: float
    """Megapixel-iterations."""
    address: dict[str, Any] | None
    """The place where the owner waits; the engine never looks inside."""
    attempts: int
    """Times that the job was started, less those that were released unspent."""
    worker: str | None
    """The worker that has the job, or that ended it."""
    lease: float | None
    """The moment when the lease expires, unless a heartbeat comes first."""
    renewed: float | None
    """The moment of the last heartbeat, or of the start."""
    cancel: bool
    """True if the owner asked to stop."""
    progress: float
    """0 to 1."""
    stage: str | None
    """A short word for the worker's present step."""
    previews: int
    """Number of previews so far: the version of the stored one."""
    reduced: bool
    """True if the painting was made smaller because memory ran out; that is done once."""
    facts: dict[str, Any] | None
    """Facts about the result: width, height, seconds and so on."""
    error: str | None
    """A stable code; see ``engine.errors``."""
    error_detail: str | None
    """For operators."""
    created: float
    started: float | None
    """The start of the latest attempt."""
    finished: float | None
    delivered: float | None

    @property
    def samples(self) -> tuple[str, ...]:
        """The ids of the styles that a small photo is to be shown in; none for a painting."""
        return tuple(self.recipe.get("samples", ()))


@dataclass(frozen=True, slots=True)
class Usage:
    """An owner's use of the quotas."""

    live: int
    """Jobs that are queued or running."""
    today: int
    """Jobs of the last 24 hours that count towards the daily limit."""


class Condition(StrEnum):
    """A worker's condition, as it announced it. A dead one announces nothing."""

    IDLE = "idle"
    BUSY = "busy"
    BROKEN = "broken"
    """Its device failed the self-test; it claims nothing."""
    RETIRED = "retired"
    """It has shut down."""


ACTIVE: Final = (Condition.IDLE, Condition.BUSY)
"""Conditions of a worker that paints or waits for a job."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, as it announced itself."""

    name: str
    device: str
    network: str
    rate: float | None
    """Megapixel-iterations per second; None until measured."""
    seen: float
    state: Condition
    reason: str | None
    """The cause, if it is broken."""
    drain: bool
    """True if an operator has drained it: it starts no more jobs."""


RESULT: Final = "result"
"""Name of the blob of a finished painting."""

TIMELAPSE: Final = "timelapse"
"""Name of the blob of a finished painting's timelapse, an MP4; there may be none."""

PREVIEW: Final = "preview"
"""Name of the blob of the latest preview."""

CHECKPOINT: Final = "checkpoint"
"""Name of the blob from which a later attempt continues."""
