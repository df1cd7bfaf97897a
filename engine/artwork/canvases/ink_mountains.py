"""Ink mountains: peaks in mist, a boat and a plum branch, brushed wet and dry with ink on warm paper."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.fields import Array, blur, fractal, noise, smoothstep
from engine.artwork.palette import colours
from engine.artwork.wash import Paper

ASPECT = 0.8125

_PAPER = colours("f3e9d2")[0]
_INK = colours("3a3d48")[0]
_TEAL = colours("6f9fa0")[0]
_OCHRE = colours("e6c48a")[0]
_VERMILION = colours("e2452a")[0]
_ROSE = colours("e8657a")[0]
# Foot and height of each range, cell of its ridge, and strength of the ink: from far to near.
_RANGES = (
    (0.36, 0.20, 0.16, 0.55), (0.43, 0.25, 0.13, 0.80), (0.52, 0.23, 0.12, 1.10), (0.60, 0.17, 0.10, 1.55),
    (0.69, 0.12, 0.085, 2.1),
)  # fmt: skip
_BIRDS = ((0.50, 0.17, 0.016), (0.545, 0.15, 0.012), (0.58, 0.185, 0.014), (0.46, 0.20, 0.010))


def paint(size: int, seed: int = 1467) -> Image.Image:
    """Paint the scroll, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    paper = Paper((2 * round(size * ASPECT), 2 * size), _PAPER, rng)
    _air(paper)
    for i, (foot, high, cell, ink) in enumerate(_RANGES):
        _range(paper, foot, high, cell, ink, i)
    _water(paper)
    _boat(paper)
    _branch(paper)
    _seal(paper)
    return finished(np.asarray(paper.light, dtype=np.float32))


def _air(paper: Paper) -> None:
    """A sky of pale bands, and the sun."""
    x, y = paper.x, paper.y
    bands = fractal(paper.shape, 0.10, 4, paper.rng, stretch=3)
    paper.stain(smoothstep(0.0, 1.3, bands + 0.5 - 1.2 * y), _INK, 0.16)
    paper.stain(smoothstep(-0.3, 1.2, 0.7 * bands + 1.6 * y - 0.3) * (y < 0.7), _OCHRE, 0.35)
    paper.wash(0.068 - np.hypot(x - 0.27, y - 0.175), _VERMILION, 1.0, rough=0.0015, rim=0.35)


def _range(paper: Paper, foot: float, high: float, cell: float, ink: float, place: int) -> None:
    """Peaks: a dark wet ridge, dry strokes down the slopes, and mist at the foot."""
    x, y, rng, shape = paper.x, paper.y, paper.rng, paper.shape
    large, small, crags = (noise((1, shape[1]), cell / part, rng)[0] for part in (1, 3, 12))
    line = 0.62 * np.abs(large) + 0.16 * np.abs(small) + 0.05 * crags
    if place < 4:
        lift = 0.75 + 0.35 * np.sin(x[0] * (4.2 + place) + 2.1 * place)
    else:  # the nearest leave the middle to the boat
        lift = 0.25 + 3.8 * (x[0] - 0.5) ** 2
    ridge = foot - high * line * lift
    depth = (y - ridge[None, :]).astype(np.float32)
    mist = np.exp(-np.maximum(depth, 0) / (0.42 * high)) * smoothstep(foot + 0.10, foot - 0.06, y)
    pigment = _INK if place % 2 else 0.5 * _INK + 0.5 * _TEAL
    paper.wash(depth, pigment, ink * 0.75 * mist, rough=0.004, rim=0.55, pools=0.35)
    # Texture strokes fall from the ridge: noise that is long down the slope, dry where the paper is high.
    fall = noise((shape[0], shape[1]), 0.010, rng) + 0.6 * noise(shape, 0.0045, rng)
    slope = np.gradient(blur(np.tile(ridge, (3, 1)), shape[1] / 60)[1]) * shape[1]
    rows = np.clip((0.28 * depth * shape[1]).astype(np.int32), 0, shape[0] - 1)
    columns = np.arange(shape[1])[None, :] - (np.sign(slope) * 0.55)[None, :] * depth * shape[1]
    strokes = fall[rows, np.clip(columns, 0, shape[1] - 1).astype(np.int32)]
    dry = smoothstep(0.35, 1.0, strokes + 0.45 * paper.tooth) * (depth > 0)
    near = np.exp(-np.maximum(depth, 0) / (0.55 * high)) * smoothstep(foot + 0.06, foot - 0.08, y)
    paper.stain(dry * near, _INK, 0.62 * ink)
    if place >= 2:
        _pines(paper, ridge, high, ink, place)


