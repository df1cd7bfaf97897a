"""Watercolour poppies: a summer meadow, wet in wet, with hard edges where the washes dried."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import finished
from engine.artwork.curves import Points, spline
from engine.artwork.fields import Array, fractal, noise, smoothstep
from engine.artwork.palette import colours
from engine.artwork.wash import Paper

ASPECT = 0.8125

_PAPER = colours("fbf7ee")[0]
_SKIES = colours("8fc6ea", "b9a6e2", "f7c3b4", "fbe29a", "9fd8cf", "7fb0e6")
_GREENS = colours("8fbf4a", "5f9f5a", "3f8a72", "b9cf4a", "4a7f4a", "2f6f7a")
_PETALS = (
    colours("f2735a", "ee5f5a", "f7986a", "ea6a80", "f9b088"),
    colours("fbc04a", "fad070", "f7a860", "fbdc8a", "f9b870"),
    colours("f6a0b8", "f2bcc8", "ee88b0", "f8c8c0", "d8a0e0"),
)
_BLUES = colours("4f6fd8", "6a5fd0", "3f8fd8", "8f6fd8")
_HEART = colours("c8c85a")[0]
_DARK = colours("6a4a6f")[0]

# x, y, radius, squash, tilt: the large ones by hand, so that they balance.
_POPPIES = (
    (0.300, 0.300, 0.135, 0.86, -0.2), (0.640, 0.235, 0.105, 0.72, 0.3), (0.505, 0.500, 0.120, 0.92, 0.1),
    (0.830, 0.430, 0.100, 0.80, -0.35), (0.130, 0.520, 0.088, 0.70, 0.4), (0.720, 0.640, 0.074, 0.85, 0.0),
    (0.105, 0.190, 0.060, 0.60, -0.3), (0.895, 0.155, 0.058, 0.65, 0.5), (0.345, 0.655, 0.062, 0.75, 0.2),
    (0.460, 0.120, 0.046, 0.70, -0.1), (0.930, 0.665, 0.054, 0.8, 0.1),
)  # fmt: skip


def paint(size: int, seed: int = 1827) -> Image.Image:
    """Paint the sheet, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    paper = Paper((2 * round(size * ASPECT), 2 * size), _PAPER, rng)
    _ground(paper)
    _grass(paper, 60, 0.22)
    _cornflowers(paper, 22)
    _grass(paper, 46, 0.55)
    for x, y, radius, _, _ in _POPPIES:
        _stem(paper, x, y + 0.5 * radius, x + 0.10 * (0.5 - x), ASPECT + 0.03, 0.0042, 0.9)
    for i, poppy in reversed(list(enumerate(_POPPIES))):
        _poppy(paper, *poppy, _PETALS[i % 3])
    _drops(paper, 90)
    return finished(np.asarray(paper.light, dtype=np.float32))


def _ground(paper: Paper) -> None:
    """Sky into meadow: blots that ran into each other on wet paper, and one or two back-runs."""
    rng, x, y = paper.rng, paper.x, paper.y
    warp = fractal(paper.shape, 0.16, 4, rng)
    for _ in range(26):
        cx, cy = rng.random(), ASPECT * rng.random() ** 0.8
        r = 0.10 + 0.14 * rng.random()
        low = cy > 0.42 + 0.1 * rng.standard_normal()
        pigment = (_GREENS if low else _SKIES)[int(rng.integers(0, 6))]
        blot = r + 0.05 * warp - np.hypot(x - cx, (y - cy) * 1.25)
        paper.wash(blot, pigment, 0.22 + 0.26 * rng.random(), soft=0.05 + 0.05 * rng.random(), rim=0.0)
    for _ in range(16):  # blooms: a drop of clean water pushes the pigment out to a ragged rim
        cx, cy, r = rng.random(), ASPECT * rng.random(), 0.03 + 0.06 * rng.random()
        at = paper.window(cx - 2 * r, cy - 2 * r, cx + 2 * r, cy + 2 * r)
        far = np.hypot(paper.x[at] - cx, paper.y[at] - cy) + 0.35 * r * warp[at]
        pigment = (_GREENS if cy > 0.42 else _SKIES)[int(rng.integers(0, 6))]
        ring = np.exp(-((np.maximum(r - far, 0) / (0.16 * r)) ** 1)) * (far < r)
        paper.stain(ring, pigment, 0.55, at=at)


def _along(paper: Paper, path: Points, half: Array, pigment: Array, strength: float, **how: float) -> None:
    """A wash along a path, ``half`` as wide on each side at every point."""
    reach = float(half.max()) + 0.008
    (left, top), (right, bottom) = path.min(axis=0) - reach, path.max(axis=0) + reach
    at = paper.window(float(left), float(top), float(right), float(bottom))
    x, y = paper.x[at], paper.y[at]
    if not x.size:
        return
    depth = np.full(x.shape, -1, dtype=np.float32)
    for (ax, ay), (bx, by), wide in zip(
        path[:-1].tolist(), path[1:].tolist(), half[1:].tolist(), strict=True
    ):
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-12), 0, 1)
        depth = np.maximum(depth, wide - np.hypot(x - ax - t * dx, y - ay - t * dy))
    paper.wash(depth, pigment, strength, at=at, **how)


def _stem(paper: Paper, x: float, y: float, foot: float, bottom: float, half: float, strength: float) -> None:
    rng = paper.rng
    mid = ((x + foot) / 2 + 0.03 * rng.standard_normal(), (y + bottom) / 2)
    path = spline(np.array([(x, y), mid, (foot, bottom)]), 16)
    width = half * (0.6 + 0.5 * np.linspace(0, 1, 16))
    _along(paper, path, width, _GREENS[int(rng.integers(1, 5))], strength, rough=0.0012, rim=0.6)


