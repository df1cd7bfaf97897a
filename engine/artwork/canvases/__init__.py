"""The presets' canvases by id. Each takes a width in pixels and a seed, and repeats exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.artwork.canvases import (
    chalk_rooftops,
    copper_etching,
    cubist_facets,
    dappled_harbour,
    golden_tree,
    ink_mountains,
    mosaic,
    primary_grid,
    rainy_avenue,
    stained_glass,
    swirling_night,
    watercolour_hills,
    woodblock_waves,
)

if TYPE_CHECKING:
    from PIL import Image


class Canvas(Protocol):
    """A function that paints a canvas ``size`` pixels wide."""

    def __call__(self, size: int, seed: int = ...) -> Image.Image: ...


CANVASES: dict[str, Canvas] = {
    "swirling_night": swirling_night.paint,
    "woodblock_waves": woodblock_waves.paint,
    "stained_glass": stained_glass.paint,
    "mosaic": mosaic.paint,
    "rainy_avenue": rainy_avenue.paint,
    "copper_etching": copper_etching.paint,
    "dappled_harbour": dappled_harbour.paint,
    "watercolour_hills": watercolour_hills.paint,
    "ink_mountains": ink_mountains.paint,
    "golden_tree": golden_tree.paint,
    "cubist_facets": cubist_facets.paint,
    "chalk_rooftops": chalk_rooftops.paint,
    "primary_grid": primary_grid.paint,
}
