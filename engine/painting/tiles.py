"""Tiles of a large canvas, which overlap so far that no seam shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from torch import Tensor

STRIDE: Final = 16
"""Pixels to one place of the deepest layer: tiles begin at its multiples."""


@dataclass(frozen=True, slots=True)
class Span:
    """One tile along one axis, in pixels: the window that is evaluated, and the core that counts."""

    start: int
    stop: int
    core_start: int
    core_stop: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a canvas."""

    rows: Span
    columns: Span

    @property
    def pixels(self) -> int:
        """Of the window."""
        return (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)

    def window(self, image: Tensor) -> Tensor:
        """Cut the window, a view, out of an …×H×W image."""
        return image[..., self.rows.start : self.rows.stop, self.columns.start : self.columns.stop]

    def core(self, activations: Tensor, stride: int) -> Tensor:
        """Cut the core out of the window's activations, one place to ``stride`` pixels."""
        top, bottom = _places(self.rows, stride, self.rows.start)
        left, right = _places(self.columns, stride, self.columns.start)
        return activations[..., top:bottom, left:right]

    def part(self, activations: Tensor, stride: int) -> Tensor:
        """Cut the core's places out of the whole canvas's activations."""
        top, bottom = _places(self.rows, stride, 0)
        left, right = _places(self.columns, stride, 0)
        return activations[..., top:bottom, left:right]


def lay(height: int, width: int, side: int, reach: int) -> Iterator[Tile]:
    """Lay tiles over a canvas, all in pixels.

    Args:
        height: of the canvas.
        width: of the canvas.
        side: longest side of a window; it is exceeded only if the surroundings alone leave no room.
        reach: pixels of its neighbours in a window, on each side, a multiple of :data:`STRIDE`.
    """
    for rows in _spans(height, side, reach):
        for columns in _spans(width, side, reach):
            yield Tile(rows, columns)


def _spans(length: int, side: int, reach: int) -> Iterator[Span]:
    """Cut an axis into windows of one length, the last at most as long; each begins on a place of all layers.

    The outermost windows have surroundings on one side only, so their cores are larger by as much.
    """
    inner = max(side // STRIDE * STRIDE - 2 * reach, STRIDE)
    count = 1 if length <= side else math.ceil((length - 2 * reach) / inner)
    core = length if count == 1 else math.ceil((length - 2 * reach) / count / STRIDE) * STRIDE
    begin = 0
    for start in range(0, length, core):
        stop = start + core + 2 * reach
        end = length if stop >= length else stop - reach
        yield Span(start, min(stop, length), begin, end)
        if end == length:
            return
        begin = end


def _places(span: Span, stride: int, origin: int) -> tuple[int, int]:
    """Return the core's places; the last of a layer may stand for fewer pixels than the others."""
    return (span.core_start - origin) // stride, math.ceil((span.core_stop - origin) / stride)
