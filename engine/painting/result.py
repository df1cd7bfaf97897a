"""The result of a run: the painting, and facts and notes about how it was painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from PIL import Image

from engine.painting.commission import Commission
from engine.painting.tensors import Levels

NOTES: Final = {
    "photo-smaller-than-size": "The photo has fewer pixels than the size asked for; it is not enlarged.",
    "painting-smaller-than-canvas": "A style is smaller than the canvas; a larger image has finer strokes.",
    "fell-back-to-fp32": "Fast arithmetic failed on this picture; it was painted in full precision.",
    "painted-in-tiles": "The canvas is larger than the memory; it was painted in tiles, which takes longer.",
    "painted-by-adam": "The canvas is far larger than the memory; a thriftier optimizer painted it.",
    "painted-smaller": "There was not enough memory for the size asked for; it was painted smaller.",
    "animation-first-frame": "One of the pictures is an animation; its first frame was painted.",
    "picture-incomplete": "One of the picture files is damaged; what is missing at its end was made up.",
}
"""Remarks on a result, by code."""

SLACK: Final = 0.98
"""Share of the pixels asked for that is not called smaller."""


@dataclass(frozen=True)
class Painting:
    """The result."""

    levels: Levels
    """H×W×3 bytes, sRGB."""
    facts: dict[str, Any]
    """width, height, iterations, megapixel_iterations, seconds, device, precision, network, optimizer,
    tile, classic, faces, content_loss, style_loss, notes. Faces is how many were kept; the seconds are
    those of the whole batch."""

    @cached_property
    def image(self) -> Image.Image:
        """The painting as an RGB image, made when it is first wanted: the device need not wait for it."""
        return Image.fromarray(self.levels)


def notes_on_sizes(commission: Commission) -> list[str]:
    """Return the :data:`NOTES` on pictures that are smaller than asked for."""
    notes, recipe, final = [], commission.recipe, commission.scales[-1]
    pixels = final.width * final.height
    if pixels < SLACK * recipe.size**2:
        notes.append("photo-smaller-than-size")
    wanted = pixels * recipe.stroke**2
    if any(style.width * style.height < SLACK * wanted for style in commission.styles):
        notes.append("painting-smaller-than-canvas")
    return notes
