"""Find the faces of a photo, small and large ones, upright or tilted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from engine.faces.yunet import Found, YuNet
from engine.painting.faces import Face
from engine.painting.tensors import to_tensor

SIDES: Final = (1280, 320)
"""Longest sides in pixels that a photo is reduced to: the first for small faces, the second for large."""
THRESHOLD: Final = 0.75
"""Least score of a face. Leaves and windows reach 0.7."""
SAME: Final = 0.3
"""Overlap, over the smaller of two boxes, above which both mean one face."""
MOST: Final = 100
"""Faces that are kept, the surest first: a crowd beyond has none that would be recognised."""
ASPECT: Final = 0.8
"""Width of a face over its height."""


class FaceFinder:
    """YuNet on two reductions of a photo, 0.2 s on one core."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        """Build from YuNet's weights.

        Raises:
            WeightsError: they are not YuNet's.
        """
        self._network = YuNet(state)

    def find(self, photo: Image.Image) -> tuple[Face, ...]:
        """Return the faces of an RGB photo, in its own pixels, the surest first."""
        sides = dict.fromkeys(min(side, max(photo.size)) for side in SIDES)
        every = [self._look(photo, side) for side in sides]
        found = Found(
            torch.cat([each.scores for each in every]),
            torch.cat([each.boxes for each in every]),
            torch.cat([each.landmarks for each in every]),
        )
        return tuple(
            _face(found.boxes[number], found.landmarks[number]) for number in list(_distinct(found))[:MOST]
        )

    def _look(self, photo: Image.Image, side: int) -> Found:
        """Look at a photo whose longest side is reduced to ``side``; return places in its own pixels."""
        scale = side / max(photo.size)
        width, height = (max(1, round(edge * scale)) for edge in photo.size)
        small = photo.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        found = self._network.find(to_tensor(small), THRESHOLD)
        back = torch.tensor([photo.width / width, photo.height / height])
        return Found(found.scores, found.boxes * back.repeat(2), found.landmarks * back)


def _distinct(found: Found) -> Iterator[int]:
    """Yield the numbers of the candidates that mean different faces, the surest first."""
    kept: list[int] = []
    areas = (found.boxes[:, 2:] - found.boxes[:, :2]).prod(1)
    for number in found.scores.argsort(descending=True, stable=True).tolist():
        box = found.boxes[number]
        common = torch.minimum(found.boxes[kept, 2:], box[2:]) - torch.maximum(found.boxes[kept, :2], box[:2])
        overlap = common.clamp_min(0).prod(1) / torch.minimum(areas[kept], areas[number])
        if not (overlap > SAME).any():
            kept.append(number)
            yield number


def _face(box: Tensor, landmarks: Tensor) -> Face:
    """Fit an ellipse: the box says where it is and how large, the landmarks how it is tilted."""
    left, top, right, bottom = box.tolist()
    up_x, up_y = (landmarks[:2].mean(0) - landmarks[3:].mean(0)).tolist()
    radius = math.sqrt((right - left) * (bottom - top)) / 2
    stretch = math.sqrt(ASPECT)
    tilt = math.atan2(up_x, -up_y)
    return Face((left + right) / 2, (top + bottom) / 2, radius * stretch, radius / stretch, tilt)
