"""Files that are odd but valid, against the pixels that the test chose."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import GifImagePlugin, Image, UnidentifiedImageError

from engine.errors import ImageError, ImageKindError
from engine.imaging import decoding, isobmff
from engine.imaging.decoding import decode_here
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import add, apart, pixels, quadrants, saved, tiff

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "images"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases/images is not here")


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


@pytest.mark.parametrize("level", [0, 1000, 2048, 4095])
def test_grey_of_twelve_bits_is_as_bright_as_it_was(level: int) -> None:
    two = bytes((level >> 4, (level & 15) << 4 | level >> 8, level & 255))
    data = tiff({258: [12]}, two * (64 * 64 // 2))
    assert decode(data).getpixel((5, 5)) == pytest.approx((level * 255 / 4095,) * 3, abs=1)


@pytest.mark.parametrize("scale", [1, 256])
def test_a_palette_may_have_levels_of_8_bits_or_of_16(scale: int) -> None:
    palette = [0, 200, *[0] * 254, 0, 100, *[0] * 254, 0, 50, *[0] * 254]
    data = tiff({262: [3], 320: [level * scale for level in palette], 273: [4000]}, b"")
    data = data.ljust(4000, b"\0") + b"\1" * 4096
    data = data.replace(struct.pack("<HHLL", 279, 4, 1, 0), struct.pack("<HHLL", 279, 4, 1, 4096))
    assert decode(data).getpixel((5, 5)) == (200, 100, 50)


def test_grey_multiplied_by_its_alpha_lies_on_white() -> None:
    data = tiff({258: [8, 8], 277: [2], 338: [1]}, bytes((100, 128)) * 4096)
    assert decode(data).getpixel((5, 5)) == pytest.approx((100 + 127,) * 3, abs=2)
    assert inspect(data) == (64, 64, False)


def test_grey_whose_alpha_is_in_another_plane_is_seen() -> None:
    planes = b"\x81\x64" * 32 + b"\x81\xff" * 32  # PackBits: 128 times the same byte
    fields: dict[int, Sequence[int]] = {
        258: [8, 8],
        277: [2],
        338: [1],
        284: [2],
        259: [32773],
        273: [1000, 1064],
        279: [64, 64],
    }
    assert decode(tiff(fields, planes)).getpixel((5, 5)) == (100, 100, 100)


def test_colours_multiplied_by_their_alpha_lie_on_white() -> None:
    data = tiff({258: [8] * 4, 262: [2], 277: [4], 338: [1]}, bytes((100, 50, 0, 128)) * 4096)
    assert decode(data).getpixel((5, 5)) == pytest.approx((227, 177, 127), abs=2)


def test_one_level_of_sixteen_bits_is_transparent_and_not_its_neighbours() -> None:
    grey = np.full((64, 64), 1000, dtype=np.uint16)
    grey[:, 32:] = 1001
    decoded = decode(saved(Image.fromarray(grey), "PNG", transparency=1000))
    assert decoded.getpixel((5, 5)) == (255, 255, 255)
    assert decoded.getpixel((50, 5)) == (4, 4, 4)


def small_first_frame() -> bytes:
    """A GIF of 160 × 120 whose first frame, at 20, 10, has 80 × 64, and whose background is green."""
    data = bytearray(saved(Image.new("RGB", (80, 64), "red").quantize(2), "GIF"))
    data[6:10] = struct.pack("<HH", 160, 120)
    frame = data.index(b"\x2c\0\0\0\0\x50\0\x40\0")
    data[frame + 1 : frame + 5] = struct.pack("<HH", 20, 10)
    return bytes(data)


@pytest.mark.parametrize("ground", ["white", "black"])
def test_what_the_first_frame_of_a_gif_leaves_open_is_transparent(ground: str) -> None:
    expected = Image.new("RGB", (160, 120), ground)
    expected.paste("red", (20, 10, 100, 74))
    assert apart(decode(small_first_frame(), ground=ground), expected) == 0


def test_what_the_first_frame_of_a_gif_leaves_open_has_no_alpha() -> None:
    expected = Image.new("RGBA", (160, 120), (255, 255, 255, 0))
    expected.paste("red", (20, 10, 100, 74))
    decoded = decode(small_first_frame(), keep_alpha=True)
    assert decoded.mode == "RGBA"
    assert decoded.tobytes() == expected.tobytes()


def test_the_first_frame_of_a_gif_may_be_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE_IMAGE_BYTES", 0)
    expected = Image.new("RGBA", (80, 60), (255, 255, 255, 0))
    expected.paste("red", (10, 5, 50, 37))
    decoded = decode(small_first_frame(), enough=60, keep_alpha=True)
    assert decoded.size == (80, 60)
    assert decoded.tobytes() == expected.tobytes()


def test_endless_boxes_are_not_all_looked_at() -> None:
    data = struct.pack(">I4s", 8, b"free") * 100_000
    assert len(list(isobmff.boxes(data, 0, len(data)))) == 2**16


def test_endless_items_are_not_all_looked_at() -> None:
    data = bytes(4) + struct.pack(">I", 100_000) + b"\0\1\0" * 100_000
    table = isobmff.Box(b"ipma", 0, 0, len(data))
    assert len(list(isobmff._associations(data, table))) == 2**16


def two_tables() -> bytes:
    """An AVIF with alpha whose table of properties is two, one for each item."""
    image = quadrants()
    image.putalpha(Image.new("L", image.size, 254))
    data = bytearray(saved(image, "AVIF", quality=90))
    table = data.index(b"ipma") - 4
    size = int.from_bytes(data[table : table + 4], "big")
    assert data[table + 12 : table + 16] == b"\0\0\0\2"
    first = 3 + data[table + 18]
    head = data[table + 4 : table + 12] + b"\0\0\0\1"
    entries = data[table + 16 : table + 16 + first], data[table + 16 + first : table + size]
    tables = b"".join(struct.pack(">I", 16 + len(each)) + head + each for each in entries)
    for outer in (b"meta", b"iprp"):
        add(data, data.index(outer) - 4, 16)
    places = data.index(b"iloc")
    for item in range(int.from_bytes(data[places + 10 : places + 12], "big")):
        add(data, places + 12 + 14 * item + 6, 16)
    return bytes(data[:table] + tables + data[table + size :])


def test_an_avif_with_two_tables_of_properties_is_read() -> None:
    data = two_tables()
    assert len(isobmff.readable(data)) == len(data)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(data), formats=["AVIF"])
    assert apart(decode(data), quadrants()) < 8


def test_an_avif_with_one_table_is_read_as_it_is() -> None:
    for format_ in ("AVIF", "HEIF"):
        data = saved(quadrants(), format_)
        assert isobmff.readable(data) is data


def test_a_tiff_of_floating_colours_is_named() -> None:
    samples = np.full((64, 64, 3), 0.5, np.float32).tobytes()
    with pytest.raises(ImageKindError) as caught:
        decode(tiff({258: [32] * 3, 262: [2], 277: [3], 339: [3] * 3}, samples))
    assert caught.value.facts == {"kind": "TIFF, 3 × 32 bit"}


def test_a_tiff_of_floating_colours_in_many_strips_is_named() -> None:
    samples = np.full((100, 64, 64, 3), 0.5, np.float32).tobytes()
    strips = [2000 + 49_152 * each for each in range(100)]
    fields: dict[int, Sequence[int]] = {257: [6400], 258: [32] * 3, 262: [2], 277: [3], 339: [3] * 3}
    fields |= {273: strips, 279: [49_152] * 100}
    with pytest.raises(ImageKindError) as caught:
        decode(tiff(fields).ljust(2000, b"\0") + samples)
    assert caught.value.facts == {"kind": "TIFF, 3 × 32 bit"}


def test_a_damaged_tiff_leaves_nothing_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    whole = saved(Image.effect_noise((128, 128), 80), "TIFF", compression="tiff_lzw")
    strip = struct.pack("<HHL", 273, 4, 1)
    place = whole.index(strip) + 8
    data = whole[:place] + struct.pack("<L", 10**6) + whole[place + 4 :]
    with pytest.raises(ImageError):
        decode_here(data, "x")
    assert "TIFF" in capfd.readouterr().err  # libtiff's own words
    for call in (decode, inspect):
        with pytest.raises(ImageError):
            call(data, "x")
    assert capfd.readouterr() == ("", "")


@needs_cases
def test_nothing_on_stderr_of_a_public_tiff(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError):
        decode(case("18-tiff-libtiff-stderr.tif"))
    assert capfd.readouterr() == ("", "")


@needs_cases
def test_grey_of_twelve_bits_of_a_public_file() -> None:
    assert pixels(decode(case("09-grey-12bit.tif"))).mean() == pytest.approx(120, abs=3)


@needs_cases
def test_a_palette_of_a_public_file() -> None:
    """The mean that its own palette gives."""
    assert pixels(decode(case("19-tiff-8bit-colormap.tiff"))).mean() == pytest.approx(222.8, abs=0.5)


@needs_cases
@pytest.mark.parametrize("name", ["10-grey-premultiplied-alpha.tiff", "15-avif-two-ipma.avif"])
def test_other_public_files_are_read(name: str) -> None:
    assert pixels(decode(case(name))).std() > 15


@needs_cases
def test_the_open_part_of_a_public_gif_is_white() -> None:
    data = case("17-gif-first-frame-small.gif")
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, GifImagePlugin.GifImageFile)
        (tile,) = image.tile
    left, top, right, bottom = tile.extents or (0, 0, 0, 0)
    levels = pixels(decode_here(data, "x")).copy()
    levels[top:bottom, left:right] = 255
    assert levels.min() == 255
