"""Activations of VGG, from relu1_1 up to relu5_1.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.errors import WeightsError
from engine.painting.kernels import kernels_of

Pooling = Literal["max", "average"]
"""How 2 × 2 places become one: by their maximum, as VGG was trained, or by their average."""

_BLOCKS: Final[Mapping[str, tuple[int, ...]]] = {"vgg16": (2, 2, 3, 3, 1), "vgg19": (2, 2, 4, 4, 1)}
"""Convolutions in each block, of which the fifth is needed only up to its first."""
_FULL_BLOCKS: Final[Mapping[str, tuple[int, ...]]] = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_MEAN: Final = (0.485, 0.456, 0.406)
_STD: Final = (0.229, 0.224, 0.225)


def convolutions(name: str) -> Iterator[tuple[str, int]]:
    """Yield the layer name and torchvision's ``features`` index of each convolution of ``name``, in full."""
    index = 0
    for block, count in enumerate(_FULL_BLOCKS[name], start=1):
        for number in range(1, count + 1):
            yield f"{block}_{number}", index
            index += 2
        index += 1


def stride_of(layer: str) -> int:
    """Return the pixels, along one side, to one place of a layer such as ``relu4_2``; 1 for the pixels."""
    return int(2 ** (int(layer[4]) - 1)) if layer.startswith("relu") else 1


def width_of(layer: str) -> int:
    """Return the channels of a layer such as ``relu4_2``."""
    return int(64 * 2 ** min(int(layer[4]) - 1, 3))


def architecture(state: Mapping[str, Tensor]) -> str:
    """Tell VGG-16 from VGG-19 by the indices of the convolutions in a torchvision state dict.

    Raises:
        WeightsError: it is neither.
    """
    present = {
        int(found[1])
        for key in state
        if (found := re.fullmatch(r"features\.(\d+)\.weight", key)) and f"features.{found[1]}.bias" in state
    }
    for name in _BLOCKS:
        if present == {index for _, index in convolutions(name)}:
            return name
    raise WeightsError(
        "These weights are neither VGG-16's nor VGG-19's convolutions, named as in torchvision."
    )


class Features(nn.Module):
    """VGG's convolutions up to conv5_1.

    Weights are frozen. Activations leave in the precision of the convolutions, channels last.
    """

    def __init__(self, state: Mapping[str, Tensor], precision: torch.dtype = torch.float32) -> None:
        """Build from a torchvision state dict (``features.N.weight`` and ``features.N.bias``).

        Args:
            state: the weights.
            precision: of the convolutions; everything else is fp32.

        Raises:
            WeightsError: not VGG-16 or VGG-19, or a tensor of the wrong shape.
        """
        super().__init__()
        self.name = architecture(state)
        self.precision = precision
        kept = dict(convolutions(self.name))
        self.layers: list[str] = []
        self.convolutions = nn.ModuleList()
        channels = 3
        for block, count in enumerate(_BLOCKS[self.name], start=1):
            for number in range(1, count + 1):
                key = f"features.{kept[f'{block}_{number}']}"
                weight, bias = state[f"{key}.weight"].float(), state[f"{key}.bias"].float()
                width = width_of(name := f"relu{block}_{number}")
                if weight.shape != (width, channels, 3, 3) or bias.shape != (width,):
                    raise WeightsError(f"The weights of {key} have the wrong shape: {tuple(weight.shape)}.")
                layer = nn.Conv2d(channels, width, 3, padding=1 if self.layers else 0)
                layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(bias)
                self.convolutions.append(layer)
                self.layers.append(name)
                channels = width
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(requires_grad=False)
        self.convolutions.to(precision).to(memory_format=torch.channels_last)

    @property
    def reach(self) -> int:
        """Pixels beyond those of its own place that an activation depends on, rounded up to whole strides.

        Pooling adds nothing: a pooled place is as much larger itself.
        """
        reach = sum(stride_of(name) for name in self.layers)
        stride = stride_of(self.layers[-1])
        return math.ceil(reach / stride) * stride

    def forward(self, image: Tensor, wanted: frozenset[str], pooling: Pooling) -> dict[str, Tensor]:
        """Compute activations.

        Args:
            image: N×3×H×W in [0, 1], sRGB, fp32.
            wanted: names of layers, such as ``relu4_2``.
            pooling: between the blocks.

        Returns:
            N×C×h×w for each wanted layer.
        """
        found: dict[str, Tensor] = {}
        pool = functional.max_pool2d if pooling == "max" else functional.avg_pool2d
        kernels = kernels_of(image.device)
        first = cast("nn.Conv2d", self.convolutions[0])
        x: Tensor = _Entrance.apply(image, self.mean, self.std, first.weight.dtype)
        for number, (name, module) in enumerate(zip(self.layers, self.convolutions, strict=True)):
            layer = cast("nn.Conv2d", module)
            weights = (layer.weight, cast("Tensor", layer.bias), int(layer.padding[0]))
            ends_block = number + 1 < len(self.layers) and self.layers[number + 1][4] != name[4]
            if ends_block and pooling == "max" and name not in wanted:
                x = kernels.pool_relu(kernels.convolve(x, *weights))
                continue
            if name not in wanted:
                x = kernels.convolve_relu(x, *weights)
            elif len(found) + 1 == len(wanted):
                found[name] = kernels.convolve_relu(x, *weights)
                break
            else:
                x, found[name] = kernels.convolve_relu_twice(x, *weights)
            if ends_block:
                x = pool(x, 2, ceil_mode=True)
        return found


class _Entrance(torch.autograd.Function):
    """From a picture to the first convolution's input: normalised, and one more pixel on each side.

    Zero padding at the first layer would draw a frame around the picture.
    """

    @staticmethod
    def forward(ctx: Any, image: Tensor, mean: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        ctx.save_for_backward(std)
        ctx.dtype = image.dtype
        return kernels_of(image.device).enter(image, mean, std, precision)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None, None]:
        (std,) = ctx.saved_tensors
        return kernels_of(slope.device).leave(slope, std, ctx.dtype), None, None, None
