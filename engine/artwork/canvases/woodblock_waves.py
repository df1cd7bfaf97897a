"""Woodblock waves: a sea of curling crests under a red sun, cut in lines and printed with a shaded sky."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.curves import Points, spline
from engine.artwork.fields import Array, Rng, fractal, grid, noise, smoothstep
from engine.artwork.palette import colours, ramp

if TYPE_CHECKING:
    from collections.abc import Callable

ASPECT = 0.8125

_INK = "#16233f"
_CREAM = "#f3e8cd"
_SHADE = "#a9c3cf"
_BLUES = ("#1b3564", "#2a4f86", "#e6dfc6", "#1d3d70", "#5d8fb3", "#16305a", "#8db4c4", "#24487c")
_SKY = colours("27467c", "7f9fb0", "e9dcb9", "f0cf9a", "e9a877", "efd9ae")

# One wave, its height 1 and its foot at 0: the back runs up to the tip of the hook, the face from the trough.
_BACK = np.array(
    [
        (-2.2, -0.12),
        (-1.5, 0.0),
        (-0.95, 0.26),
        (-0.5, 0.66),
        (-0.05, 0.95),
        (0.38, 1.0),
        (0.72, 0.80),
        (0.80, 0.52),
    ]
)
_FACE = np.array(
    [
        (1.7, -0.12),
        (0.95, -0.04),
        (0.36, 0.10),
        (0.08, 0.36),
        (0.06, 0.62),
        (0.26, 0.78),
        (0.55, 0.74),
        (0.80, 0.52),
    ]
)


def paint(size: int, seed: int = 1831) -> Image.Image:
    """Paint the print, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (2 * round(size * ASPECT), 2 * size)
    print_ = _Block(Image.fromarray((_sky(shape, rng) * 255).astype(np.uint8)), rng)
    print_.clouds()
    for i in range(7):
        near = i / 6
        foot = 0.44 + 0.42 * near**1.15
        high = 0.075 + 0.23 * near**1.3
        print_.swell(foot - 0.10 * high, high)
        count = round(1.25 / (1.75 * high)) + 1
        phase = (0.0, 0.55, 0.2, 0.75, 0.35, 0.9, 0.42)[i]
        for k in range(-1, count + 1):
            x = (k + phase + 0.12 * rng.standard_normal()) * 1.75 * high * 1.08
            print_.wave(x, foot + 0.01 * rng.standard_normal(), high * (0.85 + 0.3 * rng.random()))
    return finished(_pressed(np.asarray(print_.image, dtype=np.float32) / 255, rng))


def _sky(shape: tuple[int, int], rng: Rng) -> Array:
    """The sky, shaded by wiping the block (bokashi), with a sun."""
    x, y = grid(shape)
    sky = ramp(_SKY, np.clip(y / 0.47 + 0.02 * noise(shape, 0.3, rng), 0, 1))
    r = np.hypot(x - 0.70, y - 0.215)
    sun = ramp(colours("c8372b", "e2603a", "ef9a58"), np.clip((y - 0.12) / 0.25, 0, 1))
    disc = smoothstep(0.1155, 0.1145, r)[..., None]
    ring = (smoothstep(0.0022, 0.0010, np.abs(r - 0.115)) * 0.8)[..., None]
    sky = sky * (1 - disc) + sun * disc
    return np.asarray(sky * (1 - ring) + colours("7d1f22")[0] * ring, dtype=np.float32)


