"""Copper etching: mountains, a lake and pines in swelling lines of two inks, tinted by hand."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.fields import Array, Rng, Shape, blur, fractal, grid, noise, smoothstep
from engine.artwork.palette import colours, ramp

ASPECT = 0.8125

_PAPER = colours("f2e6c9")[0]
_INDIGO = colours("151c3d")[0]
_SEPIA = colours("7c2d16")[0]
_MOSS = colours("7f9a62")[0]
_SKY = colours("ffd45e", "fbb05a", "f3a07a", "e3b9a0", "7fb8c0", "3f8fb5", "2f6fa5")
_RANGES = (
    colours("a9bfe0", "f6c3b0"),
    colours("6f98c8", "f0a088"),
    colours("3f9a94", "f2c667"),
    colours("6fa04a", "eeb640"),
)
_LAKE = colours("a6e0d4", "45a8b8", "1f74a4")

_SUN = (0.36, 0.20)
_SHORE = 0.60


def paint(size: int, seed: int = 1656) -> Image.Image:
    """Paint the print, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (2 * round(size * ASPECT), 2 * size)
    x, y = grid(shape)
    plate = _Plate(x, y, rng)
    plate.sky()
    plate.mountains()
    plate.lake()
    ink = _bitten(plate, shape, rng)
    tint = (
        plate.tint * (1 + 0.05 * fractal(shape, 0.05, 3, rng) + 0.025 * noise(shape, 0.003, rng))[..., None]
    )
    picture = tint
    for share, colour in ink:
        picture = picture * (1 - share)[..., None] + colour * share[..., None]
    for share, colour in zip(_pines(shape, rng), (_INDIGO, _MOSS), strict=True):
        picture = picture * (1 - share)[..., None] + colour * share[..., None]
    return finished(np.asarray(picture, dtype=np.float32))


class _Plate:
    """Per pixel: tone (0 white, 1 black), the phases of two families of lines, and the colour of the wash."""

    def __init__(self, x: Array, y: Array, rng: Rng) -> None:
        self.x, self.y, self.rng = x, y, rng
        self.shape = (x.shape[0], x.shape[1])
        self.tone = np.zeros(self.shape, dtype=np.float32)
        self.first = np.zeros(self.shape, dtype=np.float32)
        self.second = np.zeros(self.shape, dtype=np.float32)
        self.tint = np.tile(_PAPER, (*self.shape, 1))

    def _put(self, inside: Array, tone: Array, first: Array, second: Array, tint: Array) -> None:
        here = inside > 0.5
        self.tone[here] = tone[here]
        self.first[here] = first[here]
        self.second[here] = second[here]
        self.tint[here] = (0.14 * _PAPER + 0.86 * tint)[here]

    def sky(self) -> None:
        """Rings about the sun; clouds are where the burnisher left the lines thin."""
        x, y, rng = self.x, self.y, self.rng
        r = np.hypot(x - _SUN[0], y - _SUN[1])
        clouds = fractal(self.shape, 0.16, 4, rng, stretch=2.0)
        billow = fractal(self.shape, 0.06, 3, rng)
        lit = smoothstep(0.1, 0.9, clouds)
        tone = 0.42 + 0.25 * (r - 0.3) - 0.34 * lit + 0.20 * smoothstep(0.5, -0.2, np.abs(clouds - 0.05))
        tone = tone + 0.10 * billow * lit
        wave = r + 0.022 * smoothstep(0.10, 0.40, r) * fractal(self.shape, 0.22, 2, rng, stretch=1.5)
        turn = np.arctan2(y - _SUN[1], x - _SUN[0])
        disc = r < 0.082
        tone = np.where(disc, 0.26, tone)
        rays = (
            (r > 0.09)
            & (np.sin(turn * 22 + 0.6 * np.sin(turn * 5)) > 0.35)
            & (r < 0.20 + 0.05 * np.sin(turn * 11))
        )
        tone = np.where(rays, 0.16, tone)
        tint = ramp(_SKY, r / 0.72 + 0.05 * clouds)
        tint = np.where(disc[..., None], colours("e2532c")[0], tint)
        tint = (
            tint * (1 - 0.55 * lit * ~disc)[..., None]
            + colours("fdf4dc")[0] * (0.55 * lit * ~disc)[..., None]
        )
        self._put(np.ones_like(x), tone, wave * 92, (y + 0.25 * x + 0.03 * clouds) * 130, tint)

    def mountains(self) -> None:
        """Four ranges; the lines run over a height map, as over a relief, and cross in its shadows."""
        x, y, rng = self.x, self.y, self.rng
        for i, (cool, warm) in enumerate(_RANGES):
            row = (
                noise((1, self.shape[1]), 0.15 - 0.02 * i, rng)[0]
                + 0.5 * noise((1, self.shape[1]), 0.05, rng)[0]
            )
            crag = 0.14 * noise((1, self.shape[1]), 0.014, rng)[0]
            peak = (0.30, 0.385, 0.475, 0.545)[i] - (0.075, 0.06, 0.045, 0.025)[i] * (row + crag)
            below = y - peak[None, :]
            relief = 1 - 1.3 * np.abs(fractal(self.shape, 0.13 - 0.018 * i, 3, rng)) + 3.0 * below
            grow_y, grow_x = (
                g * self.shape[1] for g in np.gradient(blur(relief.astype(np.float32), self.shape[1] / 340))
            )
            light = np.tanh(0.040 * (grow_x + 0.35 * grow_y))
            haze = (0.40, 0.20, 0.08, 0.0)[i] * (1 - np.exp(-below / 0.10))
            tone = 0.50 + 0.04 * i + 0.34 * light - haze
            tone = tone + 0.30 * smoothstep(0.012, 0.0, below.astype(np.float32))
            share = smoothstep(0.5, -0.5, light.astype(np.float32))[..., None]
            first = (y + 0.015 * relief + 0.22 * (x - 0.5) * (1 if i % 2 else -1)) * (104 + 7 * i)
            second = (0.75 * x - 0.55 * y + 0.03 * relief) * 96
            self._put((below > 0).astype(np.float32), tone, first, second, cool * (1 - share) + warm * share)

    def lake(self) -> None:
        """Level lines that bend over ripples, light under the sun."""
        x, y, rng = self.x, self.y, self.rng
        shore = _SHORE + 0.012 * np.sin(x * 9) + 0.008 * noise(self.shape, 0.08, rng)
        depth = np.maximum(y - shore, 0)
        ripple = fractal(self.shape, 0.035, 3, rng, stretch=4)
        path = np.exp(-(((x - _SUN[0] + 0.02 * ripple) / (0.05 + 0.3 * depth)) ** 2))
        tone = 0.52 + 0.26 * ripple - 0.50 * path + 0.5 * smoothstep(0.02, 0.0, depth.astype(np.float32))
        lines = 50 * np.log(depth + 0.10) + 1.1 * ripple
        tint = ramp(_LAKE, depth / 0.22 + 0.15 * ripple)
        glow = (0.75 * path)[..., None]
        tint = tint * (1 - glow) + colours("f8bd6a")[0] * glow
        self._put((y > shore).astype(np.float32), tone, lines, (x * 0.9 + 0.5 * y) * 110 + ripple, tint)


