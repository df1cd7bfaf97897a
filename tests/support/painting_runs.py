"""Small paintings, painted to their end, and what they are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.faces import FaceFinder
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting

COARSE: Final = (49, 33)
FINE: Final = (96, 64)
"""The two canvases of a small plan for a photo of :data:`FINE` pixels."""


@contextmanager
def small_plan(coarse: int, fine: int) -> Iterator[None]:
    """Let a draft begin at 40 pixels, with so many iterations on the coarsest and on the finest canvas."""
    with (
        mock.patch.object(scales, "COARSEST", 40),
        mock.patch.dict(scales._BUDGET, {"draft": (coarse, fine)}),
    ):
        yield


@dataclass(frozen=True)
class Run:
    """A finished pass and the way to it."""

    marks: list[tuple[float, int, int, int, bool]] = field(default_factory=list)
    """done, scale, scales, iteration, finishes_scale of every step."""
    style: list[float] = field(default_factory=list)
    checkpoints: list[list[bytes]] = field(default_factory=list)
    """One of each commission for each scale."""
    first: list[Image.Image] = field(default_factory=list)
    """The canvases after one iteration."""
    paintings: list[Painting] = field(default_factory=list)

    @property
    def image(self) -> Image.Image:
        """The only painting's."""
        (painting,) = self.paintings
        return painting.image

    @property
    def facts(self) -> dict[str, Any]:
        """The only painting's."""
        (painting,) = self.paintings
        return painting.facts

    def facts_of(self, name: str) -> list[Any]:
        """One fact of every painting."""
        return [painting.facts[name] for painting in self.paintings]


def draft(**settings: Any) -> Recipe:
    """Give a recipe for a small and quick painting."""
    return Recipe(**{"size": 128, "quality": "draft", **settings})


def finish(
    network: Network,
    *commissions: Commission,
    memory: int | None = None,
    finder: FaceFinder | None = None,
    watch: Callable[[Step], object] = lambda step: None,
) -> Run:
    """Paint to the end."""
    run, number = Run(), len(commissions)
    for step in paint(network, *commissions, memory=memory, finder=finder):
        if isinstance(step, Painting):
            run.paintings.append(step)
            continue
        run.marks.append((step.done, step.scale, step.scales, step.iteration, step.finishes_scale))
        run.style.append(float(step.losses.style[0]))
        watch(step)
        if not run.first:
            run.first.extend(step.picture(n) for n in range(number))
        if step.finishes_scale:
            run.checkpoints.append([step.checkpoint(n) for n in range(number)])
    assert len(run.paintings) == number
    return run


def levels(image: Image.Image) -> npt.NDArray[np.float64]:
    """Give H×W×3 levels from 0 to 255."""
    return np.asarray(image, dtype=np.float64)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Give the mean difference of two pictures of one size, in levels of 255."""
    return float(np.abs(levels(one) - levels(other)).mean())


def alike(one: Image.Image, other: Image.Image) -> float:
    """Correlation of the luminances."""
    first, second = (levels(image.resize((96, 64)).convert("L")).ravel() for image in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def colour_distance(one: Image.Image, other: Image.Image) -> float:
    """Distance of the mean colours, in levels of 255."""
    return float(np.linalg.norm(levels(one).mean((0, 1)) - levels(other).mean((0, 1))))
