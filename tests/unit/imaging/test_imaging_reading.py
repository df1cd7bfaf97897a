"""Decoding what people send, and encoding what they get."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif.as_plugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import AvifImagePlugin, Image, ImageCms, ImageFile, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTooNarrowError,
    ImageTooSlowError,
    ImageTooSmallError,
    ImageTruncatedError,
)
from engine.imaging import decoding, encoding, limits
from engine.imaging.decoding import upright_size
from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.limits import MAX_BYTES
from engine.imaging.reading import decode, inspect

Pixels = npt.NDArray[np.uint8]

WHERE_ROW_AND_COLUMN_0_ARE = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""EXIF 2.3, tag 0x112: which side of the upright picture is the first stored row, and the first column."""


def saved(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002 - Pillow's word
    out = io.BytesIO()
    image.copy().save(out, format, **options)  # Pillow leaves the encoder's settings in what it has saved
    return out.getvalue()


def quadrants(width: int = 96, height: int = 64) -> Image.Image:
    """Red, green over blue, yellow: no turn or flip of it looks like it."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    image.paste("yellow", (width // 2, height // 2, width, height))
    return image


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, dtype=np.uint8)


def apart(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference, in levels of 255."""
    assert one.size == other.size
    return float(np.abs(pixels(one).astype(float) - pixels(other)).mean())


def as_stored(upright: Pixels, orientation: int) -> Pixels:
    row, column = WHERE_ROW_AND_COLUMN_0_ARE[orientation]
    if row in ("left", "right"):  # a stored row is a column of the picture
        upright = upright.swapaxes(0, 1)
    if row in ("bottom", "right"):
        upright = upright[::-1]
    if column in ("bottom", "right"):
        upright = upright[:, ::-1]
    return np.ascontiguousarray(upright)


def oriented(orientation: int, format: str) -> bytes:  # noqa: A002 - Pillow's word
    exif = Image.Exif()
    exif[0x112] = orientation
    stored = Image.fromarray(as_stored(pixels(quadrants()), orientation))
    return saved(stored, format, exif=exif.tobytes(), quality=95)


def icc(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Make an ICC profile."""
    text = b"a test\0"
    tags = tags | {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0public domain\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", 0, b"\0" * 4, 0x02100000, kind, space, connection)
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + table + body
    return struct.pack(">I", len(profile)) + profile[4:]


def xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def linear_profile(space: bytes = b"RGB ") -> bytes:
    """Make an ICC profile with sRGB's primaries and a gamma of one, in which 128 looks like sRGB's 188."""
    curve = b"curv" + struct.pack(">II", 0, 0)
    colours = {
        b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return icc(b"mntr", space, b"XYZ ", {b"kTRC": curve} if space == b"GRAY" else colours)


def lab_of_inks() -> bytes:
    """Make a CMYK profile in which cyan is printed as green: L* 60, a* -60, b* 50."""
    ramp = bytes(range(256))
    nodes = b""
    for ink in range(16):  # cyan is the slowest index, black the fastest
        cyan, other = ink & 8, ink & 7
        nodes += bytes((0, 128, 128) if other else (153, 68, 178) if cyan else (255, 128, 128))
    matrix = struct.pack(">9i", *(65536 * (index % 4 == 0) for index in range(9)))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + ramp * 4 + nodes + ramp * 3
    return icc(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    samples: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], *extra: bytes, interlaced: bool = False
) -> bytes:
    """Make what Pillow does not write: 16 bits a sample in colour, and Adam7."""
    bits, colour = samples.dtype.itemsize * 8, {1: 0, 2: 4, 3: 2, 4: 6}[samples.shape[2]]
    whole = [(0, 0, 1, 1)]
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(
        b"\0" + row.astype(f">u{bits // 8}").tobytes()
        for left, top, right, down in (adam7 if interlaced else whole)
        for row in samples[top::down, left::right]
    )
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour, 0, 0, interlaced)
    parts = chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(
    fields: dict[int, Sequence[int]], pixels: bytes = b"", counts: dict[int, int] | None = None
) -> bytes:
    """Make a TIFF of 64 × 64; its pixels are at 1000, and ``counts`` are lies about the fields' lengths."""
    defaults = {256: [64], 257: [64], 258: [8], 259: [1], 262: [1], 273: [1000], 277: [1], 278: [64]}
    table, beyond = b"", b""
    whole = {**defaults, 279: [len(pixels)], **fields}
    for tag, values in sorted(whole.items()):
        content = struct.pack(f"<{len(values)}L", *values)
        place = 8 + 2 + 12 * len(whole) + 4 + len(beyond)
        table += struct.pack("<HHL", tag, 4, (counts or {}).get(tag, len(values)))
        table += content if len(values) == 1 else struct.pack("<L", place)
        beyond += content if len(values) > 1 else b""
    head = b"II*\0" + struct.pack("<LH", 8, len(whole)) + table + b"\0\0\0\0" + beyond
    return head.ljust(1000, b"\0") + pixels


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg_of_scans(width: int, height: int, scans: int) -> bytes:
    """Make a black JPEG of which each scan, of a hundred bytes or so, runs over the whole picture."""
    blocks = -(-width // 8) * -(-height // 8)
    runs = ("0" + "1" * 14) * -(-blocks // 32767)  # each ends 32767 blocks
    runs += "1" * (-len(runs) % 8)
    ends = int(runs, 2).to_bytes(len(runs) // 8, "big").replace(b"\xff", b"\xff\0")
    one_code = bytes([1]) + bytes(15)
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"),
            segment(0xC4, b"\0" + one_code + b"\0"),
            segment(0xC4, b"\x10" + one_code + b"\xe0"),
            segment(0xDA, b"\1\1\0\0\0\0") + bytes(blocks // 8 + 1),
            (segment(0xDA, b"\1\1\0\1\x3f\0") + ends) * (scans - 1),
            b"\xff\xd9",
        )
    )


@cache
def heic_of_two_tiles() -> bytes:
    noise = Image.effect_noise((1024, 512), 50).convert("RGB")
    return saved(noise, "HEIF", tile_size=512, quality=20)


def heic_of_tiles(rows: int, columns: int) -> bytes:
    """Make a HEIC that shows 640 × 480 pixels of so many times the same tile of 512 × 512."""
    data = bytearray(heic_of_two_tiles())
    grid, size, refers = data.find(b"idat") + 4, data.find(b"ispe") + 8, data.find(b"iref") - 4
    data[grid + 2 : grid + 8] = struct.pack(">BBHH", rows - 1, columns - 1, 640, 480)
    data[size : size + 8] = struct.pack(">II", 640, 480)
    tiles = struct.pack(">HH", 1, rows * columns) + struct.pack(">H", 2) * (rows * columns)
    box = struct.pack(">I4s", len(tiles) + 8, b"dimg") + tiles
    box = struct.pack(">I4sI", len(box) + 12, b"iref", 0) + box
    longer = len(box) - int.from_bytes(data[refers : refers + 4], "big")
    meta, places = data.find(b"meta") - 4, data.find(b"iloc")
    add(data, meta, longer)
    for item in range(int.from_bytes(data[places + 10 : places + 12], "big")):
        place = places + 12 + 20 * item
        if data[place + 2 : place + 4] == b"\0\0":  # in the file, not in the meta box
            add(data, place + 12, longer)
    return bytes(data[:refers]) + box + bytes(data[refers + len(box) - longer :])


def add(data: bytearray, place: int, number: int) -> None:
    data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") + number).to_bytes(4, "big")


def claiming(format: str, width: int, height: int) -> bytes:  # noqa: A002 - Pillow's word
    """Make a file that says it is this large, and has next to no pixels."""
    data = saved(quadrants(), format)
    big, little = struct.pack(">II", width, height), struct.pack("<II", width, height)
    match format:
        case "JPEG":
            place = data.find(b"\xff\xc0") + 5
            return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]
        case "PNG":
            return data[:8] + chunk(b"IHDR", big + data[24:29]) + data[33:]
        case "GIF":
            return data[:6] + struct.pack("<HH", width, height) + data[10:]
        case "BMP":
            return data[:18] + little + data[26:]
        case "TIFF":
            return tiff({256: [width], 257: [height], 278: [height]}, bytes(100))
        case "WEBP":
            size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
            rest = b"VP8X" + struct.pack("<II", 10, 0) + size + data[12:]
            return b"RIFF" + struct.pack("<I", len(rest) + 4) + b"WEBP" + rest
        case _:
            return data.replace(b"ispe\0\0\0\0" + struct.pack(">II", 96, 64), b"ispe\0\0\0\0" + big)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_a_photo_of_any_exif_orientation_comes_upright(orientation: int, format: str) -> None:  # noqa: A002
    image = decoding.decode_here(oriented(orientation, format), "x")
    assert image.mode == "RGB"
    assert apart(image, quadrants()) < 6
    assert upright_size(oriented(orientation, format)) == (96, 64)


@pytest.mark.parametrize("format", ["HEIF", "AVIF"])
@pytest.mark.parametrize("turned_by_container", [True, False])
def test_of_heic_and_avif_the_container_alone_says_how_to_turn(
    format: str,  # noqa: A002 - Pillow's word
    turned_by_container: bool,
) -> None:
    exif = Image.Exif()
    exif[0x213] = 6  # becomes the orientation's tag below, which the encoder shall not see
    if turned_by_container:
        exif[0x112] = 6
    stored = Image.fromarray(as_stored(pixels(quadrants()), 6)) if turned_by_container else quadrants()
    data = saved(stored, format, exif=exif.tobytes(), quality=95)
    patched = data.replace(b"\2\x13\0\3\0\0\0\1\0\6", b"\1\x12\0\3\0\0\0\1\0\6")
    patched = patched.replace(b"\x13\2\3\0\1\0\0\0\6\0", b"\x12\1\3\0\1\0\0\0\6\0")
    assert patched != data
    assert apart(decode(patched), quadrants()) < 8
    assert upright_size(patched) == (96, 64)
    assert inspect(patched) == (96, 64, False)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
@pytest.mark.parametrize("exif", [True, False])
def test_xmp_turns_nothing(format: str, exif: bool) -> None:  # noqa: A002 - Pillow's word
    """Programs that turn a picture leave its XMP as it is. EXIF counts, where it is there too."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="1"/></x:xmpmeta>'
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    turned = Image.Exif()
    turned[0x112] = 6
    stored = Image.fromarray(as_stored(pixels(quadrants()), 6)) if exif else quadrants()
    options = {"xmp": xmp, "pnginfo": text, "quality": 95, **({"exif": turned.tobytes()} if exif else {})}
    if format == "TIFF":
        options = {"tiffinfo": {700: xmp, **({0x112: 6} if exif else {})}}
    data = saved(stored, format, **options)
    assert b'tiff:Orientation="1"' in data
    data = data.replace(b'tiff:Orientation="1"', b'tiff:Orientation="3"')  # the encoder shall not see it
    data = with_checksums(bytearray(data)) if format == "PNG" else data
    assert apart(decoding.decode_here(data, "x"), quadrants()) < 8
    assert upright_size(data) == (96, 64)


def test_exif_behind_the_pixels_of_a_png_counts() -> None:
    exif = Image.Exif()
    exif[0x112] = 6
    whole = saved(Image.fromarray(as_stored(pixels(quadrants()), 6)), "PNG")
    data = whole[:-12] + chunk(b"eXIf", exif.tobytes()[6:]) + whole[-12:]
    assert apart(decode(data), quadrants()) == 0
    assert upright_size(data) == (96, 64)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP", "MPO"])
def test_every_format_that_we_promise_is_decoded(format: str) -> None:  # noqa: A002
    image = decode(saved(quadrants(), format))
    assert (image.mode, image.size) == ("RGB", (96, 64))
    assert apart(image, quadrants()) < 8


def test_a_progressive_jpeg_is_decoded() -> None:
    decoded = decode(saved(quadrants(), "JPEG", quality=95, progressive=True))
    assert apart(decoded, quadrants()) < 3


def test_an_interlaced_png_is_decoded() -> None:
    data = png(pixels(quadrants(97, 67)), interlaced=True)
    assert apart(decode(data), quadrants(97, 67)) == 0


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"]
)
def test_a_tiff_of_any_compression_is_decoded(compression: str) -> None:
    data = saved(quadrants(), "TIFF", compression=compression)
    assert apart(decode(data), quadrants()) < 8


def test_a_bitmap_with_a_palette_or_runs_is_decoded() -> None:
    image = quadrants(64, 64).quantize(4)
    whole = saved(image, "BMP")
    assert apart(decode(whole), image.convert("RGB")) == 0
    start = int.from_bytes(whole[10:14], "little")
    rows = (image.crop((0, 63 - row, 64, 64 - row)).tobytes() for row in range(64))  # bottom up
    runs = b"".join(bytes((32, row[0], 32, row[32], 0, 0)) for row in rows) + b"\0\1"
    packed = bytearray(whole[:start] + runs)
    packed[30] = 1  # RLE8
    assert apart(decode(bytes(packed)), image.convert("RGB")) == 0


@pytest.mark.parametrize("format", ["EPS", "PPM", "ICO", "PDF", "TGA"])
def test_a_format_outside_the_closed_list_is_refused(format: str) -> None:  # noqa: A002
    with pytest.raises(ImageError, match="not an image that I can read"):
        decode(saved(quadrants(), format))


def test_transparency_lies_on_white() -> None:
    image = Image.new("RGBA", (80, 70), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (0, 0, 40, 70))
    image.paste((0, 0, 0, 51), (40, 0, 80, 10))
    decoded = decode(saved(image, "PNG"))
    assert decoded.getpixel((20, 30)) == (255, 255, 255)
    assert decoded.getpixel((60, 50)) == (255, 0, 0)
    assert decoded.getpixel((60, 5)) == (204, 204, 204)


def test_transparency_of_a_grey_picture_lies_on_white() -> None:
    image = Image.new("LA", (80, 70), (0, 255))
    image.paste((0, 0), (0, 0, 40, 70))
    decoded = decode(saved(image, "PNG"))
    assert decoded.getpixel((20, 30)) == (255, 255, 255)
    assert decoded.getpixel((60, 30)) == (0, 0, 0)


def test_transparency_of_a_palette_lies_on_white() -> None:
    image = Image.new("P", (80, 70), 1)
    image.putpalette([0, 0, 255, 10, 20, 30])
    image.paste(0, (0, 0, 40, 70))
    decoded = decode(saved(image, "PNG", transparency=0))
    assert decoded.getpixel((20, 30)) == (255, 255, 255)
    assert decoded.getpixel((60, 30)) == (10, 20, 30)


def test_every_alpha_of_a_palette_lies_on_white() -> None:
    image = Image.new("P", (80, 70), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(0, (0, 0, 40, 70))
    decoded = decode(saved(image, "PNG", transparency=bytes((51, 255))))
    assert decoded.getpixel((20, 30)) == (204, 204, 204)
    assert decoded.getpixel((60, 30)) == (255, 0, 0)


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "HEIF", "TIFF", "GIF"])
def test_transparency_lies_on_white_in_other_formats(format: str) -> None:  # noqa: A002
    image = Image.new("RGBA", (80, 70), (255, 0, 0, 255))
    image.paste((0, 0, 255, 0), (0, 0, 40, 70))
    decoded = pixels(decode(saved(image, format))).astype(int)
    assert decoded[30, 20] == pytest.approx((255, 255, 255), abs=3)
    assert decoded[30, 60] == pytest.approx((255, 0, 0), abs=6)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
def test_alpha_is_kept_where_it_is_asked_for(format: str) -> None:  # noqa: A002 - Pillow's word
    alpha = Image.new("L", (96, 64), 255)
    alpha.paste(0, (0, 0, 48, 64))
    image = quadrants()
    image.putalpha(alpha)
    kept = decode(saved(image, format), keep_alpha=True)
    assert kept.mode == "RGBA"
    assert apart(kept.getchannel("A"), alpha) < 3
    assert apart(kept.convert("RGB"), decode(saved(image, format))) == 0
    assert decode(saved(quadrants(), format), keep_alpha=True).mode == "RGB"


def test_one_transparent_colour_lies_on_white() -> None:
    decoded = decode(saved(quadrants(), "PNG", transparency=(255, 0, 0)))
    assert decoded.getpixel((1, 1)) == (255, 255, 255)
    assert decoded.getpixel((90, 1)) == (0, 255, 0)


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)
    decoded = pixels(decode(saved(Image.fromarray(np.tile(ramp, (64, 1))), "PNG")))
    assert np.abs(decoded[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert (decoded[..., 0] == decoded[..., 2]).all()


@pytest.mark.parametrize("level", [6554, 200, 0])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_that_is_dark_stays_dark(format: str, level: int) -> None:  # noqa: A002
    decoded = decode(saved(Image.fromarray(np.full((64, 64), level, dtype=np.uint16)), format))
    assert decoded.getpixel((5, 5)) == (round(level / 257),) * 3


def test_sixteen_bit_grey_with_a_transparent_level_lies_on_white() -> None:
    grey = np.full((64, 64), 32768, dtype=np.uint16)
    grey[:, :32] = 1000
    decoded = decode(saved(Image.fromarray(grey), "PNG", transparency=1000))
    assert decoded.getpixel((5, 5)) == (255, 255, 255)
    assert decoded.getpixel((50, 5)) == pytest.approx((127, 127, 127), abs=1)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_sixteen_bit_colour_and_alpha_are_decoded(channels: int) -> None:
    samples = np.full((64, 64, channels), 40000, dtype=np.uint16)
    samples[..., 0] = 20000
    samples[..., -1] = 52428 if channels in (2, 4) else 40000  # of 65535: four fifths
    grey, colour = (113, 113, 113), (113, 176, 176)
    expected = {2: grey, 3: (78, 156, 156), 4: colour}[channels]
    assert decode(png(samples)).getpixel((5, 5)) == pytest.approx(expected, abs=2)


def test_a_transparent_colour_of_sixteen_bits_lies_on_white() -> None:
    samples = np.full((64, 64, 3), 0x8000, dtype=np.uint16)
    samples[:, :32] = 0x4000, 0x2000, 0x1000
    decoded = decode(png(samples, chunk(b"tRNS", struct.pack(">3H", 0x4000, 0x2000, 0x1000))))
    assert decoded.getpixel((5, 5)) == (255, 255, 255)
    assert decoded.getpixel((50, 5)) == (128, 128, 128)


def test_sixteen_bit_colour_of_a_tiff_is_decoded() -> None:
    samples = np.full((64, 64, 3), (65535, 32768, 0), dtype="<u2")
    data = tiff({258: [16, 16, 16], 262: [2], 277: [3]}, samples.tobytes())
    assert decode(data).getpixel((5, 5)) == pytest.approx((255, 128, 0), abs=1)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0, 1e6])
@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_floating_and_long_grey_is_scaled_by_its_range(top: float, kind: type[np.generic]) -> None:
    ramp = np.linspace(0, top, 256).astype(kind)
    decoded = pixels(decode(saved(Image.fromarray(np.tile(ramp, (64, 1))), "TIFF")))[0, :, 0].astype(int)
    assert np.abs(decoded - np.round(ramp.astype(float) * 255 / top)).max() <= 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -5.0])
def test_grey_of_no_range_at_all_is_decoded(value: float) -> None:
    grey = np.full((64, 64), value, dtype=np.float32)
    assert decode(saved(Image.fromarray(grey), "TIFF")).mode == "RGB"


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_a_picture_in_printing_inks_becomes_rgb(format: str) -> None:  # noqa: A002
    decoded = decode(saved(quadrants().convert("CMYK"), format, quality=95))
    assert decoded.mode == "RGB"
    assert apart(decoded, quadrants()) < 6


def test_an_adobe_jpeg_of_inverted_inks_with_luma_becomes_rgb() -> None:
    cyan, magenta, yellow, black = quadrants().convert("CMYK").split()
    luma, blue, red = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    inverted = [band.point(lambda value: 255 - value) for band in (luma, blue, red)]
    data = saved(Image.merge("CMYK", [*inverted, black]), "JPEG", quality=95)
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0  # the inks as they are
    ycck = data[: adobe + 11] + b"\2" + data[adobe + 12 :]
    assert apart(decode(ycck), quadrants()) < 6


def test_a_tiff_in_lab_becomes_rgb() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(quadrants(), srgb, lab, outputMode="LAB")
    assert image is not None
    assert apart(decode(saved(image, "TIFF")), quadrants()) < 10


def test_a_grey_jpeg_becomes_rgb() -> None:
    decoded = decode(saved(Image.new("L", (64, 64), 77), "JPEG"))
    assert (decoded.mode, decoded.getpixel((9, 9))) == ("RGB", (77, 77, 77))


def test_a_black_and_white_bitmap_becomes_rgb() -> None:
    decoded = decode(saved(Image.new("1", (64, 64), 1), "PNG"))
    assert (decoded.mode, decoded.getpixel((9, 9))) == ("RGB", (255, 255, 255))


def frames(format: str) -> bytes:  # noqa: A002 - Pillow's word
    first, *others = (Image.effect_noise((80, 70), 50).convert("RGB") for _ in range(3))
    first.paste("red", (0, 0, 80, 70))
    return saved(first, format, save_all=True, append_images=others)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken_and_it_is_said(format: str) -> None:  # noqa: A002
    decoded = decode(frames(format))
    assert apart(decoded, Image.new("RGB", (80, 70), "red")) < 3
    assert decoded.info == {"animated": True}
    assert inspect(frames(format)).animated


@pytest.mark.parametrize("format", ["MPO", "TIFF", "HEIF"])
def test_of_several_pictures_in_a_file_the_first_is_taken_as_any_photo(format: str) -> None:  # noqa: A002
    decoded = decode(frames(format))
    assert apart(decoded, Image.new("RGB", (80, 70), "red")) < 3
    assert decoded.info == {}


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF", "JPEG", "BMP"])
def test_a_still_picture_is_no_animation(format: str) -> None:  # noqa: A002
    assert decode(saved(quadrants(), format)).info == {}


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_of_an_animation_that_is_cut_off_the_first_frame_is_still_there(format: str) -> None:  # noqa: A002
    data = frames(format)
    decoded = decode(data[: len(data) // 2])
    assert apart(decoded, Image.new("RGB", (80, 70), "red")) < 3
    assert decoded.info == {"animated": True}


@pytest.mark.parametrize(
    ("enough", "size"), [(100, (125, 100)), (101, (250, 200)), (401, (999, 800)), (None, (999, 800))]
)
def test_a_jpeg_is_decoded_at_a_fraction_if_that_is_enough(enough: int | None, size: tuple[int, int]) -> None:
    data = saved(quadrants(999, 800), "JPEG", quality=95)
    decoded = decode(data, enough=enough)
    assert decoded.size == size
    assert apart(decoded, quadrants(*size)) < 6
    assert upright_size(data) == (999, 800)


def test_what_is_enough_does_not_matter_to_other_formats() -> None:
    assert decode(saved(quadrants(800, 800), "PNG"), enough=100).size == (800, 800)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_an_icc_profile_is_converted_to_srgb(mode: str) -> None:
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    image = grey.quantize(4) if mode == "P" else grey.convert(mode)
    data = saved(image, "PNG", icc_profile=linear_profile())
    assert decode(data).getpixel((5, 5)) == pytest.approx((188, 188, 188), abs=2)
    assert decode(saved(image, "PNG")).getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_icc_profile_is_converted_to_srgb(mode: str) -> None:
    data = saved(Image.new("L", (64, 64), 128).convert(mode), "PNG", icc_profile=linear_profile(b"GRAY"))
    assert decode(data).getpixel((5, 5)) == pytest.approx((188, 188, 188), abs=2)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_an_icc_profile_is_converted_in_other_formats(format: str) -> None:  # noqa: A002
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    decoded = decode(saved(grey, format, icc_profile=linear_profile(), quality=95))
    assert decoded.getpixel((5, 5)) == pytest.approx((188, 188, 188), abs=3)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_an_icc_profile_of_inks_is_converted_to_srgb(format: str) -> None:  # noqa: A002
    inks = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    assert decode(saved(inks, format)).getpixel((5, 5)) == pytest.approx((0, 255, 255), abs=3)
    data = saved(inks, format, icc_profile=lab_of_inks(), quality=95)
    assert decode(data).getpixel((5, 5)) == pytest.approx((0, 169, 45), abs=30)


def test_an_icc_profile_is_converted_for_sixteen_bit_grey() -> None:
    grey = Image.fromarray(np.full((64, 64), 128 * 257, dtype=np.uint16))
    data = saved(grey, "PNG", icc_profile=linear_profile(b"GRAY"))
    assert decode(data).getpixel((5, 5)) == pytest.approx((188, 188, 188), abs=2)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_a_profile_that_does_not_fit_is_none(mode: str) -> None:
    data = saved(Image.new(mode, (64, 64), "white"), "PNG", icc_profile=linear_profile())
    assert decode(data).getpixel((5, 5)) == (255, 255, 255)


def test_an_icc_profile_goes_along_with_transparency() -> None:
    image = Image.new("RGBA", (80, 70), (128, 128, 128, 255))
    image.paste((0, 0, 0, 0), (0, 0, 40, 70))
    decoded = decode(saved(image, "PNG", icc_profile=linear_profile()))
    assert decoded.getpixel((20, 30)) == (255, 255, 255)
    assert decoded.getpixel((60, 30)) == pytest.approx((188, 188, 188), abs=2)


@pytest.mark.parametrize("profile", [b"nonsense" * 20, linear_profile(b"GRAY"), linear_profile()[:200]])
def test_a_broken_icc_profile_does_not_spoil_the_photo(profile: bytes) -> None:
    decoded = decode(saved(quadrants(), "JPEG", quality=95, icc_profile=profile))
    assert apart(decoded, quadrants()) < 6


def test_broken_exif_does_not_spoil_the_photo() -> None:
    for exif in (
        b"Exif\0\0" + b"\xff" * 40,
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
    ):
        decoded = decode(saved(quadrants(), "JPEG", quality=95, exif=exif))
        assert apart(decoded, quadrants()) < 6


def test_nothing_of_the_metadata_is_kept() -> None:
    exif = Image.Exif()
    exif[0x10E] = "a secret place"
    data = saved(
        quadrants(), "JPEG", exif=exif, comment=b"secret", icc_profile=linear_profile(), dpi=(300, 300)
    )
    decoded = decode(data)
    assert decoded.info == {}
    assert not decoded.getexif()
    assert b"secret" not in saved(decoded, "PNG")


@pytest.mark.parametrize("name", ["holiday.jpg", "the painting"])
def test_a_text_file_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ImageError, match=f"{name} is not an image that I can read") as caught:
        decode(b"Dear sir or madam, this is not a picture.\n" * 20, name)
    assert caught.value.code == "image-unreadable"


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ImageTruncatedError, match=r"x\.png is empty"):
        decode(b"", "x.png")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "GIF"])
def test_a_file_that_is_half_there_is_called_cut_off(format: str) -> None:  # noqa: A002
    noise = Image.effect_noise((128, 128), 80).convert("RGB")
    data = saved(noise, format)
    with pytest.raises(ImageTruncatedError, match="cut off") as caught:
        decode(data[: len(data) // 2], "holiday")
    assert caught.value.code == "image-truncated"


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "HEIF", "TIFF"])
def test_a_file_of_a_rarer_format_that_is_cut_off_is_refused(format: str) -> None:  # noqa: A002
    data = saved(Image.effect_noise((128, 128), 80).convert("RGB"), format)
    with pytest.raises(ImageError, match="holiday"):
        decode(data[: len(data) // 2], "holiday")


LOADERS = (
    ImageFile.ImageFile,
    AvifImagePlugin.AvifImageFile,
    TiffImagePlugin.TiffImageFile,
    WebPImagePlugin.WebPImageFile,
    pillow_heif.as_plugin.HeifImageFile,
)


@pytest.mark.parametrize(
    ("format", "code"),
    [
        *((name, "image-too-large") for name in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "HEIF")),
        ("AVIF", "image-damaged"),  # libavif's own limit
    ],
)
@pytest.mark.parametrize("size", [(65535, 65535), (65500, 65500), (16000, 15900)])
def test_a_bomb_is_refused_before_a_pixel_is_decoded(
    format: str,  # noqa: A002 - Pillow's word
    code: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[object] = []
    for loader in LOADERS:
        monkeypatch.setattr(loader, "load", loaded.append)
    data = claiming(format, *size)
    assert len(data) < 20_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(ImageError) as caught:
        decoding.decode_here(data, "x")
    assert time.process_time() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # kilobytes
    assert caught.value.code == ("image-too-large" if size[0] < 20_000 else code)
    assert loaded == []
    with pytest.raises(ImageError):
        upright_size(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "HEIF"])
def test_a_little_more_than_the_most_pixels_is_refused(format: str) -> None:  # noqa: A002 - Pillow's word
    with pytest.raises(ImageTooLargeError, match="9000 × 8900 pixels; 80 megapixels is the most"):
        decode(claiming(format, 9000, 8900))


def test_a_png_of_the_largest_size_that_can_be_said_is_refused() -> None:
    with pytest.raises(ImageTooLargeError):
        decode(claiming("PNG", 2**31 - 1, 2**31 - 1))


def test_a_jpeg_of_thousands_of_scans_is_refused_at_once() -> None:
    data = jpeg_of_scans(8000, 8000, 20_000)  # more than a minute's work
    started = time.process_time()
    with pytest.raises(ImageTooSlowError, match="holiday takes too long") as caught:
        decode(data, "holiday")
    assert time.process_time() - started < 2
    assert caught.value.code == "image-too-slow"


def test_scans_are_counted_up_to_the_end_of_the_image() -> None:
    black = Image.new("RGB", (64, 64))
    data = jpeg_of_scans(64, 64, limits.MAX_SCANS)
    assert apart(decode(data), Image.new("RGB", (64, 64), (128, 128, 128))) == 0
    with pytest.raises(ImageTooSlowError):
        decode(jpeg_of_scans(64, 64, limits.MAX_SCANS + 1))
    thumbnail = segment(0xE1, b"Thumbnail" + b"\xff\xda" * 1000)
    film = b"\xff\xda\0\0" * 1000
    photo = saved(black, "JPEG")
    assert apart(decode(photo[:2] + thumbnail + photo[2:] + film), black) == 0


def test_no_scan_hides_behind_a_restart_or_a_made_up_marker() -> None:
    data = jpeg_of_scans(64, 64, 2)
    scan = data.rindex(b"\xff\xda")
    for disguise in (
        b"\xff\x02\xff\xff",
        b"\xff\xd0\xff\xff",
        b"\xff\x01\xff\xff",
        b"\xff\0\xff\xff",
        b"\xff" * 9,
    ):
        with pytest.raises(ImageTooSlowError):
            decode(data[:scan] + (disguise + data[scan:-2]) * limits.MAX_SCANS)


def test_a_decoder_between_two_reads_is_stopped_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_SCANS", 10**9)
    monkeypatch.setattr(decoding, "TIME_LIMIT", 0.3)
    data = jpeg_of_scans(4000, 4000, 20_000)  # 15 seconds' work
    started = time.process_time()
    with pytest.raises(ImageTooSlowError):
        decode(data)
    assert time.process_time() - started < 5


def test_a_header_without_end_is_stopped_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "TIME_LIMIT", 0.2)
    gif = saved(quadrants(), "GIF")
    picture = gif.index(b"\x2c")
    data = gif[:picture] + b"\x21\xfe\1x\0" * 3 * 10**6 + gif[picture:]  # comments, five seconds' work
    started = time.process_time()
    with pytest.raises(ImageTooSlowError):
        decode(data)
    assert time.process_time() - started < 3


def test_a_tiff_of_millions_of_strips_is_refused_at_once() -> None:
    data = tiff({}, bytes(8 * 10**6), counts={273: 2 * 10**6})  # ten seconds' work, and a gigabyte
    started = time.process_time()
    with pytest.raises(ImageTooSlowError):
        decode(data)
    assert time.process_time() - started < 2
    whole = tiff({273: [1000 + 64 * row for row in range(64)], 278: [1], 279: [64] * 64}, bytes(4096))
    assert apart(decode(whole), Image.new("RGB", (64, 64))) == 0


def test_a_tiff_of_tiles_far_beyond_its_picture_is_refused() -> None:
    noise = Image.effect_noise((64, 64), 80)
    tile = zlib.compress(noise.tobytes())
    for width, length, refused in ((64, 64, False), (30_000, 30_000, True), (16, 5 * 10**7, True)):
        data = tiff({259: [8], 322: [width], 323: [length], 324: [1000], 325: [len(tile)]}, tile)
        data = data.replace(struct.pack("<HHLL", 273, 4, 1, 1000), struct.pack("<HHLL", 274, 4, 1, 1))
        if refused:
            with pytest.raises(ImageTooLargeError, match="tiles"):
                decode(data)
        else:
            assert apart(decode(data), noise.convert("RGB")) == 0


def test_a_heic_that_would_take_forever_is_ended_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode(heic_of_tiles(2, 2)).size == (640, 480)
    monkeypatch.setattr(decoding, "TIME_LIMIT", 0.5)
    data = heic_of_tiles(31, 32)  # three seconds' work; of the largest tiles it would be a quarter of an hour
    with pytest.raises(ImageTooSlowError):  # or there would be a picture
        decode(data)


def test_a_decoder_that_crashes_does_not_take_us_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\ncat >/dev/null\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    data = saved(quadrants(), "HEIF")
    monkeypatch.setattr(sys, "executable", str(crashing))
    with pytest.raises(ImageError, match="holiday is damaged"):
        decode(data, "holiday")


def test_our_own_fault_is_not_blamed_on_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(quadrants(), "HEIF")
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(subprocess.CalledProcessError):
        decode(data)


@pytest.mark.parametrize("format", ["HEIF", "AVIF"])
def test_a_refusal_from_another_process_says_the_same(format: str) -> None:  # noqa: A002 - Pillow's word
    small, cut = saved(quadrants(50, 50), format), saved(quadrants(), format)[:-200]
    for data in (small, cut, b"\0\0\0\x18ftypmp42" + bytes(100)):
        with pytest.raises(ImageError) as here:
            decoding.decode_here(data, "Zoë’s “holiday”\n.heic")
        for call in (decode, inspect):
            with pytest.raises(ImageError) as apart:
                call(data, "Zoë’s “holiday”\n.heic")
            assert type(here.value) is type(apart.value)
            assert str(here.value) == str(apart.value)


def test_warnings_are_as_before_after_two_pictures_at_once() -> None:
    before = warnings.filters
    decoding._QUIET.__enter__()
    decoding._QUIET.__enter__()
    decoding._QUIET.__exit__()
    warnings.warn("not heard while the other picture is decoded", stacklevel=1)
    decoding._QUIET.__exit__()
    assert warnings.filters is before


def test_a_picture_with_a_side_below_64_pixels_is_refused() -> None:
    with pytest.raises(ImageTooSmallError, match="63 × 200 pixels; 64 is the least"):
        decode(saved(Image.new("RGB", (63, 200)), "PNG"))
    assert decode(saved(Image.new("RGB", (64, 64)), "PNG")).size == (64, 64)


def test_a_picture_longer_than_twenty_times_its_width_is_refused() -> None:
    with pytest.raises(ImageTooNarrowError, match="1281 × 64"):
        decode(saved(Image.new("RGB", (1281, 64)), "PNG"))
    assert decode(saved(Image.new("RGB", (64, 1280)), "PNG")).size == (64, 1280)


def test_more_bytes_than_the_limit_are_refused() -> None:
    with pytest.raises(ImageTooLargeError, match="50 MB is the most"):
        decode(b"\0" * (MAX_BYTES + 1))


@cache
def small_files() -> tuple[bytes, ...]:
    """At least one file for each format and each way of ours through it."""
    image = quadrants(72, 64)
    inks, clear, few = image.convert("CMYK"), image.convert("RGBA"), image.quantize(8)
    exif = Image.Exif()
    exif[0x112], exif[0x10E] = 6, "a description"
    grey = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16)
    ramp = Image.fromarray(np.arange(64 * 64, dtype=np.float32).reshape(64, 64))
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "wide " * 50, zip=True)
    tile = zlib.compress(bytes(4096))
    every = {"exif": exif.tobytes(), "icc_profile": linear_profile()}
    return (
        *(
            saved(image, name)
            for name in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP", "MPO")
        ),
        *(saved(image, name, **every) for name in ("JPEG", "WEBP", "AVIF", "HEIF")),
        *(frames(name) for name in ("GIF", "PNG", "WEBP", "AVIF", "MPO", "TIFF")),
        *(saved(clear, name, **every) for name in ("PNG", "WEBP", "AVIF", "HEIF")),
        saved(inks, "JPEG", icc_profile=lab_of_inks()),
        saved(inks, "TIFF"),
        *(saved(image, "TIFF", compression=name) for name in ("tiff_lzw", "packbits", "jpeg", "lzma")),
        *(saved(few, name) for name in ("BMP", "TIFF")),
        *(saved(grey, name) for name in ("PNG", "TIFF")),
        saved(image.resize((160, 160)), "HEIF", tile_size=64),
        saved(image, "JPEG", progressive=True),
        saved(image, "PNG", pnginfo=text),
        saved(few, "PNG", transparency=bytes(range(8))),
        saved(few, "GIF", transparency=3, comment=b"hello"),
        saved(ramp, "TIFF"),
        saved(image.convert("1"), "TIFF", compression="group4"),
        png(np.full((64, 64, 4), 40000, np.uint16), interlaced=True),
        png(
            np.full((64, 64, 3), 90, np.uint8),
            chunk(b"gAMA", struct.pack(">I", 50_000)),
            chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)),
        ),
        png(np.full((64, 64, 3), 90, np.uint8), chunk(b"cICP", bytes((9, 18, 0, 1)))),
        *(
            saved(image, "HEIF", color_primaries=9, transfer_characteristics=number, matrix_coefficients=9)
            for number in (16, 18)
        ),
        saved(image, "AVIF").replace(b"nclx\0\1\0\r", b"nclx\0\x0c\0\x10"),
        jpeg_of_scans(64, 64, 50),
        tiff({259: [8], 322: [64], 323: [64], 324: [1000], 325: [len(tile)]}, tile),
    )


def with_checksums(data: bytearray) -> bytes:
    """Make the chunks of a damaged PNG whole again, so that what is in them is read."""
    mended, place = bytearray(data), 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        mended[end : end + 4] = zlib.crc32(data[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(mended[: len(data)])


def flip(data: bytearray, place: int, other: int, length: int) -> None:
    data[place] ^= 1 << other % 8


def put(data: bytearray, place: int, other: int, length: int) -> None:
    data[place] = (0, 1, 2, 127, 128, 254, 255)[other % 7]


def put_early(data: bytearray, place: int, other: int, length: int) -> None:
    data[place % min(len(data), 300)] = other % 256


def cut_out(data: bytearray, place: int, other: int, length: int) -> None:
    del data[place : place + length]


def cut_off(data: bytearray, place: int, other: int, length: int) -> None:
    del data[place:]


def repeat(data: bytearray, place: int, other: int, length: int) -> None:
    data[place:place] = data[other % len(data) :][:length]


def splice(data: bytearray, place: int, other: int, length: int) -> None:
    stranger = small_files()[other % len(small_files())]
    data[place : place + length] = stranger[other % len(stranger) :][:length]


Damage = Callable[[bytearray, int, int, int], None]
DAMAGES: list[Damage] = [flip, flip, put, put, put_early, put_early, cut_out, cut_off, repeat, splice]


@settings(max_examples=200, deadline=None)
@given(
    file=st.integers(0, 10**6),
    damages=st.lists(
        st.tuples(st.sampled_from(DAMAGES), *[st.integers(0, 10**6)] * 2, st.integers(1, 100)),
        min_size=1,
        max_size=8,
    ),
    mended=st.booleans(),
)
def test_damage_never_raises_anything_but_an_image_error(
    file: int, damages: list[tuple[Damage, int, int, int]], mended: bool
) -> None:
    data = bytearray(small_files()[file % len(small_files())])
    for damage, place, other, length in damages:
        if data:
            damage(data, place % len(data), other, length)
    damaged = with_checksums(data) if mended and data.startswith(b"\x89PNG") else bytes(data)
    size = None
    with contextlib.suppress(ImageError):
        size = upright_size(damaged)
    try:
        image = decoding.decode_here(damaged, "x")
    except ImageError as error:
        with pytest.raises(ImageError) as seen:  # a look refuses what could not be painted
            decoding.inspect_here(damaged, "x")
        # libheif decodes tiles in threads: which of two damages it names is a race.
        either = {ImageError, ImageTruncatedError} if damaged[4:8] == b"ftyp" else set()
        kinds = {seen.type, type(error)}
        assert len(kinds) == 1 or kinds == either
        return
    assert decoding.inspect_here(damaged, "x") == (*image.size, "animated" in image.info)
    assert image.mode == "RGB"
    assert image.size == size
    assert min(image.size) >= limits.MIN_EDGE
    assert image.info.keys() <= {"animated", "incomplete"}


def test_without_damage_every_one_of_these_files_is_decoded() -> None:
    for data in small_files():
        image = decoding.decode_here(data, "x")
        assert image.mode == "RGB"
        assert decoding.inspect_here(data, "x") == (*image.size, "animated" in image.info)


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_damage_in_the_boxes_of_a_rarer_format_is_refused(format: str) -> None:  # noqa: A002
    whole = saved(quadrants(72, 64), format)
    refused = 0
    for place in range(4, 400, 3):
        data = bytearray(whole)
        data[place % len(data)] = 0xFF
        try:
            decoding.decode_here(bytes(data), "x")
        except ImageError:
            refused += 1
    assert refused > 20


RECIPE = {"recipe": {"size": 512, "alpha": 1e-4, "note": "Sørensen’s"}, "network": "vgg19"}


def test_a_png_comes_back_exactly_with_its_recipe_and_profile() -> None:
    picture = Image.effect_noise((70, 65), 90).convert("RGB")
    data = encode_png(picture, RECIPE)
    assert apart(decode(data), picture) == 0
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        assert json.loads(image.info["Recipe"]) == RECIPE
        assert image.info["Software"] == "Atelier"
        assert "sRGB" in profile_name(image.info["icc_profile"])


@pytest.mark.parametrize("quality", [95, 90, 60])
def test_a_jpeg_comes_back_nearly_with_its_recipe_and_profile(quality: int) -> None:
    data = encode_jpeg(quadrants(), quality, RECIPE)
    assert apart(decode(data), quadrants()) < 6
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert json.loads(image.info["comment"]) == RECIPE
        assert "sRGB" in profile_name(image.info["icc_profile"])
        assert image.info["progressive"]


def test_without_a_recipe_none_is_written() -> None:
    with Image.open(io.BytesIO(encode_png(quadrants()))) as image:
        assert "Recipe" not in image.info
    with Image.open(io.BytesIO(encode_jpeg(quadrants()))) as image:
        assert not image.info.get("comment")


def test_lower_jpeg_quality_is_fewer_bytes() -> None:
    noise = Image.effect_noise((128, 128), 80).convert("RGB")
    assert len(encode_jpeg(noise, 60)) < len(encode_jpeg(noise, 90)) < len(encode_jpeg(noise, 97))


def profile_name(profile: bytes) -> str:
    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))


SECRET = b"Xanadu"


def full_of_secrets(format: str) -> bytes:  # noqa: A002 - Pillow's word
    exif = Image.Exif()
    exif[0x10E] = exif[0x13B] = SECRET.decode()
    exif.get_ifd(0x8769)[0x9286] = SECRET
    exif.get_ifd(0x8825)[29] = SECRET.decode()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    text.add(b"prVt", SECRET)
    options: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": linear_profile(), "comment": SECRET}
    if format == "PNG":
        return saved(quadrants(), format, pnginfo=text, dpi=(123, 123), **options)
    data = saved(quadrants(), format, xmp=xmp, **options)
    if format == "JPEG":
        iptc = b"Photoshop 3.0\08BIM\4\4\0\0" + struct.pack(">I", 11) + b"\x1c\2\x50\0\6" + SECRET + b"\0"
        data = data[:2] + segment(0xED, iptc) + segment(0xE5, SECRET) + data[2:] + SECRET
    return data


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIF"])
def test_nothing_that_a_file_knows_of_a_person_goes_into_ours(format: str) -> None:  # noqa: A002
    data = full_of_secrets(format)
    assert SECRET in data
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        pictures = [decode(data), opened]
        for picture in pictures:
            for encoded in (encode_png(picture, RECIPE), encode_jpeg(picture.convert("RGB"), 90, RECIPE)):
                assert SECRET not in encoded
                assert b"linear" not in encoded
                with Image.open(io.BytesIO(encoded)) as image:
                    image.load()
                    assert not image.getexif()
                    assert not {"xmp", "dpi", "transparency", "Author", "photoshop"} & set(image.info)


def test_the_same_picture_and_recipe_give_the_same_bytes_at_any_time_in_any_process() -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    program = (
        "import sys, PIL.Image as I, engine.imaging.encoding as i;"
        "p = I.frombytes('RGB', (64, 64), sys.stdin.buffer.read());"
        "sys.stdout.buffer.write(i.encode_png(p, {'b': 1, 'a': 2}) + i.encode_jpeg(p, 90, {'a': 2, 'b': 1}))"
    )
    before = encoding._srgb_bytes()
    time.sleep(1.1)  # the time in a profile is in seconds
    assert encoding._srgb_bytes() == before
    other = subprocess.run(
        [sys.executable, "-c", program],
        input=noise.tobytes(),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
    )
    assert other.stdout == encode_png(noise, {"a": 2, "b": 1}) + encode_jpeg(noise, recipe={"b": 1, "a": 2})


def test_our_profile_is_as_good_as_any() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(encoding._srgb_bytes()))
    assert ImageCms.getProfileDescription(profile).startswith("sRGB")
    assert str(profile.profile.creation_date) == "2000-01-01 00:00:00"
    image = ImageCms.profileToProfile(quadrants(), profile, ImageCms.createProfile("sRGB"))
    assert image is not None
    assert apart(image, quadrants()) < 1


@pytest.mark.parametrize("format_", ["PNG", "AVIF"])
def test_what_is_transparent_lies_on_the_ground_that_was_asked_for(format_: str) -> None:
    """A mask's white strokes may lie on nothing at all."""
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 255, 255, 0)).save(out, format_)
    assert decode(out.getvalue()).getpixel((32, 32)) == (255, 255, 255)
    assert decode(out.getvalue(), ground="black").getpixel((32, 32)) == (0, 0, 0)


def archive() -> bytes:
    """A ZIP, which is found from its end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("run.py", "print('PAYLOAD')")
    return out.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF"])
@pytest.mark.parametrize(
    "other", [b"<script>PAYLOAD</script>", b"%PDF-1.7 PAYLOAD", b"<?php PAYLOAD ?>", archive()]
)
def test_of_a_file_that_is_two_things_only_the_picture_is_left(format: str, other: bytes) -> None:  # noqa: A002
    whole = saved(quadrants(), format) + other
    try:
        image = decoding.decode_here(whole, "x")
    except ImageError:  # that is fine, too
        return
    for ours in (encode_png(image), encode_jpeg(image)):
        assert b"PAYLOAD" not in ours
        assert not zipfile.is_zipfile(io.BytesIO(ours))
    assert apart(image, quadrants()) < 12


@pytest.mark.parametrize("before", [b"<html>PAYLOAD", b"%PDF-1.7\n", b"PK\x03\x04", b"#!/bin/sh\n", b"MZ"])
def test_what_begins_as_something_else_is_no_picture(before: bytes) -> None:
    for format_ in ("JPEG", "PNG", "GIF", "BMP", "WEBP"):
        with pytest.raises(ImageError):
            decoding.decode_here(before + saved(quadrants(), format_), "x")
