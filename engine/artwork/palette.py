"""Colours: sRGB triples in 0..1 as arrays (…, 3), mixed in Oklab (Ottosson 2020) so that they stay clean."""

from __future__ import annotations

import numpy as np

from engine.artwork.fields import Array, Rng

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB = np.linalg.inv(_TO_LAB)
_FROM_LMS = np.linalg.inv(_TO_LMS)


def colours(*codes: str) -> Array:
    """Convert hexadecimal codes such as ``"1b2a6b"`` to an (n, 3) array."""
    return np.array([[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes], dtype=np.float32)


def to_oklab(rgb: Array) -> Array:
    """Convert sRGB to Oklab: lightness 0..1 and two opponent axes of about ±0.3."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T, dtype=np.float32)


def from_oklab(lab: Array) -> Array:
    """Convert Oklab to sRGB, clipped to its gamut."""
    linear = np.clip((lab @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T, 0, 1)
    rgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.clip(rgb, 0, 1).astype(np.float32)


def ramp(stops: Array, t: Array) -> Array:
    """Return the colours at ``t`` (0..1) between evenly spaced stops (n, 3), of shape t.shape + (3,)."""
    table = to_oklab(stops)
    position = np.linspace(0, 1, len(stops))
    fine = np.linspace(0, 1, 1025)
    lookup = from_oklab(
        np.stack([np.interp(fine, position, table[:, i]) for i in range(3)], axis=-1).astype(np.float32)
    )
    return np.asarray(lookup[np.clip(t * 1024 + 0.5, 0, 1024).astype(np.int32)])


def mixed(a: Array, b: Array, t: Array | float) -> Array:
    """Mix colours: ``a`` at t = 0, ``b`` at t = 1; ``t`` is a number or one per colour."""
    weight = np.asarray(t, dtype=np.float32)[..., None]
    return from_oklab(to_oklab(a) * (1 - weight) + to_oklab(b) * weight)


def varied(rgb: Array, rng: Rng, *, light: float = 0.04, chroma: float = 0.02) -> Array:
    """Vary each colour (n, 3) a little, as no two loads of a brush are the same."""
    scale = np.array([light, chroma, chroma], dtype=np.float32)
    return from_oklab(to_oklab(rgb) + rng.standard_normal(rgb.shape).astype(np.float32) * scale)
