"""Mosaic: three fish circle a lotus; stones follow every outline, with gold that catches the light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from engine.artwork.brush import finished
from engine.artwork.curves import Points, spline
from engine.artwork.fields import blur, distance, fractal, noise, sample, smoothstep
from engine.artwork.palette import colours, varied
from engine.artwork.tesserae import centres, laid

if TYPE_CHECKING:
    from collections.abc import Callable

ASPECT = 0.875
_PITCH = 0.0134
_DRAWING = 768

# For each kind of shape, its stones from the outline inwards.
_WATER, _GILT, _PAD, _PETAL, _SEPAL, _HEART, _FIN, _EYE, _FISH = range(9)
_STONES = {
    _WATER: colours(
        "9bdcda", "10357a", "165299", "1f7cba", "34a3c8", "6bcbcd", "b7e4d6", "3aa5c4", "175f9f", "0f3a7c",
        "1b6fae", "45b0c4", "8fd6cf", "2b97c0", "134a8e",
    ),
    _GILT: colours("d9a62e", "f2cf63"),
    _PAD: colours("0e3b2a", "1f7a45", "57a845", "a9cf54", "e2e27a", "57a845"),
    _PETAL: colours("f58bb0", "fdc9d8", "fff1ec"),
    _SEPAL: colours("a81f5c", "e8559a", "f9b3d6", "fff1fb"),
    _HEART: colours("c9861a", "f7c93e", "fff0a8"),
    _FIN: colours("a3231a", "f08a2a", "ffd98a", "f08a2a"),
    _EYE: colours("0c0f1e", "0c0f1e"),
    _FISH: colours("6e1018", "d8301f", "f4642a", "fb9b34", "fec95a", "fff0c4", "ffffff"),
    _FISH + 1: colours("6b3a0a", "c98a1a", "f0b52c", "fcd85c", "fff0a4", "fffbe0", "fffdf0"),
    _FISH + 2: colours("241a5a", "6a3aa8", "a866cc", "e6a0d4", "fde0e6", "fffaf6", "ffffff"),
}  # fmt: skip
_GOLD = (_GILT, _HEART, _FISH + 1)


def paint(size: int, seed: int = 547) -> Image.Image:
    """Paint the floor, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    shape = (2 * round(size * ASPECT), 2 * size)
    drawing = _drawing()
    outline = np.zeros(drawing.shape, dtype=bool)
    outline[:, 1:] |= drawing[:, 1:] != drawing[:, :-1]
    outline[1:] |= drawing[1:] != drawing[:-1]
    depth = blur(distance(outline), 0.8)
    places = centres(depth, _PITCH, rng)
    kind = sample(drawing.astype(np.float32), places[:, 0], places[:, 1]).astype(np.int32)
    row = (sample(depth, places[:, 0], places[:, 1]) / _PITCH).astype(np.int32)
    stones = np.zeros((len(places), 3), dtype=np.float32)
    for key, stops in _STONES.items():
        here = kind == key
        order = row[here] + (rng.random(int(here.sum())) < 0.14) * rng.integers(-1, 2, int(here.sum()))
        cycle = len(stops) - 1
        index = (
            np.where(order <= 0, 0, 1 + (order - 1) % cycle) if key == _WATER else np.clip(order, 0, cycle)
        )
        stones[here] = stops[index]
    stones = varied(stones, rng, light=0.035, chroma=0.016)
    gold = np.isin(kind, _GOLD)

    tiles = laid(places, _PITCH, shape)
    tilt = rng.standard_normal((len(places), 2)).astype(np.float32) * np.where(gold, 0.42, 0.16)[:, None]
    lean = tilt[tiles.label].astype(np.float32)
    worn = fractal(shape, 0.006, 3, rng)
    stone = smoothstep(0.035, 0.075, tiles.joint + 0.010 * worn)
    height = smoothstep(0.03, 0.20, tiles.joint) + 0.05 * worn
    slope_y, slope_x = (g * np.float32(shape[1] / 2048) for g in np.gradient(blur(height, 1.0)))
    shade = np.tanh(2.6 * (slope_x + slope_y)) + 0.9 * (
        lean[..., 0] * tiles.along + lean[..., 1] * tiles.across
    )
    facet = lean.sum(axis=-1)
    colour = 1.06 * stones[tiles.label] * (1 + 0.45 * shade + 0.05 * worn + 0.22 * np.tanh(facet))[..., None]
    glint = gold[tiles.label] * np.clip(facet - 0.35, 0, 1) * 0.55
    colour = colour + glint[..., None] * colours("fff3c0")[0]
    grout = colours("3b3029")[0] * (1 + 0.22 * noise(shape, 0.003, rng))[..., None]
    return finished((colour * stone[..., None] + grout * (1 - stone)[..., None]).astype(np.float32))


