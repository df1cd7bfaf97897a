"""Decode an image file with Pillow, within limits of size, memory and time."""

from __future__ import annotations

import contextlib
import io
import struct
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Final, NamedTuple

import pillow_heif
from PIL import (
    ExifTags,
    Image,
    ImageFile,
    ImagePalette,
    UnidentifiedImageError,
)

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTruncatedError,
)
from engine.imaging import isobmff, png_chunks
from engine.imaging.colour_tags import colour_space
from engine.imaging.kinds import damaged, unopened
from engine.imaging.limits import (
    check_bytes,
    check_chunks,
    check_fields,
    check_memory,
    check_scans,
    check_shape,
    check_tiles,
    too_slow,
)
from engine.imaging.raw import developed
from engine.imaging.srgb import Box, Opaque, bands
from engine.imaging.tiff_fields import COLORMAP

pillow_heif.register_heif_opener()

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP")
"""Formats that are opened, and no others: some of Pillow's start other programs. MPO opens as JPEG."""
LARGE_IMAGE_BYTES: Final = 64 * 10**6
"""Bytes of memory above which images are decoded one at a time."""
TIME_LIMIT: Final = 20.0
"""Seconds that decoding may take. The largest benign file takes about three."""

_DAMAGE: Final = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, struct.error),
    *(LookupError, ArithmeticError, RuntimeError, AssertionError, AttributeError),
)
"""Exceptions of Pillow's and pillow-heif's decoders over a damaged file."""
_MOVING: Final = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats whose several images are an animation. In others they are pages, views for each eye, or a burst."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transpose that turns a picture of each EXIF orientation upright."""


class _Quiet:
    """Like ``warnings.catch_warnings``, but for several threads at once: the last to leave restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._caught: warnings.catch_warnings[None]

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._caught.__exit__(None, None, None)


_QUIET: Final = _Quiet()
LARGE_IMAGE_LOCK: Final = threading.Lock()
"""Held while a large image is decoded."""


class Inspected(NamedTuple):
    """Facts of an image that can be decoded."""

    width: int
    """Pixels of the upright image, as the height."""
    height: int
    animated: bool


class _Timed(io.BytesIO):
    """A file whose reads fail after a deadline. Pillow decodes between one read and the next."""

    def __init__(self, data: bytes, name: str, deadline: float | None = None) -> None:
        super().__init__(data)
        self._name = name
        self.deadline = _deadline() if deadline is None else deadline

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self.deadline:
            raise too_slow(self._name)
        return super().read(size)


def _deadline() -> float:
    """Return the time at which decoding that begins now must have ended."""
    return time.monotonic() + TIME_LIMIT


def upright_size(data: bytes, name: str = "the image") -> tuple[int, int]:
    """Return width and height of the upright image in pixels, by the file's header alone.

    Raises:
        ImageError: the image cannot be decoded, as far as the header tells.
    """
    data = _developed(data, name)
    with _opened(data, name) as (image, _):
        return _upright_size(image, data)


def decode_here(
    data: bytes, name: str, enough: int | None = None, ground: str = "white", keep_alpha: bool = False
) -> Image.Image:
    """Decode in this process, as :func:`engine.imaging.reading.decode` does; raises its errors."""
    data = _developed(data, name)
    with _loaded(data, name, enough) as image:
        covered = image.info.get("covered")
        turn, animated = _TURNS.get(_orientation(image, data)), _is_animation(image)
        factor = _factor(image, enough)
        whole = Opaque(image, ground, colour_space(image, data), keep_alpha).whole(factor)
        upright = whole if turn is None else whole.transpose(turn)
        if covered:
            left, top, right, bottom = covered
            box = (left // factor, top // factor, -(-right // factor), -(-bottom // factor))
            upright = _alone(upright, box, ground, keep_alpha)
    upright.info = {"animated": True} if animated else {}
    if image.info.get("incomplete"):
        upright.info["incomplete"] = True
    return upright


def inspect_here(data: bytes, name: str) -> Inspected:
    """Inspect in this process, as :func:`engine.imaging.reading.inspect` does; raises its errors."""
    data = _developed(data, name)
    with _loaded(data, name) as image:
        seen = Inspected(*_upright_size(image, data), _is_animation(image))
        opaque = Opaque(image, "white", colour_space(image, data))
        opaque.part(next(bands(image.size)))  # where one part can be converted, all can
        return seen


def _developed(data: bytes, name: str) -> bytes:
    """Return the JPEG in a raw photo, or any other file as it is."""
    with _explained(data, name):
        check_bytes(data, name)
        return developed(data, name)


@contextlib.contextmanager
def _loaded(data: bytes, name: str, enough: int | None = None) -> Iterator[ImageFile.ImageFile]:
    """Decode the first frame as it is stored. Large images are decoded one at a time."""
    with (
        _opened(data, name) as (image, memory),
        LARGE_IMAGE_LOCK if memory > LARGE_IMAGE_BYTES else contextlib.nullcontext(),
    ):
        deadline = _deadline()
        if isinstance(image.fp, _Timed):
            image.fp.deadline = deadline
        _draft(image, enough)
        if image.format == "GIF" and image.tile and image.tile[0].extents != (0, 0, *image.size):
            image.info["covered"] = image.tile[0].extents
        try:
            image.load()
        except OSError as error:
            if not _is_truncated(error):
                raise
        else:
            yield image
            return
        image.close()  # its memory: the picture is decoded anew
        with _completed(data, name, enough, deadline) as whole:
            yield whole


@contextlib.contextmanager
def _completed(data: bytes, name: str, enough: int | None, deadline: float) -> Iterator[ImageFile.ImageFile]:
    """Decode the first frame of a file that ends too early, if nearly all of it is there."""
    from engine.imaging.partial import completed  # few files need it, and numpy takes its time

    with contextlib.ExitStack() as files:

        def opened(some: bytes) -> ImageFile.ImageFile:
            file = _Timed(png_chunks.readable(some), name, deadline)
            image = files.enter_context(Image.open(file, formats=FORMATS))
            _draft(image, enough)
            return image

        yield completed(data, name, opened)


def _alone(image: Image.Image, box: Box, ground: str, keep_alpha: bool) -> Image.Image:
    """Return only a part of a picture, on a ground of its size: a GIF's first frame may be a part."""
    part, alone = image.crop(box), Image.new("RGB", image.size, ground)
    alone.paste(part.convert("RGB"), box)
    if keep_alpha:
        alpha = Image.new("L", image.size)
        alpha.paste(part.getchannel("A") if part.mode == "RGBA" else 255, box)
        alone.putalpha(alpha)
    return alone


