"""The way back from a picture whose edges were repeated."""

from __future__ import annotations

from torch import Tensor


def edges_folded(slope: Tensor) -> Tensor:
    """Take one pixel on each side of N×C×H×W away, and add it to the one beside it, in place.

    The way back through PyTorch's own replicate padding differs between two runs on CUDA; this one does not.
    """
    inner = slope[..., 1:-1]
    inner[..., 0].add_(slope[..., 0])
    inner[..., -1].add_(slope[..., -1])
    found = inner[..., 1:-1, :]
    found[..., 0, :].add_(inner[..., 0, :])
    found[..., -1, :].add_(inner[..., -1, :])
    return found
