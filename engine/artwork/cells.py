"""Cells: jittered lattices whose Voronoi cells become panes and tiles (Worley 1996)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.artwork.fields import Array, Rng

Labels: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Cells:
    """Per pixel: the cell (a 16-bit hash), and the distance to its edge in lattice units."""

    label: Labels
    edge: Array


def cells(
    u: Array,
    v: Array,
    rng: Rng,
    *,
    jitter: float = 0.7,
    kind: Labels | None = None,
    around: Labels | None = None,
) -> Cells:
    """Return the Voronoi cells of a jittered lattice of pitch 1 over the coordinates u, v.

    ``kind`` keeps the lattices of several regions apart; where ``around`` is not 0, the lattice closes after
    that many columns, as needed when u is an angle.
    """
    salt = 0 if kind is None else kind * np.int32(83492791)
    table = rng.random((65536, 2)).astype(np.float32)
    base_u, base_v = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    first = np.full(u.shape, 9.0, dtype=np.float32)
    second = np.full(u.shape, 9.0, dtype=np.float32)
    label = np.zeros(u.shape, dtype=np.int32)
    for dv in (-1, 0, 1):
        for du in (-1, 0, 1):
            cell_u, cell_v = base_u + du, base_v + dv
            name_u = (
                cell_u if around is None else np.where(around > 0, cell_u % np.maximum(around, 1), cell_u)
            )
            name = (name_u * 7919 ^ cell_v * 104729 ^ salt) & 0xFFFF
            place = 0.5 + jitter * (table[name] - 0.5)
            # Every other row is shifted by half a cell, as bricks are.
            shift = np.where(cell_v & 1, np.float32(0.5), np.float32(0))
            near = np.hypot(cell_u + shift + place[..., 0] - u, cell_v + place[..., 1] - v)
            closer = near < first
            second = np.where(closer, first, np.minimum(second, near))
            label = np.where(closer, name, label)
            first = np.where(closer, near, first)
    return Cells(label.astype(np.int32), ((second - first) / 2).astype(np.float32))
