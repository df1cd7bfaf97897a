"""The pictures that the bot composes: whatever goes in, Telegram takes what comes out."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops

from bot.pictures import (
    PER_PAGE,
    PHOTO_EDGE,
    Tile,
    as_photo,
    before_after,
    diptych,
    pages,
    presets_sheet,
    sheet,
)
from bot.playground.testing import jpeg
from engine.errors import ImageError
from engine.gallery.presets import presets
from engine.painting.images import encode_png

MAX_PHOTO = 10 * 2**20
"""Bytes of a photo that Telegram takes from a bot."""


def _open(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("photo", [(640, 427), (64, 64), (1280, 64), (64, 1280), (3000, 2000)])
@pytest.mark.parametrize("style", [(500, 500), (1280, 64), (64, 1280)])
def test_a_diptych_of_any_shapes_is_a_photo_for_telegram(
    photo: tuple[int, int], style: tuple[int, int]
) -> None:
    image = _open(diptych(jpeg(*photo, "red"), [jpeg(*style, "blue")]))
    assert image.format == "JPEG"
    assert image.width + image.height <= 10_000
    assert max(image.size) <= 20 * min(image.size)
    left = image.getpixel((round(image.width * 0.15), image.height // 2))
    right = image.getpixel((round(image.width * 0.85), image.height // 2))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 100 > left[2]
    assert right[2] > 200 > 100 > right[0]


def test_a_diptych_of_something_unreadable_says_so() -> None:
    with pytest.raises(ImageError):
        diptych(jpeg(), [b"Dear Sir or Madam"])


@pytest.mark.parametrize("size", [(64, 64), (512, 341), (4096, 4096), (200, 4000), (18_000, 930)])
def test_a_painting_of_any_size_goes_as_a_photo(size: tuple[int, int]) -> None:
    noisy = Image.effect_noise((256, 256), 90).resize(size, Image.Resampling.BILINEAR).convert("RGB")
    data = as_photo(encode_png(noisy))
    image = _open(data)
    assert image.format == "JPEG"
    assert max(image.size) == min(max(size), PHOTO_EDGE)
    assert abs(image.width / image.height - size[0] / size[1]) < 0.05 * size[0] / size[1]
    assert image.width + image.height <= 10_000
    assert len(data) < MAX_PHOTO


def test_the_busiest_painting_is_small_enough_for_a_photo() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((PHOTO_EDGE, PHOTO_EDGE), 60) for _ in range(3)])
    # Grain as fine as brush strokes in the largest photo; pure noise is no painting.
    fine = noise.resize((PHOTO_EDGE // 2, PHOTO_EDGE // 2)).resize((PHOTO_EDGE, PHOTO_EDGE))
    assert len(as_photo(encode_png(fine))) < MAX_PHOTO


def test_a_blend_is_shown_with_all_its_paintings() -> None:
    image = _open(diptych(jpeg(400, 300, "red"), [jpeg(300, 300, "blue"), jpeg(300, 400, "lime")]))
    third = image.getpixel((round(image.width * 0.9), image.height // 2))
    assert isinstance(third, tuple)
    assert third[1] > 200 > 100 > third[0]


@pytest.mark.parametrize("size", [(640, 427), (427, 640), (2560, 128), (128, 2560), (200, 200)])
def test_before_and_after_stand_side_by_side_at_one_size(size: tuple[int, int]) -> None:
    painting = encode_png(Image.new("RGB", size, "blue"))
    image = _open(before_after(jpeg(size[0] * 2, size[1] * 2, "red"), painting))
    assert image.width + image.height <= 10_000
    assert max(image.size) <= 20 * min(image.size)
    first, last = image.getpixel((4, 4)), image.getpixel((image.width - 4, image.height - 4))
    assert isinstance(first, tuple)
    assert isinstance(last, tuple)
    assert first[0] > 200 > 100 > first[2]
    assert last[2] > 200 > 100 > last[0]


def test_every_preset_is_on_one_of_the_sheets() -> None:
    for page in range(pages()):
        image = _open(presets_sheet(page))
        assert image.format == "JPEG"
        assert 1000 <= image.width <= 1280
    assert pages() * PER_PAGE >= len(presets()) > (pages() - 1) * PER_PAGE


@pytest.mark.parametrize("count", [1, 2, 3, 4, 24])
def test_a_sheet_of_any_number_of_styles_is_a_photo_for_telegram(count: int) -> None:
    image = _open(sheet([Tile(jpeg(300, 200, "red"), number) for number in range(1, count + 1)]))
    assert image.width + image.height <= 10_000
    assert max(image.size) <= 20 * min(image.size)


def test_each_style_of_a_sheet_has_its_number() -> None:
    one, other = (_open(sheet([Tile(jpeg(300, 200, "red"), number)])) for number in (1, 2))
    assert one.size == other.size
    assert ImageChops.difference(one, other).getbbox() is not None
