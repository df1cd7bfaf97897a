"""Pictures as Telegram processes them: decoded, upright, without metadata, encoded in several sizes.

Pure functions from bytes to bytes. They block, so callers run them in a thread.
"""

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps

from bot.playground.errors import BadRequest

MAX_PHOTO_BYTES = 10 * 1024 * 1024
"""Bytes of a photo that a bot sends."""
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
"""Bytes of any other file that a bot sends."""
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
"""Bytes of a file that a bot may download."""
MAX_PHOTO_SIDES = 10_000
"""Pixels of a photo's width and height together."""
MAX_PHOTO_RATIO = 20
"""Long side of a photo divided by its short side."""
MAX_CLIENT_PIXELS = 120_000_000
"""Pixels of a picture that a user's app still scales down before it sends it."""
CLIENT_EDGE = 2_560
"""Pixels of the longest edge that a user's app uploads."""
TIERS = (90, 320, 800, 1_280)
"""Pixels of the long edge of each size of a photo."""
THUMBNAIL = 320
"""Pixels of a thumbnail's long edge."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""Pillow's names of the formats that are pictures; never HEIC, whatever plugins the process has."""


STICKER_EDGE = 512
"""Pixels of a static sticker's longer side."""
MAX_STICKER_BYTES = 512 * 1024
"""Bytes of a static sticker."""


class Picture(NamedTuple):
    """An encoded picture with its size in pixels."""

    data: bytes
    width: int
    height: int


class Video(NamedTuple):
    """A film's facts: pixels, and whole seconds."""

    width: int
    height: int
    duration: int


def photo(data: bytes) -> list[Picture]:
    """Return the sizes of a photo that a bot sends, smallest first; the last is shown to the receiver.

    Raises:
        BadRequest: Telegram would refuse it; in its words.
    """
    if len(data) > MAX_PHOTO_BYTES:
        raise BadRequest(
            f"file of size {len(data)} bytes is too big for a photo; "
            f"the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    image = _open(data)
    if sum(image.size) > MAX_PHOTO_SIDES or _ratio(image) > MAX_PHOTO_RATIO:
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")
    return _tiers(image)


def photo_of_person(data: bytes) -> list[Picture] | None:
    """Return the sizes of a user's photo, which may be larger than a bot's: the app scales it down first.

    None if the app would send the file as a document instead.
    """
    try:
        image = _open(data)
        if image.width * image.height > MAX_CLIENT_PIXELS or _ratio(image) > MAX_PHOTO_RATIO:
            return None
        image.draft("RGB", (CLIENT_EDGE, CLIENT_EDGE))
        return _tiers(image)
    except BadRequest:
        return None


def thumbnail(data: bytes) -> Picture | None:
    """Return a small JPEG of a document that is an image; None for any other."""
    try:
        image = _open(data)
        if sum(image.size) > MAX_PHOTO_SIDES:
            return None
        image.draft("RGB", (THUMBNAIL, THUMBNAIL))
        return _encode(_within(_upright(image), THUMBNAIL), quality=80)
    except BadRequest:
        return None


def sticker_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a static sticker.

    Raises:
        BadRequest: it is none by Telegram's rules.
    """
    image = _open(data)
    if image.format != "WEBP":
        raise BadRequest("wrong file type")
    if max(image.size) != STICKER_EDGE or len(data) > MAX_STICKER_BYTES:
        raise BadRequest("STICKER_FILE_INVALID")
    return image.size


def video(data: bytes) -> Video | None:
    """Return size and duration of an MP4 or a GIF, as its header says; None for anything else."""
    if is_gif(data):
        width, height = struct.unpack_from("<HH", data.ljust(10, b"\0"), 6)
        return Video(width, height, 0)
    width = height = 0
    seconds = 0.0
    try:
        for name, start in _boxes(data, 0, len(data)):
            long = bool(data[start])  # version 1 of a box has 64-bit times
            if name == b"mvhd":
                scale, length = struct.unpack_from(
                    ">IQ" if long else ">II", data, start + (20 if long else 12)
                )
                seconds = length / scale if scale else 0
            elif name == b"tkhd" and not width:  # a sound track is 0 × 0
                width, height = struct.unpack_from(">II", data, start + (88 if long else 76))
    except (struct.error, IndexError):
        return None
    return Video(width >> 16, height >> 16, round(seconds)) if width else None


def is_gif(data: bytes) -> bool:
    """True if it begins as a GIF does."""
    return data[:6] in (b"GIF87a", b"GIF89a")


def _open(data: bytes) -> Image.Image:
    """Open a picture by its header; pixels are decoded later."""
    try:
        return Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadRequest("PHOTO_INVALID_DIMENSIONS") from None
    except Exception:  # noqa: BLE001 - a broken picture makes Pillow raise nearly anything
        raise BadRequest("IMAGE_PROCESS_FAILED") from None


def _tiers(image: Image.Image) -> list[Picture]:
    upright = _upright(image)
    edge = max(upright.size)
    edges = [tier for tier in TIERS if tier < edge][: len(TIERS)]
    if len(edges) < len(TIERS):
        edges.append(edge)
    return [_encode(_within(upright, tier), quality=80 if tier == TIERS[0] else 87) for tier in edges]


def _upright(image: Image.Image) -> Image.Image:
    """Return the pixels upright, in sRGB, on white where they were transparent, and without metadata."""
    try:
        turned = _srgb(ImageOps.exif_transpose(image))
        if turned.has_transparency_data:
            turned = turned.convert("RGBA")
            white = Image.new("RGBA", turned.size, "white")
            white.alpha_composite(turned)
            turned = white
        plain = turned.convert("RGB")
    except Exception:  # noqa: BLE001 - a broken picture makes Pillow raise nearly anything
        raise BadRequest("IMAGE_PROCESS_FAILED") from None
    plain.info.clear()  # else a comment or a profile would go into the copy
    return plain


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK", "L"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return (
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            or image
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile is none


def _within(image: Image.Image, edge: int) -> Image.Image:
    scale = edge / max(image.size)
    if scale >= 1:
        return image
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def _encode(image: Image.Image, quality: int) -> Picture:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return Picture(out.getvalue(), image.width, image.height)


def _ratio(image: Image.Image) -> float:
    return max(image.size) / max(min(image.size), 1)


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Walk an MP4's boxes: name and offset of the content; boxes that hold the two headers are entered."""
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        stop = min(start + size, end) if size else end
        if stop < content:
            return
        yield name, content
        if name in (b"moov", b"trak"):
            yield from _boxes(data, content, stop)
        start = stop
