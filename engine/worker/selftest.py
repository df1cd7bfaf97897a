"""The self-test of a device: its rate, and its gain from several pictures in one pass."""

from __future__ import annotations

import math
import os
import time
from typing import Final, Literal

from PIL import Image

from engine.errors import AtelierError, OutOfMemoryError
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.scales import Scale, plan

ITERATIONS: Final = 8
"""Iterations of a self-test. The second half is timed, since the first ones also choose kernels."""
SIDE: Final = {"cpu": 128}
"""Pixels of the test picture's side."""
GPU_SIDE: Final = 512
"""The same for a GPU: with fewer, it would be timed at launching kernels."""
BATCH_SIZE: Final = 4
"""Pictures in one pass, on devices that gain from that."""
MIN_GAIN: Final = 1.15
"""Least gain in pictures a second. Below it, that each waits for the others is not worth it."""
MIN_CPU_THREADS: Final = 16
"""CPU threads below which one picture keeps all of them busy."""

Batch = int | Literal["auto"]


class _OneCanvas(Commission):
    """A commission of which only the finest canvas is painted: the coarse ones would time the launches.

    No paint is placed on it unless it is as small as a painting's first canvas: on a larger one that would
    take more memory than any painting of that size does.
    """

    @property
    def scales(self) -> tuple[Scale, ...]:
        return plan(*self.photo.size, self.recipe.size, self.recipe.quality)[-1:]


class DeviceError(AtelierError):
    """The device does not compute as it should, or hangs. It must not claim jobs."""

    code = "device-broken"


def examine(network: Network, together: int = 1) -> float:
    """Paint a small test picture for a few iterations, and return the rate in MP·it/s.

    Args:
        network: a network on the device.
        together: pictures in one pass.

    Raises:
        DeviceError: the device fails, or the loss does not fall.
    """
    side = SIDE.get(network.device.type, GPU_SIDE)
    grey = Image.linear_gradient("L").convert("RGB").resize((side, side))
    commissions = [_OneCanvas(grey, [grey.rotate(90)], Recipe(size=side, quality="draft"))] * together
    marks: list[float] = []
    losses: list[float] = []
    try:
        for step in paint(network, *commissions):
            if isinstance(step, Painting) or len(marks) == ITERATIONS:
                break
            losses.append(_loss(step))
            marks.append(time.perf_counter())
    except Exception as error:  # a broken device may raise anything
        raise DeviceError(f"{network.device} fails its self-test: {error}") from error
    if not (math.isfinite(losses[-1]) and losses[-1] < losses[0]):
        raise DeviceError(
            f"{network.device} fails its self-test: the loss went from {losses[0]:.4g} to {losses[-1]:.4g}."
        )
    later = marks[len(marks) // 2 :]
    return together * side * side / 1e6 * (len(later) - 1) / max(later[-1] - later[0], 1e-6)


def _loss(step: Step) -> float:
    return float(step.losses.total.max())  # waits for the device, so that its work is timed


def choose_batch(wanted: Batch, network: Network, alone: float) -> int:
    """Choose how many pictures to paint in one pass.

    Args:
        wanted: the setting. ``auto`` measures, except on a small CPU, where it means one.
        network: a network on the device.
        alone: rate of one picture in a pass, in MP·it/s.

    Raises:
        DeviceError: the device fails at several, and not for want of memory.
    """
    if wanted != "auto":
        return wanted
    if network.device.type == "cpu" and (os.cpu_count() or 1) < MIN_CPU_THREADS:
        return 1
    try:
        gains = examine(network, BATCH_SIZE) >= MIN_GAIN * alone
    except DeviceError as error:
        if not isinstance(error.__cause__, OutOfMemoryError):
            raise
        return 1
    return BATCH_SIZE if gains else 1
