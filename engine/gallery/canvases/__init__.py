"""The canvases by preset id. Each takes a width in pixels (and a seed) and is the same picture every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.gallery.canvases import (
    copper_etching,
    fauve_fields,
    mosaic,
    stained_glass,
    swirling_night,
    woodblock_waves,
)

if TYPE_CHECKING:
    from PIL import Image


class Painting(Protocol):
    """Paints a canvas ``size`` pixels wide."""

    def __call__(self, size: int, seed: int = ...) -> Image.Image: ...


CANVASES: dict[str, Painting] = {
    "swirling_night": swirling_night.paint,
    "woodblock_waves": woodblock_waves.paint,
    "stained_glass": stained_glass.paint,
    "mosaic": mosaic.paint,
    "fauve_fields": fauve_fields.paint,
    "copper_etching": copper_etching.paint,
}
