"""Arithmetic of the statistics, all in fp32: sums over places, blends, squared differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from engine.painting.kernels import kernels_of
from engine.painting.tensors import rows

FEW: Final = 16
"""Channels below which a tensor is no layer of the network's, but a picture."""

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
    planes = channels < FEW and activations.is_contiguous() and activations.dtype == torch.float32
    if weights is None and planes:
        first, second = _PlaneAverages.apply(activations.flatten(2))
        return first, second
    # Channels last, the network's own layout, makes this a view.
    places = activations.permute(0, 2, 3, 1).reshape(images, height * width, channels)
    if weights is None:
        first, second = _Averages.apply(places)
    else:
        first, second = _WeightedSums.apply(
            places, weights.permute(0, 2, 3, 1).reshape(-1, height * width, 1)
        )
    return first, second


class _Averages(torch.autograd.Function):
    """Averages in fp32 of activations in 16 bits, whose gradient in 16 bits takes a fifth of the time."""

    @staticmethod
    def forward(ctx: Any, places: Tensor) -> tuple[Tensor, Tensor]:
        """N×P×C to N×C and N×C×C."""
        ctx.save_for_backward(places)
        return kernels_of(places.device).averages(places)

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        """N×C and N×C×C to N×P×C."""
        (places,) = ctx.saved_tensors
        return kernels_of(places.device).averages_back(places, first, second)


class _PlaneAverages(torch.autograd.Function):
    """The same of a few planes, as those of a canvas, whose channels are first."""

    @staticmethod
    def forward(ctx: Any, planes: Tensor) -> tuple[Tensor, Tensor]:
        """N×C×P to N×C and N×C×C."""
        ctx.save_for_backward(planes)
        return planes.mean(2), (planes @ planes.mT).div_(planes.shape[2])

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        """N×C and N×C×C to N×C×P."""
        (planes,) = ctx.saved_tensors
        share = 1 / planes.shape[2]
        return torch.baddbmm(first[..., None], second + second.mT, planes, beta=share, alpha=share)


class _WeightedSums(torch.autograd.Function):
    """The same of places that count more or less."""

    @staticmethod
    def forward(ctx: Any, places: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """N×P×C and N×P×1 to N×C and N×C×C."""
        ctx.save_for_backward(places, share)
        wide = places.to(_wide(places.dtype))
        weighted = wide * share
        return weighted.sum(1), wide.mT @ weighted

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> tuple[Tensor, None]:
        """N×C and N×C×C to N×P×C."""
        places, share = ctx.saved_tensors
        both = (second + second.mT).to(places.dtype)
        return torch.baddbmm(first[:, None].to(places.dtype), places, both) * share.to(places.dtype), None


def squared_error(activations: Tensor, target: Tensor) -> Tensor:
    """Sum the squares, in fp32, of differences in the network's precision: N numbers, of N×C×h×w."""
    found: Tensor = _SquaredError.apply(activations, target)
    return found


class _SquaredError(torch.autograd.Function):
    """In the network's precision: nothing is ever copied to fp32."""

    @staticmethod
    def forward(ctx: Any, activations: Tensor, target: Tensor) -> Tensor:
        found, kept = kernels_of(activations.device).squared_error(activations, target)
        ctx.save_for_backward(*kept)
        return found

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        return kernels_of(slope.device).squared_error_back(ctx.saved_tensors, slope), None


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


def covariance(mean: Tensor, second: Tensor) -> Tensor:
    """Return the covariance N×C×C, given the averages of N×C numbers and of their products."""
    found: Tensor = _Covariance.apply(mean, second)
    return found


class _Covariance(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mean: Tensor, second: Tensor) -> Tensor:
        ctx.save_for_backward(mean)
        return torch.baddbmm(second, mean[:, :, None], mean[:, None, :], alpha=-1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor]:
        (mean,) = ctx.saved_tensors
        column = mean[:, :, None]
        return torch.baddbmm(column, slope + slope.mT, column, beta=0, alpha=-1)[:, :, 0], slope


def weighted_square(differences: Tensor, weights: Tensor) -> Tensor:
    """Sum the squares of N×… differences, each times its weight: N numbers."""
    found: Tensor = _WeightedSquare.apply(differences, weights)
    return found


class _WeightedSquare(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, differences: Tensor, weights: Tensor) -> Tensor:
        pull = differences * weights
        ctx.save_for_backward(pull)
        squares = pull * differences
        return (rows(squares) if squares.dim() == 4 else squares.flatten(1)).sum(1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        (pull,) = ctx.saved_tensors
        return pull * (2 * slope).view(-1, *[1] * (pull.dim() - 1)), None


def square(values: Tensor) -> Tensor:
    """Sum the squares of N×… numbers: N numbers."""
    return values.square().flatten(1).sum(1)


def distance(values: Values, target: Values, weights: Sequence[Tensor]) -> Tensor:
    """Sum the squared differences of values, each times its weight: N numbers."""
    parts = zip(values, target, weights, strict=True)
    return torch.stack([weight * square(one - aim) for one, aim, weight in parts]).sum(0)


def palette_weights(target: Values) -> tuple[Tensor, ...]:
    """Return the weights of the squared differences of two palettes, mean and covariance of the pixels.

    As those of moments, but the mean is taken against the colours' own spread: any two pictures' mean
    colours are near each other, compared with black.
    """
    _, wanted = target
    spread = wanted.diagonal(dim1=1, dim2=2).sum(1).clamp_min(1e-4)
    return 1 / spread, 1 / square(wanted).clamp_min(1e-8)
