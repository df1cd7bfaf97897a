"""The second judge: EfficientNet-Lite0, by which nothing here was tuned. The first one steered many choices.

Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019), without squeeze
and excitation, with ReLU6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.benchmark.judge import moments, relative_error
from engine.errors import WeightsError

_STRIDED: Final = frozenset({1, 3, 5, 11})
"""Blocks that halve both sides."""
_SEEN: Final = (0, 2, 4, 10)
"""Blocks whose outcome is judged: the last ones at strides of 2, 4, 8 and 16 pixels."""
_SHIFT, _SCALE = 127 / 255, 128 / 255
"""Of pixels in [0, 1], as it was trained."""
_EPSILON: Final = 1e-3
"""Of its batch normalisation."""


class SecondJudge:
    """Measures pictures of at least 64 × 64 pixels, in fp32 on the CPU: equal results on every machine."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Build from the result of :func:`engine.weights.resolve_second_judge`.

        Args:
            state: the tensors of the program that trained it, such as ``_blocks.0._depthwise_conv.weight``.

        Raises:
            WeightsError: a tensor is missing.
        """
        self._state = {name: tensor.detach().float().cpu() for name, tensor in state.items()}
        with torch.no_grad():
            try:
                self._see(torch.zeros(1, 3, 64, 64))
            except (KeyError, RuntimeError) as error:
                raise WeightsError(f"These weights are not the second judge's: {error}.") from error

    @torch.no_grad()
    def content(self, picture: Tensor, photo: Tensor) -> float:
        """Return one minus the cosine of two pictures of one size: 0 is equal, 1 has nothing in common.

        The mean over the places of a layer, and over the layers.

        Args:
            picture: 1×3×H×W in [0, 1].
            photo: 1×3×H×W in [0, 1].
        """
        layers = zip(self._see(picture), self._see(photo), strict=True)
        distances = [1 - functional.cosine_similarity(ours, theirs).mean() for ours, theirs in layers]
        return float(torch.stack(distances).mean())

    @torch.no_grad()
    def style(self, picture: Tensor, painting: Tensor) -> float:
        """Return the distance of the picture's style to the painting's: 0 is equal.

        The relative squared errors of mean and covariance, halved, in the mean over the layers.

        Args:
            picture: 1×3×H×W in [0, 1].
            painting: 1×3×h×w in [0, 1].
        """
        errors = []
        for ours, theirs in zip(self._see(picture), self._see(painting), strict=True):
            pairs = zip(moments(ours), moments(theirs), strict=True)
            errors.append(torch.stack([relative_error(value, aim) for value, aim in pairs]).mean())
        return float(torch.stack(errors).mean())

    def _see(self, picture: Tensor) -> list[Tensor]:
        x = (picture.detach().float().cpu() - _SHIFT) / _SCALE
        x = functional.relu6(self._normalise(self._convolve(x, "_conv_stem", 2), "_bn0"))
        seen = []
        for number in range(max(_SEEN) + 1):
            x = self._block(x, number)
            if number in _SEEN:
                seen.append(x)
        return seen

    def _block(self, x: Tensor, number: int) -> Tensor:
        """Widen, look around, and narrow down again; add what was there if the shape is the same."""
        name, y = f"_blocks.{number}.", x
        if number:
            y = functional.relu6(self._normalise(self._convolve(y, f"{name}_expand_conv"), f"{name}_bn0"))
        stride = 2 if number in _STRIDED else 1
        y = self._convolve(y, f"{name}_depthwise_conv", stride, groups=y.shape[1])
        y = functional.relu6(self._normalise(y, f"{name}_bn1"))
        y = self._normalise(self._convolve(y, f"{name}_project_conv"), f"{name}_bn2")
        return x + y if x.shape == y.shape else y

    def _convolve(self, x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        """Convolve with TensorFlow's padding: of an odd sum, the larger half is on the right and below."""
        weight = self._state[f"{name}.weight"]
        sums = [max((-(-side // stride) - 1) * stride + weight.shape[2] - side, 0) for side in x.shape[:1:-1]]
        padding = [part for whole in sums for part in (whole // 2, whole - whole // 2)]
        return functional.conv2d(functional.pad(x, padding), weight, stride=stride, groups=groups)

    def _normalise(self, x: Tensor, name: str) -> Tensor:
        mean, variance, scale, shift = (
            self._state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return functional.batch_norm(x, mean, variance, scale, shift, eps=_EPSILON)
