"""The precision that a device is fast in: measured, since it may have 16 bits and gain nothing by them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from engine.painting.device import synchronize
from engine.painting.features import Features
from engine.painting.objective import DEFAULT

MIN_SPEEDUP: Final = 1.1
"""Times that 16 bits have to be faster than fp32."""
STARTS: Final = 3
"""Starts that measure: whatever slows a machine during one hardly does so during all."""
ROUNDS: Final = 3
"""Times that each precision is measured, the first of which also chooses kernels."""
SIDES: Final = {"cuda": 512}
"""Side of the test picture in pixels: a GPU needs more to do than to start its kernels."""
SIDE: Final = 128
"""The same for every other device."""
EVALUATIONS: Final = {"cuda": 8}
"""Evaluations in one measurement; one on every other device."""
TICK: Final = 1e-3
"""Seconds that a measurement takes at least: a coarse clock may say none."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The least seconds that each precision took in some starts, forward and backward through the network."""

    float32: float
    half: float
    """Infinite if 16 bits give no finite numbers, as fp16 by cuDNN on some GPUs of Turing."""
    starts: int = 1

    @property
    def gain(self) -> float:
        """How many times faster than fp32 the 16 bits are."""
        return self.float32 / self.half

    @property
    def settled(self) -> bool:
        """Whether enough starts have measured."""
        return self.starts >= STARTS

    def with_another(self, other: Timing) -> Timing:
        """Put two together: a machine that was busy during one was slower, never faster."""
        return Timing(
            min(self.float32, other.float32),
            min(self.half, other.half),
            self.starts + other.starts,
        )


def choose(timing: Timing, half: torch.dtype = torch.bfloat16) -> torch.dtype:
    """Choose the 16 bits or fp32."""
    return half if timing.gain >= MIN_SPEEDUP else torch.float32


def measure(state: Mapping[str, Tensor], device: torch.device, half: torch.dtype = torch.bfloat16) -> Timing:
    """Measure both precisions, by turns, which takes about a second on a CPU with two cores.

    On a CPU the time is the processor's, so that waiting for it does not count.

    Args:
        state: a torchvision state dict.
        device: where.
        half: the numbers of 16 bits that it knows.

    Raises:
        WeightsError: not VGG-16 or VGG-19.
    """
    side = SIDES.get(device.type, SIDE)
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).to(device)
    networks = {kind: Features(state, kind).to(device) for kind in (torch.float32, half)}
    seconds: dict[torch.dtype, list[float]] = {kind: [] for kind in networks}
    for _ in range(ROUNDS):
        for kind, features in networks.items():  # by turns: whatever else the machine does slows both
            seconds[kind].append(_time(features, image))
    least = {kind: min(found[1:]) for kind, found in seconds.items()}
    sound = _slope(networks[half], image).isfinite().all()
    return Timing(least[torch.float32], least[half] if sound else math.inf)


def _time(features: Features, image: Tensor) -> float:
    clock = time.process_time if image.device.type == "cpu" else time.perf_counter
    synchronize(image.device)
    started = clock()
    for _ in range(EVALUATIONS.get(image.device.type, 1)):
        _slope(features, image)
    synchronize(image.device)
    return max(clock() - started, TICK)


def _slope(features: Features, image: Tensor) -> Tensor:
    canvas = image.clone().requires_grad_()
    activations = features(canvas, DEFAULT.layers, DEFAULT.pooling)
    (slope,) = torch.autograd.grad([layer.float().mean() for layer in activations.values()], canvas)
    return slope
