"""Pointillist garden: a park by a river on a bright afternoon, in small dots of unmixed colour."""

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

_SKY = colours("6fb4e8", "a9d3ee", "f2e6c8", "ffd9a0", "ffc6a8")
_RIVER = colours("e9d8b0", "8fc4dc", "4a94d0", "3a78c0", "2f5ca8")
_LAWN = colours("efe07a", "c4d65a", "8fbf4a", "5aa34f", "347f5c")
_SHADE = colours("2f7a5a", "24567f", "3a3f8f", "4a2f7a")
_CROWNS = (
    colours("f6e66a", "b9d24c", "62ab4a", "2f8458", "27587f", "30316f"),
    colours("ffd24a", "f59a3a", "d8663a", "a03f5a", "5a357f", "332a68"),
    colours("e6ec92", "98cc66", "459f66", "247680", "2a4d8a", "313470"),
)
_FLOWERS = colours("ff4f6a", "ffd23c", "ff8ac0", "f6f0ff", "b06fe0", "ff7a2a", "e0284f")
_HORIZON, _BANK = 0.27, 0.475
_TREES = (
    (0.125, 0.60, 0.175, 0.25, 0), (0.905, 0.55, 0.165, 0.22, 2), (0.715, 0.485, 0.070, 0.115, 1),
    (0.300, 0.480, 0.055, 0.085, 2), (0.595, 0.478, 0.036, 0.060, 0),
)  # fmt: skip
_SAILS = ((0.400, 0.385, 0.120), (0.505, 0.325, 0.060), (0.650, 0.375, 0.095), (0.330, 0.318, 0.042))
_WALKERS = (
    (0.405, 0.680, 0.185, "c8284a", "ff9a4a"), (0.475, 0.665, 0.165, "2a2f7a", "fff6ea"),
    (0.640, 0.590, 0.100, "6a2f8a", "ff6a8a"), (0.250, 0.560, 0.075, "1f4f8f", "f7f0e0"),
)  # fmt: skip


def paint(size: int, seed: int = 1884) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), colours("f0cf9a")[0], rng)
    shape = (round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH)
    picture = _picture(shape, rng)
    level = 0.6 * noise(shape, 0.05, rng)
    everywhere = np.ones(shape, dtype=np.float32)
    for width, count, scatter in ((0.0150, 10000, 0.02), (0.0105, 22000, 0.045), (0.0082, 30000, 0.055)):
        x, y = scattered(everywhere, count, rng)
        brush = Brush(width, 1.12 * width, bristle=0.16, dry=0.1, load=1.2, taper=0.8, ridge=0.1, spread=0.16)
        canvas.lay(brush, x, y, _divided(sample(picture, x, y), scatter, rng), level)
    return canvas.lit(relief=0.8, gloss=0.06)


def _divided(rgb: Array, scatter: float, rng: Rng) -> Array:
    """The colour taken apart: each dot leans to a hue of its own, and one in fourteen to the complement."""
    lab = to_oklab(rgb)
    turn = rng.integers(0, 6, len(rgb)) * (np.pi / 3) + 0.3 * rng.standard_normal(len(rgb))
    lean = np.stack([np.zeros(len(rgb)), np.cos(turn), np.sin(turn)], axis=-1) * scatter
    lean[:, 0] = 0.03 * rng.standard_normal(len(rgb))
    opposite = rng.random(len(rgb)) < 0.07
    lab[:, 1:] *= np.where(opposite, -0.8, 1.0)[:, None].astype(np.float32)
    return from_oklab((lab + lean).astype(np.float32))


def _picture(shape: tuple[int, int], rng: Rng) -> Array:
    """Draw the scene: sky, river, lawn in light and shade, then all that stands on it."""
    x, y = grid(shape)
    clouds = smoothstep(0.2, 1.1, fractal(shape, 0.13, 3, rng, stretch=2.4))
    picture = ramp(_SKY, y / _HORIZON + 0.05 * noise(shape, 0.1, rng))
    picture = mixed(picture, colours("fff6e0")[0], 0.85 * clouds)
    depth = (y - _HORIZON) / (_BANK - _HORIZON)
    ripple = noise(shape, 0.016, rng, stretch=5)
    water = ramp(_RIVER, np.clip(0.12 + 0.75 * depth + 0.15 * ripple, 0, 1))
    glitter = np.exp(-(((x - 0.47) / (0.012 + 0.07 * np.clip(depth, 0, 1))) ** 2)) * (ripple > 0.1)
    water = mixed(water, colours("fff3c0")[0], 0.8 * glitter)
    picture = np.where((y > _HORIZON)[..., None], water, picture)
    far = _HORIZON - 0.020 - 0.030 * np.abs(noise((1, shape[1]), 0.05, rng)) - 0.02 * np.sin(5 * x + 1) ** 2
    wood = ramp(colours("a9d08a", "5f9f8a", "4a78a8", "5f5fa8"), np.clip((y - far) / 0.05, 0, 1))
    picture = np.where(((y > far) & (y < _HORIZON + 0.008))[..., None], wood, picture)

    bank = _BANK + 0.025 * np.sin(6 * x + 0.8) + 0.05 * (x - 0.5)
    near = np.clip((y - bank) / (ASPECT - bank), 0, 1)
    lawn = ramp(_LAWN, np.clip(0.12 + 0.42 * near + 0.13 * fractal(shape, 0.05, 3, rng, stretch=3), 0, 1))
    cast = smoothstep(-0.05, 0.55, noise(shape, 0.13, rng, stretch=3.2) + 1.5 * near - 0.75)
    lawn = mixed(lawn, ramp(_SHADE, np.clip(0.2 + 0.7 * near, 0, 1)), 0.78 * cast)
    path = np.abs(x - 0.52 - 0.30 * (near - 0.15) * np.sin(3.2 * near + 0.4)) / (0.018 + 0.10 * near)
    lawn = mixed(lawn, mixed(colours("ffdca0")[0], colours("e79ab0")[0], cast), smoothstep(1.1, 0.8, path))
    bed = smoothstep(0.35, 0.75, near + 0.25 * noise(shape, 0.07, rng)) * (path > 1.15)
    bloom = noise(shape, 0.011, rng) > 0.35
    kind = np.clip((fractal(shape, 0.10, 2, rng) + 1.6) / 3.2 * len(_FLOWERS), 0, len(_FLOWERS) - 1)
    lawn = mixed(lawn, _FLOWERS[kind.astype(int)], 0.95 * bed * bloom)
    picture = np.where((y > bank)[..., None], lawn, picture)

    cartoon = Cartoon(picture)
    _boats(cartoon)
    picture = cartoon.picture()
    for cx, foot, wide, high, kind_of in sorted(_TREES, key=lambda tree: tree[1]):
        picture = _tree(picture, x, y, (cx, foot), (wide, high), _CROWNS[kind_of], rng)
    cartoon = Cartoon(picture)
    for walker in _WALKERS:
        _walker(cartoon, *walker)
    return cartoon.picture()