def _drawing() -> NDArray[np.uint8]:
    """The cartoon: one kind of shape per pixel."""
    rows = round(_DRAWING * ASPECT)
    image = Image.new("L", (_DRAWING, rows), _WATER)
    draw = ImageDraw.Draw(image)

    def shape(points: Points, kind: int) -> None:
        draw.polygon([tuple(p) for p in points * _DRAWING], fill=kind)

    for x, y, wide, lean in (
        (0.36, 0.050, 0.30, 0.0), (0.955, 0.365, 0.22, 1.5), (0.56, 0.840, 0.26, 0.0),
        (0.045, 0.500, 0.22, 1.6), (0.745, 0.030, 0.16, 0.1), (0.955, 0.850, 0.12, -0.5),
        (0.035, 0.040, 0.12, -0.7), (0.27, 0.845, 0.14, 0.1),
    ):  # fmt: skip
        shape(_ripple(wide, lean) + np.array([x, y]), _GILT)
    for x, y, r, gap in (
        (0.165, 0.17, 0.075, 0.6),
        (0.845, 0.70, 0.08, 3.6),
        (0.85, 0.155, 0.058, 2.2),
        (0.15, 0.735, 0.055, 5.2),
    ):
        turn = np.linspace(gap + 0.25, gap + 2 * np.pi - 0.25, 60)
        pad = np.stack([x + r * np.cos(turn), y + r * np.sin(turn)], 1)
        shape(np.concatenate([pad, [(x + 0.2 * r * np.cos(gap), y + 0.2 * r * np.sin(gap))]]), _PAD)
    middle = np.array([0.5, ASPECT / 2])
    for i in range(3):
        _fish(shape, middle, 2 * np.pi * i / 3 + 0.35, _FISH + i)
    for ring, (count, far, wide) in enumerate(((8, 0.140, 0.052), (6, 0.082, 0.044))):
        for k in range(count):
            to = 2 * np.pi * (k + 0.5 * ring) / count
            shape(middle + _petal(to, far, wide), (_PETAL, _SEPAL)[(k + ring) % 2])
    left, top = (middle - 0.028) * _DRAWING
    right, bottom = (middle + 0.028) * _DRAWING
    draw.ellipse((left, top, right, bottom), fill=_HEART)
    return np.asarray(image)


def _ripple(wide: float, lean: float) -> Points:
    """A wave of gold, two stones thick."""
    t = np.linspace(-0.5, 0.5, 30)
    along = wide * t
    crest = 0.013 * np.cos(60 * along + 3 * lean)
    thick = 0.92 * _PITCH * np.cos(np.pi * t) ** 0.3
    x = np.concatenate([along, along[::-1]])
    y = np.concatenate([crest - thick, (crest + thick)[::-1]])
    return np.stack([x * np.cos(lean) - y * np.sin(lean), x * np.sin(lean) + y * np.cos(lean)], axis=1)


def _petal(turn: float, far: float, wide: float) -> Points:
    t = np.linspace(0, 1, 20)
    side = wide * np.sin(np.pi * t**0.8)
    along = np.concatenate([t, t[::-1]]) * far
    across = np.concatenate([side, -side[::-1]])
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([along * c - across * s, along * s + across * c], axis=1)


def _fish(shape: Callable[[Points, int], None], middle: Points, start: float, kind: int) -> None:
    """A fish on an arc around the middle, head first in the sense of growing angle."""
    radius = 0.275

    def bent(along: Points, across: Points) -> Points:
        """Body coordinates, in canvas widths from the tail's root and outwards, onto the arc."""
        turn = start + along / radius
        reach = radius + across + 0.018 * np.sin(along * 22)
        return middle + np.stack([reach * np.cos(turn), reach * np.sin(turn) * 0.97], axis=1)

    def part(points: list[tuple[float, float]], side: int = 1) -> Points:
        outline = spline(np.array(points), 60, closed=True)
        return bent(outline[:, 0], outline[:, 1] * side)

    t = np.linspace(0, 1, 60)
    long = 0.385
    tail = [(0.05, 0.0), (-0.01, 0.020), (-0.07, 0.072), (-0.135, 0.098), (-0.115, 0.050), (-0.075, 0.012)]
    shape(part([*tail, *((along, -across) for along, across in reversed(tail[1:]))]), _FIN)
    for side in (1, -1):
        shape(part([(0.30, 0.03), (0.245, 0.085), (0.165, 0.118), (0.150, 0.095), (0.22, 0.03)], side), _FIN)
        shape(part([(0.15, 0.02), (0.10, 0.055), (0.055, 0.062), (0.085, 0.02)], side), _FIN)
    half = 0.064 * np.sin(np.pi * t**1.35) ** 0.72 + 0.010 * (1 - t) ** 2
    shape(np.concatenate([bent(long * t, half), bent(long * t[::-1], -half[::-1])]), kind)
    eye = np.linspace(0, 2 * np.pi, 20)
    for side in (1, -1):
        shape(bent(long * 0.89 + 0.0085 * np.cos(eye), side * 0.026 + 0.0085 * np.sin(eye)), _EYE)
