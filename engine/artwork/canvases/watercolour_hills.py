"""Watercolour hills: a valley in clear washes that ran into each other, with wandering lines of a pen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.curves import Points
from engine.artwork.fields import Array, Rng, fractal, noise, smoothstep
from engine.artwork.palette import colours
from engine.artwork.wash import Paper

ASPECT = 0.8125
_PAPER = colours("fcf8ee")[0]
_INK = colours("2a2438")[0]
_SKY = colours("4f9ae0", "8fb4ea", "f2a0a8", "f8c87a")
_RIDGES = (
    # height, swing, pigments from the crest down
    (0.250, 0.070, colours("8a9ae0", "b8a0e0", "f0b0b8")),
    (0.335, 0.055, colours("4f8ac0", "7aa0d0", "a8c8c0")),
    (0.425, 0.060, colours("e0704a", "f0a04a", "f2c86a")),
    (0.520, 0.045, colours("3f9a8a", "7ab86a", "c8cc5a")),
    (0.620, 0.040, colours("c84a5a", "e8804a", "f2b04a")),
    (0.715, 0.030, colours("3a7a5a", "6aa04a", "b0b84a")),
)
_LEAVES = colours("7ab04a", "3f8f5a", "d8a83a", "d8603a", "2f7a7a")


def paint(size: int, seed: int = 1834) -> Image.Image:
    """Paint the sheet, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    paper = Paper((2 * round(size * ASPECT), 2 * size), _PAPER, rng)
    pen = _Pen(paper, rng)
    _sky(paper)
    for number, ridge in enumerate(_RIDGES):
        _hill(paper, pen, *ridge, number)
        if number >= 2:
            for _ in range(5):
                x = rng.random()
                _tree(paper, pen, x, ridge[0] + 0.03 + 0.04 * rng.random(), 0.016 + 0.010 * number)
    _spatter(paper, 120)
    paper.stain(pen.drawn(), _INK, 1.3, grain=0.16)
    return finished(np.asarray(paper.light, dtype=np.float32))


class _Pen:
    """A pen whose lines wander and swell, on a sheet of its own."""

    def __init__(self, paper: Paper, rng: Rng) -> None:
        self._rows, self._columns = paper.shape
        self._sheet = Image.new("L", (self._columns, self._rows))
        self._draw = ImageDraw.Draw(self._sheet)
        self._rng = rng

    def line(self, path: Points, width: float = 0.002, wander: float = 0.0012) -> None:
        """Draw through points; a line may break off for a moment."""
        rng = self._rng
        drawn = (path + wander * rng.standard_normal(path.shape)) * self._columns
        pressure = np.abs(1 + 0.45 * np.cumsum(rng.standard_normal(len(path))) / len(path) ** 0.5)
        for (a, b), force in zip(pairwise(drawn), pressure.clip(0.25, 1.7), strict=False):
            shade, thick = int(90 + 95 * min(force, 1.6)), max(1, round(width * self._columns * force))
            self._draw.line([*a, *b], fill=shade, width=thick)

    def drawn(self) -> Array:
        """The ink per pixel, 0..1."""
        return np.asarray(self._sheet, dtype=np.float32) / 255


def _sky(paper: Paper) -> None:
    """Blue above, rose and gold towards the hills, with clouds of bare paper."""
    rng, x, y = paper.rng, paper.x, paper.y
    warp = fractal(paper.shape, 0.20, 4, rng)
    for pigment, level, strength in zip(_SKY, (0.04, 0.12, 0.20, 0.26), (0.7, 0.4, 0.32, 0.4), strict=True):
        band = 0.05 + 0.06 * warp - np.abs(y - level - 0.03 * np.sin(5 * x + 30 * level))
        paper.wash(band, pigment, strength, soft=0.014, rim=0.45, pools=0.6, grain=0.05)


