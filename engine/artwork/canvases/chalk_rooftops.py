"""Chalk rooftops: crooked houses on a hill at dusk, in soft pastel sticks on dark rough paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, confined, scattered
from engine.artwork.cartoon import Cartoon
from engine.artwork.fields import Array, Rng, fractal, grid, noise, sample, smoothstep
from engine.artwork.palette import colours, mixed, ramp, varied

ASPECT = 0.8125
_FIELD_WIDTH = 1024

_SHEET = colours("221c33")[0]
_DUSK = colours("4a55b8", "6f74d0", "a58ad8", "e79cc4", "fbb89a", "fde0a0")
_WALLS = ("fbc8b0", "fbdf9a", "b0e2d8", "f2a09a", "cbb8f0", "fdf4dc", "a4c8f4", "f7b56a", "bce09a", "f2b4d4")
_ROOFS = ("c8402f", "e0603a", "8a2f5a", "3f5fa8", "2f7f7a", "b5562f", "6a3a8a")
_LIT = ("ffe27a", "ffc24a", "fff2b8")
_MOON = (0.215, 0.130, 0.066)


@dataclass(slots=True)
class _Drawing:
    """Colours, and beside them which part each place is in and which way the chalk goes there."""

    colour: Cartoon
    part: Cartoon
    way: Cartoon
    count: int = 0

    def shape(self, points: list[tuple[float, float]], colour: str, angle: float) -> None:
        """A part of its own; ``angle`` is a heading within half a turn."""
        self.count += 37
        code = f"{self.count % 256:02x}{self.count // 256:02x}00"
        grey = f"{int(angle % np.pi / np.pi * 255):02x}"
        self.colour.shape(points, colour)
        self.part.shape(points, code)
        self.way.shape(points, 3 * grey)


def paint(size: int, seed: int = 1957) -> Image.Image:
    """Paint the sheet, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), _SHEET, rng)
    picture, label, angle = _scene(rng)
    everywhere = np.ones(angle.shape, dtype=np.float32)
    for width, length, count, grain, light in (
        (0.0150, 0.040, 9000, 0.20, 0.03), (0.0085, 0.026, 24000, 0.30, 0.06),
        (0.0052, 0.015, 44000, 0.34, 0.08), (0.0030, 0.008, 60000, 0.30, 0.06),
    ):  # fmt: skip
        brush = Brush(
            width, length, bristle=0.3, dry=0.4, load=0.5, taper=0.2, ridge=0.0, spread=0.2, grain=grain
        )
        x, y = confined(brush, *scattered(everywhere, count, rng), angle, label)
        canvas.lay(brush, x, y, varied(sample(picture, x, y), rng, light=light, chroma=0.03), angle)
    return canvas.lit(relief=0.30, gloss=0.0)


def _scene(rng: Rng) -> tuple[Array, Array, Array]:
    shape = (round(_FIELD_WIDTH * ASPECT), _FIELD_WIDTH)
    x, y = grid(shape)
    sky = ramp(_DUSK, y / 0.55 + 0.10 * fractal(shape, 0.12, 3, rng, stretch=2.5))
    clouds = smoothstep(0.5, 0.9, fractal(shape, 0.11, 3, rng, stretch=3) + 0.1)
    sky = mixed(sky, colours("ffc7b0")[0], 0.75 * clouds)
    r = np.hypot(x - _MOON[0], y - _MOON[1])
    sky = mixed(sky, colours("f4d8c0")[0], 0.5 * np.exp(-((r / 0.13) ** 2)))
    flat = np.zeros((*shape, 3), dtype=np.float32)
    drawing = _Drawing(Cartoon(sky), Cartoon(flat), Cartoon(flat + 0.75))
    turn = np.linspace(0, 2 * np.pi, 40)
    mx, my, mr = _MOON
    drawing.shape([(mx + mr * np.cos(t), my + mr * np.sin(t)) for t in turn], "fff3c4", 0.6)
    for _ in range(16):
        sx, sy, sr = rng.random(), 0.32 * rng.random() ** 1.3, 0.004 + 0.004 * rng.random()
        drawing.shape([(sx + sr * np.cos(t), sy + sr * np.sin(t)) for t in turn[::5]], "fff3c4", 0.6)
    for row in range(5):
        _row(drawing, 0.375 + 0.094 * row, 0.078 + 0.018 * row, rng)
    part = drawing.part.picture()
    label = (part[..., 0] * 255 + part[..., 1] * 65280).round().astype(np.float32)
    angle = drawing.way.picture()[..., 0] * np.float32(np.pi)
    wind = 0.35 * noise(shape, 0.15, rng)
    picture = drawing.colour.picture()
    glow = 1 + 0.10 * noise(shape, 0.03, rng)
    return (picture * glow[..., None]).astype(np.float32), label, (angle + wind).astype(np.float32)


