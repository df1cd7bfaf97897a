"""Encode images as JPEG or PNG, in sRGB and with the recipe as metadata."""

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


def _json(recipe: Mapping[str, Any]) -> bytes:
    return json.dumps(recipe, sort_keys=True).encode()


def _without_info(image: Image.Image) -> Image.Image:
    """Copy an image without its ``info``, which Pillow would write into the file."""
    copy = image.copy()
    copy.info = {}
    return copy
