"""What the painting thread and the event loop share about one job."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.painter import Step
from engine.queue import Job

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class ActiveJob:
    """One job on its way, between thread and event loop: flags, and queues of one for what is large."""

    job: Job
    unwanted: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for this painting any more; the thread stops within one iteration."""
    over: bool = False
    """The queue has been told how the job ended, or has taken it away."""
    commission: Commission | None = None
    progress: float = 0.0
    stage: str = "preparing"
    preview_wanted: bool = False
    preview: deque[Tensor] = field(default_factory=lambda: deque(maxlen=1))
    checkpoint: deque[bytes] = field(default_factory=lambda: deque(maxlen=1))
    moved: float = field(default_factory=time.monotonic)
    """When the thread was last heard of."""

    def commissioned(self) -> Commission:
        """The commission, once the pictures are decoded."""
        assert self.commission is not None  # noqa: S101
        return self.commission

    def see(self, step: Step, number: int, snapshot: Callable[[], Tensor]) -> None:
        """Take from an iteration what the queue is to know."""
        self.moved = time.monotonic()
        self.stage, self.progress = "painting", step.done
        if step.leaves_checkpoint:
            self.checkpoint.append(step.checkpoint(number))
        if self.preview_wanted:
            self.preview_wanted = False
            # A device without memory for a copy paints on without.
            with contextlib.suppress(RuntimeError, MemoryError):
                self.preview.append(snapshot()[number])


def take(newest: deque[T]) -> T | None:
    """Take what lies there, if anything does; the other thread may lay something down meanwhile."""
    return newest.popleft() if newest else None
