"""Photos in which nothing is to be seen, as skies and walls are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image


def _shaded(light: npt.NDArray[np.float64], bright: tuple[int, ...], dark: tuple[int, ...]) -> Image.Image:
    """Mix two colours: ``light`` is 1 where the photo is bright."""
    mixed = light[..., None] * np.array(bright) + (1 - light[..., None]) * np.array(dark)
    return Image.fromarray(mixed.round().astype(np.uint8))


def flat_photos(side: int) -> Mapping[str, Image.Image]:
    """Give a sky that grows paler downwards, a wall with a soft shade to its edges, and plain grey."""
    down, across = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    middle = 1 - ((down - 0.5) ** 2 + (across - 0.5) ** 2) * 2
    return {
        "sky": _shaded(down, (200, 220, 235), (70, 130, 205)),
        "wall": _shaded(middle, (214, 186, 160), (163, 141, 122)),
        "grey": Image.new("RGB", (side, side), (128, 128, 128)),
    }


MOST: Final[Mapping[str, float]] = {"photo": 0.3, "balanced": 0.9, "painting": 1.0}
"""The most of a painting's fine detail that may lie on a flat photo, by the strength."""
