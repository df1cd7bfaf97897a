"""Damaged files: those that every viewer shows are painted, and others refused."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageFile, PngImagePlugin

from engine.errors import ImageError, ImageTooSlowError, ImageTruncatedError
from engine.imaging import decoding, limits, png_chunks
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import (
    apart,
    chunk,
    linear_profile,
    pixels,
    png,
    quadrants,
    saved,
)

CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "images"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases/images is not here")


def scene(width: int = 160, height: int = 320) -> Image.Image:
    """Soft shapes with grain, of which all rows take about as many bytes."""
    shapes = [Image.effect_noise((10, 20), 120).resize((width, height)) for _ in range(3)]
    return Image.blend(
        Image.merge("RGB", shapes), Image.effect_noise((width, height), 60).convert("RGB"), 0.2
    )


KINDS: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda image: saved(image, "JPEG", quality=92),
    "JPEG without subsampling": lambda image: saved(image, "JPEG", quality=92, subsampling=0),
    "grey JPEG": lambda image: saved(image.convert("L"), "JPEG"),
    "JPEG in inks": lambda image: saved(image.convert("CMYK"), "JPEG"),
    "JPEG with restarts": lambda image: saved(image, "JPEG", restart_marker_rows=1),
    "PNG": lambda image: saved(image, "PNG"),
    "grey PNG": lambda image: saved(image.convert("L"), "PNG"),
    "PNG with alpha": lambda image: saved(image.convert("RGBA"), "PNG"),
    "PNG with a palette": lambda image: saved(image.quantize(200), "PNG"),
    "PNG of 16 bits": lambda image: png(pixels(image).astype(np.uint16) * 257),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_lacks_its_last_rows_is_painted_and_said(kind: str) -> None:
    whole = KINDS[kind](scene())
    expected = decode(whole)
    decoded = decode(whole[: int(0.95 * len(whole))])
    assert decoded.size == (160, 320)
    assert decoded.info == {"incomplete": True}
    same = (0, 0, 160, 280)
    assert apart(decoded.crop(same), expected.crop(same)) == 0
    last = pixels(decoded.crop((0, 312, 160, 320))).astype(float)
    assert last.std() > 10  # no flat grey
    assert inspect(whole[: int(0.95 * len(whole))]) == (160, 320, False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lacks_more_is_refused_with_how_much_is_there(kind: str) -> None:
    whole = KINDS[kind](scene())
    for call in (decode, inspect):
        with pytest.raises(
            ImageTruncatedError, match=r"holiday is cut off: only \d+ % of it is there"
        ) as caught:
            call(whole[: len(whole) // 2], "holiday")
        assert caught.value.facts["percent"] == pytest.approx(50, abs=12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "JPEG" in kind])
def test_a_jpeg_without_its_end_is_whole(kind: str) -> None:
    whole = KINDS[kind](scene())
    decoded = decode(whole[:-2])
    assert apart(decoded, decode(whole)) == 0
    assert decoded.info == {}


def test_a_progressive_jpeg_is_taken_once_all_of_it_is_seen_coarsely() -> None:
    whole = saved(scene(), "JPEG", quality=92, progressive=True)
    decoded = decode(whole[: int(0.95 * len(whole))])
    assert decoded.info == {"incomplete": True}
    assert apart(decoded, decode(whole)) < 4
    with pytest.raises(ImageTruncatedError) as caught:
        decode(whole[: len(whole) // 4])
    assert caught.value.facts["percent"] in range(50)


def test_a_jpeg_that_is_cut_off_may_be_decoded_at_a_fraction_too() -> None:
    whole = saved(scene(640, 640), "JPEG", quality=92)
    decoded = decode(whole[: int(0.97 * len(whole))], enough=100)
    assert decoded.size == (160, 160)
    assert decoded.info == {"incomplete": True}


def test_all_decoding_of_what_is_cut_off_has_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes with each file that is opened."""
    now, opened = [0.0], Image.open

    def slow(*given: Any, **options: Any) -> ImageFile.ImageFile:
        now[0] += 1
        return opened(*given, **options)

    whole = saved(scene(), "JPEG", quality=92)
    cut = whole[: int(0.95 * len(whole))]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(Image, "open", slow)
    assert decode(cut).info == {"incomplete": True}
    monkeypatch.setattr(decoding, "TIME_LIMIT", 2.5)
    assert decode(whole).info == {}
    with pytest.raises(ImageTooSlowError):
        decode(cut)


def spoiled(whole: bytes, name: bytes) -> bytes:
    """Give a chunk a wrong checksum."""
    found = next(each for each in png_chunks.chunks(whole) if each.name == name)
    return whole[: found.end - 4] + b"\xde\xad\xbe\xef" + whole[found.end :]


GREY = np.full((64, 64, 3), 128, np.uint8)


