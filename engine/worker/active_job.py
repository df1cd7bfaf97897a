"""One job in progress, as the painting thread and the event loop share it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.outlet import Outlet
from engine.painting.painter import Step
from engine.painting.tensors import Levels
from engine.queue import Job
from engine.worker.look_ahead import Ahead

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class ActiveJob:
    """One job's progress and flags, and a slot each for its newest preview and checkpoint."""

    job: Job
    unwanted: threading.Event = field(default_factory=threading.Event)
    """Set when the painting is not needed any more; the thread stops within one iteration."""
    settled: bool = False
    """True once the queue knows how the job ended, or has taken it away."""
    cancelled: bool = False
    """True once its owner has asked to stop."""
    ahead: Ahead | None = None
    """Its pictures, if they were decoded ahead."""
    commission: Commission | None = None
    progress: float = 0.0
    stage: str = "preparing"
    preview_wanted: bool = False
    preview: deque[Callable[[], Levels]] = field(default_factory=lambda: deque(maxlen=1))
    checkpoint: deque[bytes] = field(default_factory=lambda: deque(maxlen=1))
    last_progress: float = field(default_factory=time.monotonic)
    """Time of the thread's last progress, on the monotonic clock."""

    def prepared(self) -> Commission:
        """Return the commission, whose pictures must be decoded by now."""
        assert self.commission is not None  # noqa: S101
        return self.commission

    def update(self, step: Step, number: int, snapshot: Callable[[], Tensor], outlet: Outlet) -> None:
        """Note an iteration's progress, checkpoint and, if one is wanted, preview.

        Args:
            step: the iteration.
            number: which of its canvases is this job's.
            snapshot: returns copies of all canvases.
            outlet: the preview's way to the host.
        """
        self.last_progress = time.monotonic()
        self.stage, self.progress = "painting", step.done
        if step.leaves_checkpoint:
            self.checkpoint.append(step.checkpoint(number))
        if self.preview_wanted:
            self.preview_wanted = False
            # A device that has no memory for a copy goes on without a preview.
            with contextlib.suppress(RuntimeError, MemoryError):
                self.preview.append(outlet.send(snapshot()[number]))


@dataclass(slots=True, eq=False)
class Turn:
    """Jobs that were claimed together: some are painted, then others, while the first are encoded."""

    active_jobs: Sequence[ActiveJob]
    painting: Sequence[ActiveJob] = ()
    """The jobs that have the device."""
    off_device: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when none of them needs the device any more: others may be claimed."""
    encoding: list[asyncio.Task[None]] = field(default_factory=list)
    """Tasks that encode the paintings, and end their jobs."""

    @property
    def alone(self) -> bool:
        """True if one of the jobs was begun before: it may be what kills workers. Nothing runs beside it."""
        return any(active.job.attempts > 1 for active in self.active_jobs)


def take(newest: deque[T]) -> T | None:
    """Take the newest value, if there is one. The other thread may add one meanwhile."""
    return newest.popleft() if newest else None
