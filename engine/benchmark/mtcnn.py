"""MTCNN: a finder of faces that does not steer the painter, and so may measure it.

Zhang, Zhang, Li & Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks"
(2016): one network proposes squares on an image pyramid, a second and a third refuse and correct them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.ops import nms

from engine.errors import WeightsError

SMALLEST: Final = 20
"""Side of the smallest face, in pixels."""
FACTOR: Final = 0.709
"""From one level of the pyramid to the next: half the pixels."""
THRESHOLDS: Final = (0.6, 0.7, 0.7)
"""Least score of each network: those of the paper's own program."""
_PROPOSAL: Final = 12
"""Side of the square that the first network sees, in pixels."""
_STRIDE: Final = 2
"""Pixels between two of its squares."""


class Mtcnn:
    """The three networks, in fp32 on the CPU."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Build from the result of :func:`engine.weights.resolve_faces_judge`.

        Raises:
            WeightsError: a tensor is missing.
        """
        self._state = {name: tensor.float().cpu() for name, tensor in state.items()}
        for name in ("pnet.conv4_2.weight", "rnet.dense5_2.weight", "onet.dense6_3.weight"):
            if name not in self._state:
                raise WeightsError(f"These weights are not MTCNN's: {name} is missing.")

    @torch.no_grad()
    def find(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Find faces.

        Args:
            picture: 1×3×H×W in [0, 1].

        Returns:
            Boxes, N×4 (left, top, right, bottom), and landmarks, N×5×2 (x and y of both eyes, the nose and
            both corners of the mouth), in pixels; the surest first.
        """
        x = (picture.float().cpu() * 255 - 127.5) / 128
        boxes, scores = self._proposals(x)
        landmarks = torch.zeros(0, 5, 2)
        for name, side, threshold in (("rnet", 24, THRESHOLDS[1]), ("onet", 48, THRESHOLDS[2])):
            boxes = _squares(boxes)
            scores, shifts, points = self._look(name, _cut(x, boxes, side))
            kept = scores >= threshold
            boxes, scores, shifts, points = boxes[kept], scores[kept], shifts[kept], points[kept]
            extent = boxes[:, 2:] - boxes[:, :2]
            # The file has all five x first, and then all five y, as shares of the square.
            landmarks = boxes[:, None, :2] + points.reshape(-1, 2, 5).transpose(1, 2) * extent[:, None]
            boxes = boxes + shifts * extent.repeat(1, 2)
            kept_numbers = nms(boxes, scores, 0.7)
            boxes, scores, landmarks = boxes[kept_numbers], scores[kept_numbers], landmarks[kept_numbers]
        surest = nms(boxes, scores, 0.3)
        return boxes[surest], landmarks[surest]

    def _proposals(self, x: Tensor) -> tuple[Tensor, Tensor]:
        every, sure = [torch.zeros(0, 4)], [torch.zeros(0)]
        for scale in _scales(min(x.shape[2:])):
            size = [math.ceil(side * scale) for side in x.shape[2:]]
            small = functional.interpolate(x, size, mode="area")
            scores, shifts = self._propose(small)
            rows, columns = (scores >= THRESHOLDS[0]).nonzero(as_tuple=True)
            corner = torch.stack((columns, rows), 1).float() * _STRIDE
            boxes = torch.cat((corner + 1, corner + _PROPOSAL), 1) / scale
            boxes = boxes + shifts[:, rows, columns].T * (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
            kept = nms(boxes, found := scores[rows, columns], 0.5)
            every.append(boxes[kept])
            sure.append(found[kept])
        boxes, scores = torch.cat(every), torch.cat(sure)
        kept = nms(boxes, scores, 0.7)
        return boxes[kept], scores[kept]

    def _propose(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return h×w scores and 4×h×w corrections of the squares."""
        x = functional.max_pool2d(self._layer("pnet", x, 1), 2, ceil_mode=True)
        x = self._layer("pnet", self._layer("pnet", x, 2), 3)
        part = self._state
        scores = functional.conv2d(x, part["pnet.conv4_1.weight"], part["pnet.conv4_1.bias"]).softmax(1)
        shifts = functional.conv2d(x, part["pnet.conv4_2.weight"], part["pnet.conv4_2.bias"])
        return scores[0, 1], shifts[0]

    def _look(self, name: str, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return N scores, N×4 corrections and N×10 landmarks (the second network has none: zeros)."""
        third = name == "onet"
        x = functional.max_pool2d(self._layer(name, x, 1), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self._layer(name, x, 2), 3, 2, ceil_mode=True)
        x = self._layer(name, x, 3)
        if third:
            x = self._layer(name, functional.max_pool2d(x, 2, 2, ceil_mode=True), 4)
        dense = 5 if third else 4
        # The networks' files number places by column, then row, then channel.
        x = self._dense(name, x.permute(0, 3, 2, 1).flatten(1), f"dense{dense}")
        x = functional.prelu(x, self._state[f"{name}.prelu{dense}.weight"])
        heads = [self._dense(name, x, f"dense{dense + 1}_{number}") for number in range(1, 3 + third)]
        points = heads[2] if third else x.new_zeros(len(x), 10)
        return heads[0].softmax(1)[:, 1], heads[1], points

    def _layer(self, name: str, x: Tensor, number: int) -> Tensor:
        weight, bias = (self._state[f"{name}.conv{number}.{part}"] for part in ("weight", "bias"))
        return functional.prelu(
            functional.conv2d(x, weight, bias), self._state[f"{name}.prelu{number}.weight"]
        )

    def _dense(self, name: str, x: Tensor, layer: str) -> Tensor:
        return functional.linear(x, *(self._state[f"{name}.{layer}.{part}"] for part in ("weight", "bias")))


def _scales(shortest: int) -> Iterator[float]:
    scale = _PROPOSAL / SMALLEST
    while shortest * scale >= _PROPOSAL:
        yield scale
        scale *= FACTOR


def _squares(boxes: Tensor) -> Tensor:
    """Enlarge boxes to squares about their centres."""
    centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).amax(1, keepdim=True)
    return torch.cat((centre - side / 2, centre + side / 2), 1)


def _cut(x: Tensor, boxes: Tensor, side: int) -> Tensor:
    """Cut boxes out of a picture, black beyond its edges, and resize them: N×3×side×side."""
    cut = [x.new_zeros(0, 3, side, side)]
    for box in boxes.round().int().tolist():
        left, top, right, bottom = box
        right, bottom = max(right, left + 1), max(bottom, top + 1)
        height, width = x.shape[2:]
        seen = x[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        edges = (max(-left, 0), max(right - width, 0), max(-top, 0), max(bottom - height, 0))
        if 0 in seen.shape:
            seen, edges = x.new_zeros(1, 3, side, side), (0, 0, 0, 0)
        cut.append(functional.interpolate(functional.pad(seen, edges), (side, side), mode="area"))
    return torch.cat(cut)