class _Block:
    """Shapes cut by hand, in canvas widths."""

    def __init__(self, image: Image.Image, rng: Rng) -> None:
        self.image = image
        self.rng = rng
        self._draw = ImageDraw.Draw(image)
        self._scale = image.width

    def _shape(self, points: Points, fill: str | None, line: float = 0.0015) -> None:
        flat = [tuple(p) for p in points * self._scale]
        if fill:
            self._draw.polygon(flat, fill=fill)
        if line:
            self._draw.line(
                [*flat, flat[0]], fill=_INK, width=max(1, round(line * self._scale)), joint="curve"
            )

    def _line(self, points: Points, line: float, colour: str = _INK) -> None:
        flat = [tuple(p) for p in points * self._scale]
        self._draw.line(flat, fill=colour, width=max(1, round(line * self._scale)), joint="curve")

    def _discs(self, centres: Points, radii: Points, colour: str) -> None:
        for (x, y), r in zip(centres * self._scale, radii * self._scale, strict=True):
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def clouds(self) -> None:
        """Bands of mist with round ends and contour lines, between wind lines."""
        rng = self.rng
        for _ in range(90):
            x, y = rng.random(), 0.02 + 0.44 * rng.random()
            t = np.linspace(0, 0.12 + 0.2 * rng.random(), 40)
            self._line(np.stack([x + t, y + 0.004 * np.sin(30 * t + 9 * y)], 1), 0.0011, "#5b6d86")
        starts = ((0.040, -0.12), (0.10, 0.28), (0.165, -0.20), (0.225, 0.06), (0.285, -0.22), (0.335, 0.12))
        for y, start in starts:
            x = start
            while x < 1.0:
                wide = 0.16 + 0.22 * rng.random()
                self._mist(x, y + 0.012 * rng.standard_normal(), wide)
                x += wide + 0.24 + 0.26 * rng.random()
        for _ in range(15):
            self._bird(0.12 + 0.5 * rng.random(), 0.06 + 0.27 * rng.random(), 0.012 + 0.012 * rng.random())

    def _bird(self, x: float, y: float, span: float) -> None:
        """A plover: two bent wings and a small body."""
        tilt = 0.35 * self.rng.standard_normal()
        wings = [(-1.0, 0.10), (-0.62, -0.42), (-0.18, -0.05), (0.0, -0.12), (0.28, -0.50), (0.95, -0.30)]
        wings += [(0.42, -0.12), (0.20, 0.16), (0.36, 0.26), (0.12, 0.30), (-0.16, 0.18), (-0.52, -0.08)]
        turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        self._shape((np.array(wings) @ turn) * span + (x, y), _CREAM, 0.0013)

    def _mist(self, x: float, y: float, wide: float) -> None:
        """One bank: a flat foot, a scalloped back, and the same line again inside, in two inks."""
        rng = self.rng
        lobes = max(8, round(wide / 0.013))
        t = np.linspace(0, 1, lobes)
        arch = np.sin(np.pi * np.clip(t, 0.05, 0.95)) ** 0.7
        radii = 0.011 + 0.017 * arch * (0.55 + 0.45 * np.abs(np.sin(t * wide * 42 + 6 * rng.random())))
        foot = np.stack([x + wide * t, np.full(lobes, y)], axis=1) - np.stack([0 * t, 0.6 * radii], axis=1)
        tones = ("#f6d9ae", "#f1c796", "#e9a877", "#cfdcd6")
        tone = tones[int(rng.integers(0, len(tones)))]
        inks = (
            (0.0, _INK, _CREAM),
            (0.0045, "#b9744c", tone),
            (0.0085, "#6f8fa3", "#f8ecd2"),
            (0.012, _INK, tone),
        )
        for shrink, ink, fill in inks:
            left = radii - shrink
            keep = left > 0.0055
            self._discs(foot[keep] + (0, 0.4 * shrink), left[keep] + 0.0013, ink)
            self._discs(foot[keep] + (0, 0.4 * shrink), left[keep], fill)
        for k in range(3):
            edge = np.stack(
                [x + wide * np.linspace(0.02 + 0.1 * k, 1.06 - 0.12 * k, 20), np.full(20, y)], axis=1
            )
            edge[:, 1] += 0.006 * k + 0.004
            self._line(edge, 0.0013, _INK if k == 0 else "#6f8fa3")

    def swell(self, y: float, high: float) -> None:
        """The water behind a row of waves: parallel lines of unequal weight, down to the picture's foot."""
        x = np.linspace(-0.01, 1.01, 160)
        phase = 6 * self.rng.random()
        top = y + 0.10 * high * np.sin(x * 3.2 / high + phase)
        gap = 0.055 * high + 0.003
        rows = int((ASPECT - y) / gap) + 3
        for k in range(min(rows, 46)):
            edge = top + k * gap + 0.02 * high * np.sin(x * 4.4 / high + phase + 0.35 * k)
            band = np.concatenate([np.stack([x, edge], 1), [(1.02, 1.0), (-0.02, 1.0)]])
            self._shape(band, _BLUES[k % len(_BLUES)], 0.0008 + 0.003 * high)

    def wave(self, x: float, y: float, high: float) -> None:
        """A wave that breaks to the right: striped body, scalloped foam, claws and spray."""
        rng = self.rng
        stretch = 0.94 + 0.12 * rng.random()

        def placed(points: Points) -> Points:
            return np.stack([x + points[:, 0] * high * 0.88 * stretch, y - points[:, 1] * high], axis=1)

        back, face = spline(_BACK, 90), spline(_FACE, 90)
        line = 0.0009 + 0.0045 * high
        edges = np.linspace(0, 1, round(11 + 38 * high)) ** 0.92
        first = int(rng.integers(0, len(_BLUES)))
        self._shape(placed(np.concatenate([back, face[::-1]])), _BLUES[0], 0)
        for k, (a, b) in enumerate(pairwise(edges.tolist())):
            left, right = back * (1 - a) + face * a, back * (1 - b) + face * b
            self._shape(placed(np.concatenate([left, right[::-1]])), _BLUES[(first + k) % len(_BLUES)], 0)
            self._line(placed(right), line * 0.55)
        self._line(placed(np.concatenate([back, face[::-1]])), line * 1.5)
        self._foam(placed, back, face, high, line)

    def _foam(
        self, placed: Callable[[Points], Points], back: Points, face: Points, high: float, line: float
    ) -> None:
        """Cream foam along the crest with claws that reach ahead and below, and drops above."""
        rng = self.rng
        centres: list[Points] = []
        radii: list[Points] = []
        for i in range(36, 90, 2):
            t = (i - 36) / 54
            inner = back[i] + (face[i] - back[i]) * 0.13
            centres.append((inner + 0.018 * rng.standard_normal(2))[None])
            radii.append(np.array([0.026 + 0.034 * np.sin(np.pi * min(1, t * 1.05)) + 0.012 * rng.random()]))
        where, size = placed(np.concatenate(centres)), np.concatenate(radii) * high
        self._discs(where, size + line, _INK)
        self._discs(where, size, _CREAM)
        self._discs(where + np.array([0.0, 0.016 * high]), size * 0.60, _SHADE)
        self._discs(where - (0.0, 0.004 * high), size * 0.55, _CREAM)
        for i in (*range(38, 84, 4), 82, 86, 89, 89):
            t = (i - 38) / 51
            lean = -0.55 - 1.15 * t + 0.25 * rng.standard_normal()
            origin = back[i] + (face[i] - back[i]) * 0.17
            for spread, share in ((-0.8, 0.7), (0.75, 0.75), (0.0, 1.0)):
                path, thick = _claw(
                    origin, lean + spread, share * (0.22 + 0.09 * rng.random() + 0.06 * t), rng
                )
                claw = placed(path)
                self._discs(claw, thick * share * high + 0.65 * line, _INK)
                self._discs(claw, thick * share * high, _CREAM)
                if high > 0.12:
                    self._line(claw[3:-6] + np.array([0.0, 0.012 * high]), 0.5 * line, _SHADE)
        count = 30
        spray = np.stack(
            [0.55 + 0.55 * rng.standard_normal(count), 1.08 + 0.16 * rng.standard_normal(count)], 1
        )
        dots = (0.007 + 0.017 * rng.random(count) ** 2) * high + 0.0005
        self._discs(placed(spray), dots + line * 0.5, _INK)
        self._discs(placed(spray), dots, _CREAM)


