"""Pictures whose file ends too early: how much of them is there, and the rest made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageFile

from engine.errors import ImageTruncatedError
from engine.imaging.raw import MARKER
from engine.imaging.srgb import bands

ENOUGH: Final = 0.9
"""Share of the rows with which a picture is taken."""
_END: Final = b"\xff\xd9"
"""JPEG's marker at the end, which makes the decoder fill what is missing."""
_NOISE: Final = bytes(range(1, 255)) * 200
"""Bytes that a decoder takes for pixels."""

Open = Callable[[bytes], ImageFile.ImageFile]
"""Opens a file anew, and sets the scale at which it is decoded."""


def completed(data: bytes, name: str, opened: Open) -> ImageFile.ImageFile:
    """Return the loaded image of a JPEG or PNG that is cut off. Missing rows become a mirror of those above.

    Its ``info`` is marked ``incomplete`` where something is missing.

    Args:
        data: the file's bytes.
        name: name of the picture in error messages.
        opened: opens such a file.

    Raises:
        ImageTruncatedError: there are too few rows, or the file is of another format.
    """
    image = opened(data)
    match image.format:
        case "JPEG" | "MPO" if image.info.get("progressive"):
            _check_share(_first_passes(data), name)
            image = opened(data + _END)
            image.load()
            image.info["incomplete"] = True
            return image
        case "JPEG" | "MPO":
            rows = _rows_of_jpeg(data, opened)
            _check_share(rows / image.height, name)
            image = opened(data + _END)
            image.load()
        case "PNG":
            image, rows = _partial_png(data, opened)
            _check_share(rows / image.height, name)
        case _:
            raise ImageTruncatedError(f"{name} is cut off: the file ends too early.")
    missing = image.height - rows
    if missing:
        image.info["incomplete"] = True
        image.paste(
            image.crop((0, rows - missing, image.width, rows)).transpose(Image.Transpose.FLIP_TOP_BOTTOM),
            (0, rows),
        )
    return image


def _check_share(share: float, name: str) -> None:
    """Refuse a picture of which less than :data:`ENOUGH` is there."""
    if share < ENOUGH:
        percent = int(100 * share)
        raise ImageTruncatedError(f"{name} is cut off: only {percent} % of it is there.", percent=percent)


def _rows_of_jpeg(data: bytes, opened: Open) -> int:
    """Return the rows of a JPEG that do not depend on what would come behind the cut, in blocks of eight."""
    height, pair = opened(data).height, []
    for rest in (b"", _NOISE):
        image = opened(data + rest + _END)
        image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        pair.append(image)
    one, other = pair
    return min(height, _agreement(one, other) * -(-height // one.height))


def _partial_png(data: bytes, opened: Open) -> tuple[ImageFile.ImageFile, int]:
    """Decode a PNG as far as it goes, on two grounds. Where they show, nothing was decoded."""
    pair = []
    for is_white in (False, True):
        image = opened(data)
        image.im = Image.new(image.mode, image.size, _white(image.mode) if is_white else 0).im
        try:
            image.load()
        except OSError:
            image.tile = []
        pair.append(image)
    rows = _agreement(*pair)
    pair[1].close()  # its memory, which may be as much again
    return pair[0], rows


def _white(mode: str) -> int | tuple[int, ...]:
    """Return the highest level in each band of a PNG's mode."""
    bands = Image.getmodebands(mode)
    return (255,) * bands if bands > 1 else 65535 if mode.startswith("I") else 255


def _agreement(one: Image.Image, other: Image.Image) -> int:
    """Return the number of rows, from the top, in which two pictures are the same."""
    for box in bands(one.size):
        differs = np.asarray(one.crop(box)) != np.asarray(other.crop(box))
        rows = differs.reshape(len(differs), -1).any(axis=1)
        if rows.any():
            return box[1] + int(rows.argmax())
    return one.height


def _first_passes(data: bytes) -> float:
    """Return the share of a progressive JPEG's luma coefficients that have been told at least coarsely.

    Each scan tells a range of coefficients, or refines them. The last scan of the file is the one that is
    cut, and does not count.
    """
    luma, told, pending = b"", set[int](), set[int]()
    marker = MARKER.search(data, 2)
    while marker:
        at = marker.end()
        content = data[at + 2 : at + int.from_bytes(data[at : at + 2], "big")]
        if marker[1] == b"\xda":
            told |= pending
            scans = content[0] if content else 0
            first, last, precision = content[1 + 2 * scans : 4 + 2 * scans] or b"\0\0\xff"
            coarse = precision >> 4 == 0 and luma in [
                content[1 + 2 * each : 2 + 2 * each] for each in range(scans)
            ]
            pending = set(range(first, min(last, 63) + 1)) if coarse else set()
        elif marker[1] == b"\xc2" and not luma:
            luma = content[6:7]
        marker = MARKER.search(data, at + 2 + len(content))
    return len(told) / 64
