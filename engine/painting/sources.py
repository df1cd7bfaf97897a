"""Sources of a run: photo, styles and mask, each reduced from its full size once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps
from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.recipe import Recipe
from engine.painting.scales import Scale, canvas
from engine.painting.tensors import to_mask, to_tensor


@dataclass(frozen=True, slots=True)
class Sources:
    """Pictures of one commission, at the sizes of its finest canvas.

    A photo of twelve megapixels takes longer to resize than a small canvas to paint, so the coarser canvases
    are made from the finest.
    """

    _commission: Commission
    _photo: Image.Image
    _styles: Sequence[Image.Image]
    _mask: Image.Image | None

    def photo(self, scale: Scale) -> Tensor:
        """Return the photo on a canvas, 1×3×H×W in [0, 1]."""
        return to_tensor(self._photo, _size(scale))

    def style(self, number: int, scale: Scale) -> Tensor:
        """Return a style at the size that suits a canvas, 1×3×h×w in [0, 1]."""
        original, recipe = self._commission.styles[number], self._commission.recipe
        return to_tensor(self._styles[number], _style_size(original, scale, recipe))

    def mask(self, scale: Scale) -> Tensor | None:
        """Return the mask on a canvas, 1×1×H×W in [0, 1], if there is one."""
        return None if self._mask is None else to_mask(self._mask, _size(scale))


def reduce(commission: Commission) -> Sources:
    """Reduce a commission's pictures to what its finest canvas can show."""
    finest, recipe = commission.scales[-1], commission.recipe
    size = _size(finest)
    mask = commission.mask
    return Sources(
        commission,
        commission.photo.resize(size, Image.Resampling.LANCZOS),
        [_fit(style, _style_size(style, finest, recipe), recipe) for style in commission.styles],
        None if mask is None else mask.convert("L").resize(size, Image.Resampling.BOX),
    )


def _size(scale: Scale) -> tuple[int, int]:
    return scale.width, scale.height


def _style_size(style: Image.Image, scale: Scale, recipe: Recipe) -> tuple[int, int]:
    """Return the size of a style beside a canvas: never enlarged; in the classic method, the photo's."""
    if recipe.classic:
        return _size(scale)
    return canvas(*style.size, max(1, round(math.sqrt(scale.width * scale.height) * recipe.stroke)))


def _fit(style: Image.Image, size: tuple[int, int], recipe: Recipe) -> Image.Image:
    if recipe.classic:
        return ImageOps.fit(style, size, Image.Resampling.LANCZOS)
    return style.resize(size, Image.Resampling.LANCZOS)
