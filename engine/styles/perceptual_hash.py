"""A perceptual hash, which is nearly the same for files that show the same picture.

After pHash (Zauner 2010): a 32 × 32 cosine transform of the lightness, of which the 77 coefficients whose two
frequencies add up to 1 … 11 are each above or below their median. Size, compression and the light of a scan
hardly change the hash; for another picture half of the bits differ. It needs Pillow only, as the bot does.
"""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

BITS: Final = 77
"""Bits of a hash."""
TOLERANCE: Final = 18
"""Bits in which two scans of one painting may differ.

For 24 famous paintings, copies at other sizes, qualities and crops differ in at most 12 bits, other scans in
at most 16, and different paintings in at least 26.
"""

_EDGE: Final = 32
_FREQUENCIES: Final = 12
"""Frequencies in each direction, and the least sum of two that does not count."""
_COSINES: Final = tuple(
    tuple(math.cos(math.pi * (2 * at + 1) * frequency / (2 * _EDGE)) for at in range(_EDGE))
    for frequency in range(_FREQUENCIES)
)


def perceptual_hash(image: Image.Image) -> int:
    """Return the hash of an image, a number of :data:`BITS` bits."""
    small = image.convert("RGB").resize((_EDGE, _EDGE), Image.Resampling.BOX).convert("L").tobytes()
    rows = [small[at : at + _EDGE] for at in range(0, len(small), _EDGE)]
    across = [[_coefficient(row, frequency) for row in rows] for frequency in range(_FREQUENCIES)]
    coefficients = [
        _coefficient(across[right], down)
        for down in range(_FREQUENCIES)
        for right in range(_FREQUENCIES - down)
        if right or down
    ]
    median = sorted(coefficients)[len(coefficients) // 2]
    return sum((value > median) << number for number, value in enumerate(coefficients))


def difference(one: int, other: int) -> int:
    """Return the number of bits in which two hashes differ."""
    return (one ^ other).bit_count()


def _coefficient(values: list[float] | bytes, frequency: int) -> float:
    """Return one coefficient of a row's cosine transform."""
    return sum(value * cosine for value, cosine in zip(values, _COSINES[frequency], strict=True))