def _pines(paper: Paper, ridge: Array, high: float, ink: float, place: int) -> None:
    """Small trees on the ridge: upright dabs, darker the nearer."""
    rng, columns = paper.rng, paper.shape[1]
    image = Image.new("L", (columns, paper.shape[0]))
    draw = ImageDraw.Draw(image)
    for _ in range(26 + 16 * place):
        x = rng.beta(0.8, 0.8) if place == 4 else rng.random()
        foot = float(ridge[min(int(x * columns), columns - 1)]) + 0.02 * high * rng.random()
        tall = (0.008 + 0.0055 * place) * (0.6 + 0.8 * rng.random())
        stem = [(x * columns, foot * columns), (x * columns, (foot - tall) * columns)]
        draw.line(stem, fill=255, width=max(1, round(0.0012 * columns)))
        for t in np.linspace(0.25, 1, 6):
            half = tall * 0.42 * (1.15 - t) * (0.7 + 0.6 * rng.random())
            top = foot - tall * t
            low = top + 0.12 * tall
            twig = [(x - half, low), (x, top), (x + half, low)]
            flat = [(px * columns, py * columns) for px, py in twig]
            draw.line(flat, fill=255, width=max(1, round(0.0016 * columns)))
    paper.stain(blur(np.asarray(image, dtype=np.float32) / 255, 0.8), _INK, 0.9 * ink)


def _water(paper: Paper) -> None:
    """A lake: mist over it, a few long ripples and the sun's path."""
    x, y = paper.x, paper.y
    ripple = noise(paper.shape, 0.007, paper.rng, stretch=14)
    ripple = ripple + 0.6 * noise(paper.shape, 0.016, paper.rng, stretch=9)
    depth = np.clip((y - 0.66) / 0.15, 0, 1)
    paper.stain(smoothstep(0.5, 1.3, ripple + 0.25 * paper.tooth) * depth, _INK, 0.55)
    paper.stain(depth * (0.6 + 0.3 * ripple), _TEAL, 0.62)
    path = np.exp(-(((x - 0.27) / (0.03 + 0.05 * depth)) ** 2)) * smoothstep(0.2, 0.9, ripple) * depth
    paper.stain(path, _VERMILION, 0.45)


def _boat(paper: Paper) -> None:
    rows, columns = paper.shape
    image = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(image)

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((0.415 + 0.085 * px) * columns, (0.725 + 0.085 * py) * columns) for px, py in points]

    hull = at((-1, -0.14), (-0.6, 0.02), (0.55, 0.02), (1.05, -0.20), (0.5, 0.16), (-0.55, 0.16))
    draw.polygon(hull, fill=255)
    draw.polygon(at((-0.45, 0.0), (-0.42, -0.26), (0.02, -0.30), (0.12, 0.0)), fill=150)
    draw.line(at((0.45, 0.0), (0.42, -0.42)), fill=255, width=max(1, round(0.006 * columns)))
    draw.polygon(at((0.25, -0.40), (0.42, -0.56), (0.60, -0.40)), fill=255)
    draw.line(at((0.30, -0.75), (0.75, 0.35)), fill=220, width=max(1, round(0.0018 * columns)))
    paper.stain(blur(np.asarray(image, dtype=np.float32) / 255, 1.0), _INK, 2.2)
    sky = Image.new("L", (columns, rows))
    birds = ImageDraw.Draw(sky)
    wings = np.array([(-1, -0.3), (-0.4, -0.45), (0, 0), (0.45, -0.5), (1, -0.25)])
    for px, py, span in _BIRDS:
        flat = [tuple(point) for point in (np.array([px, py]) + span * wings) * columns]
        birds.line(flat, fill=255, width=max(1, round(0.0022 * columns)))
    paper.stain(blur(np.asarray(sky, dtype=np.float32) / 255, 0.8), _INK, 1.6)


