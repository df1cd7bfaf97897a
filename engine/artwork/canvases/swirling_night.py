"""Swirling night: a moonlit valley under a sky that turns; long impasto strokes along a vortex flow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, scattered
from engine.artwork.fields import Array, advected, grid, noise, sample, smoothstep, vortex
from engine.artwork.palette import colours, mixed, ramp, varied

ASPECT = 0.8125
_FIELD_WIDTH = 512

_SKY = colours("0a1238", "12205e", "1b3a92", "2a62b8", "4f94c9", "a3cfd2", "eef0d2")
_GLOW = colours("fffbe0", "ffef9a", "fbcb3e", "ef9f2b", "f3cf5a", "a9c486", "5fa6c4", "2f6cb4")
_HILL = colours("081428", "0f2a4d", "1c4a6b", "2f6f74", "5f9a6e", "c9c060")
_LAKE = colours("0b1740", "173a86", "2a6fb4", "5fb0c0", "d8d9a0", "ffd75e")
_TREE = colours("04070f", "0a1c22", "12382f", "24583a", "6f7a34", "c79a3a")
_LAMP = colours("ffd75e", "ff9d2e", "fff0b0")

_MOON = (0.275, 0.20, 0.115)
_STARS = (
    (0.475, 0.085, 0.036), (0.625, 0.150, 0.030), (0.735, 0.055, 0.026), (0.900, 0.120, 0.046),
    (0.060, 0.365, 0.032), (0.440, 0.345, 0.024), (0.960, 0.335, 0.030), (0.055, 0.085, 0.028),
    (0.640, 0.420, 0.020),
)  # fmt: skip
_VORTICES = (((0.765, 0.290), 0.150, -2.8), ((0.555, 0.265), 0.085, 2.2), ((0.215, 0.440), 0.095, 2.0))


def paint(size: int, seed: int = 1889) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), _SKY[0], rng)
    x, y = grid((round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH))
    _sky(canvas, x, y)
    _hills(canvas, x, y)
    _trees(canvas, x, y)
    return canvas.lit(relief=1.0)


def _sky(canvas: Canvas, x: Array, y: Array) -> None:
    rng = canvas.rng
    u = 0.8 + 0.0 * x
    v = 0.55 * np.sin(7 * x + 4 * y + 0.6) + 0.25 * noise((x.shape[0], x.shape[1]), 0.2, rng)
    for at, radius, turn in _VORTICES:
        du, dv = vortex(x, y, at, radius, turn)
        u, v = u + du, v + dv
    glow = np.zeros_like(x)
    ring = np.ones_like(x)
    for cx, cy, radius in (_MOON, *_STARS):
        du, dv = vortex(x, y, (cx, cy), radius * 1.7, -6)
        u, v = u + du, v + dv
        r = np.hypot(x - cx, y - cy) / radius
        inside = smoothstep(1.75, 0.75, r) * (0.72 + 0.28 * np.cos(7.5 * r))
        ring = np.where(inside > glow, np.clip(r / 1.75, 0, 1), ring)
        glow = np.maximum(glow, inside)
    angle = np.arctan2(v, u).astype(np.float32)

    bands = advected(noise((x.shape[0], x.shape[1]), 0.035, rng), angle, 0.13)
    bands = (bands - bands.mean()) / bands.std()
    tone = 0.40 + 0.19 * bands + 0.22 * (y / ASPECT) ** 2 - 0.10 * np.cos(6 * x)
    sky = ramp(_SKY, tone)
    picture = mixed(sky, ramp(_GLOW, ring), glow)

    everywhere = np.ones_like(x)
    for brush, count, light in (
        (Brush(0.034, 0.16, bristle=0.5, load=0.8), 1500, 0.03),
        (Brush(0.017, 0.13, bristle=0.6, load=1.1), 4200, 0.045),
        (Brush(0.0085, 0.085, bristle=0.7, load=1.3, taper=0.8), 9000, 0.06),
    ):
        sx, sy = scattered(everywhere, count, rng)
        rgb = varied(sample(picture, sx, sy), rng, light=light, chroma=0.018)
        canvas.lay(brush, sx, sy, rgb, angle)
    # Broken colour: light and warm flecks ride on the bright bands, violet and navy between them.
    sx, sy = scattered(smoothstep(0.35, 0.9, tone) * 0.9 + 0.06, 3600, rng)
    share = rng.beta(1.3, 2.2, sx.size).astype(np.float32)
    pale = mixed(sample(picture, sx, sy), colours("f4efcf")[0], share)
    canvas.lay(Brush(0.0058, 0.055, bristle=0.6, load=1.7, taper=0.9), sx, sy, pale, angle)
    sx, sy = scattered(smoothstep(0.5, 0.15, tone) * (1 - glow), 2600, rng)
    dark = colours("070d2b", "2a1f6b", "123a7a", "3d2f86")[rng.integers(0, 4, sx.size)]
    canvas.lay(Brush(0.0055, 0.06, bristle=0.6, load=1.4, taper=0.9), sx, sy, varied(dark, rng), angle)
    # The lamps of the sky: dashes in rings, thickest at the core.
    sx, sy = scattered(glow, 9000, rng)
    warm = varied(
        ramp(_GLOW, sample(ring, sx, sy) + 0.06 * rng.standard_normal(sx.size).astype(np.float32)), rng
    )
    canvas.lay(Brush(0.0075, 0.034, bristle=0.5, load=1.9, taper=0.8), sx, sy, warm, angle)
    for cx, cy, radius in (_MOON, *_STARS):
        px = (cx + 0.22 * radius * rng.standard_normal(26)).astype(np.float32)
        py = (cy + 0.22 * radius * rng.standard_normal(26)).astype(np.float32)
        core = varied(np.tile(_GLOW[0], (26, 1)), rng, light=0.03)
        canvas.lay(Brush(0.15 * radius + 0.004, 0.5 * radius, load=2.2, bristle=0.4), px, py, core, angle)


def _hills(canvas: Canvas, x: Array, y: Array) -> None:
    """Hills around a lake, each with strokes along its own ridge, from far to near."""
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    _hill(canvas, x, y, 0.545 + 0.030 * np.sin(7 * x + 0.4) + 0.010 * np.sin(19 * x), 0.46)
    _hill(canvas, x, y, 0.580 + 0.028 * np.sin(5 * x + 3.4) + 0.008 * np.sin(16 * x + 1), 0.36)
    _lights(canvas, 0.612, 46)

    level = (0.10 * np.sin(16 * x + 60 * y) + 0.07 * noise(shape, 0.06, rng)).astype(np.float32)
    bands = advected(noise(shape, 0.014, rng), level, 0.06)
    path = np.exp(-(((x - _MOON[0]) / (0.03 + 0.28 * np.clip(y - 0.6, 0, 1))) ** 2))
    tone = 0.26 + 0.13 * bands / bands.std() + 0.50 * path * (0.7 + 0.5 * np.sin(170 * y + 9 * bands))
    picture = ramp(_LAKE, tone)
    lake = ((y > 0.628) & (y < 0.80)).astype(np.float32)
    for brush, count, light in (
        (Brush(0.020, 0.10, load=0.8), 2600, 0.02),
        (Brush(0.0095, 0.07, load=1.2, taper=0.8), 7000, 0.05),
        (Brush(0.0060, 0.045, load=1.6, taper=0.9), 7000, 0.07),
    ):
        sx, sy = scattered(lake, count, rng)
        canvas.lay(brush, sx, sy, varied(sample(picture, sx, sy), rng, light=light, chroma=0.02), level)
    for lamp in rng.random(20).astype(np.float32):
        lx = (lamp + 0.004 * rng.standard_normal(9)).astype(np.float32)
        ly = (0.632 + 0.10 * rng.random(9) ** 1.5).astype(np.float32)
        glow = varied(_LAMP[rng.integers(0, 3, 9)], rng)
        canvas.lay(Brush(0.0055, 0.016, load=1.5, taper=0.9), lx, ly, glow, level)

    _hill(canvas, x, y, 0.735 + 0.050 * np.cos(5.5 * x - 2.6) + 0.010 * np.sin(15 * x), 0.34)
    _lights(canvas, 0.80, 14)
    _hill(canvas, x, y, 0.790 - 0.055 * np.cos(4.5 * x + 1.3) + 0.008 * np.sin(21 * x), 0.24)


def _hill(canvas: Canvas, x: Array, y: Array, ridge: Array, light: float) -> None:
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    below = ((y > ridge) & (y < ridge + 0.2)).astype(np.float32)
    slope = np.gradient(ridge, axis=1) * shape[1]
    angle = np.arctan(slope * np.exp(-(y - ridge) * 6)) + 0.30 * noise(shape, 0.12, rng)
    angle = angle.astype(np.float32)
    bands = advected(noise(shape, 0.02, rng), angle, 0.05)
    tone = light + 0.19 * bands / bands.std() + 0.34 * np.exp(-(((y - ridge) / 0.02) ** 2))
    picture = ramp(_HILL, tone)
    for brush, count, spread in (
        (Brush(0.020, 0.085, load=0.9), 2600, 0.03),
        (Brush(0.0095, 0.06, load=1.3, taper=0.8), 8000, 0.06),
        (Brush(0.0055, 0.04, load=1.6, taper=0.9), 7000, 0.09),
    ):
        sx, sy = scattered(below, count, rng)
        canvas.lay(brush, sx, sy, varied(sample(picture, sx, sy), rng, light=spread, chroma=0.025), angle)


def _lights(canvas: Canvas, y: float, count: int) -> None:
    """A village far away: dabs of lamplight."""
    rng = canvas.rng
    level = np.zeros((2, 2), dtype=np.float32)
    lx = rng.random(count).astype(np.float32)
    ly = (y + 0.012 * rng.standard_normal(count)).astype(np.float32)
    lamp = varied(_LAMP[rng.integers(0, 3, count)], rng)
    canvas.lay(Brush(0.0070, 0.010, load=2.0), lx, ly, lamp, level)


def _trees(canvas: Canvas, x: Array, y: Array) -> None:
    """Poplars: flames of strokes that rise and lean with the wind."""
    rng = canvas.rng
    shape = (x.shape[0], x.shape[1])
    for foot, tall, wide in ((0.955, 0.40, 0.032), (0.790, 0.30, 0.024), (0.875, 0.62, 0.042)):
        t = np.clip((ASPECT + 0.02 - y) / tall, 0, 1.2)
        sway = foot + 0.014 * np.sin(6 * t + foot * 40) * t
        flame = wide * np.clip(1 - t, 0, 1) ** 0.75 * (0.55 + 0.9 * np.sqrt(np.clip(t, 0, 1)))
        flame = flame * (0.88 + 0.20 * np.sin(t * 34 + 9 * foot))
        offset = ((x - sway) / (flame + 1e-4)).astype(np.float32)
        mask = ((np.abs(offset) < 1) & (t < 1)).astype(np.float32)
        angle = -np.pi / 2 + 0.42 * np.sin(t * 30 + 2.0 * offset + foot * 30) - 0.30 * offset
        bands = noise(shape, 0.010, rng)
        tone = 0.30 + 0.14 * bands + 0.16 * np.sin(t * 60 + 6 * offset) - 0.20 * offset
        picture = ramp(_TREE, tone.astype(np.float32))
        for brush, count in (
            (Brush(0.014, 0.075, load=1.2, taper=0.8), 14000),
            (Brush(0.0065, 0.06, load=1.7, taper=1.0), 30000),
        ):
            sx, sy = scattered(mask, count, rng)
            order = np.argsort(-sy + 0.05 * rng.random(sy.size))
            sx, sy = sx[order[::-1]], sy[order[::-1]]
            rgb = varied(sample(picture, sx, sy), rng, light=0.05, chroma=0.02)
            canvas.lay(brush, sx, sy, rgb, angle.astype(np.float32))
