"""What a style is: the statistics of a layer's activations, and how far two of them are apart.

Either the mean and the covariance of the channels over all places, or the Gram matrix of Gatys et al.
(2016), which mixes the two. Everything here is fp32: Gram matrices overflow in 16 bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sums:
    """Weighted sums over places: of activations and of their products. Those of two tiles may be added."""

    first: Tensor
    """N×C."""
    second: Tensor
    """N×C×C."""

    def __add__(self, other: Sums) -> Sums:
        """Add the places of another tile."""
        return Sums(self.first + other.first, self.second + other.second)


@dataclass(frozen=True, slots=True)
class Moments:
    """Channel statistics of one layer."""

    mean: Tensor
    """N×C; N×0 for a Gram matrix, which has no mean of its own."""
    covariance: Tensor
    """N×C×C; around zero for a Gram matrix."""


def sums(activations: Tensor, weights: Tensor | None = None) -> Sums:
    """Sum N×C×h×w activations over their places.

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
    return Sums(first, second)


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


def moments(averages: Sums, *, gram: bool = False) -> Moments:
    """Turn averages over places into mean and covariance, or into a Gram matrix."""
    if gram:
        return Moments(averages.first[:, :0], averages.second)
    mean = averages.first
    return Moments(mean, averages.second - mean[:, :, None] * mean[:, None, :])


def blend(parts: Iterable[tuple[float, Moments]]) -> Moments:
    """Blend moments linearly; the weights are brought to a sum of one."""
    parts = list(parts)
    total = sum(weight for weight, _ in parts)
    mean = torch.stack([part.mean * (weight / total) for weight, part in parts]).sum(0)
    covariance = torch.stack([part.covariance * (weight / total) for weight, part in parts]).sum(0)
    return Moments(mean, covariance)


def distance(ours: Moments, target: Moments) -> Tensor:
    """Measure how far ``ours`` is from ``target``, N numbers: 0 is equal, 1 is as far as nothing at all.

    Squared differences, each over the target's own square, so that neither the network's scale nor the
    image's size changes the number.
    """
    covariance = _square(ours.covariance - target.covariance) / _square(target.covariance).clamp_min(1e-12)
    if not target.mean.shape[1]:
        return covariance
    mean = _square(ours.mean - target.mean) / _square(target.mean).clamp_min(1e-12)
    return (mean + covariance) / 2


def palette_distance(ours: Moments, target: Moments) -> Tensor:
    """Measure how far the colours of two pictures are apart, N numbers, given the moments of their pixels.

    As :func:`distance`, but the mean is taken against the colours' own spread: any two pictures' mean
    colours are near each other, compared with black.
    """
    spread = target.covariance.diagonal(dim1=1, dim2=2).sum(1).clamp_min(1e-4)
    mean = _square(ours.mean - target.mean) / spread
    covariance = _square(ours.covariance - target.covariance)
    return mean + covariance / _square(target.covariance).clamp_min(1e-8)


def _square(values: Tensor) -> Tensor:
    return values.square().flatten(1).sum(1)
