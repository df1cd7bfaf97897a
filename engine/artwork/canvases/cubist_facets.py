"""Cubist facets: a guitar, a bottle and fruit on a café table, seen from many sides at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from engine.artwork.brush import Brush, Canvas, confined, scattered
from engine.artwork.cartoon import Cartoon
from engine.artwork.curves import Points, spline
from engine.artwork.fields import Array, Rng, Shape, grid, sample, smoothstep
from engine.artwork.palette import colours, from_oklab, mixed, to_oklab, varied

ASPECT = 0.875
_ANGLES = np.array([0.30, 0.95, 1.40, 1.85, 2.40, 2.85])
_FOCUS = (0.47, 0.47)
_INK = colours("1c1424")
_GLAZES = colours("e08a3a", "f2cf86", "1f6f80", "8f2f3a", "fbe8b8", "3fa09a", "2a2f5f", "e8b03a")


@dataclass(frozen=True, slots=True)
class _Plane:
    """A facet: its corners, the direction in which it fades, and how dark it is at the crisp side."""

    corners: Points
    fades: float
    depth: float
    glaze: int


def paint(size: int, seed: int = 1912) -> Image.Image:
    """Paint the canvas, ``size`` pixels wide."""
    rng = np.random.default_rng(seed)
    canvas = Canvas((round(size * ASPECT), size), _INK[0], rng)
    planes = [_plane(rng, wide) for wide in (0.42, 0.24, 0.15) for _ in range(round(14 / wide**0.85))]
    picture, angle, label = _broken(_still_life(canvas.shape), planes)
    # The facets themselves are laid flat and crisp; strokes then cross them, but never their edges.
    canvas.colour[:] = picture.reshape(-1, 3)
    everywhere = np.ones((64, 64), dtype=np.float32)[: round(64 * ASPECT)]
    for width, length, count, light in ((0.0075, 0.015, 14000, 0.02), (0.0042, 0.0105, 52000, 0.035)):
        x, y = scattered(everywhere, count, rng)
        brush = Brush(width, length, bristle=0.6, dry=0.5, load=0.9, taper=0.3, ridge=0.25, spread=0.2)
        x, y = confined(brush, x, y, angle, label)
        canvas.lay(brush, x, y, varied(sample(picture, x, y), rng, light=light, chroma=0.012), angle)
    _contours(canvas, planes)
    return canvas.lit(relief=0.9, gloss=0.08)


def _plane(rng: Rng, wide: float) -> _Plane:
    """A slanting quadrangle or triangle, more often near the middle."""
    at = np.array(_FOCUS) + rng.standard_normal(2) * (0.36, 0.33)
    turn = float(rng.choice(_ANGLES)) + 0.06 * rng.standard_normal()
    long, short = wide * (0.6 + 0.5 * rng.random()), wide * (0.25 + 0.35 * rng.random())
    skew, pinch = 0.5 * rng.standard_normal(), rng.random()
    right = (long * pinch + skew * short, short)
    corners = np.array([(-long, -short), (long, -short), right, (-long * 0.8, short)])
    c, s = np.cos(turn), np.sin(turn)
    flip = 1 if rng.random() < 0.5 else -1
    corners = at + 0.5 * corners * (1, flip) @ np.array([[c, s], [-s, c]])
    depth = float(rng.choice([-0.38, -0.26, 0.20, 0.30]))
    return _Plane(corners, turn + flip * np.pi / 2, depth, int(rng.integers(0, 3 * len(_GLAZES))))


def _broken(seen: Array, planes: list[_Plane]) -> tuple[Array, Array, Array]:
    """Each facet shows the objects from a little elsewhere, in a light of its own that fades across it.

    Returns:
        The picture, the direction of the strokes, and which facet is on top.
    """
    shape = (seen.shape[0], seen.shape[1])
    x, y = grid(shape)
    px, py = x.copy(), y.copy()
    light = np.zeros(shape, dtype=np.float32)
    label = np.zeros(shape, dtype=np.float32)
    angle = np.full(shape, 0.3, dtype=np.float32)
    glaze = np.zeros((*shape, 3), dtype=np.float32)
    share = np.zeros(shape, dtype=np.float32)
    for i, plane in enumerate(planes, 1):
        image = Image.new("1", (shape[1], shape[0]))
        ImageDraw.Draw(image).polygon([(float(a), float(b)) for a, b in plane.corners * shape[1]], fill=1)
        inside = np.nonzero(np.asarray(image))
        c, s = np.cos(plane.fades), np.sin(plane.fades)
        span = plane.corners @ (c, s)
        fade = 1 - (x[inside] * c + y[inside] * s - span.min()) / np.ptp(span)
        fade = np.clip(fade, 0, 1).astype(np.float32)
        px[inside] += np.float32(0.016 * np.sign(plane.depth) * s)
        py[inside] -= np.float32(0.016 * np.sign(plane.depth) * c)
        light[inside] = 0.55 * light[inside] + np.float32(plane.depth) * fade**1.4
        if plane.glaze < len(_GLAZES):
            glaze[inside] = _GLAZES[plane.glaze]
            share[inside] = 0.75 * fade
        label[inside] = i
        angle[inside] = np.float32(plane.fades)
    lab = to_oklab(mixed(sample(seen, px, py), glaze, share))
    lab[..., 0] = np.clip(lab[..., 0] + light, 0.16, 0.97)
    return from_oklab(lab), angle, label


def _contours(canvas: Canvas, planes: list[_Plane]) -> None:
    """A dark line along the crisp edge of every fourth facet, which runs dry."""
    rng = canvas.rng
    for plane in planes[::4]:
        a, b = plane.corners[:2]
        length = float(np.hypot(*(b - a)))
        brush = Brush(0.0034, length, bristle=0.7, dry=0.6, load=1.2, taper=0.7, spread=0.0)
        heading = np.full((2, 2), np.arctan2(b[1] - a[1], b[0] - a[0]), dtype=np.float32)
        place = ((a + b) / 2 + 0.001 * rng.standard_normal(2)).astype(np.float32)
        canvas.lay(brush, place[:1], place[1:], _INK, heading)


def _still_life(shape: Shape) -> Array:
    """The objects as they are, before they are broken."""
    x, y = grid(shape)
    wall = mixed(colours("e8b460")[0], colours("2f7f8a")[0], np.clip(1.3 * x - 0.25 + 0.3 * y, 0, 1))
    cartoon = Cartoon(mixed(wall, colours("efdcae")[0], smoothstep(0.4, 0.0, np.hypot(x - 0.2, y - 0.1))))
    cartoon.shape([(0.70, 0.0), (1.0, 0.0), (1.0, 0.44), (0.70, 0.40)], "2a4f66")  # window
    cartoon.shape([(0.73, 0.03), (0.85, 0.03), (0.85, 0.385), (0.73, 0.37)], "8fc0c0")
    cartoon.shape([(0.87, 0.03), (1.0, 0.03), (1.0, 0.41), (0.87, 0.39)], "f0d890")
    cartoon.shape([(-0.1, 0.62), (0.55, 0.50), (1.1, 0.60), (1.1, 1.0), (-0.1, 1.0)], "8a3a2a")  # table
    cartoon.shape([(0.08, 0.66), (0.62, 0.56), (0.88, 0.80), (0.30, 0.90)], "f2e6cc")  # newspaper
    for k in range(12):
        left, right = (0.13 + 0.013 * k, 0.675 + 0.016 * k), (0.60 + 0.018 * k, 0.585 + 0.016 * k)
        cartoon.line([left, right], 0.003, "4a4038")
    cartoon.shape([(0.03, 0.70), (0.22, 0.86), (0.12, 1.0), (-0.1, 0.86)], "2a3f8a")  # cloth
    _bottle(cartoon)
    _guitar(cartoon)
    for cx, cy, r, skin, glow in (
        (0.735, 0.665, 0.066, "b8331f", "f08a4a"), (0.845, 0.700, 0.060, "d8962a", "fbdc7a"),
        (0.785, 0.760, 0.056, "5f7f2f", "c4d05a"),
    ):  # fmt: skip
        cartoon.oval(cx + 0.018, cy + 0.03, 1.15 * r, 0.7 * r, "2f1a1a")
        cartoon.oval(cx, cy, r, r, skin)
        cartoon.oval(cx - 0.25 * r, cy - 0.3 * r, 0.5 * r, 0.45 * r, glow)
    return cartoon.picture()


def _bottle(cartoon: Cartoon) -> None:
    half = [(0.022, 0.10), (0.022, 0.235), (0.062, 0.30), (0.066, 0.60), (0.055, 0.625)]
    outline = [(0.20 - a, b) for a, b in half] + [(0.20 + a, b) for a, b in reversed(half)]
    cartoon.shape(outline, "1f5a48")
    shade = [(0.20, 0.10), (0.22, 0.10), (0.22, 0.235), (0.26, 0.30), (0.265, 0.61), (0.22, 0.62)]
    cartoon.shape(shade, "0f2f34")
    cartoon.line([(0.157, 0.32), (0.152, 0.57)], 0.012, "a8d8a8")
    cartoon.shape([(0.136, 0.40), (0.264, 0.40), (0.264, 0.52), (0.136, 0.52)], "f0d8a0")
    cartoon.line([(0.15, 0.44), (0.25, 0.44)], 0.010, "b8331f")
    cartoon.line([(0.15, 0.475), (0.24, 0.475)], 0.005, "3a2a2a")
    cartoon.shape([(0.176, 0.085), (0.224, 0.085), (0.224, 0.135), (0.176, 0.135)], "c83a26")


def _guitar(cartoon: Cartoon) -> None:
    """Leaning, its neck to the upper right; body coordinates are along and across the neck."""
    lean = -0.95

    def placed(points: Points) -> Points:
        c, s = np.cos(lean), np.sin(lean)
        return np.asarray(np.array([0.43, 0.57]) + points @ np.array([[c, s], [-s, c]]))

    side = np.array([
        (-0.245, 0.0), (-0.225, 0.105), (-0.13, 0.155), (-0.03, 0.125), (0.02, 0.095), (0.075, 0.098),
        (0.135, 0.112), (0.18, 0.075), (0.19, 0.0),
    ])  # fmt: skip
    body = spline(np.concatenate([side, side[-2:0:-1] * (1, -1)]), 120, closed=True)
    cartoon.shape(placed(body * 1.05) + np.array([0.026, 0.026]), "2a1838")
    cartoon.shape(placed(body * 1.03), "2a1420")
    cartoon.shape(placed(body * 0.96), "c8562a")
    cartoon.shape(placed(body * 0.88), "ee9a34")
    cartoon.shape(placed(body[:60] * 0.88), "fac45a")
    cartoon.shape(placed(np.array([(0.10, -0.022), (0.52, -0.018), (0.52, 0.018), (0.10, 0.022)])), "3a1c1a")
    cartoon.shape(placed(np.array([(0.51, -0.026), (0.60, -0.034), (0.60, 0.034), (0.51, 0.026)])), "a85a2a")
    hole = placed(np.array([(0.04, 0.0)]))[0]
    cartoon.oval(float(hole[0]), float(hole[1]), 0.056, 0.056, "f4e4b8")
    cartoon.oval(float(hole[0]), float(hole[1]), 0.047, 0.047, "1a0f14")
    bridge = np.array([(-0.155, -0.055), (-0.13, -0.055), (-0.13, 0.055), (-0.155, 0.055)])
    cartoon.shape(placed(bridge), "3a1c1a")
    for k in range(-2, 3):
        cartoon.line(placed(np.array([(-0.14, 0.0095 * k), (0.11, 0.008 * k)])), 0.0028, "fff2d0")
