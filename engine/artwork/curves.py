"""Curves for drawn shapes: points are (n, 2) arrays."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.float64]


def spline(points: Points, count: int, *, closed: bool = False) -> Points:
    """Return ``count`` points on a Catmull–Rom spline (Catmull and Rom 1974) through the given points."""
    if closed:
        padded = np.concatenate([points[-1:], points, points[:2]])
    else:
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    pieces = len(padded) - 3
    at = np.linspace(0, pieces * (1 - 1e-9), count)
    i, t = at.astype(int), (at % 1)[:, None]
    a, b, c, d = (padded[i + k] for k in range(4))
    return np.asarray(
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    )