def _claw(origin: Points, lean: float, length: float, rng: Rng) -> tuple[Points, Points]:
    """A finger of foam as a row of shrinking discs along a hook; ``lean`` is its first direction (y up)."""
    t = np.linspace(0, 1, 22)
    bend = lean - (1.9 + 0.9 * rng.random()) * t**1.6
    step = length / len(t)
    path = origin + np.cumsum(np.stack([np.cos(bend), np.sin(bend)], axis=1) * step, axis=0)
    return path, 0.036 * (1 - t) ** 0.75 + 0.005


def _pressed(picture: Array, rng: Rng) -> Array:
    """The printing: wood grain that took the colour unevenly, and the paper's fibres and tone."""
    shape = (picture.shape[0], picture.shape[1])
    _, y = grid(shape)
    rings = 46 * (y + 0.05 * noise(shape, 0.35, rng, stretch=3) + 0.012 * noise(shape, 0.07, rng, stretch=5))
    grain = np.sin(6.28 * rings) * 0.5 + 0.5 * noise(shape, 0.0022, rng, stretch=28)
    fibres = fractal(shape, 0.008, 3, rng)
    worn = smoothstep(1.7, 2.9, fractal(shape, 0.004, 2, rng) + 0.35 * grain)
    paper = colours("efe2c4")[0]
    dark = 1 - picture.mean(axis=-1)
    picture = picture * (1 - 0.055 * grain * (0.5 + dark) - 0.030 * fibres)[..., None]
    share = (0.06 + 0.55 * worn * dark)[..., None]
    return np.asarray(picture * (1 - share) + paper * share, dtype=np.float32)