def _draft(image: ImageFile.ImageFile, enough: int | None) -> None:
    """Have a JPEG decoded at a fraction of its size, if that is enough."""
    if enough and image.format in ("JPEG", "MPO"):
        image.draft(None, (enough, enough))


def _is_truncated(error: BaseException) -> bool:
    return "truncated" in str(error).lower() or "end of" in str(error).lower()


def _factor(image: Image.Image, enough: int | None) -> int:
    """Return the factor by which a large image may be reduced."""
    if not enough or 4 * image.width * image.height <= LARGE_IMAGE_BYTES:
        return 1
    return next((factor for factor in (8, 4, 2) if min(image.size) // factor >= enough), 1)


@contextlib.contextmanager
def _opened(data: bytes, name: str) -> Iterator[tuple[ImageFile.ImageFile, int]]:
    """Check a file's header, and yield the opened file and the bytes of memory that decoding takes."""
    with _explained(data, name):
        check_bytes(data, name)
        scans = check_scans(data, name)
        check_fields(data, name)
        check_chunks(data, name)
        with Image.open(_Timed(_readable(data), name), formats=FORMATS) as image:
            if image.format == "PNG" and (profile := png_chunks.profile(data)):
                image.info["icc_profile"] = profile
            if late := getattr(image, "icclist", None):
                image.info["icc_profile"] = _joined(late)
            if image.format == "AVIF" and isobmff.is_of_eight_bits(data):
                image.info["bit_depth"] = 8
            if image.format == "TIFF":
                _mend_palette(image)
            check_shape(*image.size, name)
            check_tiles(image, name)
            image.info.pop("xmp", None)  # by which Pillow would turn a TIFF
            yield image, check_memory(image, scans, name)


@contextlib.contextmanager
def _explained(data: bytes, name: str) -> Iterator[None]:
    """Turn Pillow's exceptions into ImageErrors, and ignore its warnings, such as those about metadata."""
    try:
        with _QUIET:
            yield
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise unopened(data, name) from error
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name} has more pixels than I can take in.") from error
    except MemoryError as error:
        raise ImageTooLargeError(f"{name} needs more memory than there is.") from error
    except _DAMAGE as error:
        if _is_truncated(error):
            raise ImageTruncatedError(f"{name} is cut off: the file ends too early.") from error
        raise damaged(name) from error


def _readable(data: bytes) -> bytes:
    """Return a file as Pillow reads it."""
    return isobmff.readable(data) if data[4:8] == b"ftyp" else png_chunks.readable(data)


def _mend_palette(image: ImageFile.ImageFile) -> None:
    """Take the levels of a TIFF's palette as those of 8 bits if all are. Pillow takes them for 16."""
    levels = getattr(image, "tag_v2", {}).get(COLORMAP, ())
    if image.mode == "P" and levels and max(levels) < 256:
        image.palette = ImagePalette.raw("RGB;L", bytes(levels))


def _joined(parts: list[bytes]) -> bytes | None:
    """Return a JPEG's ICC profile from segments behind its frame header, which Pillow leaves lying."""
    parts = sorted(parts)
    return b"".join(part[14:] for part in parts) if parts[0][13:14] == bytes([len(parts)]) else None


def _upright_size(image: Image.Image, data: bytes) -> tuple[int, int]:
    return (image.height, image.width) if _orientation(image, data) >= 5 else image.size


def _is_animation(image: ImageFile.ImageFile) -> bool:
    with contextlib.suppress(*_DAMAGE):  # damage in frames that are never shown
        return image.format in _MOVING and bool(getattr(image, "is_animated", False))
    return True


def _orientation(image: Image.Image, data: bytes) -> int:
    """Return the orientation by EXIF, or by an AVIF's container, 1 to 8.

    It is 1 for TIFF and HEIF, which Pillow and libheif turn themselves. XMP does not count: it stays as it is
    when other programs turn a picture.
    """
    match image.format:
        case "TIFF" | "HEIF":
            return 1
        case "PNG":
            stored = png_chunks.first(data, b"eXIf", beyond_pixels=True)
        case _:
            stored = image.info.get("exif")
    with contextlib.suppress(*_DAMAGE):
        exif = Image.Exif()
        exif.load(stored or b"")
        found = exif.get(ExifTags.Base.Orientation)
        return found if found in _TURNS else 1
    return 1
