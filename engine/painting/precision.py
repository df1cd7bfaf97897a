"""The precision that a device is fast in: measured, since a device may have bf16 and gain nothing by it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.painting.device import synchronize
from engine.painting.features import Features
from engine.painting.objective import DEFAULT

MIN_SPEEDUP: Final = 1.1
"""Times that bf16 has to be faster than fp32."""
DOUBT: Final = 1.2
"""Times that a gain measured under load may be too large or too small."""
ROUNDS: Final = 3
"""Times that each precision is measured, the first of which also chooses kernels."""
SIDES: Final = {"cuda": 512}
"""Side of the test picture in pixels: a GPU needs more to do than to start its kernels."""
SIDE: Final = 128
"""The same for every other device."""
EVALUATIONS: Final = {"cuda": 8}
"""Evaluations in one measurement; one on every other device."""


def choose(gain: float) -> torch.dtype:
    """Choose bf16 or fp32 by the speedup that :func:`measure` returned."""
    return torch.bfloat16 if gain >= MIN_SPEEDUP else torch.float32


def measure_twice(state: Mapping[str, Tensor], device: torch.device) -> tuple[float, bool]:
    """Measure, and again where the first gain is near :data:`MIN_SPEEDUP`; see :func:`measure`.

    Returns:
        The speedup, and whether both lead to one choice. Under load they may not.
    """
    first = measure(state, device)
    if not MIN_SPEEDUP / DOUBT < first < MIN_SPEEDUP * DOUBT:
        return first, True
    second = measure(state, device)
    return math.sqrt(first * second), choose(first) == choose(second)


def measure(state: Mapping[str, Tensor], device: torch.device) -> float:
    """Return how many times faster than fp32 bf16 is, forward and backward through the network.

    Takes about a second on a CPU with two cores.

    Args:
        state: a torchvision state dict.
        device: where.

    Raises:
        WeightsError: not VGG-16 or VGG-19.
    """
    side = SIDES.get(device.type, SIDE)
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    networks = {kind: Features(state, kind).to(device) for kind in (torch.float32, torch.bfloat16)}
    seconds: dict[torch.dtype, list[float]] = {kind: [] for kind in networks}
    for _ in range(ROUNDS):
        for kind, features in networks.items():  # by turns: whatever else the machine does slows both
            seconds[kind].append(_time(features, image))
    return min(seconds[torch.float32][1:]) / min(seconds[torch.bfloat16][1:])


def _time(features: Features, image: Tensor) -> float:
    synchronize(image.device)
    started = time.perf_counter()
    for _ in range(EVALUATIONS.get(image.device.type, 1)):
        canvas = image.clone().requires_grad_()
        activations = features(canvas, DEFAULT.layers, DEFAULT.pooling)
        torch.autograd.grad([layer.float().mean() for layer in activations.values()], canvas)
    synchronize(image.device)
    return time.perf_counter() - started
