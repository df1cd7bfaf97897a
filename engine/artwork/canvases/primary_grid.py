"""Primary grid: red, yellow and blue between black bars, with a beat of small squares running along two."""

from __future__ import annotations

import numpy as np
from PIL import Image

from engine.artwork.brush import Brush, Canvas, confined, scattered
from engine.artwork.fields import Array, Rng, fractal, grid, sample
from engine.artwork.palette import colours, mixed, varied

ASPECT = 0.875
_BAR = 0.0075
_BEAT_BAR = 0.0145

_TONES = {
    "white": colours("f4efe2", "e9e3d4", "f8f4ea", "e4e4de", "f1e8d2"),
    "red": colours("d3201f", "c01a22", "de3226"),
    "yellow": colours("f7c81e", "f0b70f", "fad548"),
    "blue": colours("1f4fae", "183f94", "2b62c0"),
    "grey": colours("b4bac2", "8f9ba8", "cfcdc4"),
    "black": colours("17171d", "1d1b20", "101016"),
}
# Left, top, right, bottom. Large and small, full and empty have to balance: composed by eye.
_FIELDS = (
    (0.00, 0.00, 0.13, 0.20, "yellow"), (0.00, 0.20, 0.13, 0.46, "white"), (0.13, 0.00, 0.47, 0.12, "white"),
    (0.13, 0.12, 0.47, 0.46, "red"), (0.47, 0.00, 0.62, 0.12, "blue"), (0.47, 0.12, 0.62, 0.30, "white"),
    (0.47, 0.30, 0.62, 0.46, "grey"), (0.62, 0.00, 0.87, 0.30, "white"), (0.87, 0.00, 1.00, 0.16, "red"),
    (0.87, 0.16, 1.00, 0.30, "white"), (0.62, 0.30, 1.00, 0.46, "yellow"), (0.00, 0.46, 0.28, 0.60, "white"),
    (0.00, 0.60, 0.13, 0.88, "blue"), (0.13, 0.60, 0.28, 0.74, "grey"), (0.13, 0.74, 0.28, 0.88, "red"),
    (0.28, 0.46, 0.47, 0.60, "yellow"), (0.47, 0.46, 0.62, 0.60, "black"), (0.28, 0.60, 0.47, 0.88, "white"),
    (0.47, 0.60, 0.62, 0.74, "red"), (0.47, 0.74, 0.62, 0.88, "white"), (0.62, 0.46, 0.87, 0.79, "blue"),
    (0.62, 0.79, 0.87, 0.88, "white"), (0.87, 0.46, 1.00, 0.64, "white"), (0.87, 0.64, 1.00, 0.79, "red"),
    (0.87, 0.79, 1.00, 0.88, "yellow"),
)  # fmt: skip
_BEATS = ((0.0, 0.46, 1.0, 0.46), (0.62, 0.0, 0.62, ASPECT))


def paint(size: int, seed: int = 1921) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), _TONES["white"][0], rng)
    picture, angle, label = _laid_out(canvas.shape, rng)
    canvas.colour[:] = picture.reshape(-1, 3)
    everywhere = np.ones((round(64 * ASPECT), 64), dtype=np.float32)
    for width, length, count, light in (
        (0.024, 0.070, 4000, 0.018), (0.012, 0.045, 9000, 0.026), (0.0065, 0.022, 22000, 0.028),
        (0.0040, 0.010, 30000, 0.025),
    ):  # fmt: skip
        brush = Brush(width, length, bristle=0.75, dry=0.45, load=1.3, taper=0.2, ridge=0.3, spread=0.2)
        x, y = confined(brush, *scattered(everywhere, count, rng), angle, label)
        canvas.lay(brush, x, y, varied(sample(picture, x, y), rng, light=light, chroma=0.010), angle)
    return canvas.lit(relief=1.0, gloss=0.08)


def _laid_out(shape: tuple[int, int], rng: Rng) -> tuple[Array, Array, Array]:
    """The picture, the direction of the strokes, and a number for each field, bar and square."""
    x, y = grid(shape)
    # Ruled by hand, so that no edge is quite straight.
    x = x + 0.0006 * fractal(shape, 0.05, 2, rng)
    y = y + 0.0006 * fractal(shape, 0.05, 2, rng)
    picture = np.zeros((*shape, 3), dtype=np.float32)
    angle = np.zeros(shape, dtype=np.float32)
    label = np.zeros(shape, dtype=np.float32)
    pieces: list[tuple[float, float, float, float, str]] = list(_FIELDS)
    for left, top, right, bottom, _ in _FIELDS:
        for a, b, c, d in ((left, top, right, top), (left, top, left, bottom)):
            if min(a, b) > 0 or (a > 0 and c == a) or (b > 0 and d == b):
                pieces.append((a - _BAR, b - _BAR, c + _BAR, d + _BAR, "black"))
    pieces += _beats(rng)
    for number, (left, top, right, bottom, tone) in enumerate(pieces, 1):
        window = (
            slice(max(0, int((top - 0.01) * shape[1])), int((bottom + 0.01) * shape[1]) + 1),
            slice(max(0, int((left - 0.01) * shape[1])), int((right + 0.01) * shape[1]) + 1),
        )
        wx, wy = x[window], y[window]
        inside = (wx >= left) & (wx < right) & (wy >= top) & (wy < bottom)
        tones = _TONES[tone]
        base = tones[int(rng.integers(0, len(tones)))]
        other = tones[int(rng.integers(0, len(tones)))]
        share = np.clip(((wx - left) + (wy - top)) / (right - left + bottom - top), 0, 1)
        picture[window][inside] = mixed(base, other, share[inside])
        label[window][inside] = number
        upright = bottom - top > (right - left) * (0.7 + 0.6 * rng.random())
        angle[window][inside] = np.float32(np.pi / 2 if upright else 0) + np.float32(0.03)
    return picture, angle, label


def _beats(rng: Rng) -> list[tuple[float, float, float, float, str]]:
    """Two bars of yellow with small squares in changing steps; a larger one where they cross."""
    pieces = []
    half = _BEAT_BAR
    for left, top, right, bottom in _BEATS:
        level = top == bottom
        pieces.append((left - half, top - half, right + half, bottom + half, "yellow"))
        at = 0.012
        before = "yellow"
        while at < (right - left if level else bottom - top):
            choices = [tone for tone in ("red", "blue", "grey", "white", "black") if tone != before]
            before = choices[int(rng.integers(0, len(choices)))]
            long = half * float(rng.choice([1.0, 1.4, 2.0]))
            px, py = (left + at, top) if level else (left, top + at)
            wide, high = (long / 2, half) if level else (half, long / 2)
            pieces.append((px - wide, py - high, px + wide, py + high, before))
            at += long / 2 + half * float(rng.choice([1.2, 1.8, 2.6, 3.6]))
    x, y = _BEATS[1][0], _BEATS[0][1]
    pieces.append((x - 2 * half, y - 2 * half, x + 2 * half, y + 2 * half, "red"))
    pieces.append((x - half, y - half, x + half, y + half, "white"))
    return pieces