def _row(drawing: _Drawing, foot: float, wide: float, rng: Rng) -> None:
    """Houses side by side up and down the hill, with a tree here and there."""
    at = -0.05 - wide * rng.random()
    while at < 1.05:
        own = wide * (0.8 + 0.5 * rng.random())
        level = foot + 0.10 * wide * rng.standard_normal() + 0.35 * (at - 0.45) ** 2 - 0.03
        if rng.random() < 0.20:
            _tree(drawing, at + 0.35 * own, level + 0.5 * wide, wide, rng)
            at += 0.6 * own
        else:
            _slot(drawing, at, level, own, wide * (1.1 + 0.7 * rng.random()), rng)
            at += own * 1.04


def _slot(drawing: _Drawing, left: float, foot: float, wide: float, high: float, rng: Rng) -> None:
    lean = 0.07 * high * rng.standard_normal()
    wall = _WALLS[int(rng.integers(0, len(_WALLS)))]
    roof = _ROOFS[int(rng.integers(0, len(_ROOFS)))]

    def at(u: float, v: float) -> tuple[float, float]:
        return left + u * wide + lean * v, foot - v * high

    low = -2.2  # walls reach down behind the next row
    drawing.shape([at(0, low), at(1, low), at(1, 1), at(0, 1)], wall, 1.45 + 0.3 * rng.standard_normal())
    drawing.shape([at(0.68, low), at(1, low), at(1, 1), at(0.68, 1)], _dimmed(wall), 1.45)
    tall = 0.42 + 0.35 * rng.random()
    if rng.random() < 0.55:
        top = 1.25 + tall
        drawing.shape([at(0.70, 1.05), at(0.84, 1.05), at(0.84, top), at(0.70, top)], "a8584a", 1.57)
    slope = float(np.arctan2(tall * high, 0.5 * wide))
    drawing.shape([at(-0.10, 0.97), at(0.5, 1 + tall), at(1.10, 0.97)], roof, slope)
    drawing.shape([at(0.5, 1 + tall), at(1.10, 0.97), at(0.66, 0.97)], _dimmed(roof), -slope)
    for v in (0.58, 0.10, -0.42):
        for u in (0.14, 0.42, 0.72):
            if rng.random() < 0.72:
                lit = rng.random() < 0.62
                tone = _LIT[int(rng.integers(0, 3))] if lit else "2f2f6a"
                pane = [at(u, v), at(u + 0.17, v), at(u + 0.17, v + 0.27), at(u, v + 0.27)]
                drawing.shape(pane, tone, 1.57)


def _tree(drawing: _Drawing, x: float, foot: float, wide: float, rng: Rng) -> None:
    tones = (("2f7a5a", "5fa86a"), ("c8562f", "f09a4a"), ("3f5f8a", "6f9fb8"))[int(rng.integers(0, 3))]
    turn = np.linspace(0, 2 * np.pi, 24)
    high = wide * (1.2 + 0.5 * rng.random())
    for tone, scale, off in ((tones[0], 1.0, 0.0), (tones[1], 0.62, -0.16)):
        lobes = 1 + 0.08 * np.sin(5 * turn + 6 * rng.random())
        px = x + (off + 0.36 * scale * lobes * np.cos(turn)) * wide
        py = foot - high + (off + 0.75 * scale * lobes * np.sin(turn)) * wide
        drawing.shape(list(zip(px.tolist(), py.tolist(), strict=True)), tone, 2.3)


def _dimmed(code: str) -> str:
    """A colour in shadow: darker and bluer."""
    red, green, blue = (int(code[i : i + 2], 16) for i in (0, 2, 4))
    return f"{int(red * 0.66):02x}{int(green * 0.66):02x}{min(255, int(blue * 0.78) + 14):02x}"
