"""The presets' canvases by id. Each takes a width in pixels and a seed, and repeats exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.artwork.canvases import (
    chalk_rooftops,
    copper_etching,
    cubist_facets,
    fauve_fields,
    golden_tree,
    ink_mountains,
    mosaic,
    pointillist_garden,
    primary_grid,
    stained_glass,
    swirling_night,
    watercolour_poppies,
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
    "fauve_fields": fauve_fields.paint,
    "copper_etching": copper_etching.paint,
    "pointillist_garden": pointillist_garden.paint,
    "watercolour_poppies": watercolour_poppies.paint,
    "ink_mountains": ink_mountains.paint,
    "golden_tree": golden_tree.paint,
    "cubist_facets": cubist_facets.paint,
    "chalk_rooftops": chalk_rooftops.paint,
    "primary_grid": primary_grid.paint,
}
