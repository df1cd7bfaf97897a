"""One more pixel on each side of a picture, like the one beside it, and the way back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def edges_repeated(x: Tensor) -> Tensor:
    """Add one pixel on each side of N×C×H×W, the same as the one beside it.

    The way back through PyTorch's own replicate padding differs between two runs on CUDA; this one does not.
    """
    found: Tensor = _EdgesRepeated.apply(x)
    return found


def edges_folded(slope: Tensor) -> Tensor:
    """Take one pixel on each side of N×C×H×W away, and add it to the one beside it, in place."""
    inner = slope[..., 1:-1]
    inner[..., 0] += slope[..., 0]
    inner[..., -1] += slope[..., -1]
    found = inner[..., 1:-1, :]
    found[..., 0, :] += inner[..., 0, :]
    found[..., -1, :] += inner[..., -1, :]
    return found


class _EdgesRepeated(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        x = torch.cat((x[..., :1, :], x, x[..., -1:, :]), -2)
        return torch.cat((x[..., :1], x, x[..., -1:]), -1)

    @staticmethod
    def backward(_: Any, slope: Tensor) -> Tensor:
        return edges_folded(slope.clone())
