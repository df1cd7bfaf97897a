"""Encode images as JPEG or PNG, in sRGB, with metadata."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image, ImageCms, PngImagePlugin

from engine.imaging.srgb import SRGB


def _srgb_bytes() -> bytes:
    """Give the sRGB profile, the same at all times: LittleCMS dates it, and pictures would differ by that."""
    profile = bytearray(ImageCms.ImageCmsProfile(SRGB).tobytes())
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile[84:100] = bytes(16)  # its checksum, which may be left out
    return bytes(profile)


_SRGB_BYTES: Final = _srgb_bytes()


def encode_jpeg(image: Image.Image, quality: int = 90, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode as a progressive sRGB JPEG; a recipe goes into its comment, and nothing else.

    The same picture and recipe give the same bytes.
    """
    out = io.BytesIO()
    _bare(image).save(
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


def encode_png(image: Image.Image, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode losslessly as an sRGB PNG; a recipe goes into its ``Recipe`` text chunk.

    The same picture and recipe give the same bytes.
    """
    out = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Atelier")
    if recipe:
        info.add_itxt("Recipe", _json(recipe))
    _bare(image).save(out, "PNG", pnginfo=info, icc_profile=_SRGB_BYTES)
    return out.getvalue()


def _json(recipe: Mapping[str, Any]) -> bytes:
    return json.dumps(recipe, sort_keys=True).encode()


def _bare(image: Image.Image) -> Image.Image:
    """Give the pixels alone: Pillow would write what a file's ``info`` says into the next file."""
    bare = image.copy()
    bare.info = {}
    return bare


def encode_jpeg_within(image: Image.Image, most_bytes: int) -> bytes:
    """Return the best JPEG of at most ``most_bytes``: the first of the qualities from 92 down that fits."""
    for quality in range(92, 30, -2):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= most_bytes:
            break
    return out.getvalue()
