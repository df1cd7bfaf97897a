"""Read an image: check it, and decode it, in a process of its own if it is large."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from engine.errors import ImageError
from engine.imaging import decoding
from engine.imaging.decoding import LARGE, Inspected, damaged, decode_here, inspect_here
from engine.imaging.limits import check_bytes, too_slow
from engine.imaging.srgb import bands


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
    return decode_here(data, name, enough, ground)


def inspect(data: bytes, name: str = "the image") -> Inspected:
    """Decode a picture to see what it is, for less time and memory than :func:`decode` takes.

    Raises:
        ImageError: whatever that would raise.
    """
    if _is_of_boxes(data):
        with _apart(data, name) as (said, _):
            return Inspected(*said["seen"])
    return inspect_here(data, name)


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
    check_bytes(data, name)
    command = [sys.executable, "-P", "-c", f"from {__name__} import _answer; _answer()", name, *wanted]
    # It is the process most likely to be attacked, and it needs no secrets.
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with LARGE, subprocess.Popen(command, env=kept, **pipes) as child:  # noqa: S603 - it is ourselves
        assert child.stdin  # noqa: S101 - they are pipes
        assert child.stdout  # noqa: S101 - they are pipes
        end = time.monotonic() + decoding.DEADLINE
        killer = threading.Timer(decoding.DEADLINE, child.kill)
        killer.start()
        try:
            with contextlib.suppress(BrokenPipeError), child.stdin as there:
                there.write(data)
            said = json.loads(child.stdout.readline())
            if "code" not in said:
                yield said, child.stdout
        except ValueError as error:  # it has not said all that it should
            if child.wait() < 0:  # the decoder crashed, unless we have ended it
                raise (too_slow if time.monotonic() >= end else damaged)(name) from error
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
            image = decode_here(data, name, int(wanted[1]), wanted[0])
            said = {"size": image.size, "info": image.info}
        else:
            said = {"seen": inspect_here(data, name)}
    except ImageError as error:
        said = {"code": error.code, "message": str(error)}
    print(json.dumps(said), flush=True)
    if image:
        for box in bands(image.size):
            sys.stdout.buffer.write(image.crop(box).tobytes())
