"""What a style is: the statistics of a layer's activations, and how far two of them are apart.

Mean and covariance of the channels over all places. Matching both is stricter than matching the Gram
matrix of Gatys et al. (2016), which mixes them; it gives truer strokes for the same iterations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Moments:
    """Channel statistics of one layer, in fp32."""

    mean: Tensor
    """C."""
    covariance: Tensor
    """C×C."""


def moments(activations: Tensor) -> Moments:
    """Compute the moments of 1×C×h×w activations over their h·w places."""
    places = activations.squeeze(0).flatten(1)
    count = places.shape[1]
    mean = places.sum(1) / count  # the gradient of mean() would be divided place by place
    covariance = places @ places.T / count - torch.outer(mean, mean)
    return Moments(mean, covariance)


def blend(parts: Iterable[tuple[float, Moments]]) -> Moments:
    """Blend moments linearly; the weights are brought to a sum of one."""
    parts = list(parts)
    total = sum(weight for weight, _ in parts)
    mean = torch.stack([part.mean * (weight / total) for weight, part in parts]).sum(0)
    covariance = torch.stack([part.covariance * (weight / total) for weight, part in parts]).sum(0)
    return Moments(mean, covariance)


def distance(ours: Moments, target: Moments) -> Tensor:
    """Measure how far ``ours`` is from ``target``: 0 is equal, 1 is as far as nothing at all.

    Squared differences, each over the target's own square, so that neither the network's scale nor the
    image's size changes the number.
    """
    mean = (ours.mean - target.mean).square().sum() / target.mean.square().sum().clamp_min(1e-12)
    spread = target.covariance.square().sum().clamp_min(1e-12)
    return (mean + (ours.covariance - target.covariance).square().sum() / spread) / 2


def palette_distance(ours: Moments, target: Moments) -> Tensor:
    """Measure how far the colours of two pictures are apart, given the moments of their pixels.

    As :func:`distance`, but the mean is taken against the colours' own spread: any two pictures' mean
    colours are near each other, compared with black.
    """
    spread = target.covariance.diagonal().sum().clamp_min(1e-4)
    mean = (ours.mean - target.mean).square().sum() / spread
    covariance = (ours.covariance - target.covariance).square().sum()
    return mean + covariance / target.covariance.square().sum().clamp_min(1e-8)
