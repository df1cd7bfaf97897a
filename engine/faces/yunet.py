"""YuNet, the network that finds faces, of 53 104 numbers.

Wu, Peng & Yu, "YuNet: A Tiny Millisecond-level Face Detector" (2023). Its layers are pairs of a pointwise and
a depthwise convolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import WeightsError

STRIDES: Final = (8, 16, 32)
"""Pixels to one place of each of the three grids that look for faces."""
LANDMARKS: Final = 5
"""Both eyes, the nose, both corners of the mouth: two numbers each."""

_WIDTHS: Final = ((16, 16), (16, 16), (16, 32), (32, 32), (32, 64), *((64, 64),) * 6)
"""Channels in and out of the pairs of the backbone, after the first convolution."""
_POOLED: Final = (1, 5, 7, 9)
"""The pairs that have a pooling before them."""
_GRIDS: Final = (6, 8, 10)
"""The pairs whose results the three grids are made of."""
_HEADS: Final = (1, 4, 1, 2 * LANDMARKS)
"""Channels of the four heads: face, box, object, landmarks."""


def shapes() -> Iterator[tuple[int, int, int, int]]:
    """Yield the shapes of all convolutions (OIHW), in the order of the network's file."""
    yield 16, 3, 3, 3
    neck = (_WIDTHS[-1],) * len(STRIDES)
    heads = [(64, width) for width in _HEADS for _ in STRIDES]
    for into, out in (*_WIDTHS, *neck, *heads):
        yield out, into, 1, 1
        yield out, 1, 3, 3


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of one picture, all in its pixels, not yet freed from those that mean the same face."""

    scores: Tensor
    """N, from 0 to 1."""
    boxes: Tensor
    """N×4: left, top, right, bottom."""
    landmarks: Tensor
    """N×5×2, x and y: the eye at the left of the picture, the other eye, the nose, the mouth's corners."""


class YuNet:
    """The network, in fp32 on the CPU."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Build from ``N.weight`` and ``N.bias``, N from 0 in the order of :func:`shapes`.

        Raises:
            WeightsError: a tensor is missing or has the wrong shape.
        """
        self._layers: list[tuple[Tensor, Tensor]] = []
        for number, shape in enumerate(shapes()):
            weight, bias = state.get(f"{number}.weight"), state.get(f"{number}.bias")
            if weight is None or bias is None or weight.shape != shape or bias.shape != shape[:1]:
                raise WeightsError(f"These weights are not YuNet's: layer {number} is missing or misshapen.")
            self._layers.append((weight.float(), bias.float()))

    @torch.no_grad()
    def find(self, picture: Tensor, threshold: float) -> Found:
        """Find faces of about 10 to 300 pixels.

        Args:
            picture: 1×3×H×W in [0, 1], RGB.
            threshold: least score of a candidate.
        """
        height, width = picture.shape[2:]
        edge = STRIDES[-1]
        x = functional.pad(picture.flip(1) * 255, (0, -width % edge, 0, -height % edge))
        x = x.contiguous(memory_format=torch.channels_last)  # three times as fast
        face, box, thing, points = self._heads(x)
        found = [
            _candidates(stride, face[place], box[place], thing[place], points[place], threshold)
            for place, stride in enumerate(STRIDES)
        ]
        scores, boxes, landmarks = (torch.cat(parts) for parts in zip(*found, strict=True))
        return Found(scores, boxes, landmarks)

    def _heads(self, x: Tensor) -> list[list[Tensor]]:
        """Return the heads' results, each for the three grids: 1×C×h×w."""
        backbone, neck = 1 + 2 * len(_WIDTHS), 2 * len(STRIDES)
        weight, bias = self._layers[0]
        x = functional.relu(functional.conv2d(x, weight, bias, stride=2, padding=1))
        grids = []
        for number in range(len(_WIDTHS)):
            if number in _POOLED:
                x = functional.max_pool2d(x, 2)
            x = functional.relu(self._pair(x, 1 + 2 * number))
            if number in _GRIDS:
                grids.append(x)
        # From coarse to fine, each grid adds the one below it, doubled.
        above: Tensor | None = None
        for place in range(len(STRIDES)):
            grid = grids[-1 - place]
            if above is not None:
                grid = grid + functional.interpolate(above, scale_factor=2, mode="nearest")
            above = grids[-1 - place] = functional.relu(self._pair(grid, backbone + 2 * place))
        first = backbone + neck
        return [
            [self._pair(grid, first + neck * head + 2 * place) for place, grid in enumerate(grids)]
            for head in range(len(_HEADS))
        ]

    def _pair(self, x: Tensor, number: int) -> Tensor:
        """Apply a pointwise convolution, and the depthwise one that follows it."""
        (point, point_bias), (depth, depth_bias) = self._layers[number : number + 2]
        x = functional.conv2d(x, point, point_bias)
        return functional.conv2d(x, depth, depth_bias, padding=1, groups=depth.shape[0])


def _candidates(
    stride: int, face: Tensor, box: Tensor, thing: Tensor, points: Tensor, threshold: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Read one grid: scores, boxes and landmarks of the places that see a face."""
    scores = (face.sigmoid() * thing.sigmoid()).sqrt()[0, 0]
    rows, columns = (scores >= threshold).nonzero(as_tuple=True)
    at = torch.stack((columns, rows), 1).float()
    box, points = box[0, :, rows, columns].T, points[0, :, rows, columns].T
    centre, half = at + box[:, :2], box[:, 2:].exp() / 2
    boxes = torch.cat((centre - half, centre + half), 1)
    landmarks = at[:, None] + points.reshape(-1, LANDMARKS, 2)
    return scores[rows, columns], boxes * stride, landmarks * stride
