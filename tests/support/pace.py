"""The pace of the workers in tests: the time that a painting takes does not depend on the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.painting.recipe import Quality

ITERATIONS: Final[Mapping[Quality, tuple[int, int]]] = {
    "draft": (10, 6),
    "normal": (20, 14),
    "fine": (3000, 3000),
}
"""Iterations on the coarsest and on the finest canvas, in place of the product's.

A normal painting takes five seconds and more on its first canvas and three on a second one; a fine one takes
minutes.
"""
PAUSE: Final = 0.25
"""Seconds after each iteration of a painting that is no draft."""
