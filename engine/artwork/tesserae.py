"""Tesserae: square stones in rows along a drawing's outlines (*opus vermiculatum*).

As in Hausner 2001 (*Simulating Decorative Mosaics*), a tile is a Voronoi cell in a square metric that is
turned with the direction field; here the centres are walked along the rows instead of relaxed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, hypot, sin

import numpy as np

from engine.artwork.cells import Labels
from engine.artwork.fields import Array, Rng, Shape


@dataclass(frozen=True, slots=True)
class Tiles:
    """Per pixel: its tile, its place in the tile (-0.5..0.5 along and across), its distance to the joint."""

    label: Labels
    along: Array
    across: Array
    joint: Array
    """Half of the difference between the second nearest and the nearest centre, in tile widths."""


def centres(depth: Array, pitch: float, rng: Rng) -> Array:
    """Return tile centres (n, 3) as x, y, angle, in rows at (k + ½)·pitch of ``depth``.

    ``depth`` is the distance to the drawing.
    """
    rows, columns = depth.shape
    bottom = rows / columns
    grow_y, grow_x = (g * columns for g in np.gradient(depth))
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    found: list[tuple[float, float, float]] = []

    def free(x: float, y: float, reach: float) -> bool:
        i, j = int(x / pitch), int(y / pitch)
        return all(
            hypot(x - px, y - py) > reach
            for di in (-1, 0, 1)
            for dj in (-1, 0, 1)
            for px, py in taken.get((i + di, j + dj), ())
        )

    def settled(x: float, y: float) -> tuple[float, float, float]:
        """The point moved to the middle of its row, and the row's direction there."""
        angle = 0.0
        target: float | None = None
        for _ in range(2):
            at = (min(max(int(y * columns), 0), rows - 1), min(max(int(x * columns), 0), columns - 1))
            here, gx, gy = float(depth[at]), float(grow_x[at]), float(grow_y[at])
            norm = hypot(gx, gy)
            if target is None:
                target = (int(here / pitch) + 0.5) * pitch
            if norm > 0.3:
                x += (target - here) * gx / norm
                y += (target - here) * gy / norm
            angle = atan2(gx, -gy)
        return x, y, angle

    def add(x: float, y: float, angle: float) -> None:
        taken.setdefault((int(x / pitch), int(y / pitch)), []).append((x, y))
        found.append((x, y, angle))

    # Rows nearest to the drawing are laid first, as a mosaicist does.
    tries = rng.random((round(14 * bottom / pitch**2), 2)) * (1, bottom)
    order = np.argsort(
        depth[(tries[:, 1] * columns).astype(int), (tries[:, 0] * columns).astype(int)] // pitch,
        kind="stable",
    )
    for start_x, start_y in tries[order].tolist():
        x, y, angle = settled(start_x, start_y)
        if not free(x, y, 0.86 * pitch):
            continue
        add(x, y, angle)
        for way in (1, -1):
            px, py, heading = x, y, angle
            while True:
                qx, qy, turned = settled(px + way * pitch * cos(heading), py + way * pitch * sin(heading))
                if not (
                    -pitch < qx < 1 + pitch and -pitch < qy < bottom + pitch and free(qx, qy, 0.80 * pitch)
                ):
                    break
                add(qx, qy, turned)
                px, py, heading = qx, qy, turned
    return np.array(found, dtype=np.float32)


def laid(places: Array, pitch: float, shape: Shape) -> Tiles:
    """Return the tiles around their centres, for a picture of this shape."""
    rows, columns = shape
    first = np.full(shape, 9, dtype=np.float32)
    second = np.full(shape, 9, dtype=np.float32)
    label = np.zeros(shape, dtype=np.int32)
    along = np.zeros(shape, dtype=np.float32)
    across = np.zeros(shape, dtype=np.float32)
    reach = int(1.5 * pitch * columns) + 1
    unit = np.float32(1 / (pitch * columns))
    for i, (x, y, angle) in enumerate(places.tolist()):
        row, column = int(y * columns), int(x * columns)
        top, left = max(0, row - reach), max(0, column - reach)
        window = (slice(top, max(top, row + reach)), slice(left, max(left, column + reach)))
        dy = (np.arange(top, min(rows, row + reach), dtype=np.float32) - np.float32(y * columns)) * unit
        dx = (
            np.arange(left, min(columns, column + reach), dtype=np.float32) - np.float32(x * columns)
        ) * unit
        if not (dx.size and dy.size):
            continue
        c, s = np.float32(cos(angle)), np.float32(sin(angle))
        t = dx[None, :] * c + dy[:, None] * s
        n = dy[:, None] * c - dx[None, :] * s
        far = np.maximum(np.abs(t), np.abs(n))
        before, closer = first[window], far < first[window]
        second[window] = np.where(closer, before, np.minimum(second[window], far))
        np.copyto(along[window], t, where=closer)
        np.copyto(across[window], n, where=closer)
        np.copyto(label[window], np.int32(i), where=closer)
        first[window] = np.where(closer, far, before)
    return Tiles(label, along, across, (second - first) / 2)
