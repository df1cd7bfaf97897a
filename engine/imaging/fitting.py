"""Reduce a picture to what its painting can show, before it is stored."""

from __future__ import annotations

from typing import Final

from PIL import Image

from engine.imaging.decoding import upright_size
from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.reading import decode

QUALITY: Final = 95
"""JPEG quality of a reduced picture, whose colours have its full resolution."""
HEAVY: Final = 0.5
"""Bytes a pixel above which a picture is heavy: a JPEG of this quality has fewer."""
LIGHT: Final = 0.25
"""Bytes a pixel of the reduced picture up to which a larger one is not worth decoding."""


def fitted(data: bytes, width: int, height: int) -> bytes:
    """Return a picture of at most ``width`` × ``height`` pixels: the file itself, or a JPEG in sRGB, upright.

    The file stays as it is unless it is heavy, or larger and not light. One that is transparent becomes a
    PNG, losslessly; an animation and an incomplete picture stay, so that their painting can say so.

    Raises:
        ImageError: it cannot be decoded.
    """
    size = upright_size(data)
    larger = size[0] > width or size[1] > height
    pixels = min(size[0] * size[1], width * height)
    if len(data) <= (LIGHT if larger else HEAVY) * pixels:
        return data
    image = decode(data, enough=min(width, height), keep_alpha=True)
    if image.info:
        return data
    if larger:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    smaller = encode_png(image) if image.mode == "RGBA" else encode_jpeg(image, QUALITY)
    return smaller if len(smaller) < len(data) else data
