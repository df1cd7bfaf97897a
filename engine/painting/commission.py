"""One painting to be painted: the pictures, the recipe, and what is refused before anything is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from engine.errors import RecipeError
from engine.painting.faces import Face
from engine.painting.recipe import Recipe
from engine.painting.scales import Scale, plan
from engine.painting.tensors import to_mask

if TYPE_CHECKING:
    from engine.painting.sources import Sources


@dataclass(frozen=True, slots=True)
class Commission:
    """One painting to be painted."""

    photo: Image.Image
    """RGB."""
    styles: Sequence[Image.Image]
    """One or more RGB style images, weighted by the recipe."""
    recipe: Recipe
    mask: Image.Image | None = None
    """White where the style goes; it is resized to the photo. Elsewhere the photo stays as it is."""
    presets: Sequence[str | None] = ()
    """The id of each style of the catalogue, which may be cached; None for an image of the user's own."""
    checkpoint: bytes | None = None
    """A :meth:`Step.checkpoint` of an earlier run of the same commission; a damaged one, or another plan's,
    is ignored."""
    faces: Sequence[Face] | None = None
    """The faces to keep, if they were found already."""
    sources: Sources | None = None
    """The pictures, if they were reduced already."""

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The canvases to paint, from coarse to fine."""
        recipe = self.recipe
        return plan(*self.photo.size, recipe.size, recipe.quality, classic=recipe.classic)


def check(*commissions: Commission) -> None:
    """Refuse commissions that cannot be painted, or not in one pass.

    Raises:
        RecipeError: commissions that do not belong together, a mask without any white or in the classic
            method, not one weight for each style.
    """
    if not commissions:
        raise RecipeError("There is nothing to paint.")
    for commission in commissions:
        styles, weights = len(commission.styles), len(commission.recipe.style_weights)
        if styles != weights:
            raise RecipeError(f"Each style needs one weight: {styles}, not {weights}.")
        if commission.mask is not None:
            if commission.recipe.classic:
                raise RecipeError("mask: the classic method has none.", setting="mask")
            coarsest = commission.scales[0]
            if not to_mask(commission.mask, (coarsest.width, coarsest.height)).any():
                raise RecipeError("The mask is all black, or nearly: white is where the style goes.")
    passes = {
        (each.scales, each.recipe.statistic, each.recipe.optimizer, each.recipe.classic)
        for each in commissions
    }
    if len(passes) > 1:
        raise RecipeError(
            "One pass needs one canvas shape, quality, method, statistic and optimizer for all."
        )