def _tree(
    picture: Array, x: Array, y: Array, at: tuple[float, float], span: tuple[float, float],
    stops: Array, rng: Rng,
) -> Array:  # fmt: skip
    """A shadow, a trunk, a crown that is lit from the upper left."""
    (cx, foot), (wide, high) = at, span
    shape = (x.shape[0], x.shape[1])
    round_ = np.hypot((x - cx - 0.6 * wide) / (1.2 * wide), (y - foot) / (0.13 * high))
    shade = round_ + 0.10 * noise(shape, 0.025, rng, stretch=2) < 1
    picture = mixed(picture, colours("2c3f96")[0], 0.8 * shade)
    trunk = (np.abs(x - cx - 0.01 * np.sin(30 * y)) < 0.075 * wide) & (y < foot + 0.01) & (y > foot - high)
    picture = np.where(trunk[..., None], ramp(colours("f0a050", "8a3f5a", "3a2460"),
                       np.clip((x - cx) / (0.15 * wide) + 0.5, 0, 1)), picture)  # fmt: skip
    dx, dy = (x - cx) / wide, (y - (foot - 1.28 * high)) / high
    lumps = fractal(shape, 0.30 * wide, 2, rng)
    r = np.hypot(dx, dy) + 0.06 * lumps + 0.03 * noise(shape, 0.012, rng)
    tone = 0.40 + 0.24 * dx + 0.32 * dy - 0.15 * lumps
    return mixed(picture, ramp(stops, np.clip(tone, 0, 1)), smoothstep(1.0, 0.92, r))


def _boats(cartoon: Cartoon) -> None:
    for x, y, high in _SAILS:

        def at(*points: tuple[float, float], x: float = x, y: float = y, high: float = high) -> Points:
            return np.array([x, y]) + high * np.array(points)

        cartoon.shape(at((-0.1, 0.12), (0.3, 0.12), (0.1, 0.75)), "f4efe0")
        cartoon.shape(at((0, -1), (0.46, -0.06), (0, -0.06)), "fffdf0")
        cartoon.shape(at((-0.04, -0.9), (-0.04, -0.06), (-0.34, -0.06)), "ffd9b0")
        cartoon.shape(at((-0.36, 0), (0.5, 0), (0.36, 0.13), (-0.24, 0.13)), "7a2f5a")


def _walker(cartoon: Cartoon, x: float, foot: float, tall: float, dress: str, parasol: str) -> None:
    """A lady with a parasol and her shadow, ``tall`` with it."""

    def at(*points: tuple[float, float]) -> Points:
        return np.array([x, foot]) + tall * np.array(points)

    cartoon.shape(at((-0.2, 0), (0.1, -0.03), (1.1, 0.10), (0.8, 0.18), (0.0, 0.05)), "33409a")
    skirt = ((-0.20, 0.0), (-0.16, -0.20), (-0.06, -0.40), (0.05, -0.40), (0.13, -0.18), (0.19, 0.0))
    cartoon.shape(at(*skirt), dress)
    cartoon.shape(at((0.02, -0.40), (0.05, -0.40), (0.13, -0.18), (0.19, 0.0), (0.08, 0.0)), "2a2060")
    cartoon.shape(at((-0.075, -0.38), (-0.095, -0.56), (0.075, -0.56), (0.055, -0.38)), dress)
    cartoon.line(at((-0.07, -0.52), (-0.17, -0.45), (-0.14, -0.62)), 0.045 * tall, dress)
    cartoon.line(at((-0.14, -0.40), (-0.14, -0.95)), 0.004, "5a2f3a")
    cartoon.oval(x - 0.01 * tall, foot - 0.63 * tall, 0.062 * tall, 0.075 * tall, "f4b48a")
    cartoon.oval(x + 0.01 * tall, foot - 0.675 * tall, 0.075 * tall, 0.045 * tall, "5a2f3a")
    turn = np.linspace(np.pi, 2 * np.pi, 24)
    arch = np.stack([0.30 * np.cos(turn) - 0.12, 0.24 * np.sin(turn) - 0.74], axis=1)
    cartoon.shape(np.array([x, foot]) + tall * arch, parasol)