def _grass(paper: Paper, count: int, strength: float) -> None:
    """Blades and long leaves from below, some of them cut."""
    rng = paper.rng
    for _ in range(count):
        x, tall = rng.random(), 0.14 + 0.34 * rng.random()
        lean = 0.16 * rng.standard_normal()
        bend, tip = (x + 0.3 * lean, ASPECT - 0.55 * tall), (x + lean, ASPECT - tall)
        path = spline(np.array([(x, ASPECT + 0.02), bend, tip]), 18)
        t = np.linspace(0, 1, 18)
        wide = (0.004 + 0.009 * rng.random()) * np.sin(np.pi * np.clip(0.25 + 0.75 * t, 0, 1)) ** 0.8
        pigment = _GREENS[int(rng.integers(0, len(_GREENS)))]
        _along(paper, path, wide, pigment, strength * (0.6 + 0.7 * rng.random()), rough=0.0015, rim=0.7)


def _poppy(
    paper: Paper, cx: float, cy: float, radius: float, squash: float, tilt: float, tones: Array
) -> None:
    """Four or five petals over each other, each a wash of its own; a dark heart dropped in while wet."""
    rng = paper.rng
    at = paper.window(cx - 1.5 * radius, cy - 1.5 * radius, cx + 1.5 * radius, cy + 1.5 * radius)
    dx, dy = paper.x[at] - cx, paper.y[at] - cy
    c, s = np.cos(tilt), np.sin(tilt)
    u, v = dx * c + dy * s, (dy * c - dx * s) / squash
    start = 6.28 * rng.random()
    # Overlapping washes of red would go black: each petal takes the paper's place before it is painted.
    lifted = smoothstep(0.92, 0.84, np.hypot(u, v) / radius + 0.08 * fractal(u.shape, 0.3, 2, rng))
    paper.lift(0.9 * lifted, at)
    for k in range(5):
        turn = start + 2 * np.pi * k / 5 + 0.2 * rng.standard_normal()
        along = u * np.cos(turn) + v * np.sin(turn)
        across = v * np.cos(turn) - u * np.sin(turn)
        wavy = 0.09 * np.sin(6 * np.arctan2(across, along + 0.3 * radius) + 6.28 * rng.random())
        petal = 1 + wavy - np.hypot((along - 0.46 * radius) / (0.56 * radius), across / (0.60 * radius))
        far = np.clip(along / radius, 0, 1)
        veins = np.sin(34 * np.arctan2(across, along + 0.02) + 3 * noise(u.shape, 0.2, rng))
        strength = 0.32 + 0.48 * far + 0.13 * veins * far + 0.25 * rng.random()
        pigment = tones[int(rng.integers(0, len(tones)))]
        paper.wash(
            0.5 * radius * petal, pigment, strength.astype(np.float32), at=at, rough=0.05 * radius, rim=0.75
        )
    heart = np.hypot(u, v) / radius
    paper.wash(radius * (0.30 - heart), _HEART, 0.7, at=at, soft=0.03, rough=0.10 * radius, rim=0.1)
    paper.wash(radius * (0.15 - heart), _DARK, 0.9, at=at, soft=0.022, rough=0.10 * radius, rim=0.2)
    paper.wash(radius * (0.07 - heart), _DARK, 1.2, at=at, rough=0.02 * radius)
    for _ in range(26):
        turn, far = 6.28 * rng.random(), radius * (0.16 + 0.14 * rng.random())
        spot = 0.018 * radius + 0.0008 - np.hypot(u - far * np.cos(turn), v - far * np.sin(turn))
        paper.wash(spot, _DARK, 1.5, at=at, rough=0.0008, soft=0.0008)


def _cornflowers(paper: Paper, count: int) -> None:
    rng = paper.rng
    for _ in range(count):
        cx, cy, r = rng.random(), 0.12 + 0.62 * rng.random(), 0.016 + 0.020 * rng.random()
        _stem(paper, cx, cy, cx + 0.05 * rng.standard_normal(), ASPECT + 0.03, 0.002, 0.5)
        at = paper.window(cx - 2 * r, cy - 2 * r, cx + 2 * r, cy + 2 * r)
        x, y = paper.x[at] - cx, paper.y[at] - cy
        if not x.size:
            continue
        for k in range(9):
            turn = 2 * np.pi * k / 9 + 0.15 * rng.standard_normal()
            along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
            spread = across / (0.2 * r + 0.25 * along)
            petal = 0.4 * r * (1 - np.hypot((along - 0.62 * r) / (0.5 * r), spread))
            paper.wash(petal, _BLUES[int(rng.integers(0, 4))], 0.8, at=at, rough=0.001, rim=0.6)
        paper.wash(0.28 * r - np.hypot(x, y), _DARK, 0.9, at=at, soft=0.004, rough=0.001)


def _drops(paper: Paper, count: int) -> None:
    """Spatter from a knocked brush."""
    rng = paper.rng
    tones = np.concatenate([*_PETALS, _SKIES, _GREENS])
    for _ in range(count):
        cx, cy, r = rng.random(), ASPECT * rng.random(), 0.0012 + 0.0055 * rng.random() ** 4
        at = paper.window(cx - 0.015, cy - 0.015, cx + 0.015, cy + 0.015)
        drop = r - np.hypot(paper.x[at] - cx, paper.y[at] - cy)
        if drop.size:
            paper.wash(drop, tones[int(rng.integers(0, len(tones)))], 0.8, at=at, rough=0.0006, rim=0.9)
