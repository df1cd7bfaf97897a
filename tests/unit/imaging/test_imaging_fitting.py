"""A picture is stored as small as its painting can use it, and looks the same."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.fitting import fitted
from engine.imaging.reading import decode


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture with edges, colours and fine grain."""
    chance = random.Random(1)
    grain = Image.frombytes("L", (width, height), chance.randbytes(width * height))
    grain = grain.filter(ImageFilter.GaussianBlur(1.5))
    ramp = Image.linear_gradient("L").resize((width, height))
    made = Image.merge("RGB", (ramp, grain, ramp.transpose(Image.Transpose.ROTATE_180)))
    if mode == "RGBA":
        made.putalpha(ramp)
    return made


def file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_a_large_photo_becomes_a_light_one_of_the_size_that_can_be_used() -> None:
    photo = picture(640, 480)
    stored = fitted(encode_jpeg(photo, 95), 160, 120)
    assert decode(stored).size == (160, 120)
    assert len(stored) < 160 * 120
    wanted = photo.resize((80, 60), Image.Resampling.LANCZOS)
    seen = decode(stored).resize((80, 60), Image.Resampling.LANCZOS)
    assert max(ImageStat.Stat(ImageChops.difference(wanted, seen)).mean) < 2.0


def test_a_photo_that_lies_on_its_side_is_stored_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = fitted(file(picture(640, 480), "JPEG", quality=95, exif=exif), 120, 160)
    assert decode(stored).size == (120, 160)
    assert Image.open(io.BytesIO(stored)).getexif().get(0x0112) is None


def test_a_heavy_file_of_the_right_size_becomes_a_light_one_of_the_same_size() -> None:
    heavy = encode_png(picture(160, 120))
    stored = fitted(heavy, 160, 120)
    assert len(stored) < len(heavy) * 0.75
    assert decode(stored).size == (160, 120)


@pytest.mark.parametrize("size", [(160, 120), (80, 60)])
def test_what_is_small_or_light_stays_as_it_is(size: tuple[int, int]) -> None:
    light = file(Image.new("RGB", (160, 120), "teal"), "JPEG")
    assert fitted(light, *size) is light


def test_a_transparent_picture_stays_transparent_and_lossless() -> None:
    stored = fitted(file(picture(320, 240, "RGBA")), 160, 120)
    assert stored.startswith(b"\x89PNG")
    alpha = decode(stored, keep_alpha=True).getchannel("A")
    assert alpha.size == (160, 120)
    clear, opaque = alpha.crop((0, 0, 160, 2)), alpha.crop((0, 118, 160, 120))
    assert clear.getextrema()[1] < 5  # type: ignore[operator]
    assert opaque.getextrema()[0] > 250  # type: ignore[operator]


def test_an_animation_stays_one() -> None:
    frames = [picture(320, 240), picture(320, 240).rotate(180)]
    animation = file(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert fitted(animation, 80, 60) is animation
