"""Encode images as JPEG, PNG or lossless WebP, in sRGB and with the recipe as metadata."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image, ImageCms, PngImagePlugin

from engine.imaging.srgb import SRGB


def _srgb_bytes() -> bytes:
    """Return the sRGB profile without LittleCMS's date, so that equal pictures have equal bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(SRGB).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile[84:100] = bytes(16)  # the checksum, which is optional
    return bytes(profile)


_SRGB_BYTES: Final = _srgb_bytes()
_WEBP_EDGE: Final = 2**14 - 1
"""Longest edge of a WebP, in pixels."""
_DESCRIPTION: Final = 0x010E
"""EXIF's tag of a text about the image."""


def encode_jpeg(image: Image.Image, quality: int = 90, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode an image as a progressive sRGB JPEG whose only metadata is the recipe, as its comment.

    The same picture and recipe give the same bytes.
    """
    out = io.BytesIO()
    _without_info(image).save(
        out,
        "JPEG",
        quality=quality,
        optimize=True,
        progressive=True,
        subsampling=0 if quality >= 90 else 2,
        icc_profile=_SRGB_BYTES,
        comment=_json(recipe) if recipe else b"",
    )
    return out.getvalue()


def encode_jpeg_within(image: Image.Image, max_bytes: int) -> bytes:
    """Encode an image as JPEG at the best quality from 92 down to 32 that fits into ``max_bytes``."""
    for quality in range(92, 30, -2):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= max_bytes:
            break
    return out.getvalue()


def encode_png(image: Image.Image, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode an image as an sRGB PNG with the recipe in its ``Recipe`` text chunk.

    The same picture and recipe give the same bytes.
    """
    out = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Atelier")
    if recipe:
        info.add_itxt("Recipe", _json(recipe))
    _without_info(image).save(out, "PNG", pnginfo=info, icc_profile=_SRGB_BYTES)
    return out.getvalue()


def encode_lossless(image: Image.Image, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode an sRGB image to be stored, a fifth smaller than a PNG: as WebP; as PNG if it is too long.

    :func:`as_png` makes the PNG of it.
    """
    if max(image.size) > _WEBP_EDGE:
        return encode_png(image, recipe)
    out, exif = io.BytesIO(), Image.Exif()
    if recipe:
        exif[_DESCRIPTION] = _json(recipe).decode()
    # A little effort (method, quality) gets nearly all that more would. Exact: also where it is transparent.
    _without_info(image).save(out, "WEBP", lossless=True, exact=True, method=1, quality=30, exif=exif)
    return out.getvalue()


def as_png(data: bytes) -> bytes:
    """Return the file of :func:`encode_lossless` as that of :func:`encode_png`; another one as it is."""
    with Image.open(io.BytesIO(data)) as image:
        if image.format != "WEBP":
            return data
        recipe = image.getexif().get(_DESCRIPTION)
        return encode_png(image, json.loads(recipe) if recipe else None)


def _json(recipe: Mapping[str, Any]) -> bytes:
    return json.dumps(recipe, sort_keys=True).encode()


def _without_info(image: Image.Image) -> Image.Image:
    """Copy an image without its ``info``, which Pillow would write into the file."""
    copy = image.copy()
    copy.info = {}
    return copy
