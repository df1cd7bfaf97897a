"""The memory that a picture takes while it is decoded: in a process of its own, over what that has anyway."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFile

from engine.errors import ImageTooLargeError, ImageTruncatedError
from engine.imaging import decoding, limits, srgb
from engine.imaging.decoding import upright_size
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import (
    claiming,
    lab_of_inks,
    linear_profile,
    oriented,
    png,
    saved,
)

EDGE = 3072
PIXELS = EDGE * EDGE
QUICKLY: dict[str, dict[str, Any]] = {
    "AVIF": {"speed": 10},
    "HEIF": {"enc_params": {"preset": "ultrafast"}},
}
"""Options that encode in a fraction of the time."""
LITTLE = 16 * 2**20
"""Bytes that do not grow with the picture: a few bands, and a decoder's own."""
MEASURE = """
import json, os, resource, sys
from pathlib import Path
from engine.imaging import decoding, reading

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":")) * 1024

while line := sys.stdin.buffer.readline():
    call, size = json.loads(line)
    data = sys.stdin.buffer.read(size)
    if os.fork():
        assert os.wait()[1] == 0
        continue
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    result = eval(call)
    print(status("VmHWM") - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, flush=True)
    os._exit(0)
"""
"""Measures each call in a process of its own, forked from one that has imported what there is to import."""

linux = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process its peak"
)


Taken = Callable[[bytes, str], tuple[int, int]]
"""The bytes that a call takes at most, over what its process has anyway; and a process that it starts."""


