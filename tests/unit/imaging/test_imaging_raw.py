"""Raw photos: painted from the JPEG that their camera put into them, or refused by name."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from PIL import Image

from engine.errors import ImageKindError
from engine.imaging import decoding
from engine.imaging.decoding import upright_size
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import apart, as_stored, pixels, quadrants, saved

Directory = dict[int, int | list[int] | bytes]
THUMBNAIL = Image.new("RGB", (160, 120), "purple")
SENSOR: Directory = {254: 0, 256: 4000, 257: 3000, 258: 14, 259: 7, 262: 32803, 277: 1}


def raw(first: Directory, *inner: Directory, order: str = "<", magic: bytes = b"") -> bytes:
    """Make a TIFF whose first directory refers to others by SubIFDs. Bytes are put behind."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8 + len(magic)) + magic
    directories = [dict(first), *map(dict, inner)]
    starts, place = [], len(head)
    for index, fields in enumerate(directories):
        starts.append(place)
        place += 6 + 12 * (len(fields) + (index == 0 and bool(inner)))
    if inner:
        directories[0][330] = starts[1:]
    tables, beyond = b"", b""
    for fields in directories:
        tables += struct.pack(order + "H", len(fields))
        for tag, value in sorted(fields.items()):
            values = value if isinstance(value, list) else [value]
            if isinstance(value, bytes) and tag in (273, 513):
                content, kind, many = struct.pack(order + "L", place + len(beyond)), 4, 1
                beyond += value
            elif isinstance(value, bytes):
                content, kind, many = value, 2, len(value)
            else:
                content, kind, many = struct.pack(f"{order}{len(values)}L", *values), 4, len(values)
            if len(content) > 4:
                content, beyond = struct.pack(order + "L", place + len(beyond)), beyond + content
            tables += struct.pack(order + "HHL", tag, kind, many) + content.ljust(4, b"\0")
        tables += bytes(4)
    return head + tables + beyond


def strip(jpeg: bytes) -> Directory:
    return {254: 1, 259: 7, 262: 6, 273: jpeg, 279: len(jpeg)}


def pointed(jpeg: bytes) -> Directory:
    return {254: 1, 513: jpeg, 514: len(jpeg)}


def thumbnail(**more: int | bytes) -> Directory:
    """A first directory as raw photos have it: 160 × 120 pixels of purple, uncompressed."""
    plain: Directory = {254: 1, 256: 160, 257: 120, 258: [8, 8, 8], 259: 1, 262: 2, 277: 3, 278: 120}
    plain |= {273: THUMBNAIL.tobytes(), 279: 160 * 120 * 3}
    return plain | {int(tag.lstrip("_")): value for tag, value in more.items()}


def preview(width: int = 1200, height: int = 800, orientation: int = 1) -> bytes:
    stored = Image.fromarray(as_stored(pixels(quadrants(width, height)), orientation))
    return saved(stored, "JPEG", quality=80)


FILES: dict[str, Callable[[bytes, int], bytes]] = {
    "DNG": lambda jpeg, turn: raw(thumbnail(_50706=b"\1\4\0\0", _274=turn), SENSOR, strip(jpeg)),
    "DNG of linear raw": lambda jpeg, turn: raw(
        thumbnail(_50706=b"\1\4\0\0", _274=turn), {**SENSOR, 262: 34892}, strip(preview(64, 64)), strip(jpeg)
    ),
    "NEF": lambda jpeg, turn: raw(
        thumbnail(_271=b"NIKON CORPORATION\0", _274=turn), pointed(jpeg), SENSOR, order=">"
    ),
    "ARW": lambda jpeg, turn: raw(
        {**thumbnail(_271=b"SONY\0", _274=turn), **pointed(jpeg)}, SENSOR, pointed(preview(160, 120))
    ),
    "CR2": lambda jpeg, turn: raw(
        {**strip(jpeg), 274: turn, 271: b"Canon\0"}, pointed(preview(160, 120)), magic=b"CR\2\0\0\0\0\0"
    ),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("orientation", [1, 6, 8, 3])
def test_a_raw_photo_is_its_largest_jpeg_and_upright(kind: str, orientation: int) -> None:
    data = FILES[kind](preview(orientation=orientation), orientation)
    assert apart(decode(data), quadrants(1200, 800)) < 8
    assert upright_size(data) == (1200, 800)
    assert inspect(data) == (1200, 800, False)


@pytest.mark.parametrize("kind", FILES)
def test_a_raw_photo_without_a_large_jpeg_is_refused_by_name(kind: str) -> None:
    data = FILES[kind](preview(1000, 800), 1)
    for call in (decode, inspect, upright_size):
        with pytest.raises(ImageKindError, match=r"holiday is of the kind \w+, not an image") as caught:
            call(data, "holiday")
        assert caught.value.facts == {"kind": kind.partition(" ")[0]}
        assert caught.value.code == "image-kind"


def test_a_lossless_jpeg_is_a_sensors_and_not_taken() -> None:
    lossless = preview().replace(b"\xff\xc0", b"\xff\xc3", 1)
    with pytest.raises(ImageKindError):
        decode(raw(thumbnail(_50706=b"\1\4\0\0"), SENSOR, strip(lossless)))


def test_any_other_tiff_is_no_raw_photo() -> None:
    assert decode(raw(thumbnail())).getpixel((80, 60)) == (128, 0, 128)
    assert decode(raw(thumbnail(), strip(preview()))).size == (160, 120)
    assert decode(saved(quadrants(), "TIFF")).size == (96, 64)


def test_directories_in_a_circle_end() -> None:
    data = raw(thumbnail(_50706=b"\1\4\0\0"), {330: 8}, strip(preview()))
    assert decoding.decode_here(data, "x").size == (1200, 800)
