"""What the queue keeps, as the rest of the program sees it: plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """Where a job stands. The last three are terminal: nothing changes them any more."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether the job has ended."""
        return self not in LIVE


LIVE: Final = (State.QUEUED, State.RUNNING)
"""The states of a job that has not ended."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one owner may have, and what one worker is granted."""

    live: int = 5
    """Jobs of one owner that are queued or running."""
    running: int = 1
    """Jobs of one owner that are running."""
    daily: int = 0
    """Jobs of one owner in any 24 hours; 0 for any number. ``engine.queue.quota`` says which count."""
    attempts: int = 3
    """Times that a job is started before its loss counts as its own fault."""
    lease: float = 15.0
    """Seconds that a job stays a worker's after a heartbeat."""


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
    """Where the owner waits; the engine never looks inside."""
    attempts: int
    """Times that the job was started, less those that were given back unspent."""
    worker: str | None
    """The worker that has the job, or that ended it."""
    lease: float | None
    """When the job stops being its worker's, unless a heartbeat comes first."""
    cancel: bool
    """Whether the owner asked to stop."""
    progress: float
    """0 to 1."""
    stage: str | None
    """A short machine word: what the worker is doing."""
    previews: int
    """Count of the previews so far: the version of the stored one."""
    reduced: bool
    """Whether the painting was made smaller because memory was short; that is done once."""
    facts: dict[str, Any] | None
    """What is known about the result: width, height, seconds and so on."""
    error: str | None
    """A stable code; see ``engine.errors``."""
    error_detail: str | None
    """For operators."""
    created: float
    started: float | None
    """When the latest attempt began."""
    finished: float | None
    delivered: float | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What an owner has had of the limits."""

    live: int
    """Jobs that are queued or running."""
    today: int
    """Jobs of the last 24 hours that count towards the daily limit."""


class Condition(StrEnum):
    """How a worker said it is. One that is dead says nothing: it was not seen for long."""

    IDLE = "idle"
    BUSY = "busy"
    BROKEN = "broken"
    """Its device failed the self-test; it claims nothing."""
    RETIRED = "retired"
    """It ended in good order."""


AT_WORK: Final = (Condition.IDLE, Condition.BUSY)
"""The conditions of a worker that paints."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that paints, as it announced itself."""

    name: str
    device: str
    network: str
    rate: float | None
    """Megapixel-iterations per second; None until measured."""
    seen: float
    state: Condition
    reason: str | None
    """Why it is broken."""
    drain: bool
    """Whether an operator lets it start nothing more."""


RESULT: Final = "result"


TIMELAPSE: Final = "timelapse"
"""The film of a painting that is done, an MP4; a worker may have made none."""


PREVIEW: Final = "preview"


CHECKPOINT: Final = "checkpoint"