def _bitten(plate: _Plate, shape: Shape, rng: Rng) -> list[tuple[Array, Array]]:
    """Ink per family of lines: it swells with the tone, trembles a little, and breaks where it is thin."""
    shake = 0.09 * noise(shape, 0.05, rng) + 0.035 * noise(shape, 0.010, rng)
    grain = 0.05 * noise(shape, 0.0022, rng)
    layers = []
    for phase, low, high, most, colour in (
        (plate.second, 0.42, 0.95, 0.60, _SEPIA),
        (plate.first, 0.02, 0.95, 0.86, _INDIGO),
    ):
        ridge = np.abs(2 * ((phase + shake) % 1) - 1)
        tone = np.maximum(plate.tone, 0.15)
        width = most * np.clip((tone - low) / (high - low), 0, 1) ** 0.8 + grain * (tone > low)
        layers.append((smoothstep(0.10, -0.10, (ridge - width).astype(np.float32)) * (width > 0.05), colour))
    return [(np.asarray(share, dtype=np.float32), colour) for share, colour in layers]


def _pines(shape: Shape, rng: Rng) -> tuple[Array, Array]:
    """Pines in front, dark and lit: needles as single strokes, drooping more towards the foot."""
    rows, columns = shape
    images = [Image.new("L", (columns, rows), 0) for _ in range(2)]
    draw, lit = (ImageDraw.Draw(image) for image in images)
    for cx, foot, tall in (
        (0.085, 0.83, 0.56), (0.185, 0.84, 0.33), (0.920, 0.84, 0.47), (0.825, 0.85, 0.27),
        (-0.005, 0.86, 0.36), (1.000, 0.86, 0.33), (0.265, 0.85, 0.15), (0.745, 0.855, 0.13),
    ):  # fmt: skip
        lean = 0.03 * rng.standard_normal()
        top = foot - tall
        trunk = [((cx + lean * t * tall) * columns, (foot - t * tall) * columns) for t in (0, 0.5, 1)]
        draw.line(trunk, fill=255, width=max(1, round(0.0035 * tall / 0.4 * columns)))
        whorls = round(19 * (tall / 0.4) ** 0.6)
        for k in range(whorls):
            t = (k + 0.6) / whorls
            level = top + t * tall * 0.93
            reach = tall * (0.03 + 0.21 * t) * (0.75 + 0.5 * rng.random())
            for side in (-1, 1):
                ends = np.linspace(0.10, 1, round(9 + 75 * reach))
                sag = 0.16 + 0.25 * t
                bx = cx + lean * (1 - t) * tall + side * reach * ends
                by = level + reach * (sag * ends**1.6 - 0.10 * ends)
                path = [(px * columns, py * columns) for px, py in zip(bx, by, strict=True)]
                draw.line(path, fill=255, width=max(1, round(0.0022 * columns)))
                for px, py in path:
                    for _ in range(5):
                        turn = np.pi / 2 - side * 0.5 + 0.28 * rng.standard_normal()
                        long = (0.010 + 0.014 * rng.random()) * columns * (tall / 0.4) ** 0.4
                        tip = (px + long * np.cos(turn), py + long * np.sin(turn))
                        on = lit if rng.random() < 0.15 + 0.11 * side else draw
                        on.line([(px, py), tip], fill=255, width=max(1, round(0.0012 * columns)))
    dark, light = (np.asarray(image, dtype=np.float32) / 255 for image in images)
    return dark, light
