"""Timing of asynchronous devices."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import torch

from engine.painting.device import synchronize


class Stopwatch:
    """Adds up the seconds inside ``with`` blocks, the device's work included."""

    def __init__(self, device: torch.device) -> None:
        """Start at zero, for work on ``device``."""
        self.seconds = 0.0
        self._device = device
        self._started = 0.0

    def __enter__(self) -> Self:
        synchronize(self._device)
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        synchronize(self._device)
        self.seconds += time.perf_counter() - self._started
