"""Transparency of a photo, which its painting gets back."""

from __future__ import annotations

from typing import Final

from PIL import Image

_ALPHA: Final = "alpha"
"""Key of a photo's ``info``."""


def set_alpha_apart(photo: Image.Image) -> Image.Image:
    """Return a photo as RGB. The alpha of one that is transparent somewhere is kept in its ``info``."""
    if photo.mode != "RGBA":
        return photo
    alpha, opaque = photo.getchannel("A"), photo.convert("RGB")
    if alpha.getextrema() != (255, 255):
        opaque.info[_ALPHA] = alpha
    return opaque


def with_alpha_of(photo: Image.Image, painting: Image.Image) -> Image.Image:
    """Return a painting as transparent as its photo was, which may be larger."""
    alpha = photo.info.get(_ALPHA)
    if alpha is None:
        return painting
    transparent = painting.copy()
    transparent.putalpha(alpha.resize(painting.size, Image.Resampling.LANCZOS))
    return transparent
