"""The pyramid of scales: the sizes of a painting's canvases and the iterations on each. Numbers only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.painting.recipe import Quality, Recipe

COARSEST: Final = 128
"""Size of the smallest canvas, in pixels: below it the photo's structure is lost."""

MAX_RATIO: Final = 20
"""Longer over shorter side of a canvas, at most, as of a photo: narrower pictures are shown nowhere."""

SLACK: Final = 0.02
"""Doublings that a canvas may exceed without another scale: rounding to whole pixels makes up to 0.013."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One canvas of the plan, in pixels, and its iterations."""

    width: int
    height: int
    iterations: int

    @property
    def cost(self) -> float:
        """Megapixel-iterations."""
        return self.iterations * self.width * self.height / 1e6


def canvas(width: int, height: int, size: int) -> tuple[int, int]:
    """Return the canvas of ``size``² pixels in the photo's aspect ratio, never larger than the photo.

    Equal area: a panorama and a square of one size cost the same.
    """
    scale = min(1.0, size / math.sqrt(width * height))
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    # Rounding must not make a photo narrower than photos may be.
    return min(across, MAX_RATIO * down), min(down, MAX_RATIO * across)


_BUDGET: Final[dict[Quality, tuple[int, int]]] = {"draft": (40, 16), "normal": (60, 32), "fine": (64, 64)}
"""Iterations on the coarsest and on the finest canvas; those between lie on a line in the scale's number."""
_CLASSIC_ITERATIONS: Final[dict[Quality, int]] = {"draft": 100, "normal": 300, "fine": 1000}
"""Iterations of the classic method, on its one canvas."""


def plan(width: int, height: int, size: int, quality: Quality, *, classic: bool = False) -> tuple[Scale, ...]:
    """Plan the canvases for a photo of ``width`` × ``height`` pixels, from coarse to fine.

    Sizes grow by a common factor of about two at most, from :data:`COARSEST` to the final canvas. The classic
    method has the final canvas only.
    """
    final = canvas(width, height, size)
    if classic:
        return (Scale(*final, _CLASSIC_ITERATIONS[quality]),)
    top = math.sqrt(final[0] * final[1])
    steps = max(0, math.ceil(math.log2(top / COARSEST) - SLACK)) if top > COARSEST else 0
    coarse, fine = _BUDGET[quality]
    scales = []
    for step in range(steps + 1):
        done = step / steps if steps else 1.0
        at = final if step == steps else canvas(*final, round(COARSEST * (top / COARSEST) ** done))
        iterations = round(coarse + (fine - coarse) * done) if steps else coarse
        scales.append(Scale(*at, iterations))
    return tuple(scales)


def is_coarsest(scale: Scale) -> bool:
    """Tell a plan's first canvas, which is never larger than :data:`COARSEST`, from those that follow."""
    return math.log2(math.sqrt(scale.width * scale.height) / COARSEST) <= 2 * SLACK


def cost(scales: Iterable[Scale]) -> float:
    """Return the megapixel-iterations of a plan: the one number behind ETA and admission."""
    return sum(scale.cost for scale in scales)


def shape(scales: Sequence[Scale], recipe: Recipe) -> str:
    """Return a key that two paintings share if they can be painted in one pass."""
    final, method = scales[-1], "classic" if recipe.classic else recipe.statistic
    return f"{final.width}x{final.height}-{recipe.quality}-{method}-{recipe.optimizer}"


def smaller(scales: Sequence[Scale]) -> int | None:
    """Return the size of half as many pixels, for want of memory; None when that is too small to paint."""
    size = math.isqrt(scales[-1].width * scales[-1].height // 2)
    return size if size >= COARSEST else None
