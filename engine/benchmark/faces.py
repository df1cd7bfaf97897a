"""Faces in paintings, measured by a finder that does not steer: found, in their place, and painted."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from engine.benchmark.judge import Judge
from engine.painting.faces import Face, face_map

if TYPE_CHECKING:
    from engine.benchmark.mtcnn import Mtcnn

SMALLEST: Final = 24
"""Width in pixels of the smallest face of a photo that counts: of a smaller one a painting keeps nothing."""
SAME: Final = 0.3
"""Least overlap, over the union, of two boxes of the same face."""


@dataclass(frozen=True, slots=True)
class FaceComparison:
    """The faces of one painting."""

    faces: int
    """In the photo."""
    distances: tuple[float, ...]
    """Of each face found in the painting: the mean distance of its five landmarks, over that of the eyes."""
    style: float
    """How much of the photo's distance to the painting's style is left on the faces, over the same elsewhere:
    1 if the faces are painted as much as the rest."""


class FaceJudge:
    """Compares the faces of a painting with those of its photo."""

    def __init__(self, finder: Mtcnn, judge: Judge) -> None:
        """Compare by a finder of faces, and the judge of styles."""
        self._finder, self._judge = finder, judge

    def compare(self, picture: Tensor, photo: Tensor, painting: Tensor) -> FaceComparison | None:
        """Return the comparison of a picture's faces, or None if the photo has none.

        Args:
            picture: 1×3×H×W in [0, 1].
            photo: 1×3×H×W in [0, 1].
            painting: 1×3×h×w in [0, 1].
        """
        boxes, landmarks = self._finder.find(photo)
        large = boxes[:, 2] - boxes[:, 0] >= SMALLEST
        boxes, landmarks = boxes[large], landmarks[large]
        if not len(boxes):
            return None
        found, seen = self._finder.find(picture)
        distances = []
        for box, points in zip(boxes, landmarks, strict=True):
            overlaps = [_overlap(box, other) for other in found]
            if overlaps and max(overlaps) > SAME:
                there = seen[overlaps.index(max(overlaps))]
                eye_distance = (points[0] - points[1]).norm()
                distances.append(float((there - points).norm(dim=1).mean() / eye_distance))
        return FaceComparison(len(boxes), tuple(distances), self._style(picture, photo, painting, boxes))

    def _style(self, picture: Tensor, photo: Tensor, painting: Tensor, boxes: Tensor) -> float:
        size = (photo.shape[3], photo.shape[2])
        shown = face_map([_ellipse(box) for box in boxes], size, size)
        inside, outside = (shown == 1).float(), (shown == 0).float()
        left = [
            self._judge.style(picture, painting, where) / self._judge.style(photo, painting, where)
            for where in (inside, outside)
        ]
        return left[0] / left[1]


@dataclass(frozen=True, slots=True)
class FaceMeasure:
    """The faces of several paintings."""

    found: float
    """Share of the photos' faces that are found in the paintings."""
    distance: float | None
    """Median distance of the landmarks, over that of the eyes; None if no face is found."""
    style: float
    """Median of :attr:`FaceComparison.style`."""


def measure(every: Iterable[FaceComparison | None]) -> FaceMeasure | None:
    """Put the faces of several paintings together, or return None if there are none."""
    seen = [each for each in every if each is not None]
    if not seen:
        return None
    distances = [distance for each in seen for distance in each.distances]
    return FaceMeasure(
        len(distances) / sum(each.faces for each in seen),
        statistics.median(distances) if distances else None,
        statistics.median(each.style for each in seen),
    )


def _ellipse(box: Tensor) -> Face:
    left, top, right, bottom = box.tolist()
    return Face((left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2)


def _overlap(one: Tensor, other: Tensor) -> float:
    common = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp_min(0).prod()
    areas = [(box[2:] - box[:2]).prod() for box in (one, other)]
    return float(common / (areas[0] + areas[1] - common))
