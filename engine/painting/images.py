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
from typing import Any, Final

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

pillow_heif.register_heif_opener()

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP")
"""What we open. A closed list: Pillow also knows formats that start other programs. MPO opens as JPEG."""
MAX_BYTES: Final = 50 * 2**20
MAX_PIXELS: Final = 80 * 10**6
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
_SRGB: Final = ImageCms.createProfile("sRGB")
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


class _Timed(io.BytesIO):
    """A file that is not read any more past the deadline: Pillow decodes between one read and the next."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self._name, self._deadline = name, time.monotonic() + DEADLINE

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
            falls below this, for a fraction of time and memory; :func:`upright_size` has its own size.
        ground: colour under what is transparent.

    Returns:
        An RGB image without any metadata. Its ``info`` is ``{"animated": True}`` if the file is an
        animation, and else empty.

    Raises:
        ImageError: one of its subclasses says what is wrong with the picture.
    """
    if data[4:8] == b"ftyp":
        return _decode_apart(data, name, ground)
    return _decode_here(data, name, enough, ground)


def upright_size(data: bytes, name: str = "the image") -> tuple[int, int]:
    """Give width and height, in pixels, as :func:`decode` would, by the file's header alone.

    Raises:
        ImageError: it cannot be decoded, as far as the header tells.
    """
    with _opened(data, name) as image:
        return (image.height, image.width) if _orientation(image) >= 5 else image.size


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


def _decode_apart(data: bytes, name: str, ground: str) -> Image.Image:
    """Decode in a process of its own, for AVIF and HEIF: their decoders cannot be interrupted, but ended.

    A few kilobytes can keep them busy for an hour, with a thousand times the same huge tile or with
    frames that are never shown, and they are the ones most likely to crash.
    """
    _check_bytes(data, name)
    command = [sys.executable, "-P", "-c", f"from {__name__} import _answer; _answer()", name, ground]
    # It is the process most likely to be attacked, and it needs no secrets.
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        child = subprocess.run(  # noqa: S603 - it is ourselves
            command, input=data, env=kept, capture_output=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(name) from None
    if child.returncode < 0:
        raise _damaged(name)  # the decoder crashed
    child.check_returncode()
    header, _, pixels = child.stdout.partition(b"\n")
    said = json.loads(header)
    if "code" in said:
        kinds: list[type[ImageError]] = [ImageError, *ImageError.__subclasses__()]
        raise next(kind for kind in kinds if kind.code == said["code"])(said["message"])
    image = Image.frombytes("RGB", said["size"], pixels)
    image.info = said["info"]
    return image


def _answer() -> None:
    """Be the process of :func:`_decode_apart`: a line of JSON, and after it the pixels if there are any."""
    try:
        image = _decode_here(sys.stdin.buffer.read(), sys.argv[1], None, sys.argv[2])
    except ImageError as error:
        print(json.dumps({"code": error.code, "message": str(error)}))
    else:
        print(json.dumps({"size": image.size, "info": image.info}), flush=True)
        sys.stdout.buffer.write(image.tobytes())


def _decode_here(data: bytes, name: str, enough: int | None = None, ground: str = "white") -> Image.Image:
    with _explained(name):
        return _opaque_srgb(_upright(data, name, enough), ground)


def _upright(data: bytes, name: str, enough: int | None) -> Image.Image:
    """Give the first frame upright, otherwise as the file has it; and let go of file and decoder."""
    with _opened(data, name) as image:
        if enough and image.format in ("JPEG", "MPO"):
            image.draft(None, (enough, enough))
        image.load()
        turn = _TURNS.get(_orientation(image))
        upright = image.copy() if turn is None else image.transpose(turn)
        upright.info["animated"] = _is_animation(image)
        return upright


@contextlib.contextmanager
def _opened(data: bytes, name: str) -> Iterator[ImageFile.ImageFile]:
    """Open a file whose header promises no harm; no pixel is decoded yet."""
    with _explained(name):
        _check_bytes(data, name)
        _check_scans(data, name)
        _check_fields(data, name)
        with Image.open(_Timed(data, name), formats=FORMATS) as image:
            check_shape(*image.size, name)
            _check_tiles(image, name)
            yield image


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


def _check_scans(data: bytes, name: str) -> None:
    """Refuse a JPEG of a great many scans: 10 MB hold 100 000, and each passes over the whole picture."""
    if not data.startswith(b"\xff\xd8"):
        return
    scans, marker = 0, _MARKER.search(data, 2)
    while marker and marker[1] != b"\xd9":  # end of image; a second one may follow
        scans += marker[1] == b"\xda"
        if scans > MAX_SCANS:
            raise _too_slow(name)
        at = marker.end()
        marker = _MARKER.search(data, at + int.from_bytes(data[at : at + 2], "big"))


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


def _opaque_srgb(image: Image.Image, ground: str) -> Image.Image:
    info, image.info = image.info, {}  # nothing of the file's metadata comes along
    image, alpha = _split_alpha(*_eight_bit(image, info.get("transparency")))
    image = _to_srgb(image, info.get("icc_profile"))
    if alpha is not None:
        under = Image.new("RGB", image.size, ground)
        under.paste(image, mask=alpha)
        image = under
    image.info = {"animated": True} if info["animated"] else {}
    return image


def _eight_bit(image: Image.Image, transparent: Any) -> tuple[Image.Image, Any]:
    """Bring levels of more than 8 bits, and the one that is transparent, to 8; Pillow would clip them."""
    if isinstance(transparent, tuple) and max(transparent) > 255:
        return image, tuple(level >> 8 for level in transparent)  # 16-bit RGB: Pillow halves the pixels alone
    if image.mode != "F" and not image.mode.startswith("I"):
        return image, transparent
    wide = image.convert("F")
    highest = wide.getextrema()[1]
    assert isinstance(highest, float)  # noqa: S101 - mode F has one band
    tops = (65535.0,) if image.mode.startswith("I;16") else (1.0, 255.0, 65535.0, highest)
    scale = 255 / next((top for top in tops if highest <= top), highest)
    narrow = wide.point(lambda value: value * scale + 0.5).convert("L")
    return narrow, None if transparent is None else int(transparent * scale + 0.5)


def _split_alpha(image: Image.Image, transparent: Any) -> tuple[Image.Image, Image.Image | None]:
    """Give the opaque picture, grey if it was: a grey profile fits that alone; and its alpha, if any."""
    if transparent is not None:
        image.info["transparency"] = transparent
    if not image.has_transparency_data:
        return image, None
    grey, image = image.mode in ("L", "LA"), image.convert("RGBA")
    return image.convert("L" if grey else "RGB"), image.getchannel("A")


def _to_srgb(image: Image.Image, profile: Any) -> Image.Image:
    image = image.convert("RGB") if image.mode == "P" else image
    if isinstance(profile, bytes) and image.mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):  # broken, it is none
            converted = ImageCms.profileToProfile(image, io.BytesIO(profile), _SRGB, outputMode="RGB")
            assert converted  # noqa: S101 - not in place
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _srgb_bytes() -> bytes:
    """Give the sRGB profile, the same at all times: LittleCMS dates it, and pictures would differ by that."""
    profile = bytearray(ImageCms.ImageCmsProfile(_SRGB).tobytes())
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
