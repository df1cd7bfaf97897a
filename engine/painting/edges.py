"""A picture whose edges are repeated, and the way back from it."""

from __future__ import annotations

import torch
from torch import Tensor


def edges_repeated(x: Tensor, width: int, precision: torch.dtype) -> Tensor:
    """Repeat the edges of N×C×H×W, channels last, by so many pixels, and cast it; the channels stay last."""
    count, channels, height, across = x.shape
    shape = (count, channels, height + 2 * width, across + 2 * width)
    found = torch.empty(shape, dtype=precision, device=x.device, memory_format=torch.channels_last)
    rows = found[:, :, width : width + height]
    rows[..., width : width + across] = x
    rows[..., :width] = rows[..., width : width + 1]
    rows[..., width + across :] = rows[..., width + across - 1 : width + across]
    found[:, :, :width] = found[:, :, width : width + 1]
    found[:, :, width + height :] = found[:, :, width + height - 1 : width + height]
    return found


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
