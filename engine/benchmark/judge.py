"""The judge: AlexNet, which no painter here optimises, so that none can game it. There is a second one.

Likeness to the photo is LPIPS (Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", 2018; AlexNet, linear heads v0.1). Style is how far mean and covariance of AlexNet's five layers are
from the painting's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import WeightsError

_LAYERS: Final[tuple[tuple[int, tuple[int, int, int, int], int, int], ...]] = (
    (0, (64, 3, 11, 11), 4, 2),
    (3, (192, 64, 5, 5), 1, 2),
    (6, (384, 192, 3, 3), 1, 1),
    (8, (256, 384, 3, 3), 1, 1),
    (10, (256, 256, 3, 3), 1, 1),
)
"""Each convolution's index in torchvision, shape of the kernel (OIHW), stride, padding."""
_POOLED: Final = (3, 6)
"""The convolutions that have a pooling before them."""
_SHIFT: Final = (-0.030, -0.088, -0.188)
_SCALE: Final = (0.458, 0.448, 0.450)
"""LPIPS's own normalisation, of pixels in [-1, 1]."""


class Judge:
    """Measures pictures of at least 64 × 64 pixels, in fp32 on the CPU: equal results on every machine."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Build from the result of :func:`engine.weights.resolve_judge`.

        Args:
            state: ``features.N.weight`` and ``features.N.bias`` as in torchvision's AlexNet, and ``heads.0``
                to ``heads.4``, the weight of each channel in LPIPS.

        Raises:
            WeightsError: a tensor is missing or has the wrong shape.
        """
        wanted: dict[str, tuple[int, ...]] = {}
        for number, (index, shape, _, _) in enumerate(_LAYERS):
            wanted[f"features.{index}.weight"] = shape
            wanted[f"features.{index}.bias"] = (shape[0],)
            wanted[f"heads.{number}"] = (shape[0],)
        for key, size in wanted.items():
            if key not in state or state[key].shape != size:
                raise WeightsError(f"These weights are not the judge's: {key} is missing or misshapen.")
        self._state = {key: state[key].detach().float().cpu() for key in wanted}

    @torch.no_grad()
    def lpips(self, picture: Tensor, photo: Tensor) -> float:
        """Return LPIPS between two pictures of one size: 0 is equal, 0.7 has hardly anything in common.

        Args:
            picture: 1×3×H×W in [0, 1].
            photo: 1×3×H×W in [0, 1].
        """
        distance = 0.0
        for number, (ours, theirs) in enumerate(zip(self._see(picture), self._see(photo), strict=True)):
            head = self._state[f"heads.{number}"].view(1, -1, 1, 1)
            distance += float(((_unit(ours) - _unit(theirs)).square() * head).sum(1).mean())
        return distance

    @torch.no_grad()
    def style(self, picture: Tensor, painting: Tensor, where: Tensor | None = None) -> float:
        """Return the distance of the picture's style to the painting's: 0 is equal.

        The sum over the layers of the relative squared errors of mean and covariance, halved.

        Args:
            picture: 1×3×H×W in [0, 1].
            painting: 1×3×h×w in [0, 1].
            where: 1×1×H×W, how much each pixel of the picture counts; all alike if not said.
        """
        distance = 0.0
        for ours, theirs in zip(self._see(picture), self._see(painting), strict=True):
            (mean, covariance), (mean_aim, covariance_aim) = moments(ours, where), moments(theirs)
            distance += float(relative_error(mean, mean_aim) + relative_error(covariance, covariance_aim)) / 2
        return distance

    def _see(self, picture: Tensor) -> list[Tensor]:
        """Compute AlexNet's five relu layers."""
        shift, scale = torch.tensor(_SHIFT).view(1, 3, 1, 1), torch.tensor(_SCALE).view(1, 3, 1, 1)
        x = (picture.detach().float().cpu() * 2 - 1 - shift) / scale
        seen = []
        for index, _, stride, padding in _LAYERS:
            if index in _POOLED:
                x = functional.max_pool2d(x, 3, 2)
            weight, bias = self._state[f"features.{index}.weight"], self._state[f"features.{index}.bias"]
            x = functional.relu(functional.conv2d(x, weight, bias, stride, padding))
            seen.append(x)
        return seen


def _unit(activations: Tensor) -> Tensor:
    """Normalise the channels at each place to length one."""
    return activations / (activations.square().sum(1, keepdim=True).sqrt() + 1e-10)


def moments(activations: Tensor, where: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return mean (C) and covariance (C×C) of 1×C×h×w activations over their places, weighted by a plane."""
    places = activations.squeeze(0).flatten(1)
    if where is None:
        mean = places.mean(1)
        centred = places - mean[:, None]
        return mean, centred @ centred.T / places.shape[1]
    weights = functional.interpolate(where, activations.shape[2:], mode="area").flatten()
    weights = weights / weights.sum().clamp_min(1e-12)
    mean = (places * weights).sum(1)
    centred = places - mean[:, None]
    return mean, (centred * weights) @ centred.T


def relative_error(ours: Tensor, aim: Tensor) -> Tensor:
    """Return the squared difference over the aim's squares."""
    return (ours - aim).square().sum() / aim.square().sum().clamp_min(1e-12)  # a blank picture has no spread
