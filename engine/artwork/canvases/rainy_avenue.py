"""Rainy avenue: lamps, autumn trees and their reflections at night, laid thick with a palette knife."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, scattered
from engine.artwork.cartoon import Cartoon
from engine.artwork.curves import Points
from engine.artwork.fields import Array, Rng, blur, fractal, grid, noise, sample, smoothstep
from engine.artwork.palette import colours, mixed, ramp, varied

ASPECT = 0.8125
_FIELD_WIDTH = 640
_KERB = 0.50
"""Height at which the street begins."""
_END = (0.52, 0.40)
"""The end of the avenue, where the light is."""

_GLOW = colours("fff3c4", "ffd45a", "ff9a2e", "e8503a", "9a2f7a", "3f2a86", "1b1d5c", "10123c")
_WARM = colours("1c0d33", "5a123c", "a81c34", "e8482a", "ff8a1f", "ffc23a", "ffec9a")
_COOL = colours("0a1736", "0f3a5e", "11707a", "2aa07a", "8fc84a", "f2d84a", "fff0a8")
_ACCENTS = colours("3fc8d8", "ff4f7a", "ffe27a", "6a4fe0", "ff7a2a")
_LAMPS = ((0.135, 0.205, 0.034), (0.285, 0.300, 0.021), (0.365, 0.345, 0.013),
          (0.895, 0.195, 0.036), (0.755, 0.295, 0.022), (0.670, 0.345, 0.014))  # fmt: skip
_WALKERS = ((0.470, 0.690, 0.210, "d8203a"), (0.640, 0.600, 0.120, "1f7fd0"), (0.335, 0.585, 0.100, "ffb02e"))


def paint(size: int, seed: int = 1930) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH)
    x, y = grid(shape)
    picture = _street(_avenue(x, y, rng), x, y, rng)
    canvas = Canvas((round(size * ASPECT), size), colours("14103a")[0], rng)
    everywhere, angle = np.ones(shape, dtype=np.float32), _strokes(x, y, rng)
    for width, length, count, light in (
        (0.050, 0.105, 1500, 0.025), (0.028, 0.066, 4200, 0.04), (0.016, 0.040, 7500, 0.05),
    ):  # fmt: skip
        sx, sy = scattered(everywhere, count, rng)
        rgb = sample(picture, sx, sy)
        other = _ACCENTS[rng.integers(0, len(_ACCENTS), len(rgb))]
        rgb = np.where((rng.random(len(rgb)) < 0.035)[:, None], mixed(rgb, other, 0.75), rgb)
        canvas.lay(_knife(width, length), sx, sy, varied(rgb, rng, light=light, chroma=0.02), angle)
    fine = np.abs(picture - blur(picture, 7)).max(axis=-1)
    sx, sy = scattered(smoothstep(0.10, 0.22, fine), 17000, rng)
    rgb = varied(sample(picture, sx, sy), rng, light=0.03, chroma=0.015)
    drawn = np.where(y > _KERB, angle, np.pi / 2 + 0.25 * noise(shape, 0.05, rng)).astype(np.float32)
    canvas.lay(_knife(0.0095, 0.026, 1.5), sx, sy, rgb, drawn)
    _walkers(canvas, shape)
    return canvas.lit(relief=1.2, gloss=0.2)


def _knife(width: float, length: float, load: float = 1.3) -> Brush:
    return Brush(width, length, bristle=0.34, dry=0.3, load=load, taper=0.1, ridge=0.6, spread=0.3)


def _strokes(x: Array, y: Array, rng: Rng) -> Array:
    """Directions: leaves any way, the sky around the light, the street level and its mirror upright."""
    shape = (x.shape[0], x.shape[1])
    around = np.arctan2(x - _END[0], -(y - _END[1]))
    wild = around + 1.0 * noise(shape, 0.05, rng)
    upright = noise(shape, 0.045, rng, stretch=0.4) > 0.1
    street = np.where(upright, np.pi / 2, 0.0) + 0.12 * noise(shape, 0.06, rng)
    return np.asarray(np.where(y > _KERB, street, wild), dtype=np.float32)


def _avenue(x: Array, y: Array, rng: Rng) -> Array:
    """The light at the end, crowns on both sides lit by it, trunks, lamps."""
    shape = (x.shape[0], x.shape[1])
    far = np.hypot((x - _END[0]) * 1.25, (y - _END[1]) * 1.35)
    picture = ramp(_GLOW, np.clip(far / 0.62 + 0.06 * fractal(shape, 0.09, 3, rng), 0, 1))
    lumps, leaves = fractal(shape, 0.11, 3, rng), noise(shape, 0.014, rng)
    arch = np.hypot((x - _END[0]) / 0.33, (y - 0.47) / 0.40) + 0.14 * lumps
    crown = smoothstep(0.72, 0.86, arch) * (y < _KERB)
    tone = np.clip(0.95 - 1.15 * (arch - 0.72) + 0.20 * leaves + 0.12 * lumps, 0, 1)
    side = np.where((x < _END[0])[..., None], ramp(_WARM, tone), ramp(_COOL, tone))
    picture = mixed(picture, side, crown)
    under = smoothstep(0.36, 0.47, y) * smoothstep(0.07, 0.16, np.abs(x - _END[0])) * (y < _KERB)
    picture = mixed(picture, colours("170f38")[0], 0.75 * under)
    cartoon = Cartoon(picture)
    for i, near in enumerate((1.0, 0.62, 0.38, 0.24)):
        for way in (-1, 1):
            foot = _END[0] + way * 0.46 * near
            top = (foot + way * 0.02, _KERB - 0.40 * near)
            cartoon.line([(foot, _KERB + 0.03 * near), top], 0.032 * near, ("1a0d2a", "2a1030")[i % 2])
            cartoon.line([(foot - way * 0.006, _KERB), top], 0.007 * near, ("e8702a", "2f8a9a")[way > 0])
    for cx, cy, r in _LAMPS:
        cartoon.line([(cx, cy), (cx, _KERB + 0.02)], 0.16 * r, "0c0a24")
    picture = cartoon.picture()
    for cx, cy, r in _LAMPS:
        halo = np.hypot(x - cx, y - cy) / r
        picture = mixed(picture, colours("ff9a2e")[0], 0.75 * np.exp(-((halo / 2.1) ** 2)))
        picture = mixed(picture, colours("fff6cf")[0], smoothstep(1.15, 0.75, halo))
    return picture


def _street(above: Array, x: Array, y: Array, rng: Rng) -> Array:
    """The wet street: what stands above it, upside down, drawn long and broken by ripples."""
    shape = (x.shape[0], x.shape[1])
    depth = np.maximum(y - _KERB, 0)
    ripple = noise(shape, 0.013, rng, stretch=5)
    sway = 0.016 * ripple * smoothstep(0, 0.1, depth)
    mirror = sample(above, x + sway, np.maximum(_KERB - 1.25 * depth - 0.02 * noise(shape, 0.02, rng), 0.02))
    dark = mixed(mirror, colours("1a124a")[0], np.clip(0.12 + 0.30 * (ripple < -0.6) + 0.45 * depth, 0, 0.8))
    shine = np.exp(-(((x - _END[0]) / (0.05 + 0.42 * depth)) ** 2)) * (ripple > 0.15)
    street = mixed(dark, colours("ffcf6a")[0], 0.85 * shine)
    return np.where((y > _KERB)[..., None], street, above).astype(np.float32)


def _walkers(canvas: Canvas, shape: tuple[int, int]) -> None:
    """People under umbrellas, over their reflections, in a few strokes each."""
    rng = canvas.rng
    level, upright = np.zeros(shape, dtype=np.float32), np.full(shape, np.pi / 2, dtype=np.float32)
    coat, legs = (
        colours("0d0a26", "1c1440", "3a2468"),
        np.array([(-0.06, -0.12), (0.05, -0.12), (0.07, -0.14)]),
    )
    turn = np.linspace(-1, 1, 15)
    for cx, foot, tall, colour in _WALKERS:

        def lay(
            size: tuple[float, float], places: Points, tones: Array, angle: Array,
            at: tuple[float, float] = (cx, foot), tall: float = tall,
        ) -> None:  # fmt: skip
            x, y = (np.array(at)[:, None] + tall * places.T).astype(np.float32)
            rgb = varied(tones[rng.integers(0, len(tones), x.size)], rng, light=0.03, chroma=0.015)
            canvas.lay(_knife(tall * size[0], tall * size[1], 1.7), x, y, rgb, angle)

        cloth, heap = colours(colour, colour, "ffd9a8"), rng.random((16, 2)) - 0.5
        lay((0.07, 0.26), heap * (0.45, 0.2) + (0, 0.72), cloth, level)
        lay((0.07, 0.30), heap * (0.22, 0.36) + (0, 0.26), coat, upright)
        lay((0.055, 0.30), legs, coat, upright)
        lay((0.10, 0.34), heap * (0.30, 0.2) - (0, 0.38), coat, upright)
        lay((0.10, 0.11), np.array([(0, -0.66), (0.05, -0.66)]), colours("e8a070"), level)
        for high, wide, tones in (
            (0.70, 0.42, cloth[:1]), (0.77, 0.34, cloth[:1]), (0.83, 0.24, cloth), (0.88, 0.11, cloth[2:])
        ):  # fmt: skip
            rise = 0.07 * np.sqrt(1 - 0.95 * turn**2)
            lay((0.085, 0.16), np.stack([wide * turn, -high - rise], axis=1), tones, level)
