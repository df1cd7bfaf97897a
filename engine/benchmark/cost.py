"""The cost of an iteration, counted from the network's convolutions, and the device's peak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from engine.benchmark.stopwatch import Stopwatch
from engine.painting.features import architecture, convolutions
from engine.painting.objective import DEFAULT

_DEEPEST: Final = max(DEFAULT.style_layers).removeprefix("relu")
_PASSES: Final = 2
"""Forward, and backward to the input, which costs as much; the weights get no gradient."""


def flops_per_pixel(state: Mapping[str, Tensor]) -> float:
    """Count the floating-point operations of one iteration, for each pixel of the canvas.

    Only the convolutions up to the deepest layer are counted, a multiplication and an addition as two.

    Args:
        state: a torchvision state dict.

    Raises:
        WeightsError: not VGG-16 or VGG-19.
    """
    total = 0.0
    for layer, index in convolutions(architecture(state)):
        places = 4.0 ** (1 - int(layer[0]))  # to a pixel of the canvas: each block halves both sides
        total += _PASSES * 2 * state[f"features.{index}.weight"].numel() * places
        if layer == _DEEPEST:
            break
    return total


def matmul_peak(device: torch.device, precision: torch.dtype, repeat: int = 3) -> float:
    """Measure the most floating-point operations a second that a large square product reaches here."""
    side, products = (8192, 20) if device.type == "cuda" else (2048, 2)
    left, right = (torch.randn(side, side, device=device).to(precision) for _ in range(2))
    rates = []
    for _ in range(repeat + 1):  # the first warms up
        watch = Stopwatch(device)
        with watch:
            for _ in range(products):
                left @ right
        rates.append(products * 2 * side**3 / watch.seconds)
    return max(rates[1:])
