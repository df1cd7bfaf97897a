"""Arithmetic of the statistics, all in fp32: sums over places, blends, and the distance of two palettes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

Sums = tuple[Tensor, ...]
"""Weighted sums over places, N×… each. Those of two tiles may be added."""
Values = tuple[Tensor, ...]
"""A layer's statistic, N×… each; their number and their shapes are the statistic's own."""


def sums(activations: Tensor, weights: Tensor | None = None) -> Sums:
    """Sum N×C×h×w activations and their products over the places: N×C and N×C×C.

    ``weights``, N×1×h×w, say how much each place counts; for averages their total is one. Without them
    every place counts 1 / (h·w).
    """
    images, channels, height, width = activations.shape
    # Channels last, the network's own layout, makes this a view.
    places = activations.permute(0, 2, 3, 1).reshape(images, height * width, channels)
    if weights is None:
        share = activations.new_full((1, 1, 1), 1 / (height * width), dtype=_wide(activations.dtype))
    else:
        share = weights.permute(0, 2, 3, 1).reshape(-1, height * width, 1)
    first, second = _WeightedSums.apply(places, share)
    return first, second


class _WeightedSums(torch.autograd.Function):
    """Sums in fp32 of activations in 16 bits, whose gradient, in 16 bits too, takes a fifth of the time."""

    @staticmethod
    def forward(ctx: Any, places: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """N×P×C and N×P×1, or 1×1×1, to N×C and N×C×C."""
        ctx.save_for_backward(places, share)
        wide = places.to(_wide(places.dtype))
        if share.shape[1] == 1:
            return wide.sum(1) * share[:, 0], wide.mT @ wide * share
        weighted = wide * share
        return weighted.sum(1), wide.mT @ weighted

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> tuple[Tensor, None]:
        """N×C and N×C×C to N×P×C."""
        places, share = ctx.saved_tensors
        if share.shape[1] == 1:
            first, second = first * share[:, 0], second * share
        both = (second + second.mT).to(places.dtype)
        slope = torch.baddbmm(first[:, None].to(places.dtype), places, both)
        return (slope if share.shape[1] == 1 else slope * share.to(places.dtype)), None


def _wide(precision: torch.dtype) -> torch.dtype:
    return torch.promote_types(precision, torch.float32)


def blend(parts: Iterable[tuple[float, Values]]) -> Values:
    """Blend values linearly; the weights are brought to a sum of one."""
    weights, values = zip(*parts, strict=True)
    total = sum(weights)
    return tuple(
        torch.stack([part * (weight / total) for weight, part in zip(weights, column, strict=True)]).sum(0)
        for column in zip(*values, strict=True)
    )


def palette_distance(moments: Values, target: Values) -> Tensor:
    """Measure how far the colours of two pictures are apart, N numbers, given the moments of their pixels.

    As the distance of moments, but the mean is taken against the colours' own spread: any two pictures' mean
    colours are near each other, compared with black.
    """
    (mean, covariance), (wanted_mean, wanted_covariance) = moments, target
    spread = wanted_covariance.diagonal(dim1=1, dim2=2).sum(1).clamp_min(1e-4)
    covariance_error = _square(covariance - wanted_covariance) / _square(wanted_covariance).clamp_min(1e-8)
    return _square(mean - wanted_mean) / spread + covariance_error


def _square(values: Tensor) -> Tensor:
    return values.square().flatten(1).sum(1)
