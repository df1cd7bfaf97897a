"""Wet paint on a canvas: opaque bristle strokes with a height, lit from the upper left.

Strokes are long, curved and laid from large to small as in Hertzmann 1998 (*Painterly Rendering with Curved
Brush Strokes of Multiple Sizes*); the paint's height and its lighting follow Hertzmann 2002 (*Fast Paint
Texture*).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from engine.artwork.fields import Array, Rng, Shape, blur, noise, sample, streamlines

_SUPERSAMPLE = 2
_SAMPLES_PER_CHUNK = 400_000


@dataclass(frozen=True, slots=True)
class Brush:
    """A tool. Lengths are in canvas widths, the rest are shares from 0 to 1."""

    width: float
    length: float
    bristle: float = 0.5
    """Visibility of single hairs: in colour, in height and as gaps."""
    dry: float = 0.35
    """Share of the tail that runs out of paint."""
    load: float = 1.0
    """Height of the paint, in the brush's own unit: 1 is rich, 0.3 thin."""
    taper: float = 0.5
    """Narrowing of the ends: 0 is a flat knife, 1 a pointed brush."""
    ridge: float = 0.3
    """Paint squeezed out to both sides, as by a knife."""
    spread: float = 0.25
    """Deviation of widths and lengths between strokes."""
    grain: float = 0.0
    """Share of the surface's tooth that a dry stick leaves bare: 0 none, as with paint, 0.5 half."""