def _hill(paper: Paper, pen: _Pen, level: float, swing: float, pigments: Array, number: int) -> None:
    """A ridge: the paper comes back, three washes follow the slope, the pen draws crest and furrows."""
    rng = paper.rng
    t = np.linspace(-0.02, 1.02, 240)
    wave = np.sin(2 * np.pi * (t * (1.1 + 0.35 * number) + rng.random())) + 0.45 * np.sin(
        19 * t + 6 * rng.random()
    )
    crest = level - swing * wave
    top, bottom = float(crest.min()) - 0.03, min(ASPECT, level + swing + 0.26)
    at = paper.window(0, top, 1, bottom)
    x, y = paper.x[at], paper.y[at]
    ridge = np.interp(x[0], t, crest).astype(np.float32)[None, :]
    depth = y - ridge
    low = fractal(x.shape, 0.10, 3, rng, stretch=2.2)
    paper.lift(0.94 * smoothstep(-0.001, 0.004, depth), at)
    for k, pigment in enumerate(pigments):
        begin = 0.045 * k + 0.012 * low * min(k, 1)
        band = np.minimum(depth - begin, 0.055 + 0.05 * k + 0.03 * low - depth + begin)
        paper.wash(
            band,
            pigment,
            0.95 - 0.18 * k,
            at=at,
            soft=0.0015 + 0.008 * min(k, 1),
            rim=0.9,
            pools=0.5,
            grain=0.06,
        )
    streak = noise(x.shape, 0.006, rng, stretch=9) - 0.9
    paper.wash(np.minimum(0.004 * streak, depth - 0.01), pigments[0], 0.5, at=at, rim=0.5, grain=0.06)
    pen.line(np.stack([t, crest], axis=1), 0.0020)
    pen.line(np.stack([t, crest + 0.004 + 0.003 * np.sin(31 * t)], axis=1)[20:170], 0.0012)
    slope = np.gradient(crest, t)
    for start in np.arange(0.0, 1.0, 0.011):
        if rng.random() < 0.35:
            continue
        s, length = start + 0.006 * rng.standard_normal(), 0.014 + 0.040 * rng.random()
        lean = 0.5 * float(np.interp(s, t, slope)) + 0.35
        run = np.linspace(0.006, length, 7)
        curve = np.stack([s + lean * run, np.interp(s + lean * run, t, crest) + run], axis=1)
        pen.line(curve, 0.0013, 0.0007)


def _tree(paper: Paper, pen: _Pen, x: float, foot: float, r: float) -> None:
    """A trunk, a crown in two or three drops of colour, and loops of the pen."""
    rng = paper.rng
    up = np.linspace(0, 1, 8)
    cy = foot - 1.9 * r
    pen.line(np.stack([x + 0.10 * r * np.sin(5 * up), foot - 1.7 * r * up], axis=1), 0.0026)
    near = paper.window(x - 2 * r, cy - 2 * r, x + 2 * r, cy + 2 * r)
    px, py = paper.x[near], paper.y[near]
    if not px.size:
        return
    ragged = 0.18 * fractal(px.shape, 0.25, 3, rng)
    first = int(rng.integers(0, len(_LEAVES)))
    blots = []
    for _ in range(3):
        turn, far = 6.28 * rng.random(), 0.4 * r
        blots.append(
            0.68 * r + r * ragged - np.hypot(px - x - far * np.cos(turn), py - cy - far * np.sin(turn))
        )
    paper.lift(0.95 * smoothstep(-0.002, 0.002, np.maximum.reduce(blots)), near)
    for k, blot in enumerate(blots):
        paper.wash(blot, _LEAVES[(first + k // 2) % len(_LEAVES)], 0.45, at=near, rim=0.9, grain=0.06)
    arc = np.linspace(0, 3.9, 6)
    for _ in range(22):
        turn, far, s = 6.28 * rng.random(), r * rng.random() ** 0.5, 0.16 * r * (0.6 + rng.random())
        lx, ly, begin = x + far * np.cos(turn), cy + far * np.sin(turn), 6.28 * rng.random()
        pen.line(
            np.stack([lx + s * np.cos(begin + arc), ly + s * np.sin(begin + arc)], axis=1), 0.0012, 0.0005
        )


def _spatter(paper: Paper, count: int) -> None:
    """Drops from a knocked brush."""
    rng = paper.rng
    tones = np.concatenate([_SKY, _LEAVES])
    for _ in range(count):
        cx, cy, r = rng.random(), ASPECT * rng.random(), 0.0010 + 0.0045 * rng.random() ** 4
        at = paper.window(cx - 0.015, cy - 0.015, cx + 0.015, cy + 0.015)
        drop = r - np.hypot(paper.x[at] - cx, paper.y[at] - cy)
        if drop.size:
            paper.wash(drop, tones[int(rng.integers(0, len(tones)))], 0.8, at=at, rough=0.0006, rim=0.9)
