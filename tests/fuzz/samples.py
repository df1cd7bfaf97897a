"""Forged files by their numbers: the same number is always the same file."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import cache
from typing import Final

from PIL import Image

from tests.unit.imaging.test_imaging_raw import FILES as RAW
from tests.unit.imaging.test_imaging_raw import preview
from tests.unit.imaging.test_imaging_reading import (
    DAMAGES,
    lab_of_inks,
    linear_profile,
    quadrants,
    saved,
    small_files,
    with_checksums,
)

CARRIERS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF")
"""Formats that carry a profile and EXIF."""


def sample(number: int) -> bytes:
    """Make the file of a number.

    Most are one of the suite's small files with up to eight damages, half of the PNGs with their checksums
    mended. Others have a damaged colour profile or damaged EXIF inside a whole file, where damage to the file
    would mostly be found before it: a PNG's profile is compressed, a TIFF's is far behind.
    """
    dice = random.Random(number)
    kind: Callable[[random.Random], bytes] = dice.choices((_file, _profile, _exif), (8, 1, 1))[0]
    return kind(dice)


def _file(dice: random.Random) -> bytes:
    data = _damaged(dice, dice.choice((*small_files(), *_raw_files())), 8)
    return with_checksums(bytearray(data)) if data.startswith(b"\x89PNG") and dice.random() < 0.5 else data


@cache
def _raw_files() -> tuple[bytes, ...]:
    return tuple(make(preview(1100, 64), 1) for make in RAW.values())


def _profile(dice: random.Random) -> bytes:
    inks = dice.random() < 0.3
    profile = lab_of_inks() if inks else linear_profile(dice.choice((b"RGB ", b"GRAY")))
    image = quadrants(72, 64).convert("CMYK") if inks else quadrants(72, 64)
    carrier = dice.choice(("JPEG", "TIFF")) if inks else dice.choice(CARRIERS)
    return saved(image, carrier, icc_profile=_damaged(dice, profile, 6))


def _exif(dice: random.Random) -> bytes:
    exif = Image.Exif()
    exif[0x112], exif[0x10E], exif[0x132] = dice.randrange(12), "a description", "2000:01:01 00:00:00"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0a comment"
    exif.get_ifd(0x8825)[1] = "N"
    data = exif.tobytes()
    # Its first bytes, "Exif\0\0" and the byte order, are what Pillow looks for at once.
    damaged = data[:8] + _damaged(dice, data[8:], 4)
    try:
        return saved(quadrants(72, 64), dice.choice(CARRIERS), exif=damaged)
    except Exception:  # noqa: BLE001 - an encoder reads it too, and may refuse it in any way
        return _around(damaged)


def _around(exif: bytes) -> bytes:
    """Make a JPEG with this EXIF, inserted by hand."""
    out = io.BytesIO()
    quadrants(72, 64).save(out, "JPEG")
    whole = out.getvalue()
    return whole[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + whole[2:]


def _damaged(dice: random.Random, whole: bytes, most: int) -> bytes:
    data = bytearray(whole)
    for _ in range(dice.randint(1, most)):
        if data:
            place, other, length = dice.randrange(len(data)), dice.randrange(10**6), dice.randint(1, 100)
            dice.choice(DAMAGES)(data, place, other, length)
    return bytes(data)
