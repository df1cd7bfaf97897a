"""The way of pictures from a device to the host while it paints: pinned memory, and a stream of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor

from engine.painting.tensors import Levels, to_levels

KEPT: Final = 8
"""Pinned buffers that are kept for later pictures: to pin one takes longer than to fill it."""


class Outlet(Protocol):
    """The way out of a device."""

    def send(self, picture: Tensor) -> Callable[[], Levels]:
        """Send 3×H×W in [0, 1], which must not change any more, without waiting for the device.

        Returns:
            A function that waits for the picture and returns it, to be called in a thread that may wait.
        """
        ...


def open_outlet(device: torch.device) -> Outlet:
    """Return the way out of a device."""
    return PinnedRing(device) if device.type == "cuda" else Direct()


class Direct:
    """The reader copies the picture itself; a processor leaves the rounding to it too."""

    def send(self, picture: Tensor) -> Callable[[], Levels]:
        """Return a function that copies it."""
        if picture.device.type == "cpu":
            return lambda: to_levels(picture).numpy()
        levels = to_levels(picture)
        return lambda: levels.cpu().numpy()


class PinnedRing:
    """For CUDA, where a copy to pageable memory waits for the painting, and the painting for the copy.

    A thread empties the pinned buffers as soon as they are filled, so that slow readers keep none of them.
    """

    def __init__(self, device: torch.device, backend: Any = torch.cuda, *, pinned: bool = True) -> None:
        """Make a ring for a device; ``backend`` is what has its streams and events."""
        self._device, self._backend, self._pinned = device, backend, pinned
        self._stream = backend.Stream(device)
        self._emptying = ThreadPoolExecutor(1, "outlet")
        self._lock = threading.Lock()
        self._free: list[Tensor] = []

    def send(self, picture: Tensor) -> Callable[[], Levels]:
        """Copy a picture on the ring's own stream, after what the device has been given so far."""
        levels = to_levels(picture)
        buffer = self._take(levels.numel())
        self._stream.wait_stream(self._backend.current_stream(self._device))
        with self._backend.stream(self._stream):
            buffer[: levels.numel()].copy_(levels.view(-1), non_blocking=True)
            filled = self._backend.Event()
            filled.record(self._stream)
        levels.record_stream(self._stream)  # its memory serves nobody else before it is copied
        return self._emptying.submit(self._emptied, buffer, levels.shape, filled).result

    def _take(self, size: int) -> Tensor:
        with self._lock:
            for number, buffer in enumerate(self._free):
                if buffer.numel() >= size:
                    return self._free.pop(number)
        return torch.empty(size, dtype=torch.uint8, pin_memory=self._pinned)

    def _emptied(self, buffer: Tensor, shape: torch.Size, filled: Any) -> Levels:
        filled.synchronize()
        found: Levels = np.array(buffer[: shape.numel()].view(shape).numpy())
        with self._lock:
            self._free.append(buffer)
            if len(self._free) > KEPT:  # the smallest serves the fewest
                del self._free[min(range(KEPT + 1), key=lambda number: self._free[number].numel())]
        return found
