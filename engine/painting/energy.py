"""What the optimisation makes small: content + style (Gatys et al. 2016, equation 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from engine.painting.features import CONTENT_LAYER, STYLE_LAYERS, Features
from engine.painting.recipe import STRENGTHS
from engine.painting.statistics import Moments, blend, distance, moments, palette_distance

WANTED: Final = frozenset((*STYLE_LAYERS, CONTENT_LAYER))
BALANCE: Final = 1.2
"""Weight of the content at balanced strength, judged by eye and by AlexNet at 256 px."""
GENTLENESS: Final = 0.4
"""Exponent of α: four decades of the dial are a factor of 40 in the weight of the content."""


def content_weight(alpha: float) -> float:
    """Turn the dial's α into the weight of the content term against a style term of weight one.

    Both terms are relative errors without units. Taken linearly, a hundredfold α leaves the photo
    untouched; the exponent makes 1e-2, 1e-4 and 1e-6 the rows "keeps the photo", "balanced" and
    "nearly all style".
    """
    return BALANCE * float((alpha / STRENGTHS["balanced"]) ** GENTLENESS)


@dataclass(frozen=True, slots=True)
class Losses:
    """The terms of one evaluation, still on their device: reading them waits for it."""

    total: Tensor
    content: Tensor
    style: Tensor


@dataclass(frozen=True, slots=True)
class Energy:
    """The function of a canvas that a painting minimises, at one size."""

    features: Features
    content: Tensor
    """1×512×h×w: the photo's activations."""
    style: Mapping[str, Moments]
    palette: Moments
    """Of the paintings' pixels: the network alone cares little for colours, VGG-16 least."""
    weight: float
    """Of the content term."""

    @classmethod
    @torch.no_grad()
    def towards(
        cls, features: Features, photo: Tensor, styles: Sequence[tuple[float, Tensor]], alpha: float
    ) -> Energy:
        """Take the targets from a photo and weighted paintings, each 1×3×H×W in [0, 1]."""
        content = features(photo, frozenset({CONTENT_LAYER}))[CONTENT_LAYER]
        seen = [(weight, features(painting, frozenset(STYLE_LAYERS))) for weight, painting in styles]
        style = {
            layer: blend((weight, moments(activations[layer])) for weight, activations in seen)
            for layer in STYLE_LAYERS
        }
        palette = blend((weight, moments(painting)) for weight, painting in styles)
        return cls(features, content, style, palette, content_weight(alpha))

    def __call__(self, canvas: Tensor) -> Losses:
        """Evaluate a 1×3×H×W canvas: relative content error, relative style errors, weighted sum."""
        activations = self.features(canvas, WANTED)
        scale = self.content.square().mean().clamp_min(1e-12)
        content = (activations[CONTENT_LAYER] - self.content).square().mean() / scale
        errors = [distance(moments(activations[layer]), target) for layer, target in self.style.items()]
        style = torch.stack([*errors, palette_distance(moments(canvas), self.palette)]).sum()
        return Losses(self.weight * content + style, content, style)