@pytest.fixture(scope="module")
def taken(repo: Path) -> Iterator[Taken]:
    with subprocess.Popen(
        [sys.executable, "-c", MEASURE], cwd=repo, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        asked, answers = process.stdin, process.stdout
        assert asked is not None
        assert answers is not None

        def taken(data: bytes, call: str) -> tuple[int, int]:
            asked.write(json.dumps([call, len(data)]).encode() + b"\n" + data)
            asked.flush()
            here, apart = answers.readline().split()
            return int(here), int(apart)

        yield taken


def plain(mode: str, colour: Any, format: str, **options: Any) -> bytes:  # noqa: A002 - Pillow's word
    """A large picture of one colour, which is a small file."""
    return saved(Image.new(mode, (EDGE, EDGE), colour), format, **options)


def wide_grey() -> bytes:
    return saved(Image.fromarray(np.full((EDGE, EDGE), 1000, np.uint16)), "PNG", compress_level=1)


PICTURES: dict[str, Callable[[], bytes]] = {
    "a PNG": lambda: plain("RGB", "red", "PNG", compress_level=1),
    "a transparent PNG": lambda: plain("RGBA", (9, 9, 9, 128), "PNG", compress_level=1),
    "one of greys": lambda: plain("LA", (9, 128), "PNG", compress_level=1),
    "one with a palette": lambda: plain("P", 1, "PNG", transparency=bytes((9, 128)), compress_level=1),
    "one with a profile": lambda: plain("RGBA", (9, 9, 9, 128), "PNG", icc_profile=linear_profile()),
    "one of 16 bits": lambda: png(np.full((EDGE, EDGE, 3), 1000, np.uint16)),
    "one of 16 bits of grey": wide_grey,
    "a JPEG": lambda: plain("RGB", "red", "JPEG"),
    "a JPEG in inks with their profile": lambda: plain("CMYK", 9, "JPEG", icc_profile=lab_of_inks()),
}


@linux
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_takes_its_own_memory_once_and_little_more(name: str, taken: Taken) -> None:
    data = PICTURES[name]()
    for call, each in (
        ("reading.decode(data)", 5),  # the picture itself has four; that of a palette one more
        ("reading.decode(data, enough=460)", 4),
        ("reading.inspect(data)", 4),
    ):
        here, _ = taken(data, call)
        assert here < each * PIXELS + LITTLE, call


@linux
@pytest.mark.parametrize("name", ["a transparent PNG", "one of 16 bits", "one of 16 bits of grey"])
def test_a_png_that_is_cut_off_takes_its_memory_twice(name: str, taken: Taken) -> None:
    data = PICTURES[name]()
    for call in ("reading.decode(data)", "reading.inspect(data)"):
        here, _ = taken(data[: int(0.95 * len(data))], call)
        assert here < 8 * PIXELS + 2 * LITTLE, call


KINDS: dict[str, Callable[[], bytes]] = {
    "WebP": lambda: plain("RGBA", (9, 9, 9, 128), "WEBP", lossless=True, quality=0, method=0),
    "JPEG of several scans": lambda: plain("RGB", "red", "JPEG", progressive=True, subsampling=0),
    "JPEG of several scans, in inks": lambda: plain("CMYK", 9, "JPEG", progressive=True),
    "TIFF of one strip": lambda: plain("RGBA", "red", "TIFF", compression="tiff_lzw", tiffinfo={278: EDGE}),
}


@linux
@pytest.mark.parametrize("name", KINDS)
def test_what_a_decoder_takes_beside_the_picture_is_known(name: str, taken: Taken) -> None:
    data = KINDS[name]()
    with decoding._opened(data, "x") as (_, expected):
        pass
    assert expected > 5 * PIXELS
    here, _ = taken(data, "decoding.inspect_here(data, 'x')")
    assert 0.8 * expected - LITTLE < here < expected + LITTLE


@linux
@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_is_decoded_in_another_process_takes_its_memory_there(
    mode: str,
    format: str,  # noqa: A002 - Pillow's word
    taken: Taken,
) -> None:
    picture = Image.new(mode, (2000, 1500), "red")
    data = saved(picture, format, **QUICKLY[format])
    with decoding._opened(data, "x") as (_, expected):
        pass
    _, anyway = taken(saved(picture.resize((64, 64)), format), "reading.inspect(data)")
    here, apart = taken(data, "reading.inspect(data)")
    assert here < LITTLE
    assert apart - anyway < expected + LITTLE
    here, _ = taken(data, "reading.decode(data)")
    assert here < 4 * 2000 * 1500 + LITTLE


@linux
@pytest.mark.parametrize("chroma", [420, 444])
@pytest.mark.parametrize("mode", ["RGB;16", "RGBA;16"])
def test_a_heic_of_ten_bits_takes_what_is_expected(mode: str, chroma: int, taken: Taken) -> None:
    size, channels, out = (1600, 1200), len(mode) - 3, io.BytesIO()
    grey = np.full((size[1], size[0], channels), 30000, np.uint16)
    pillow_heif.from_bytes(mode, size, grey.tobytes()).save(out, chroma=chroma, **QUICKLY["HEIF"])
    with decoding._opened(out.getvalue(), "x") as (image, expected):
        assert image.info["bit_depth"] == 10
    here, _ = taken(out.getvalue(), "decoding.inspect_here(data, 'x')")
    assert 0.5 * expected < here < expected + LITTLE


@linux
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_avif_of_eight_bits_takes_what_is_expected(mode: str, subsampling: str, taken: Taken) -> None:
    noise = Image.effect_noise((1600, 1200), 50)
    data = saved(Image.merge(mode, [noise] * len(mode)), "AVIF", subsampling=subsampling, **QUICKLY["AVIF"])
    with decoding._opened(data, "x") as (_, expected):
        pass
    assert expected == 1600 * 1200 * (15 if mode == "RGBA" else 12)
    here, _ = taken(data, "decoding.inspect_here(data, 'x')")
    assert 0.5 * expected < here < expected + LITTLE


def test_the_largest_heics_of_ten_bits_are_taken() -> None:
    """Fifty megapixels in 4:2:0, as telephones and cameras have them."""
    out = io.BytesIO()
    grey = np.full((64, 96, 3), 30000, np.uint16)
    pillow_heif.from_bytes("RGB;16", (96, 64), grey.tobytes()).save(out, chroma=420)
    small = b"ispe\0\0\0\0" + struct.pack(">II", 96, 64)
    data = out.getvalue().replace(small, small[:8] + struct.pack(">II", 8192, 6144))
    assert upright_size(data) == (8192, 6144)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_what_takes_too_much_memory_is_refused_before_a_pixel_is_decoded(
    format: str,  # noqa: A002 - Pillow's word
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = oriented(1, format)
    with decoding._opened(data, "x") as (_, memory):
        pass
    monkeypatch.setattr(limits, "MAX_MEMORY", memory)
    assert decode(data).size == (96, 64)
    monkeypatch.setattr(limits, "MAX_MEMORY", memory - 1)
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)
    for call in (decoding.decode_here, decoding.inspect_here, decoding.upright_size):
        with pytest.raises(ImageTooLargeError, match=r"holiday has 96 × 64 pixels, too many for"):
            call(data, "holiday")


def test_the_largest_photos_of_telephones_may_be_of_any_kind() -> None:
    for format_ in ("JPEG", "HEIF"):
        assert upright_size(claiming(format_, 8192, 6144)) == (8192, 6144)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures are worked on at the same time, noted for each."""
    inside, noted, whole = [0], [], srgb.Opaque.whole

    def watched(opaque: srgb.Opaque, factor: int = 1) -> Image.Image:
        inside[0] += 1
        time.sleep(0.05)
        noted.append(inside[0])
        inside[0] -= 1
        return whole(opaque, factor)

    monkeypatch.setattr(srgb.Opaque, "whole", watched)
    return noted


def test_big_pictures_are_decoded_one_at_a_time(at_once: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE_IMAGE_BYTES", 0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decode, [oriented(1, "PNG")] * 8))
    assert at_once == [1] * 8


def test_small_pictures_do_not_wait_for_each_other(at_once: list[int]) -> None:
    with decoding.LARGE_IMAGE_LOCK, ThreadPoolExecutor(4) as pool:
        list(pool.map(decode, [oriented(1, "PNG")] * 8))
    assert max(at_once) > 1


def test_the_wait_for_another_picture_is_not_part_of_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Turn:
        """Comes when another picture is decoded, a minute later."""

        def __enter__(self) -> None:
            clock[0] += 60.0

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(decoding, "LARGE_IMAGE_BYTES", 0)
    monkeypatch.setattr(decoding, "LARGE_IMAGE_LOCK", Turn())
    monkeypatch.setattr(decoding, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    assert decode(oriented(1, "PNG")).size == (96, 64)
    assert clock == [60.0]


def test_after_a_refusal_the_next_big_picture_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE_IMAGE_BYTES", 0)
    cut = saved(Image.effect_noise((99, 99), 80), "PNG")[:2000]
    for _ in range(2):
        with pytest.raises(ImageTruncatedError):
            inspect(cut)
        assert inspect(oriented(6, "PNG")) == (96, 64, False)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "HEIF", "AVIF"])
def test_what_is_big_is_made_smaller_if_that_is_enough(
    format: str,  # noqa: A002 - Pillow's word
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = oriented(6, format)
    monkeypatch.setattr(decoding, "LARGE_IMAGE_BYTES", 0)
    assert decoding.decode_here(data, "x", 16).size == (24, 16)
    assert decoding.decode_here(data, "x", 17).size == (48, 32)
    assert decoding.decode_here(data, "x", 33).size == (96, 64)


@pytest.mark.parametrize("band", [1, 96 * 7, 2**20])
def test_a_picture_is_the_same_by_whatever_bands_it_is_worked_on(
    band: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Image.merge("RGBA", [Image.effect_noise((96, 65), 90) for _ in range(4)])
    files = [
        saved(noise, "PNG", icc_profile=linear_profile()),
        saved(noise.convert("LA"), "PNG"),
        saved(noise.convert("RGB").quantize(64), "PNG", transparency=bytes(range(64))),
        saved(noise.convert("CMYK"), "TIFF", icc_profile=lab_of_inks()),
        saved(noise.convert("F"), "TIFF"),
    ]
    expected = [decode(data).tobytes() for data in files]
    monkeypatch.setattr(srgb, "BAND", band)
    assert [decode(data).tobytes() for data in files] == expected