class Canvas:
    """Colour (rows·columns, 3) and height (rows·columns) at twice the final resolution."""

    def __init__(self, size: Shape, ground: Array, rng: Rng) -> None:
        self.rows, self.columns = size[0] * _SUPERSAMPLE, size[1] * _SUPERSAMPLE
        self.rng = rng
        self.colour = np.tile(ground.astype(np.float32), (self.rows * self.columns, 1))
        self.height = np.zeros(self.rows * self.columns, dtype=np.float32)
        self._top = np.zeros(self.rows * self.columns, dtype=np.int32)
        # Hairs: noise that is fine across the stroke (rows) and long along it (columns).
        hairs = noise((256, 2048), 1.6 / 2048, rng, stretch=60) + 0.6 * noise(
            (256, 2048), 4 / 2048, rng, stretch=30
        )
        self._hairs = (0.5 + 0.5 * np.tanh(hairs * 0.8)).astype(np.float32)

    @property
    def shape(self) -> Shape:
        """Rows and columns of the work in progress."""
        return self.rows, self.columns

    @cached_property
    def tooth(self) -> Array:
        """The roughness of the surface, per pixel from 0 (a pit) to 1, evenly spread."""
        rng = np.random.default_rng(self.rows)
        bumps = noise(self.shape, 1.7 / 1024, rng) + 0.6 * noise(self.shape, 2.6 / 1024, rng)
        ranks = np.searchsorted(np.sort(bumps.ravel()[::7]), bumps.ravel()) / (bumps.size / 7)
        return ranks.astype(np.float32)

    def lay(self, brush: Brush, x: Array, y: Array, rgb: Array, angle: Array, *, middle: bool = True) -> None:
        """Strokes through points (n), with colours (n, 3), along an angle field; later ones cover earlier."""
        if x.size == 0:
            return
        spread = np.exp(brush.spread * self.rng.standard_normal((2, x.size)).astype(np.float32)).clip(
            0.6, 1.3
        )
        widths = brush.width * spread[0]
        lengths = spread[1] / spread[1].max()
        pixel = 1 / self.columns
        steps = max(4, int(brush.length * spread[1].max() / pixel))
        across = max(3, int(widths.max() / (0.72 * pixel)))
        stride = 3
        coarse = streamlines(angle, x, y, steps // stride + 2, stride * pixel, middle=middle)
        chunk = max(1, _SAMPLES_PER_CHUNK // (steps * across))
        for i in range(0, x.size, chunk):
            part = slice(i, i + chunk)
            px, py = (_refined(path[part], steps, stride) for path in coarse)
            self._drag(brush, px, py, widths[part], lengths[part], rgb[part], across)

    def _drag(
        self, brush: Brush, px: Array, py: Array, widths: Array, lengths: Array, rgb: Array, across: int
    ) -> None:
        """Rasterise ribbons by scattering samples (n, steps, across), dense enough to leave no holes."""
        count, steps = px.shape
        rng, hairs = self.rng, self._hairs
        along = np.linspace(-1, 1, steps, dtype=np.float32)[None, :] / lengths[:, None]
        side = np.linspace(-1, 1, across, dtype=np.float32)
        tangent_x, tangent_y = np.gradient(px, axis=1), np.gradient(py, axis=1)
        profile = np.sqrt(np.clip(1 - np.abs(along) ** 3, 0, 1)) ** brush.taper
        half = 0.5 * self.columns * widths[:, None] * profile
        half = half / (np.sqrt(tangent_x**2 + tangent_y**2) + 1e-9)
        column = ((px * self.columns)[..., None] - (tangent_y * half)[..., None] * side).astype(np.int32)
        row = ((py * self.columns)[..., None] + (tangent_x * half)[..., None] * side).astype(np.int32)

        hair_row = rng.integers(0, hairs.shape[0], (count, 1, 1)) + np.arange(across)[None, None, :]
        hair_column = rng.integers(0, hairs.shape[1], (count, 1, 1)) + np.arange(steps)[None, :, None]
        hair = hairs[hair_row % hairs.shape[0], hair_column % hairs.shape[1]]

        # Paint runs out towards the tail (+1) and at the brush's edges, first between the hairs.
        run_out = np.clip((along - (1 - 2 * brush.dry)) / (2 * brush.dry + 1e-6), 0, 1) ** 2
        start = np.clip((-0.94 - along) / 0.06, 0, 1)
        need = np.maximum(0.9 * brush.bristle * run_out, 0.8 * start)[..., None]
        need = need + (0.35 * brush.bristle) * np.abs(side) ** 6
        inside = hair > need
        inside &= (np.abs(along) <= 1)[..., None]
        inside &= (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)

        if brush.grain:
            place = np.clip(row, 0, self.rows - 1) * self.columns + np.clip(column, 0, self.columns - 1)
            inside &= self.tooth[place] > brush.grain * (0.7 + 0.6 * hair)

        # Of all samples on one pixel only the last shows; numpy's assignment keeps exactly that one.
        samples = np.flatnonzero(inside)
        at = row.ravel()[samples] * self.columns + column.ravel()[samples]
        self._top[at] = samples
        samples = samples[self._top[at] == samples]
        at = row.ravel()[samples] * self.columns + column.ravel()[samples]
        path, column = np.divmod(samples, across)
        seen = hair.ravel()[samples]
        streak = (seen - 0.5) * brush.bristle
        self.colour[at] = rgb[path // steps] * (1 + 0.42 * streak)[:, None] + (0.05 * streak)[:, None]
        relief = 1 + brush.bristle * (1.2 * seen - 0.6)
        relief *= (1 + brush.ridge * (2.2 * side**4 - 1))[column] * (1 - 0.7 * run_out).ravel()[path]
        self.height[at] = 0.45 * self.height[at] + brush.load * relief

    def lit(self, *, relief: float = 1.0, gloss: float = 0.12) -> Image.Image:
        """The picture under a lamp at the upper left: diffuse shading of the relief, and a little gloss."""
        height = blur(self.height.reshape(self.shape), 0.6)
        # Heights are in brush units; a slope is the same on a small canvas and on a large one.
        slope_y, slope_x = (g * np.float32(relief * self.columns / 2048) for g in np.gradient(height))
        shade = np.tanh((slope_x * 0.75 + slope_y) * 1.3)
        colour = self.colour.reshape(*self.shape, 3)
        lit = colour * (1 + 0.5 * shade)[..., None]
        lit += (gloss * np.clip(shade - 0.25, 0, 1) ** 1.5)[..., None]
        return finished(lit)


def finished(rgb: Array) -> Image.Image:
    """Work at twice the resolution as the final image: 2×2 means, 8 bits."""
    rows, columns, _ = rgb.shape
    small = rgb.reshape(rows // _SUPERSAMPLE, _SUPERSAMPLE, columns // _SUPERSAMPLE, _SUPERSAMPLE, 3).mean(
        axis=(1, 3)
    )
    return Image.fromarray((np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8))


def scattered(mask: Array, count: int, rng: Rng) -> tuple[Array, Array]:
    """``count`` points (before the mask) over a field, one per cell of a jittered lattice, shuffled.

    A point is kept with the probability that the mask gives at its place.
    """
    rows, columns = mask.shape
    pitch = (rows / columns / count) ** 0.5
    nx, ny = round(1 / pitch), round(rows / columns / pitch)
    cell_x, cell_y = np.meshgrid(np.arange(nx), np.arange(ny))
    x = (cell_x.ravel() + rng.random(nx * ny)) / nx
    y = (cell_y.ravel() + rng.random(nx * ny)) / ny * rows / columns
    probability = mask[
        np.clip((y * columns).astype(int), 0, rows - 1), np.clip((x * columns).astype(int), 0, columns - 1)
    ]
    keep = np.flatnonzero(rng.random(x.size) < probability)
    keep = rng.permutation(keep)
    return x[keep].astype(np.float32), y[keep].astype(np.float32)


def confined(brush: Brush, x: Array, y: Array, angle: Array, label: Array) -> tuple[Array, Array]:
    """Of the strokes through these points those that stay within one region of ``label``."""
    turn, own = sample(angle, x, y), sample(label, x, y)
    c, s = brush.length * np.cos(turn), brush.length * np.sin(turn)
    u, v = -brush.width * np.sin(turn), brush.width * np.cos(turn)
    keep = np.ones(x.size, dtype=bool)
    for along, across in ((-0.55, 0.45), (-0.55, -0.45), (0.55, 0.45), (0.55, -0.45), (0, 0.5), (0, -0.5)):
        keep &= sample(label, x + along * c + across * u, y + along * s + across * v) == own
    return x[keep], y[keep]


def _refined(path: Array, steps: int, stride: int) -> Array:
    """A path's coordinate (n, coarse) at ``steps`` points, ``stride`` times as dense."""
    index, part = np.divmod(np.arange(steps), stride)
    weight = (part / stride).astype(np.float32)
    return (path[:, index] * (1 - weight) + path[:, index + 1] * weight).astype(np.float32)
