"""Bytes to pictures and back. Pillow only: the bot checks what people send with it, too."""

from __future__ import annotations

import io
import json
import struct
import warnings
from collections.abc import Mapping
from typing import Any, Final

import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTooNarrowError,
    ImageTooSmallError,
    ImageTruncatedError,
)

pillow_heif.register_heif_opener()

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP")
"""What we open. A closed list: Pillow also knows formats that start other programs. MPO opens as JPEG."""
MAX_BYTES: Final = 50 * 2**20
MAX_PIXELS: Final = 80 * 10**6
MIN_EDGE: Final = 64
"""Shortest side, in pixels: below it there is no photo left to see after four poolings."""
MAX_RATIO: Final = 20.0
"""Longest over shortest side: what Telegram takes as a photo."""

_DAMAGE: Final = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, struct.error),
    *(LookupError, ArithmeticError, RuntimeError),
)
"""What Pillow's decoders and pillow-heif's raise over a damaged file."""
_SRGB: Final = ImageCms.createProfile("sRGB")
_SRGB_BYTES: Final = ImageCms.ImageCmsProfile(_SRGB).tobytes()


def decode(data: bytes, name: str = "the image") -> Image.Image:
    """Decode one picture to upright, opaque sRGB.

    EXIF orientation is applied, an ICC profile is converted, transparency lies on white, of an
    animation the first frame is taken. Size and shape are checked before a pixel is decoded.

    Args:
        data: the file's bytes.
        name: what to call the picture in an error message.

    Returns:
        An RGB image without any metadata.

    Raises:
        ImageError: one of its subclasses says what is wrong with the picture.
    """
    if not data:
        raise ImageTruncatedError(f"{name} is empty.")
    if len(data) > MAX_BYTES:
        raise ImageTooLargeError(
            f"{name} has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB is the most."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata does not concern us
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                check_shape(*image.size, name)
                image.load()
                return _upright_srgb(image)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not an image that I can read (JPEG, PNG, WebP, AVIF, HEIC, GIF …)."
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name} has more pixels than I can take in.") from error
    except MemoryError as error:
        raise ImageTooLargeError(f"{name} needs more memory than there is.") from error
    except _DAMAGE as error:
        if "truncated" in str(error).lower() or "end of" in str(error).lower():
            raise ImageTruncatedError(f"{name} is cut off: the file ends too early.") from error
        raise ImageError(f"{name} is damaged and cannot be read.") from error


def upright_size(data: bytes, name: str = "the image") -> tuple[int, int]:
    """Give width and height, in pixels, as :func:`decode` would, by the file's header alone.

    Raises:
        ImageError: it has none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
                # Pillow has turned a TIFF's size already.
                return (image.height, image.width) if turned and image.format != "TIFF" else image.size
    except (*_DAMAGE, Image.DecompressionBombError) as error:
        raise ImageError(f"{name} is damaged and cannot be read.") from error


def check_shape(width: int, height: int, name: str) -> None:
    """Refuse a picture by its size in pixels.

    Raises:
        ImageError: too many pixels, too few, or too narrow.
    """
    if width * height > MAX_PIXELS:
        raise ImageTooLargeError(
            f"{name} has {width} × {height} pixels; {MAX_PIXELS // 10**6} megapixels is the most."
        )
    if min(width, height) < MIN_EDGE:
        raise ImageTooSmallError(
            f"{name} has only {width} × {height} pixels; {MIN_EDGE} is the least a side."
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise ImageTooNarrowError(f"{name} is too narrow: {width} × {height} pixels.")


def _upright_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bit(image)
    alpha = None
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        grey = image.mode in ("L", "LA")
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("L") if grey else image  # a grey profile fits grey alone
    image = _to_srgb(image, profile)
    if alpha is not None:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=alpha)
        image = white
    clean = Image.new("RGB", image.size)  # nothing of the file's metadata comes along
    clean.paste(image)
    return clean


def _eight_bit(image: Image.Image) -> Image.Image:
    """Bring 16-bit and floating grey to 8 bits; Pillow's own conversion would clip them."""
    wide = image.convert("F")
    highest = wide.getextrema()[1]
    assert isinstance(highest, float)  # noqa: S101 - mode F has one band
    top = 65535.0 if image.mode.startswith("I") and highest > 255 else max(highest, 1.0)
    return wide.point(lambda value: value * (255.0 / top)).convert("L")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in ("RGB", "RGBA", "P", "CMYK", "L"):
        source = image.convert("RGB") if image.mode in ("RGBA", "P") else image
        try:
            converted = ImageCms.profileToProfile(source, io.BytesIO(profile), _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")  # a broken profile is no reason to refuse a photo
        if converted is not None:
            return converted
    return image.convert("RGB")


def encode_jpeg(image: Image.Image, quality: int = 90, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode as a progressive sRGB JPEG; a recipe goes into its comment."""
    out = io.BytesIO()
    comment = json.dumps(recipe, sort_keys=True).encode() if recipe else b""
    image.save(
        out,
        "JPEG",
        quality=quality,
        optimize=True,
        progressive=True,
        subsampling=0 if quality >= 90 else 2,
        icc_profile=_SRGB_BYTES,
        comment=comment,
    )
    return out.getvalue()


def encode_png(image: Image.Image, recipe: Mapping[str, Any] | None = None) -> bytes:
    """Encode losslessly as an sRGB PNG; a recipe goes into its ``Recipe`` text chunk."""
    out = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Atelier")
    if recipe:
        info.add_itxt("Recipe", json.dumps(recipe, sort_keys=True))
    image.save(out, "PNG", pnginfo=info, icc_profile=_SRGB_BYTES)
    return out.getvalue()
