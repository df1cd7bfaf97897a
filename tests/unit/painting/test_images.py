"""Decoding what people send, and encoding what they get."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import struct
import time
import zlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from engine.errors import (
    ImageError,
    ImageTooLargeError,
    ImageTooNarrowError,
    ImageTooSmallError,
    ImageTruncatedError,
)
from engine.painting import images
from engine.painting.images import MAX_BYTES, decode, encode_jpeg, encode_png, upright_size

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
    image.save(out, format, **options)
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


def linear_profile(space: bytes = b"RGB ") -> bytes:
    """Make an ICC profile with sRGB's primaries and a gamma of one, in which 128 looks like sRGB's 188."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))

    curve = b"curv" + struct.pack(">II", 0, 0)
    text = b"linear\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0public domain\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
    }
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {
            b"rXYZ": xyz(0.4361, 0.2225, 0.0139),
            b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
            b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
            b"rTRC": curve,
            b"gTRC": curve,
            b"bTRC": curve,
        }
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", 0, b"\0" * 4, 0x02100000, b"mntr", space, b"XYZ ")
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    profile = header.ljust(128, b"\0") + table + body
    return struct.pack(">I", len(profile)) + profile[4:]


def png_of_size(width: int, height: int) -> bytes:
    """Make a PNG that says it is this large, and has next to no pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_a_photo_of_any_exif_orientation_comes_upright(orientation: int, format: str) -> None:  # noqa: A002
    image = decode(oriented(orientation, format))
    assert image.mode == "RGB"
    assert apart(image, quadrants()) < 6
    assert upright_size(oriented(orientation, format)) == (96, 64)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP", "MPO"])
def test_every_format_that_we_promise_is_decoded(format: str) -> None:  # noqa: A002
    image = decode(saved(quadrants(), format))
    assert (image.mode, image.size) == ("RGB", (96, 64))
    assert apart(image, quadrants()) < 8


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


def test_one_transparent_colour_lies_on_white() -> None:
    decoded = decode(saved(quadrants(), "PNG", transparency=(255, 0, 0)))
    assert decoded.getpixel((1, 1)) == (255, 255, 255)
    assert decoded.getpixel((90, 1)) == (0, 255, 0)


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)
    decoded = pixels(decode(saved(Image.fromarray(np.tile(ramp, (64, 1))), "PNG")))
    assert np.abs(decoded[0, :, 0].astype(int) - np.arange(256)).max() <= 1
    assert (decoded[..., 0] == decoded[..., 2]).all()


def test_sixteen_bit_grey_that_is_dark_stays_dark() -> None:
    decoded = decode(saved(Image.fromarray(np.full((64, 64), 6554, dtype=np.uint16)), "PNG"))
    assert decoded.getpixel((5, 5)) == pytest.approx((25, 25, 25), abs=1)


def test_sixteen_bit_grey_with_a_transparent_level_is_decoded() -> None:
    grey = np.full((64, 64), 32768, dtype=np.uint16)
    decoded = decode(saved(Image.fromarray(grey), "PNG", transparency=65535))
    assert decoded.getpixel((5, 5)) == pytest.approx((127, 127, 127), abs=1)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    decoded = decode(saved(quadrants().convert("CMYK"), "JPEG", quality=95))
    assert decoded.mode == "RGB"
    assert apart(decoded, quadrants()) < 6


def test_a_grey_jpeg_becomes_rgb() -> None:
    decoded = decode(saved(Image.new("L", (64, 64), 77), "JPEG"))
    assert (decoded.mode, decoded.getpixel((9, 9))) == ("RGB", (77, 77, 77))


def test_a_black_and_white_bitmap_becomes_rgb() -> None:
    decoded = decode(saved(Image.new("1", (64, 64), 1), "PNG"))
    assert (decoded.mode, decoded.getpixel((9, 9))) == ("RGB", (255, 255, 255))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(format: str) -> None:  # noqa: A002
    frames = [Image.new("RGB", (80, 70), colour) for colour in ("red", "lime", "blue")]
    decoded = decode(saved(frames[0], format, save_all=True, append_images=frames[1:]))
    assert apart(decoded, frames[0]) < 3


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
def test_a_file_that_is_cut_off_is_called_cut_off(format: str) -> None:  # noqa: A002
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


@pytest.mark.parametrize("size", [(65535, 65535), (9000, 9000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_a_pixel_is_decoded(size: tuple[int, int]) -> None:
    data = png_of_size(*size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(ImageTooLargeError, match="pixels"):
        decode(data)
    assert time.process_time() - started < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024  # kilobytes


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
    image = quadrants(72, 64)
    formats = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP", "MPO")
    exif = Image.Exif()
    exif[0x112] = 6
    grey = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16)
    return (
        *(saved(image, name) for name in formats),
        saved(image, "JPEG", exif=exif, icc_profile=linear_profile()),
        saved(image.convert("RGBA"), "PNG", exif=exif, icc_profile=linear_profile()),
        saved(image.quantize(8), "PNG", transparency=3),
        saved(image.quantize(8), "GIF", save_all=True, append_images=[image.rotate(180)]),
        saved(image, "TIFF", compression="tiff_lzw", exif=exif),
        saved(grey, "PNG"),
    )


@settings(max_examples=400, deadline=None)
@given(
    number=st.integers(min_value=0, max_value=14),
    places=st.lists(
        st.tuples(st.floats(min_value=0, max_value=1, exclude_max=True), st.integers(0, 255)), max_size=12
    ),
    header=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=4),
    kept=st.sampled_from([1.0, 1.0, 0.97, 0.5, 0.1]),
)
def test_damage_never_raises_anything_but_an_image_error(
    number: int, places: list[tuple[float, int]], header: list[tuple[int, int]], kept: float
) -> None:
    data = bytearray(small_files()[number])
    for place, value in places:
        data[int(place * len(data))] = value
    for at, value in header:
        data[at % len(data)] = value
    damaged = bytes(data[: int(len(data) * kept)])
    with contextlib.suppress(ImageError):
        assert min(upright_size(damaged)) > 0
    try:
        image = decode(damaged)
    except ImageError:
        return
    assert image.mode == "RGB"
    assert min(image.size) >= images.MIN_EDGE


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_damage_in_the_boxes_of_a_rarer_format_is_refused(format: str) -> None:  # noqa: A002
    whole = saved(quadrants(72, 64), format)
    refused = 0
    for place in range(4, 400, 3):
        data = bytearray(whole)
        data[place % len(data)] = 0xFF
        try:
            decode(bytes(data))
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
