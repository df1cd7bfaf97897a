"""What an H200 should do with an iteration's kernels: reckoned from what they move, and never measured.

Source of the peaks: NVIDIA, "H200 Tensor Core GPU", data sheet. The shares of them are assumptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FLOPS: Final = 0.6 * 790e12
"""Floating-point operations a second of a convolution in bf16: a share of what a matrix product reaches."""
BANDWIDTH: Final = 4.0e12
"""Bytes a second, of 4.8e12."""
SHORTEST: Final = 2.0e-6
"""Seconds of a kernel that moves next to nothing."""
SHORTEST_IN_GRAPH: Final = 1.3e-6
"""The same within a graph."""
START: Final = 5.0e-6
"""Seconds of the host, to start a kernel or a graph, while the device works."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel's work."""

    bytes: int
    """Read and written."""
    flops: int = 0
    """Of a convolution; what others compute takes less time than their bytes."""


def seconds(evaluation: Sequence[Kernel], step: Sequence[Kernel], *, graph: bool) -> float:
    """Predict an iteration's seconds: those of the device or of the host, whichever has more to do.

    Args:
        evaluation: kernels of a loss and its gradient.
        step: the optimizer's.
        graph: the evaluation is a graph, which its canvas is copied to and its gradient from.
    """
    shortest = SHORTEST_IN_GRAPH if graph else SHORTEST
    device = sum(_busy(each, shortest) for each in evaluation) + sum(_busy(each, SHORTEST) for each in step)
    started = len(step) + (4 if graph else len(evaluation))
    return max(device, started * START)


def _busy(kernel: Kernel, shortest: float) -> float:
    return max(shortest, kernel.bytes / BANDWIDTH, kernel.flops / FLOPS)
