"""Faces of a photo, and the soft map that keeps their features in a painting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from PIL import Image
from torch import Tensor

REACH: Final = 1.6
"""Radius at which the map has fallen to nothing, in those of the face: its edge lies in hair and neck."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face as an ellipse from the hairline to the chin, in pixels of the photo."""

    x: float
    y: float
    """The centre."""
    width: float
    """Semi-axis across the face."""
    height: float
    """Semi-axis along the nose."""
    tilt: float = 0.0
    """Angle of the nose against the vertical, in radians, clockwise."""


class FaceFinder(Protocol):
    """Finds the faces of a photo."""

    def find(self, photo: Image.Image) -> Sequence[Face]:
        """Return the faces of an RGB photo; the same photo has the same faces."""
        ...


def face_map(faces: Sequence[Face], photo: tuple[int, int], canvas: tuple[int, int]) -> Tensor:
    """Draw the faces of a photo on a canvas: 1×1×H×W, 1 on a face, falling softly to 0 around it.

    Args:
        faces: in pixels of the photo.
        photo: its width and height.
        canvas: likewise.
    """
    across, down = (theirs / ours for theirs, ours in zip(photo, canvas, strict=True))
    x = ((torch.arange(canvas[0], dtype=torch.float32) + 0.5) * across)[None, :]
    y = ((torch.arange(canvas[1], dtype=torch.float32) + 0.5) * down)[:, None]
    found = torch.zeros(canvas[1], canvas[0])
    for face in faces:
        sine, cosine = math.sin(face.tilt), math.cos(face.tilt)
        right, below = x - face.x, y - face.y
        u = (right * cosine + below * sine) / face.width
        v = (below * cosine - right * sine) / face.height
        share = ((REACH - (u.square() + v.square()).sqrt()) / (REACH - 1)).clamp(0, 1)
        found = torch.maximum(found, share.square() * (3 - 2 * share))
    return found[None, None]
