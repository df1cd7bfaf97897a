"""Raw photos: painted from the JPEG that their camera put into them, or refused by name."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from PIL import Image

from engine.errors import ImageDamagedError, ImageKindError, ImageTooLargeError
from engine.imaging import decoding, limits
from engine.imaging.decoding import upright_size
from engine.imaging.raw import developed
from engine.imaging.reading import decode, inspect
from engine.imaging.tiff_fields import directories
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


def test_the_directories_of_a_hostile_tiff_take_little_memory() -> None:
    """Its directories overlap, and each field has 64 values."""
    entries = b"".join(struct.pack("<HHLL", tag, 1, 64, 0) for tag in range(400, 20_000))
    count = struct.pack("<H", 19_600)
    data = struct.pack("<4sL", b"II*\0", 8) + count + entries + bytes(4)
    inner = [struct.pack("<HHLL", 330, 4, 60, len(data) + 18)]
    data = struct.pack("<4sL", b"II*\0", len(data)) + data[8:] + struct.pack("<H", 1) + inner[0] + bytes(4)
    data += struct.pack("<60L", *range(8, 8 + 12 * 60, 12))
    tracemalloc.start()
    try:
        directories(data)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_so_many_fields_of_a_directory_are_looked_at() -> None:
    """The rest of the files' chain is found all the same."""
    many = struct.pack("<HHLL", 256, 4, 1, 7) * 1024 + struct.pack("<HHLL", 257, 4, 1, 7) * 50_000
    head = struct.pack("<4sLH", b"II*\0", 8, 51_024)
    end = struct.pack("<LHHHLLL", len(head + many) + 4, 1, 258, 4, 1, 8, 0)
    assert directories(head + many + end) == [{256: (7,)}, {258: (8,)}]


def test_a_jpeg_that_many_directories_refer_to_is_copied_once() -> None:
    jpeg = preview().ljust(2**20, b"\0")
    pointing: Directory = {513: 0, 514: len(jpeg)}
    data = raw(thumbnail(_50706=b"\1\4\0\0"), *[pointing] * 50)
    start = struct.pack("<HHLL", 513, 4, 1, 0)
    data = data.replace(start, start[:8] + struct.pack("<L", len(data))) + jpeg
    tracemalloc.start()
    try:
        assert jpeg[2:] in developed(data, "x")
        assert tracemalloc.get_traced_memory()[1] < 3 * 2**20
    finally:
        tracemalloc.stop()


def test_the_size_of_a_jpeg_of_endless_segments_is_not_looked_for_long() -> None:
    jpeg = b"\xff\xd8" + b"\xff\xe1\0\2" * 1000 + preview()[2:]
    with pytest.raises(ImageKindError):
        decode(raw(thumbnail(_50706=b"\1\4\0\0"), strip(jpeg)))


def test_a_maker_of_numbers_is_no_maker() -> None:
    """Numbers above 255 are no letters."""
    for call in (decode, inspect, upright_size):
        with pytest.raises(ImageKindError) as caught:
            call(raw(thumbnail(_271=300), SENSOR))
        assert caught.value.facts == {"kind": "RAW"}


def test_what_goes_wrong_with_a_raw_photo_is_said_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("bytes must be in range(0, 256)")

    monkeypatch.setattr(decoding, "developed", fail)
    for call in (decoding.inspect_here, decoding.decode_here, upright_size):
        with pytest.raises(ImageDamagedError, match="holiday is damaged"):
            call(preview(), "holiday")


def test_a_file_over_the_limit_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 1000)
    monkeypatch.setattr(decoding, "developed", None)
    with pytest.raises(ImageTooLargeError):
        upright_size(preview())


def test_a_jpeg_with_a_comment_of_these_letters_is_no_raw_photo() -> None:
    comment = b"\xff\xfe\0\x0cabCRwords\0"
    data = preview()
    assert (data[:2] + comment + data[2:])[8:10] == b"CR"
    assert decode(data[:2] + comment + data[2:]).size == (1200, 800)
