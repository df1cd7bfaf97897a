"""The terms of a loss, and their weights: ours, and those of Gatys et al. (2016)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from engine.painting.recipe import STRENGTHS, Recipe
from engine.painting.statistic import STATISTICS, ClassicGram, Moments, Statistic

if TYPE_CHECKING:
    from engine.painting.features import Pooling
    from engine.painting.recipe import Quality
    from engine.painting.sums import Values

PIXELS: Final = "pixels"
"""The layer below the first: the canvas itself, whose moments are its palette."""
BALANCE: Final = 0.04
"""Weight of the content at balanced strength, judged by eye and by AlexNet."""
EXPONENT: Final = 0.5
"""Exponent of α: four decades of the dial are a factor of 100 in the weight of the content."""

CONTENT_SHARE: Final[Mapping[Quality, float]] = {"draft": 1.0, "normal": 0.9, "fine": 0.83}
"""Factor of the content's weight at each quality: more iterations bring a painting nearer to its photo, and a
finer one would have less style at the same strength (docs/lab-book.md)."""

FACE_WEIGHT: Final = 5.0
"""Weight of the content on faces against that elsewhere, at balanced strength and lighter: less loses mouths,
more looks pasted in."""

Style = Mapping[str, "Values"]
"""A style: the statistic of each of an objective's :attr:`~Objective.statistics`."""


def content_weight(alpha: float) -> float:
    """Turn the dial's α into the weight of the content term against a style term of weight one.

    Both terms are relative errors without units. Taken linearly, a hundredfold α leaves the photo
    untouched; the exponent makes 1e-2, 1e-4 and 1e-6 the rows "keeps the photo", "balanced" and
    "nearly all style".
    """
    return BALANCE * float((alpha / STRENGTHS["balanced"]) ** EXPONENT)


def face_weight(alpha: float) -> float:
    """Turn the dial's α into the weight of the content on faces against that elsewhere.

    It is :data:`FACE_WEIGHT` from ``photo`` to ``balanced``, and falls to 1 at ``painting``, where the style
    may take over: evenly on the dial, which is logarithmic.
    """
    none, full = (math.log10(STRENGTHS[name]) for name in ("painting", "balanced"))
    share = (math.log10(alpha) - none) / (full - none)
    return 1 + (FACE_WEIGHT - 1) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Objective:
    """A loss as data: content + style (Gatys et al. 2016, equation 7), and the terms of each."""

    content_layers: Mapping[str, float]
    """Layers that a photo's content is taken from, and their shares in it."""
    style_layers: Mapping[str, float]
    """Layers that a style is taken from, and their shares in it."""
    statistic: Statistic
    """Of the style layers."""
    content_weight: Callable[[float], float]
    """Weight of the content, given α, against a style of weight one."""
    pooling: Pooling
    """Of the network."""
    relative: bool
    """True: a content layer's error is over the photo's own mean square. False: it is ½ Σ (F - P)²."""
    palette: float = 0.0
    """Weight of the palette against the style layers."""
    grain: float = 0.0
    """Weight of the fine detail, foremost where the photo is flat or sharp, within the content."""
    content_share: float = 1.0
    """Factor of the weight of the content."""
    placement: Mapping[str, float] = field(default_factory=dict)
    """Layers whose averages are told cell by cell on the coarsest canvas, and their weights against the style
    layers."""

    @property
    def layers(self) -> frozenset[str]:
        """Layers of the network that an evaluation needs."""
        return frozenset((*self.content_layers, *self.style_layers, *self.placement))

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """The statistic of each layer that makes up a style, the pixels included if there is a palette."""
        layers: dict[str, Statistic] = dict.fromkeys(self.style_layers, self.statistic)
        return {**layers, PIXELS: Moments()} if self.palette else layers

    def blend(self, styles: Iterable[tuple[float, Style]]) -> Style:
        """Blend styles by their weights, layer by layer."""
        parts = list(styles)
        return {
            layer: statistic.blend((weight, style[layer]) for weight, style in parts)
            for layer, statistic in self.statistics.items()
        }


DEFAULT: Final = Objective(
    # relu4_2, the paper's, alone forgets faces; relu3_1 holds them (docs/lab-book.md).
    content_layers={"relu3_1": 0.3, "relu4_2": 0.7},
    # The deep layers see what a picture is of: given more, they paint suns on foreheads. relu1_1 sees
    # contrast and no strokes: with VGG-19 it filled skies with checkerboards (docs/lab-book.md).
    style_layers={"relu2_1": 0.66, "relu3_1": 0.27, "relu4_1": 0.05, "relu5_1": 0.02},
    statistic=Moments(),
    content_weight=content_weight,
    # Under average pooling flat places fill with dots and checkerboards (docs/lab-book.md).
    pooling="max",
    relative=True,
    # The network alone cares little for colours, VGG-16 least.
    palette=1.0,
    # The network takes a lattice of two to six pixels for paint, and writing for strokes: nothing else keeps
    # flat places free of the one, and words legible (docs/lab-book.md).
    grain=1200.0,
    # Statistics alone hang pieces of a painting's scenery in skies (docs/lab-book.md).
    placement={"relu2_1": 0.05, "relu3_1": 0.05},
)
"""Our own: relative errors, without units."""

CLASSIC: Final = Objective(
    content_layers={"relu4_2": 1.0},
    style_layers=dict.fromkeys(("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), 1 / 5),
    statistic=ClassicGram(),
    content_weight=float,
    pooling="average",
    relative=False,
)
"""Gatys et al. (2016), equations 1, 4, 5 and 7, with β = 1: α is the paper's α/β.

The paper's F are activations after their ReLU: the derivative in its equation 2 is zero where F is.
"""


def objective_of(recipe: Recipe) -> Objective:
    """Return the objective that a recipe asks for."""
    if recipe.classic:
        return CLASSIC
    return replace(
        DEFAULT, statistic=STATISTICS[recipe.statistic], content_share=CONTENT_SHARE[recipe.quality]
    )
