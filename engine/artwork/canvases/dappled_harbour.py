"""Dappled harbour: sails at sunset in broad square dabs of unmixed colour on a bare ground."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, scattered
from engine.artwork.cartoon import Cartoon
from engine.artwork.curves import Points
from engine.artwork.fields import Array, Rng, fractal, grid, noise, sample, smoothstep
from engine.artwork.palette import colours, from_oklab, mixed, ramp, to_oklab

ASPECT = 0.8125
_FIELD_WIDTH = 640
_SEA = 0.40
_SUN = (0.60, 0.30)

_SKY = colours("fff4c0", "ffe08a", "f8b866", "e89a86", "b08fc0", "6f86c8", "3f78b8", "2f6fa0")
_WATER = colours("f4cc7a", "d89a7a", "8a80b8", "3f78b8", "1f6a98", "12507a", "0f3460")
_HILLS = colours("5a5aa8", "34529a", "2a6a90", "7a5a9a")
_SAILS = (
    (0.235, 0.640, 0.430, "d8502a"), (0.420, 0.520, 0.220, "ffd23c"), (0.800, 0.590, 0.330, "c83a4a"),
    (0.690, 0.475, 0.130, "fff0c0"), (0.075, 0.485, 0.150, "ffb03a"), (0.925, 0.470, 0.110, "d8502a"),
)  # fmt: skip


def paint(size: int, seed: int = 1891) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH)
    x, y = grid(shape)
    picture = _harbour(x, y, rng)
    canvas = Canvas((round(size * ASPECT), size), colours("f4e6c4")[0], rng)
    around = np.arctan2(x - _SUN[0], -(y - _SUN[1]))
    angle = np.where(y > _SEA, 0.10 * noise(shape, 0.05, rng), around).astype(np.float32)
    everywhere = np.ones(shape, dtype=np.float32)
    for width, count, light, split in (
        (0.021, 3000, -0.09, 0.03),
        (0.0165, 5200, 0.0, 0.045),
        (0.011, 3800, 0.06, 0.06),
    ):
        sx, sy = scattered(everywhere, count, rng)
        brush = Brush(
            width, 1.45 * width, bristle=0.22, dry=0.12, load=1.4, taper=0.12, ridge=0.4, spread=0.14
        )
        canvas.lay(brush, sx, sy, _divided(sample(picture, sx, sy), light, split, rng), angle)
    return canvas.lit(relief=1.1, gloss=0.08)


def _divided(rgb: Array, light: float, split: float, rng: Rng) -> Array:
    """Take colours apart: each dab leans to a hue of its own, and one in nine to the complement."""
    lab = to_oklab(rgb)
    turn = rng.integers(0, 5, len(rgb)) * (2 * np.pi / 5)
    lean = np.stack([np.zeros(len(rgb)), np.cos(turn), np.sin(turn)], axis=-1) * split
    lean[:, 0] = light + 0.05 * rng.standard_normal(len(rgb))
    opposite = rng.random(len(rgb)) < 0.08
    lab[:, 1:] *= np.where(opposite, -0.9, 1.1)[:, None].astype(np.float32)
    return from_oklab((lab + lean).astype(np.float32))


def _harbour(x: Array, y: Array, rng: Rng) -> Array:
    """Draw sky and sun, hills, boats; then the water with all of it upside down."""
    shape = (x.shape[0], x.shape[1])
    far = np.hypot(x - _SUN[0], (y - _SUN[1]) * 1.35)
    rays = 0.04 * np.sin(14 * np.arctan2(y - _SUN[1], x - _SUN[0]))
    sky = ramp(_SKY, np.clip(far / 0.66 + rays + 0.05 * fractal(shape, 0.1, 2, rng), 0, 1))
    sky = mixed(sky, colours("fffbe0")[0], smoothstep(0.062, 0.05, far))
    ridge = _SEA - 0.035 - 0.06 * np.abs(np.sin(6 * x + 0.6)) - 0.02 * np.sin(19 * x)
    tone = np.clip(0.5 + 0.5 * np.sin(11 * x) + 0.3 * noise(shape, 0.04, rng), 0, 1)
    above = np.where((y > ridge)[..., None], ramp(_HILLS, tone), sky)
    cartoon = Cartoon(above)
    for boat in sorted(_SAILS, key=lambda boat: boat[1]):
        _boat(cartoon, *boat)
    drawn = cartoon.picture()
    depth = np.maximum(y - _SEA, 0)
    ripple = noise(shape, 0.018, rng, stretch=5)
    water = ramp(_WATER, np.clip(0.16 + 1.9 * depth + 0.10 * ripple, 0, 1))
    path = np.exp(-(((x - _SUN[0]) / (0.03 + 0.30 * depth)) ** 2))
    water = mixed(water, colours("ffe46a")[0], 0.9 * path * (ripple > -0.1))
    for sail_x, foot, tall, colour in _SAILS:
        under = np.exp(-(((x - sail_x - 0.02 * ripple) / (0.20 * tall)) ** 2))
        under = under * smoothstep(0.0, 0.02, y - foot) * smoothstep(0.55 * tall, 0.1 * tall, y - foot)
        water = mixed(water, colours(colour)[0], 0.75 * under * (ripple > -0.3))
    boats = np.abs(drawn - above).max(axis=-1) > 0.02
    return np.where((boats | (y < _SEA))[..., None], drawn, water).astype(np.float32)


def _boat(cartoon: Cartoon, x: float, foot: float, tall: float, colour: str) -> None:
    def at(*points: tuple[float, float]) -> Points:
        return np.array([x, foot]) + tall * np.array(points)

    cartoon.line(at((0, 0), (0, -1)), 0.014 * tall + 0.003, "3a2468")
    cartoon.shape(at((0.03, -0.96), (0.34, -0.10), (0.03, -0.10)), colour)
    cartoon.shape(at((-0.03, -0.86), (-0.03, -0.10), (-0.26, -0.10)), "fff2cc")
    cartoon.shape(at((-0.03, -0.50), (-0.03, -0.10), (-0.26, -0.10)), "a8a8d8")
    cartoon.shape(at((0.03, -0.50), (0.34, -0.10), (0.20, -0.10), (0.03, -0.30)), "8a2f5a")
    cartoon.shape(at((-0.36, -0.07), (0.42, -0.07), (0.30, 0.05), (-0.26, 0.05)), "241a5c")
    cartoon.shape(at((-0.36, -0.07), (0.42, -0.07), (0.40, -0.04), (-0.34, -0.04)), "2fa8a0")
