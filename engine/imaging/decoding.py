"""Bytes to pictures and back. Pillow only: the bot checks what people send with it, too."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final, NamedTuple

import pillow_heif
from PIL import (
    ExifTags,
    Image,
    ImageCms,
    ImageFile,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTooNarrowError,
    ImageTooSlowError,
    ImageTooSmallError,
    ImageTruncatedError,
)
from engine.imaging.srgb import SRGB, Opaque, bands

pillow_heif.register_heif_opener()

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP")
"""What we open. A closed list: Pillow also knows formats that start other programs. MPO opens as JPEG."""
MAX_BYTES: Final = 50 * 2**20
MAX_PIXELS: Final = 80 * 10**6
MAX_MEMORY: Final = 720 * 10**6
"""Bytes that decoding a picture may take, about: it has four a pixel, and some decoders take more beside."""
BIG: Final = 64 * 10**6
"""Bytes: of the pictures that take more to decode, there is one at a time."""
MIN_EDGE: Final = 64
"""Shortest side, in pixels: below it there is no photo left to see after four poolings."""
MAX_RATIO: Final = 20.0
"""Longest over shortest side: what Telegram takes as a photo."""
DEADLINE: Final = 20.0
"""Seconds that reading one file may take; the largest honest one takes about three."""
MAX_SCANS: Final = 100
"""Times that a JPEG may go over its picture: encoders make about ten scans, and libtiff, too, takes 100."""
MAX_VALUES: Final = 2**19
"""Numbers in one field of a TIFF: more than 80 megapixels have tiles of 16 × 16."""

_DAMAGE: Final = (
    *(OSError, EOFError, SyntaxError, ValueError, TypeError, struct.error),
    *(LookupError, ArithmeticError, RuntimeError, AssertionError, AttributeError),
)
"""What Pillow's decoders and pillow-heif's raise over a damaged file."""
_MOVING: Final = ("GIF", "PNG", "WEBP", "AVIF")
"""Formats whose many images are an animation; in others they are pages, eyes or a burst."""
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture of this EXIF orientation upright."""
_MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
"""A JPEG's marker that begins a segment: no restart, nor an escaped byte of a scan."""
_BYTES: Final = (1, 2, 7)
"""TIFF's types BYTE, ASCII and UNDEFINED: profiles and the like, which stay as they are."""


class _Quiet:
    """Like ``warnings.catch_warnings``, but for several threads at once: the last one out restores."""

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
_BIG: Final = threading.Lock()
"""Whoever decodes a big picture has it."""


class Inspected(NamedTuple):
    """What a picture turned out to be."""

    width: int
    """Of the upright picture, in pixels."""
    height: int
    animated: bool


