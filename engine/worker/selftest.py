"""The self-test: does this device paint, how fast, and does it gain from several pictures in one pass?"""

from __future__ import annotations

import math
import os
import time
from typing import Final, Literal

from PIL import Image

from engine.errors import AtelierError
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting

ITERATIONS: Final = 8
"""Of which the later half is timed: the first ones also choose kernels."""
SIDE: Final = {"cpu": 128, "cuda": 512}
"""Pixels: a GPU with less would be timed at launching kernels."""
TOGETHER: Final = 4
"""Pictures in one pass where that pays."""
GAIN: Final = 1.15
"""Times as many pictures a second that make it pay: each of them waits for the others."""
SMALL: Final = 16
"""A CPU of fewer threads is busy with one picture."""

Batch = int | Literal["auto"]


class DeviceError(AtelierError):
    """The device does not paint as it should, or hangs; nothing is to be claimed for it."""

    code = "device-broken"


def examine(network: Network, together: int = 1) -> float:
    """Paint a small test picture for a few iterations; gives the rate in MP·it/s.

    Args:
        network: on the device that is examined.
        together: pictures in one pass.

    Raises:
        DeviceError: it fails, or what it computes is not a descent.
    """
    side = SIDE.get(network.device.type, SIDE["cuda"])
    grey = Image.linear_gradient("L").convert("RGB").resize((side, side))
    commissions = [Commission(grey, [grey.rotate(90)], Recipe(size=side, quality="draft"))] * together
    marks: list[float] = []
    losses: list[float] = []
    try:
        for step in paint(network, *commissions):
            if isinstance(step, Painting) or len(marks) == ITERATIONS:
                break
            losses.append(_loss(step))
            marks.append(time.perf_counter())
    except Exception as error:  # whatever a broken device raises
        raise DeviceError(f"{network.device} fails its self-test: {error}") from error
    if not (math.isfinite(losses[-1]) and losses[-1] < losses[0]):
        raise DeviceError(
            f"{network.device} fails its self-test: the loss went from {losses[0]:.4g} to {losses[-1]:.4g}."
        )
    later = marks[len(marks) // 2 :]
    return together * side * side / 1e6 * (len(later) - 1) / max(later[-1] - later[0], 1e-6)


def _loss(step: Step) -> float:
    return float(step.losses.total.max())  # waits for the device, so that it is timed at painting


def choose_batch(wanted: Batch, network: Network, alone: float) -> int:
    """Choose how many pictures to paint in one pass.

    Args:
        wanted: that many; ``auto`` measures, but on a small CPU, where it is one.
        network: on the device that is measured.
        alone: the rate of one picture in a pass, in MP·it/s.
    """
    if wanted != "auto":
        return wanted
    if network.device.type == "cpu" and (os.cpu_count() or 1) < SMALL:
        return 1
    try:
        gains = examine(network, TOGETHER) >= GAIN * alone
    except DeviceError:  # it paints one; several may be too much for its memory
        return 1
    return TOGETHER if gains else 1