def _branch(paper: Paper) -> None:
    """A plum branch from the upper right: one load of dark ink that runs dry, and blossoms."""
    rng, (rows, columns) = paper.rng, paper.shape
    image = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(image)
    tips: list[tuple[float, float]] = []

    def grow(x: float, y: float, heading: float, thick: float, left: int) -> None:
        bend = 0.06 * rng.standard_normal()
        steps = round(11 + 7 * left + 7 * rng.random())
        for step in range(steps):
            if step % 9 == 8:  # plum wood grows in angles
                bend = 0.07 * rng.standard_normal() - 0.05 * np.sin(heading - 2.6)
                heading += 0.32 * rng.standard_normal()
            heading += 0.4 * bend
            before = (x * columns, y * columns)
            x, y = x + 0.0085 * np.cos(heading), y + 0.0085 * np.sin(heading)
            r = max(0.0010, thick * (1 - 0.6 * step / steps) * (0.85 + 0.3 * rng.random()))
            draw.line([before, (x * columns, y * columns)], fill=255, width=max(1, round(1.7 * r * columns)))
            draw.ellipse([v * columns for v in (x - r, y - r, x + r, y + r)], fill=255)
            if left and step > 4 and rng.random() < 0.09:
                grow(x, y, heading + rng.choice([-1, 1]) * (0.6 + 0.5 * rng.random()), 0.55 * r, left - 1)
            if left < 3 and rng.random() < 0.10:
                tips.append((x, y))
        tips.append((x, y))

    grow(1.02, 0.02, 2.62, 0.0115, 3)
    grow(1.02, 0.17, 2.85, 0.0075, 3)
    mask = blur(np.asarray(image, dtype=np.float32) / 255, 1.2)
    bare = smoothstep(0.7, 1.5, paper.tooth + 0.8 * fractal(paper.shape, 0.02, 3, rng))
    paper.stain(mask * (1 - 0.75 * bare), _INK, 2.6, grain=0.2)
    for tx, ty in tips:
        _blossom(paper, tx + 0.006 * rng.standard_normal(), ty + 0.006 * rng.standard_normal())


def _blossom(paper: Paper, cx: float, cy: float) -> None:
    rng = paper.rng
    r = 0.0125 * (0.65 + 0.7 * rng.random())
    at = paper.window(cx - 3 * r, cy - 3 * r, cx + 3 * r, cy + 3 * r)
    x, y = paper.x[at], paper.y[at]
    if not x.size:
        return
    start = 6.28 * rng.random()
    paper.lift(0.9 * smoothstep(1.5 * r, 1.2 * r, np.hypot(x - cx, y - cy)), at)
    pigment = _ROSE if rng.random() < 0.7 else _VERMILION
    for k in range(5):
        turn = start + 2 * np.pi * k / 5
        petal = 0.62 * r - np.hypot(x - cx - 0.85 * r * np.cos(turn), y - cy - 0.85 * r * np.sin(turn))
        paper.wash(petal, pigment, 0.5 + 0.4 * rng.random(), at=at, rough=0.001, rim=0.5)
    paper.wash(0.25 * r - np.hypot(x - cx, y - cy), _INK, 1.2, at=at, rough=0.0005)


def _seal(paper: Paper) -> None:
    """A stamp in cinnabar: a square with a mountain in it, as it is written."""
    cx, cy, half = 0.075, 0.725, 0.027
    at = paper.window(cx - 0.05, cy - 0.05, cx + 0.05, cy + 0.05)
    x, y = paper.x[at] - cx, paper.y[at] - cy
    square = half - np.maximum(np.abs(x), np.abs(y))
    foot = np.maximum(np.abs(y - 0.013), np.abs(x) - 0.016)
    peaks = [
        np.maximum(np.abs(x - at_x), np.maximum(top - y, y - 0.014))
        for at_x, top in ((-0.0138, -0.003), (0.0, -0.016), (0.0138, -0.003))
    ]
    sign = np.minimum(foot, np.minimum.reduce(peaks))
    paper.wash(np.minimum(square, sign - 0.0022), _VERMILION, 1.5, at=at, rough=0.0012, rim=0.2, grain=0.2)