class _Timed(io.BytesIO):
    """A file that is not read any more past the deadline: Pillow decodes between one read and the next."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self._name = name
        self.begin()

    def begin(self) -> None:
        """Let the time begin now."""
        self._deadline = time.monotonic() + DEADLINE

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self._deadline:
            raise _too_slow(self._name)
        return super().read(size)


def decode(
    data: bytes, name: str = "the image", enough: int | None = None, ground: str = "white"
) -> Image.Image:
    """Decode one picture to upright, opaque sRGB.

    EXIF orientation is applied, an ICC profile is converted, transparency lies on ``ground``, of an
    animation the first frame is taken. Bytes, size and shape are checked before a pixel is decoded,
    and :data:`DEADLINE` ends what takes too long.

    Args:
        data: the file's bytes.
        name: what to call the picture in an error message.
        enough: pixels. A JPEG is then decoded at a half, a quarter or an eighth of its size if no side
            falls below this, for a fraction of time and memory, and any other picture that is big is made
            so small; :func:`upright_size` has its own size.
        ground: colour under what is transparent.

    Returns:
        An RGB image without any metadata. Its ``info`` is ``{"animated": True}`` if the file is an
        animation, and else empty.

    Raises:
        ImageError: one of its subclasses says what is wrong with the picture.
    """
    if _is_of_boxes(data):
        return _decode_apart(data, name, enough, ground)
    return _decode_here(data, name, enough, ground)


def inspect(data: bytes, name: str = "the image") -> Inspected:
    """Decode a picture to see what it is, for less time and memory than :func:`decode` takes.

    Raises:
        ImageError: whatever that would raise.
    """
    if _is_of_boxes(data):
        with _apart(data, name) as (said, _):
            return Inspected(*said["seen"])
    return _inspect_here(data, name)


def upright_size(data: bytes, name: str = "the image") -> tuple[int, int]:
    """Give width and height, in pixels, as :func:`decode` would, by the file's header alone.

    Raises:
        ImageError: it cannot be decoded, as far as the header tells.
    """
    with _opened(data, name) as (image, _):
        return _upright_size(image)


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


def _is_of_boxes(data: bytes) -> bool:
    """Whether this may be AVIF or HEIF."""
    return data[4:8] == b"ftyp"


def _decode_apart(data: bytes, name: str, enough: int | None, ground: str) -> Image.Image:
    with _apart(data, name, ground, str(enough or 0)) as (said, pixels):
        image = Image.new("RGB", said["size"])
        for box in bands(image.size):
            size = box[2], box[3] - box[1]
            image.paste(Image.frombytes("RGB", size, pixels.read(3 * size[0] * size[1])), box)
    image.info = said["info"]
    return image


@contextlib.contextmanager
def _apart(data: bytes, name: str, *wanted: str) -> Iterator[tuple[dict[str, Any], IO[bytes]]]:
    """Decode in a process of its own, for AVIF and HEIF: their decoders cannot be interrupted, but ended.

    A few kilobytes can keep them busy for an hour, with a thousand times the same huge tile or with
    frames that are never shown, and they are the ones most likely to crash.

    Args:
        data: the file's bytes.
        name: what to call the picture in an error message.
        wanted: the ground and what is enough, to have the pixels, too.
    """
    _check_bytes(data, name)
    command = [sys.executable, "-P", "-c", f"from {__name__} import _answer; _answer()", name, *wanted]
    # It is the process most likely to be attacked, and it needs no secrets.
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with _BIG, subprocess.Popen(command, env=kept, **pipes) as child:  # noqa: S603 - it is ourselves
        assert child.stdin  # noqa: S101 - they are pipes
        assert child.stdout  # noqa: S101 - they are pipes
        end = time.monotonic() + DEADLINE
        killer = threading.Timer(DEADLINE, child.kill)
        killer.start()
        try:
            with contextlib.suppress(BrokenPipeError), child.stdin as there:
                there.write(data)
            said = json.loads(child.stdout.readline())
            if "code" not in said:
                yield said, child.stdout
        except ValueError as error:  # it has not said all that it should
            if child.wait() < 0:  # the decoder crashed, unless we have ended it
                raise (_too_slow if time.monotonic() >= end else _damaged)(name) from error
            raise subprocess.CalledProcessError(child.returncode, command) from error
        finally:
            killer.cancel()
            child.kill()
    if "code" in said:
        kinds: list[type[ImageError]] = [ImageError, *ImageError.__subclasses__()]
        raise next(kind for kind in kinds if kind.code == said["code"])(said["message"])


def _answer() -> None:
    """Be the process of :func:`_apart`: a line of JSON, and after it the pixels if they are wanted."""
    data, (name, *wanted) = sys.stdin.buffer.read(), sys.argv[1:]
    image: Image.Image | None = None
    said: dict[str, Any]
    try:
        if wanted:
            image = _decode_here(data, name, int(wanted[1]), wanted[0])
            said = {"size": image.size, "info": image.info}
        else:
            said = {"seen": _inspect_here(data, name)}
    except ImageError as error:
        said = {"code": error.code, "message": str(error)}
    print(json.dumps(said), flush=True)
    if image:
        for box in bands(image.size):
            sys.stdout.buffer.write(image.crop(box).tobytes())


def _decode_here(data: bytes, name: str, enough: int | None = None, ground: str = "white") -> Image.Image:
    with _loaded(data, name, enough) as image:
        turn, animated = _TURNS.get(_orientation(image)), _is_animation(image)
        whole = Opaque(image, ground).whole(_factor(image, enough))
        upright = whole if turn is None else whole.transpose(turn)
    upright.info = {"animated": True} if animated else {}
    return upright


def _inspect_here(data: bytes, name: str) -> Inspected:
    with _loaded(data, name) as image:
        seen = Inspected(*_upright_size(image), _is_animation(image))
        Opaque(image, "white").part(next(bands(image.size)))  # where one part can be had, all can
        return seen


@contextlib.contextmanager
def _loaded(data: bytes, name: str, enough: int | None = None) -> Iterator[ImageFile.ImageFile]:
    """Decode the first frame, as the file has it; one big picture at a time."""
    with _opened(data, name) as (image, memory), _BIG if memory > BIG else contextlib.nullcontext():
        if isinstance(image.fp, _Timed):
            image.fp.begin()
        if enough and image.format in ("JPEG", "MPO"):
            image.draft(None, (enough, enough))
        image.load()
        yield image


def _factor(image: Image.Image, enough: int | None) -> int:
    """How many times smaller a big picture may be."""
    if not enough or 4 * image.width * image.height <= BIG:
        return 1
    return next((factor for factor in (8, 4, 2) if min(image.size) // factor >= enough), 1)


@contextlib.contextmanager
def _opened(data: bytes, name: str) -> Iterator[tuple[ImageFile.ImageFile, int]]:
    """Open a file whose header promises no harm, with the memory that it takes; no pixel is decoded yet."""
    with _explained(name):
        _check_bytes(data, name)
        scans = _check_scans(data, name)
        _check_fields(data, name)
        with Image.open(_Timed(data, name), formats=FORMATS) as image:
            check_shape(*image.size, name)
            _check_tiles(image, name)
            yield image, _check_memory(image, scans, name)


@contextlib.contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say what it means that Pillow fails; what it warns of, such as odd metadata, does not concern us."""
    try:
        with _QUIET:
            yield
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
        raise _damaged(name) from error


