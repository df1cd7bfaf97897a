"""Fauve fields: patchwork fields under a hot sky, laid with a palette knife in unmixed colour."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, scattered
from engine.artwork.cells import cells
from engine.artwork.fields import Array, Rng, fractal, grid, noise, sample, smoothstep
from engine.artwork.palette import colours, mixed, ramp, varied

ASPECT = 0.8125
_FIELD_WIDTH = 512
_HORIZON = 0.335

_SKY = colours("1f8fb8", "5fc3b8", "bfe08a", "ffe05a", "ffb347", "ff7f5a", "f0588a")
_CLOUD = colours("fff3d6", "ffd0c4", "f78fb0", "c86fc0")
_PEAKS = (
    colours("7a4fb8", "4f5fd0", "b86fd0", "f08ac0", "2f3f9a"),
    colours("2f4fae", "6a3fa8", "2f8fc0", "d0508f", "1f2f7a"),
    colours("0f7a8a", "1f9f7a", "2f5fa8", "7fc05a", "17406f"),
)
_CROPS = (
    colours("ffc21f", "ef6a1f"), colours("2fa866", "f2dc3c"), colours("e0305f", "ff9aa8"),
    colours("1f7fc8", "6fd6c8"), colours("8a3aa8", "f0609a"), colours("f7ea5a", "7fc23a"),
    colours("ff7a2a", "c81f4a"), colours("0f8a7a", "a8dc5a"), colours("ffe6a0", "f2a02f"),
)  # fmt: skip
_CROWNS = (
    colours("ffe45a", "ff9a1f", "e8401f", "a01f5a", "4a1f7a"),
    colours("e8f06a", "7fd03f", "1fa05a", "0f6f7a", "1f2f7a"),
    colours("ffd0b0", "ff7a7a", "e02f5f", "8a1f7a", "2f1f6a"),
)
_TREES = (
    (0.13, 0.60, 0.105, 0), (0.30, 0.47, 0.050, 1), (0.395, 0.445, 0.036, 2), (0.86, 0.55, 0.090, 1),
    (0.70, 0.455, 0.042, 0), (0.62, 0.425, 0.028, 1), (0.955, 0.45, 0.050, 2), (0.485, 0.415, 0.024, 0),
)  # fmt: skip


def paint(size: int, seed: int = 1906) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), colours("b8452f")[0], rng)
    x, y = grid((round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH))
    _sky(canvas, x, y)
    _mountains(canvas, x, y)
    _fields(canvas, x, y)
    for tree in sorted(_TREES, key=lambda tree: tree[1]):
        _tree(canvas, x, *tree)
    return canvas.lit(relief=1.15, gloss=0.16)


def _knife(width: float, length: float, load: float = 1.2) -> Brush:
    return Brush(width, length, bristle=0.38, dry=0.3, load=load, taper=0.12, ridge=0.55, spread=0.3)


def _broken(rgb: Array, accents: Array, share: float, rng: Rng) -> Array:
    """Some strokes in another colour altogether: what makes the rest vibrate."""
    other = accents[rng.integers(0, len(accents), len(rgb))]
    return np.where((rng.random(len(rgb)) < share)[:, None], other, rgb).astype(np.float32)


def _sky(canvas: Canvas, x: Array, y: Array) -> None:
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    wind = 0.5 * noise(shape, 0.22, rng)
    angle = (0.22 * np.sin(5 * x + 1) + 0.5 * wind - 0.15).astype(np.float32)
    puffs = smoothstep(0.25, 1.0, fractal(shape, 0.13, 3, rng, stretch=2.2) + 0.2)
    picture = ramp(_SKY, y / 0.36 + 0.10 * fractal(shape, 0.10, 2, rng, stretch=2.5))
    picture = mixed(picture, ramp(_CLOUD, 0.5 + 0.35 * fractal(shape, 0.05, 2, rng)), puffs * 0.9)
    r = np.hypot(x - 0.33, y - 0.15)
    picture = mixed(picture, colours("ff5a2a")[0], smoothstep(0.085, 0.07, r))
    picture = mixed(picture, colours("fff2a0")[0], smoothstep(0.055, 0.045, r))
    turn = np.arctan2(x - 0.33, -(y - 0.15)).astype(np.float32)
    angle = np.where(r < 0.13, turn, angle)
    above = (y < _HORIZON + 0.05).astype(np.float32)
    for brush, count, light in (
        (_knife(0.050, 0.11), 1600, 0.03),
        (_knife(0.027, 0.075), 3600, 0.045),
        (_knife(0.014, 0.045, 1.5), 5200, 0.06),
    ):
        sx, sy = scattered(above, count, rng)
        rgb = _broken(sample(picture, sx, sy), colours("ff8fb0", "4fc0c8", "fff0b0", "b080e0"), 0.07, rng)
        canvas.lay(brush, sx, sy, varied(rgb, rng, light=light, chroma=0.025), angle)


def _mountains(canvas: Canvas, x: Array, y: Array) -> None:
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    for i, stops in enumerate(_PEAKS):
        peaks = np.abs(np.sin(x * (5.2 + 1.7 * i) + 1.3 * i + 0.5)) ** 1.2 + 0.35 * np.abs(
            np.sin(x * 17 + 3 * i)
        )
        ridge = _HORIZON - 0.005 + 0.018 * i - (0.125 - 0.038 * i) * peaks
        below = ((y > ridge) & (y < _HORIZON + 0.06)).astype(np.float32)
        slope = np.gradient(ridge, axis=1) * shape[1]
        facet = noise(shape, 0.035, rng)
        angle = np.where(facet > 0, np.arctan(slope) + 0.9, np.arctan(slope) - 0.9).astype(np.float32)
        lit = 0.45 + 0.20 * np.sign(slope) + 0.22 * facet
        index = np.clip(lit * len(stops), 0, len(stops) - 1).astype(int)
        for brush, count in ((_knife(0.026, 0.055), 5000), (_knife(0.014, 0.035, 1.4), 9000)):
            sx, sy = scattered(below, count, rng)
            rgb = stops[sample(index.astype(np.float32), sx, sy).astype(int)]
            rgb = _broken(rgb, colours("ffb36a", "f8e08a", "1f2a6a"), 0.06, rng)
            canvas.lay(brush, sx, sy, varied(rgb, rng, light=0.045, chroma=0.025), angle)


def _fields(canvas: Canvas, x: Array, y: Array) -> None:
    rng = canvas.rng
    rise = 0.018 * np.sin(x * 7) + 0.012 * np.sin(x * 15 + 1)
    depth = np.maximum(y - _HORIZON - rise, 0.004)
    u = (x - 0.5) * 0.62 / (depth + 0.10)
    v = np.log(depth + 0.02) * 1.75 + 0.25 * np.sin(2.2 * u)
    plots = cells((u * 1.35).astype(np.float32), v.astype(np.float32), rng, jitter=0.75)
    dice = rng.random((65536, 3)).astype(np.float32)[plots.label]
    vanish = (dice[..., 0] - 0.5) * 3.4 + 0.5
    angle = np.arctan2(depth + 0.02, x - vanish).astype(np.float32)
    furrow = np.sin((x - vanish) / (depth + 0.06) * (16 + 14 * dice[..., 1]))
    pair = np.stack(_CROPS)[(dice[..., 2] * len(_CROPS)).astype(int)]
    picture = mixed(pair[..., 0, :], pair[..., 1, :], np.clip(0.5 + 0.75 * furrow, 0, 1))
    hedge = smoothstep(0.055, 0.03, plots.edge)
    picture = mixed(picture, colours("1f2f7a")[0], 0.85 * hedge)
    for near, far, size in ((0.0, 0.09, 0.55), (0.06, 0.22, 0.85), (0.18, 0.36, 1.15), (0.30, 0.6, 1.5)):
        band = ((depth > near) & (depth < far) & (y > _HORIZON + rise - 0.004)).astype(np.float32)
        for scale, count, light in ((1.7, 3400, 0.03), (1.0, 7600, 0.045), (0.55, 9000, 0.07)):
            sx, sy = scattered(band, round(count / size**1.4), rng)
            order = np.argsort(sy + 0.05 * rng.random(sy.size))
            sx, sy = sx[order], sy[order]
            rgb = _broken(sample(picture, sx, sy), colours("fff0a8", "ff5f4a", "2f5fd0", "3fc0a0"), 0.05, rng)
            brush = _knife(0.0145 * scale * size, 0.045 * scale**0.7 * size, 1.35)
            canvas.lay(brush, sx, sy, varied(rgb, rng, light=light, chroma=0.03), angle)


def _tree(canvas: Canvas, x: Array, cx: float, foot: float, radius: float, kind: int) -> None:
    """Shadow, trunk, then a crown of dabs from dark to light, lit from the upper left."""
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    stops = _CROWNS[kind]

    def cloud(n: int, ox: float, oy: float, rx: float, ry: float) -> tuple[Array, Array]:
        r, turn = np.sqrt(rng.random(n)), rng.random(n) * 2 * np.pi
        return (ox + rx * r * np.cos(turn)).astype(np.float32), (oy + ry * r * np.sin(turn)).astype(
            np.float32
        )

    level = np.full(shape, 0.06, dtype=np.float32)
    sx, sy = cloud(60, cx + 1.1 * radius, foot + 0.10 * radius, 1.35 * radius, 0.16 * radius)
    shade = varied(colours("1f2f8a", "3f2f9a", "0f5f8a")[rng.integers(0, 3, sx.size)], rng)
    canvas.lay(_knife(0.16 * radius, 0.6 * radius), sx, sy, shade, level)
    up = np.full(shape, -np.pi / 2, dtype=np.float32)
    sx, sy = cloud(26, cx, foot - 0.45 * radius, 0.09 * radius, 0.55 * radius)
    trunk = varied(colours("5a1f5a", "c8402f", "2f1f5a", "f08a4a")[rng.integers(0, 4, sx.size)], rng)
    canvas.lay(_knife(0.11 * radius, 0.7 * radius), sx, sy, trunk, up + 0.15 * noise(shape, 0.05, rng))
    middle = foot - 1.55 * radius
    wild = (-0.7 + 1.1 * noise(shape, 0.06, rng)).astype(np.float32)
    for brush, count, lift in (
        (_knife(0.42 * radius, 0.55 * radius, 1.2), 150, -0.12),
        (_knife(0.26 * radius, 0.40 * radius, 1.5), 330, 0.0),
        (_knife(0.15 * radius, 0.27 * radius, 1.8), 520, 0.08),
    ):
        sx, sy = cloud(count, cx, middle, radius, 0.92 * radius)
        light = -0.55 * (sx - cx) / radius - 0.75 * (sy - middle) / radius + lift
        tone = 0.52 - 0.52 * light + 0.13 * rng.standard_normal(count)
        canvas.lay(brush, sx, sy, varied(ramp(stops, tone.astype(np.float32)), rng, light=0.04), wild)