@pytest.mark.parametrize("name", [b"iCCP", b"gAMA", b"cHRM", b"eXIf", b"tEXt", b"pHYs", b"sRGB", b"cICP"])
def test_a_chunk_that_does_not_matter_may_have_a_wrong_checksum(name: bytes) -> None:
    content = {
        b"iCCP": b"x\0\0" + zlib.compress(linear_profile()),
        b"gAMA": struct.pack(">I", 100_000),
        b"cHRM": struct.pack(">8I", *[31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000]),
        b"eXIf": b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0",
        b"cICP": bytes((9, 16, 0, 1)),
    }.get(name, b"x\0y" + bytes(6))
    data = png(GREY, chunk(name, content[:9] if name == b"pHYs" else content))
    assert decode(data).size == (64, 64)
    assert decode(spoiled(data, name)).getpixel((5, 5)) == (128, 128, 128)  # it is passed over


def test_a_png_of_endless_chunks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CHUNKS", 20)
    has = len(list(png_chunks.chunks(png(GREY))))
    assert decode(png(GREY, *[chunk(b"tEXt", b"")] * (20 - has))).size == (64, 64)
    data = png(GREY, *[chunk(b"tEXt", b"")] * (21 - has))
    for call in (decode, inspect, decoding.upright_size):
        with pytest.raises(ImageTooSlowError, match="holiday takes too long"):
            call(data, "holiday")


def test_a_file_with_a_good_chunk_is_read_as_it_is() -> None:
    data = png(GREY, chunk(b"gAMA", struct.pack(">I", 100_000)))
    assert png_chunks.readable(data) is data


def test_the_longest_texts_do_not_keep_a_png_from_being_read() -> None:
    text = PngImagePlugin.PngInfo()
    for zipped in (True, False):
        text.add_text("workflow", "node " * 500_000, zip=zipped)
        text.add_itxt("prompt", "node " * 500_000, zip=zipped)
    assert apart(decode(saved(quadrants(), "PNG", pnginfo=text)), quadrants()) == 0


@pytest.mark.parametrize("padding", [0, 3 * 2**20])
def test_a_profile_of_any_length_is_honoured(padding: int) -> None:
    profile = linear_profile() + bytes(padding)
    profile = struct.pack(">I", len(profile)) + profile[4:]
    data = png(GREY, chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)))
    assert decode(data).getpixel((5, 5)) == pytest.approx((188,) * 3, abs=1)


def test_a_profile_that_unfolds_without_end_is_none() -> None:
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2 * png_chunks.MAX_PROFILE)))
    assert decode(png(GREY, *[profile] * 50)).getpixel((5, 5)) == (128, 128, 128)


def test_damage_where_it_matters_is_still_refused() -> None:
    palette = saved(quadrants().quantize(4), "PNG")
    for data in (spoiled(palette, b"PLTE"), spoiled(palette, b"IHDR")):
        with pytest.raises(ImageError):
            decode(data)


@needs_cases
def test_a_profile_with_a_wrong_checksum_is_passed_over() -> None:
    assert decode((CASES / "11-png-icc-crc.png").read_bytes()).info == {}


def test_an_icc_profile_behind_the_frame_of_a_jpeg_is_honoured() -> None:
    whole = saved(Image.fromarray(GREY), "JPEG", quality=95, icc_profile=linear_profile())
    start = whole.index(b"\xff\xe2")
    end = start + 2 + int.from_bytes(whole[start + 2 : start + 4], "big")
    scan = whole.index(b"\xff\xda")
    data = whole[:start] + whole[end:scan] + whole[start:end] + whole[scan:]
    assert decode(data).getpixel((5, 5)) == pytest.approx((188,) * 3, abs=2)


@needs_cases
def test_the_profile_behind_a_frame_is_the_one_that_littlecms_converts() -> None:
    """Its bytes are put together here by hand."""
    data = (CASES / "14-icc-after-sof.jpg").read_bytes()
    start = data.index(b"ICC_PROFILE\0\1\1") - 4
    profile = data[start + 18 : start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")]
    with Image.open(CASES / "14-icc-after-sof.jpg") as image:
        expected = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        )
    assert expected is not None
    assert apart(decode(data), expected) < 1


@needs_cases
def test_a_public_jpeg_of_which_a_third_is_there_is_refused() -> None:
    """Viewers show 80 of its 216 rows, and grey below."""
    with pytest.raises(ImageTruncatedError) as caught:
        decode((CASES / "13-jpeg-cut.jpg").read_bytes())
    assert caught.value.facts == {"percent": 37}


@needs_cases
@pytest.mark.parametrize(
    "name", ["01-xmp-orientation.jpg", "02-xmp-orientation.png", "03-xmp-orientation.avif"]
)
def test_public_files_with_stale_xmp_are_not_turned(name: str) -> None:
    """Upside down, their top would be their bottom."""
    data = (CASES / name).read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        stored = image.convert("RGB").resize((40, 30))
    decoded = decode(data).resize((40, 30))
    assert apart(decoded, stored) < apart(decoded, stored.rotate(180)) / 2