def _damaged(name: str) -> ImageError:
    return ImageError(f"{name} is damaged and cannot be read.")


def _too_slow(name: str) -> ImageError:
    return ImageTooSlowError(f"{name} takes too long to read. Saved anew, it will work.")


def _check_bytes(data: bytes, name: str) -> None:
    if not data:
        raise ImageTruncatedError(f"{name} is empty.")
    if len(data) > MAX_BYTES:
        raise ImageTooLargeError(
            f"{name} has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB is the most."
        )


def _check_scans(data: bytes, name: str) -> int:
    """Refuse a JPEG of a great many scans: 10 MB hold 100 000, and each passes over the whole picture.

    Gives their number.
    """
    if not data.startswith(b"\xff\xd8"):
        return 0
    scans, marker = 0, _MARKER.search(data, 2)
    while marker and marker[1] != b"\xd9":  # end of image; a second one may follow
        scans += marker[1] == b"\xda"
        if scans > MAX_SCANS:
            raise _too_slow(name)
        at = marker.end()
        marker = _MARKER.search(data, at + int.from_bytes(data[at : at + 2], "big"))
    return scans


def _check_fields(data: bytes, name: str) -> None:
    """Refuse a TIFF with an endless list, of strips mostly: Pillow unfolds it on opening, for minutes."""
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
            raise _too_slow(name)


def _check_tiles(image: Image.Image, name: str) -> None:
    """Refuse a TIFF whose tiles reach far beyond its picture: they are decoded whole."""
    tags = getattr(image, "tag_v2", {})
    width, height = tags.get(TiffImagePlugin.TILEWIDTH), tags.get(TiffImagePlugin.TILELENGTH)
    if width and height:
        across = -(-tags[TiffImagePlugin.IMAGEWIDTH] // width)
        down = -(-tags[TiffImagePlugin.IMAGELENGTH] // height)
        if across * width * down * height > 2 * MAX_PIXELS:
            raise ImageTooLargeError(f"{name} has more pixels in its tiles than I can take in.")


def _check_memory(image: ImageFile.ImageFile, scans: int, name: str) -> int:
    """Refuse what would take too much memory; gives what it takes, about."""
    memory = 4 * image.width * image.height + _beside(image, scans)
    if memory > MAX_MEMORY:
        raise ImageTooLargeError(
            f"{name} has {image.width} × {image.height} pixels, too many for a file of its kind. "
            "Saved as an ordinary JPEG, it will work."
        )
    return memory


def _beside(image: ImageFile.ImageFile, scans: int) -> int:
    """Bytes that a decoder keeps at the same time as the picture, about."""
    pixels = image.width * image.height
    match image.format:
        case "WEBP":  # a canvas for this frame, one for the next, and what it hands over
            return 12 * pixels
        case (
            "AVIF" | "HEIF"
        ):  # the levels as they are coded, and what is handed over; of AVIF nobody tells them
            deep = bool(image.info.get("bit_depth", 10) > 8)
            return (6 + 4 * (image.mode == "RGBA") + 7 * deep) * pixels
        case "JPEG" | "MPO" if scans > 1:  # two bytes for each of the coefficients, which come bit by bit
            areas: list[int] = [across * down for _, across, down, _ in getattr(image, "layer", ())]
            return 2 * pixels * sum(areas) // max(areas)
        case "TIFF":  # a strip or a tile, and there may be but one
            tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
            area = tags.get(TiffImagePlugin.TILEWIDTH, 0) * tags.get(TiffImagePlugin.TILELENGTH, 0)
            rows = min(tags.get(TiffImagePlugin.ROWSPERSTRIP, image.height), max(image.size))
            bits = tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1) * max(
                tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
            )
            return int((area or tags[TiffImagePlugin.IMAGEWIDTH] * rows) * bits // 8)
    return 0


def _upright_size(image: Image.Image) -> tuple[int, int]:
    return (image.height, image.width) if _orientation(image) >= 5 else image.size


def _is_animation(image: ImageFile.ImageFile) -> bool:
    with contextlib.suppress(*_DAMAGE):  # of the frames that nobody will see
        return image.format in _MOVING and bool(getattr(image, "is_animated", False))
    return True


def _orientation(image: Image.Image) -> int:
    """Give what EXIF says, 1 to 8; 1 where it has been seen to: Pillow turns a TIFF, libheif a HEIF."""
    with contextlib.suppress(*_DAMAGE):
        found = image.getexif().get(ExifTags.Base.Orientation)
        return found if found in _TURNS and image.format != "TIFF" else 1
    return 1


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
