"""Limits of images, checked before they are decoded: bytes, pixels, shape, memory and time."""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Mapping
from typing import Any, Final

from PIL import Image, ImageFile, TiffImagePlugin

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTooNarrowError,
    ImageTooSlowError,
    ImageTooSmallError,
    ImageTruncatedError,
)
from engine.imaging import png_chunks

MAX_BYTES: Final = 50 * 2**20
"""Bytes of a file."""
MAX_PIXELS: Final = 80 * 10**6
"""Pixels of an image."""
MAX_MEMORY: Final = 720 * 10**6
"""Bytes that decoding may take, roughly: four a pixel, and what the decoder needs besides."""
MIN_EDGE: Final = 64
"""Pixels of the shorter side. With fewer, nothing is left after the network's four poolings."""
MAX_RATIO: Final = 20.0
"""Longer over shorter side, as Telegram takes it for a photo."""
MAX_SCANS: Final = 100
"""Scans of a JPEG. Encoders make about ten, and libtiff takes up to 100, too."""
MAX_VALUES: Final = 2**19
"""Values in one field of a TIFF. Even 80 megapixels in tiles of 16 × 16 have fewer."""

MAX_CHUNKS: Final = 50_000
"""Chunks of a PNG. The largest file in chunks of two kilobytes has half as many."""

_MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""A JPEG marker that begins a segment, unlike restarts and escaped bytes of a scan."""
_BYTES: Final = (1, 2, 7)
"""TIFF's types BYTE, ASCII and UNDEFINED, as of profiles. Pillow does not unpack them."""


def check_shape(width: int, height: int, name: str) -> None:
    """Refuse an image by its size in pixels.

    Raises:
        ImageError: it has too many pixels or too few, or is too narrow.
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


def too_slow(name: str) -> ImageError:
    """Return the error that says a file takes too long to decode."""
    return ImageTooSlowError(f"{name} takes too long to read. Saved anew, it will work.")


def check_bytes(data: bytes, name: str) -> None:
    """Refuse a file that is empty or larger than :data:`MAX_BYTES`."""
    if not data:
        raise ImageTruncatedError(f"{name} is empty.")
    if len(data) > MAX_BYTES:
        raise ImageTooLargeError(
            f"{name} has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB is the most."
        )


def check_scans(data: bytes, name: str) -> int:
    """Return the number of a JPEG's scans; 0 for other formats.

    Raises:
        ImageTooSlowError: there are more than :data:`MAX_SCANS`. 10 MB can hold 100 000, and each passes over
            the whole picture.
    """
    if not data.startswith(b"\xff\xd8"):
        return 0
    scans, marker = 0, _MARKER.search(data, 2)
    while marker and marker[1] != b"\xd9":  # end of image; a second one may follow
        scans += marker[1] == b"\xda"
        if scans > MAX_SCANS:
            raise too_slow(name)
        at = marker.end()
        marker = _MARKER.search(data, at + int.from_bytes(data[at : at + 2], "big"))
    return scans


def check_fields(data: bytes, name: str) -> None:
    """Refuse a TIFF with a huge list, mostly of strips: Pillow unpacks it on opening, which takes minutes."""
    if not data.startswith(tuple(TiffImagePlugin.PREFIXES)):
        return
    order, big = "<" if data.startswith(b"II") else ">", data[2] == 43
    start = struct.unpack_from(order + ("Q" if big else "L"), data, 8 if big else 4)[0]
    fields = struct.unpack_from(order + ("Q" if big else "H"), data, start)[0]
    start += 8 if big else 2
    field = struct.Struct(order + ("2xHQ8x" if big else "2xHL4x"))
    end = min(start + fields * field.size, len(data))
    for kind, count in field.iter_unpack(data[start : end - (end - start) % field.size]):
        if kind not in _BYTES and count > MAX_VALUES:
            raise too_slow(name)


def check_chunks(data: bytes, name: str) -> None:
    """Refuse a PNG of more than :data:`MAX_CHUNKS`: they are read one by one, which takes half a minute."""
    if any(itertools.islice(png_chunks.chunks(data), MAX_CHUNKS, None)):
        raise too_slow(name)


def check_tiles(image: Image.Image, name: str) -> None:
    """Refuse a TIFF whose tiles reach far beyond the picture, since they are decoded whole."""
    tags = getattr(image, "tag_v2", {})
    width, height = tags.get(TiffImagePlugin.TILEWIDTH), tags.get(TiffImagePlugin.TILELENGTH)
    if width and height:
        across = -(-tags[TiffImagePlugin.IMAGEWIDTH] // width)
        down = -(-tags[TiffImagePlugin.IMAGELENGTH] // height)
        if across * width * down * height > 2 * MAX_PIXELS:
            raise ImageTooLargeError(f"{name} has more pixels in its tiles than I can take in.")


def check_memory(image: ImageFile.ImageFile, scans: int, name: str) -> int:
    """Return roughly the bytes of memory that decoding takes.

    Raises:
        ImageTooLargeError: it is more than :data:`MAX_MEMORY`.
    """
    memory = 4 * image.width * image.height + _decoder_memory(image, scans)
    if memory > MAX_MEMORY:
        raise ImageTooLargeError(
            f"{name} has {image.width} × {image.height} pixels, too many for a file of its kind. "
            "Saved as an ordinary JPEG, it will work."
        )
    return memory


def _decoder_memory(image: ImageFile.ImageFile, scans: int) -> int:
    """Return roughly the bytes that the decoder keeps besides the picture."""
    pixels = image.width * image.height
    match image.format:
        case "WEBP":  # a canvas for this frame, one for the next, and the output
            return 12 * pixels
        case "HEIF":  # the planes as coded, and the output: measured
            deep, small = image.info.get("bit_depth", 10) > 8, image.info.get("chroma") == 420
            alpha = image.mode == "RGBA"
            return ((5 if small else 12) + 5 * alpha if deep else 6 + 4 * alpha) * pixels
        case "AVIF":  # the same
            alpha = image.mode == "RGBA"
            return (8 + 3 * alpha if image.info.get("bit_depth") == 8 else 13 + 4 * alpha) * pixels
        case "JPEG" | "MPO" if scans > 1:  # two bytes for each coefficient of a progressive JPEG
            areas: list[int] = [across * down for _, across, down, _ in getattr(image, "layer", ())]
            return 2 * pixels * sum(areas) // max(areas)
        case "TIFF":  # a strip or a tile, of which there may be only one
            tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
            area = tags.get(TiffImagePlugin.TILEWIDTH, 0) * tags.get(TiffImagePlugin.TILELENGTH, 0)
            rows = min(tags.get(TiffImagePlugin.ROWSPERSTRIP, image.height), max(image.size))
            bits = tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1) * max(
                tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
            )
            return int((area or tags[TiffImagePlugin.IMAGEWIDTH] * rows) * bits // 8)
    return 0
