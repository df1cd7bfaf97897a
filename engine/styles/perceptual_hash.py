"""A perceptual hash, to tell whether two files show the same picture. Pillow alone: the bot has no numpy.

The 77 slowest waves of a picture's lightness (those of a 32 × 32 cosine transform whose two frequencies add
up to 1 … 11), each above their median or below it, after pHash (Zauner 2010). Size, compression and the light
of a scan hardly change that; another picture changes half of it.
"""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

BITS: Final = 77
TOLERANCE: Final = 18
"""Bits in which two scans of one painting may differ. Of 24 famous ones, copies at other sizes, qualities and
crops differ in 12 at most and strangers' scans in 16; the two most alike of different paintings in 26."""

_EDGE: Final = 32
_SLOWEST: Final = 12
"""The frequencies of a direction, and the least sum of two that are too fast."""
_COSINES: Final = tuple(
    tuple(math.cos(math.pi * (2 * at + 1) * wave / (2 * _EDGE)) for at in range(_EDGE))
    for wave in range(_SLOWEST)
)


def perceptual_hash(image: Image.Image) -> int:
    """Give the hash of an RGB image, as a number of :data:`BITS` bits."""
    small = image.convert("RGB").resize((_EDGE, _EDGE), Image.Resampling.BOX).convert("L").tobytes()
    rows = [small[at : at + _EDGE] for at in range(0, len(small), _EDGE)]
    across = [[_along(row, wave) for row in rows] for wave in range(_SLOWEST)]
    waves = [
        _along(across[right], down)
        for down in range(_SLOWEST)
        for right in range(_SLOWEST - down)
        if right or down
    ]
    median = sorted(waves)[len(waves) // 2]
    return sum((wave > median) << number for number, wave in enumerate(waves))


def difference(one: int, other: int) -> int:
    """Count the bits in which two hashes differ."""
    return (one ^ other).bit_count()


def _along(values: list[float] | bytes, wave: int) -> float:
    return sum(value * cosine for value, cosine in zip(values, _COSINES[wave], strict=True))
