"""Decode or inspect an image: JPEG, PNG and the like here, AVIF, HEIF and TIFF in a child process."""

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

from PIL import Image, TiffImagePlugin

from engine.errors import ImageError
from engine.imaging import decoding
from engine.imaging.decoding import LARGE_IMAGE_LOCK, Inspected, decode_here, inspect_here
from engine.imaging.kinds import damaged
from engine.imaging.limits import check_bytes, too_slow
from engine.imaging.srgb import bands


def decode(
    data: bytes,
    name: str = "the image",
    enough: int | None = None,
    ground: str = "white",
    keep_alpha: bool = False,
) -> Image.Image:
    """Decode an image to upright, opaque sRGB.

    The EXIF orientation is applied, an ICC profile is converted, transparency is put on ``ground``, and the
    first frame of an animation is taken. Bytes, size and shape are checked before a pixel is decoded, and
    decoding ends after :data:`~engine.imaging.decoding.TIME_LIMIT`.

    Args:
        data: the file's bytes.
        name: name of the picture in error messages.
        enough: pixels of the shorter side that suffice. A JPEG is then decoded at 1/2, 1/4 or 1/8 of its
            size, in a fraction of time and memory, and any other large picture is reduced so.
        ground: colour under transparent pixels.
        keep_alpha: return the alpha of a transparent picture beside its colours on the ground.

    Returns:
        An RGB image, or RGBA if the alpha was asked for and there is one. Its ``info`` is empty but for two
        keys that are True if they are there: ``animated``, and ``incomplete`` for a cut-off file whose last
        rows were made up.

    Raises:
        ImageError: one of its subclasses says what is wrong with the picture.
    """
    if _is_for_child(data):
        return _decode_in_child(data, name, enough, ground, keep_alpha)
    return decode_here(data, name, enough, ground, keep_alpha)


def inspect(data: bytes, name: str = "the image") -> Inspected:
    """Decode an image only to check it and return its facts, in less time and memory than :func:`decode`.

    Raises:
        ImageError: the same as :func:`decode`.
    """
    if _is_for_child(data):
        with _child_process(data, name) as (reply, _):
            return Inspected(*reply["seen"])
    return inspect_here(data, name)


def _is_for_child(data: bytes) -> bool:
    """Return whether this may be AVIF, HEIF or TIFF."""
    return data[4:8] == b"ftyp" or data.startswith(tuple(TiffImagePlugin.PREFIXES))


def _decode_in_child(
    data: bytes, name: str, enough: int | None, ground: str, keep_alpha: bool
) -> Image.Image:
    with _child_process(data, name, ground, str(enough or 0), str(int(keep_alpha))) as (reply, pixels):
        mode = reply["mode"]
        image = Image.new(mode, reply["size"])
        for box in bands(image.size):
            size = box[2], box[3] - box[1]
            part = pixels.read(len(mode) * size[0] * size[1])
            image.paste(Image.frombytes(mode, size, part), box)
    image.info = reply["info"]
    return image


@contextlib.contextmanager
def _child_process(data: bytes, name: str, *arguments: str) -> Iterator[tuple[dict[str, Any], IO[bytes]]]:
    """Decode AVIF, HEIF or TIFF in a child process, since their decoders cannot be interrupted, only killed.

    A few kilobytes can keep them busy for an hour, with a huge tile a thousand times or with frames that are
    never shown. They are also the most likely to crash, and libtiff writes to stderr.

    Args:
        data: the file's bytes.
        name: name of the picture in error messages.
        arguments: ``ground``, ``enough`` and ``keep_alpha``, if the pixels are wanted, too.
    """
    check_bytes(data, name)
    code = f"from {__name__} import _child_main; _child_main()"
    command = [sys.executable, "-P", "-c", code, name, *arguments]
    # The process is the most exposed to attacks, so it gets no secrets.
    kept = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with LARGE_IMAGE_LOCK, subprocess.Popen(command, env=kept, **pipes) as child:  # noqa: S603 - this program
        assert child.stdin  # noqa: S101 - they are pipes
        assert child.stdout  # noqa: S101 - they are pipes
        end = time.monotonic() + decoding.TIME_LIMIT
        killer = threading.Timer(decoding.TIME_LIMIT, child.kill)
        killer.start()
        try:
            with contextlib.suppress(BrokenPipeError), child.stdin as there:
                there.write(data)
            reply = json.loads(child.stdout.readline())
            if "code" not in reply:
                yield reply, child.stdout
        except ValueError as error:  # the reply is incomplete
            if child.wait() < 0:  # the decoder crashed, or was killed
                raise (too_slow if time.monotonic() >= end else damaged)(name) from error
            raise subprocess.CalledProcessError(child.returncode, command) from error
        finally:
            killer.cancel()
            child.kill()
    if "code" in reply:
        kinds: list[type[ImageError]] = [ImageError, *ImageError.__subclasses__()]
        raise next(kind for kind in kinds if kind.code == reply["code"])(reply["message"], **reply["facts"])


def _child_main() -> None:
    """Run the child process: print a line of JSON and, if they are wanted, the pixels."""
    data, (name, *arguments) = sys.stdin.buffer.read(), sys.argv[1:]
    image: Image.Image | None = None
    reply: dict[str, Any]
    try:
        if arguments:
            image = decode_here(data, name, int(arguments[1]), arguments[0], bool(int(arguments[2])))
            reply = {"size": image.size, "mode": image.mode, "info": image.info}
        else:
            reply = {"seen": inspect_here(data, name)}
    except ImageError as error:
        reply = {"code": error.code, "message": str(error), "facts": error.facts}
    print(json.dumps(reply), flush=True)
    if image:
        for box in bands(image.size):
            sys.stdout.buffer.write(image.crop(box).tobytes())
