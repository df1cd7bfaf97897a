"""A cartoon: flat shapes in canvas widths, the drawing that strokes then follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.curves import Points
from engine.artwork.fields import Array


class Cartoon:
    """Shapes on a picture (rows, columns, 3), each over those before."""

    def __init__(self, picture: Array) -> None:
        self._image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
        self._draw = ImageDraw.Draw(self._image)
        self._scale = self._image.width

    def shape(self, points: Points | Sequence[tuple[float, float]], colour: str) -> None:
        """A polygon, its colour a code such as ``"1b2a6b"``."""
        self._draw.polygon(self._flat(points), fill=f"#{colour}")

    def line(self, points: Points | Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """A line with round joints."""
        thick = max(1, round(width * self._scale))
        self._draw.line(self._flat(points), fill=f"#{colour}", width=thick, joint="curve")

    def oval(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """An ellipse around a point; ``wide`` and ``high`` are its half axes."""
        box = tuple(v * self._scale for v in (x - wide, y - high, x + wide, y + high))
        self._draw.ellipse(box, fill=f"#{colour}")

    def picture(self) -> Array:
        """The drawing so far."""
        return np.asarray(self._image, dtype=np.float32) / 255

    def _flat(self, points: Points | Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(float(x) * self._scale, float(y) * self._scale) for x, y in points]
