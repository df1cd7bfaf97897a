"""Scalar and flow fields over a canvas: noise, blur, streamlines.

Lengths are in canvas widths unless a name says pixels: x runs from 0 to 1, y from 0 to height/width,
downwards. A field is a (rows, columns) array, float32 where its size matters.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array: TypeAlias = NDArray[np.floating[Any]]
Rng: TypeAlias = np.random.Generator
Shape: TypeAlias = tuple[int, int]


def grid(shape: Shape) -> tuple[Array, Array]:
    """Return x and y of every pixel's centre, in canvas widths."""
    rows, columns = shape
    x = (np.arange(columns, dtype=np.float32) + 0.5) / columns
    y = (np.arange(rows, dtype=np.float32) + 0.5) / columns
    return np.broadcast_to(x, shape), np.broadcast_to(y[:, None], shape)


def resize(field: Array, shape: Shape) -> Array:
    """Resize a field by bicubic interpolation."""
    image = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BICUBIC), dtype=np.float32)


def noise(shape: Shape, cell: float, rng: Rng, *, stretch: float = 1.0) -> Array:
    """Return value noise (interpolated random lattice values) of mean 0 and about unit deviation.

    ``cell`` is the lattice's pitch in canvas widths; ``stretch`` makes the cells that much longer in x.
    """
    rows, columns = shape
    pitch_y, pitch_x = cell * columns, cell * columns * stretch
    lattice = (int(rows / pitch_y) + 5, int(columns / pitch_x) + 5)
    values = rng.standard_normal(lattice).astype(np.float32)
    # A random phase keeps the lattices of several octaves from sharing their nodes.
    left, top = 1 + rng.random(), 1 + rng.random()
    box = (left, top, left + columns / pitch_x, top + rows / pitch_y)
    image = Image.fromarray(values).resize((columns, rows), Image.Resampling.BICUBIC, box=box)
    return np.asarray(image, dtype=np.float32) * np.float32(1.4)


def fractal(shape: Shape, cell: float, octaves: int, rng: Rng, *, stretch: float = 1.0) -> Array:
    """Sum octaves of value noise, each half as large and half as strong (fractional Brownian motion)."""
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        total += 0.5**octave * noise(shape, cell / 2**octave, rng, stretch=stretch)
    return np.asarray(total / np.float32(1.15))


def smoothstep(low: float, high: float, value: Array) -> Array:
    """Return 0 below ``low``, 1 above ``high``, a cubic between (falling if ``low`` > ``high``)."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def blur(field: Array, radius: float) -> Array:
    """Blur a field by three box means per axis: nearly a Gaussian of deviation ``radius`` pixels."""
    box = max(1, round((4 * radius**2 + 1) ** 0.5))
    box += 1 - box % 2
    if box == 1:
        return field
    half = box // 2
    out = field.astype(np.float64)
    for axis in (0, 1):
        pad = [(0, 0)] * out.ndim
        pad[axis] = (half + 1, half)
        for _ in range(3):
            total = np.cumsum(np.pad(out, pad, mode="edge"), axis=axis)
            length = out.shape[axis]
            high = total.take(range(box, box + length), axis=axis)
            out = (high - total.take(range(length), axis=axis)) / box
    return out.astype(np.float32)


def sample(field: Array, x: Array, y: Array) -> Array:
    """Return a field's values (nearest pixel) at points in canvas widths; outside, those of the border."""
    rows, columns = field.shape[:2]
    column = np.clip((x * columns).astype(np.int32), 0, columns - 1)
    row = np.clip((y * columns).astype(np.int32), 0, rows - 1)
    return np.asarray(field[row, column])


def vortex(x: Array, y: Array, at: tuple[float, float], radius: float, turn: float) -> tuple[Array, Array]:
    """Return a flow (u, v) that turns about a point and fades over ``radius``; ``turn`` < 0 is clockwise."""
    dx, dy = x - at[0], y - at[1]
    r2 = dx * dx + dy * dy
    force = turn * np.exp(-r2 / radius**2) / np.sqrt(r2 + 1e-6)
    return (dy * force).astype(np.float32), (-dx * force).astype(np.float32)


def streamlines(
    angle: Array, x: Array, y: Array, steps: int, step: float, *, middle: bool = True
) -> tuple[Array, Array]:
    """Trace paths (n, steps) through an angle field, by Euler steps of ``step`` canvas widths.

    The given points become the paths' middles, or their starts where ``middle`` is false.
    """
    before = steps // 2 if middle else 0
    path_x = np.empty((x.size, steps), dtype=np.float32)
    path_y = np.empty_like(path_x)
    for direction, reach in ((-1, before + 1), (1, steps - before)):
        px, py = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
        for i in range(reach):
            at = before + direction * i
            path_x[:, at], path_y[:, at] = px, py
            heading = sample(angle, px, py)
            px = np.asarray(px + direction * step * np.cos(heading))
            py = np.asarray(py + direction * step * np.sin(heading))
    return path_x, path_y


def advected(field: Array, angle: Array, distance: float, steps: int = 24) -> Array:
    """Average a field along the streamlines: noise becomes bands that follow the flow.

    A coarse line integral convolution (Cabral and Leedom 1993).
    """
    x, y = grid((field.shape[0], field.shape[1]))
    total = np.zeros_like(field)
    for direction in (-1, 1):
        px, py = x, y
        for _ in range(steps):
            heading = sample(angle, px, py)
            px = px + direction * distance / steps * np.cos(heading)
            py = py + direction * distance / steps * np.sin(heading)
            total += sample(field, px, py)
    return np.asarray(total / np.float32(2 * steps))


def distance(edges: NDArray[np.bool_]) -> Array:
    """Return the distance from every pixel to the nearest true one, in canvas widths.

    By jump flooding (Rong and Tan 2006): each pixel passes on the nearest true pixel known so far.
    """
    rows, columns = edges.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    near_x = np.where(edges, x, np.float32(-1e6))
    near_y = np.where(edges, y, np.float32(-1e6))
    best = np.hypot(near_x - x, near_y - y)
    jump = 1 << (max(rows, columns) - 1).bit_length()
    while jump := jump // 2:
        for dy in (-jump, 0, jump):
            for dx in (-jump, 0, jump):
                to = _overlap(rows, -dy), _overlap(columns, -dx)
                of = _overlap(rows, dy), _overlap(columns, dx)
                far = np.hypot(near_x[of] - x[to], near_y[of] - y[to])
                closer = far < best[to]
                best[to] = np.where(closer, far, best[to])
                near_x[to] = np.where(closer, near_x[of], near_x[to])
                near_y[to] = np.where(closer, near_y[of], near_y[to])
    return np.asarray(best / np.float32(columns))


def _overlap(length: int, shift: int) -> slice:
    """The part of an axis that stays on it when moved back by ``shift``."""
    return slice(min(max(shift, 0), length), max(min(length + shift, length), 0))
