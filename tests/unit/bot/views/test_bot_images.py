"""The pictures that the bot composes: whatever goes in, Telegram takes what comes out."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from bot.views.images import (
    PER_PAGE,
    PHOTO_EDGE,
    STICKER_BYTES,
    STICKER_EDGE,
    Tile,
    as_photo,
    as_sticker,
    before_after,
    diptych,
    pages,
    sheet,
    styles_of,
    styles_sheet,
)
from engine.errors import ImageError, UnknownStyleError
from engine.styles.style import Style, presets
from tests.support.sample_media import jpeg

MAX_PHOTO = 10 * 2**20
"""Bytes of a photo that Telegram takes from a bot."""


def _open(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _png(image: Image.Image) -> bytes:
    """Return a PNG that is soon made: compressing grain takes longer than all that is tested here."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=0)
    return out.getvalue()


def _is_near(image: Image.Image, at: tuple[float, float], colour: tuple[int, int, int]) -> bool:
    """Whether this is the colour at a place, given as parts of width and height."""
    pixel = image.getpixel((int(at[0] * (image.width - 1)), int(at[1] * (image.height - 1))))
    assert isinstance(pixel, tuple)
    return all(abs(is_ - wanted) < 25 for is_, wanted in zip(pixel, colour, strict=True))


def _is_photo_for_telegram(data: bytes) -> bool:
    image = _open(data)
    small = len(data) <= MAX_PHOTO and image.width + image.height <= 10_000
    return image.format == "JPEG" and small and max(image.size) <= 20 * min(image.size)


RED, GREEN, BLUE, GOLD, GROUND = (255, 0, 0), (0, 128, 0), (0, 0, 255), (217, 166, 72), (29, 24, 21)


@pytest.mark.parametrize("photo", [(640, 427), (64, 64), (1280, 64), (64, 1280), (3000, 2000)])
@pytest.mark.parametrize("style", [(500, 500), (1280, 64), (64, 1280)])
def test_a_diptych_of_any_shapes_is_a_photo_for_telegram(
    photo: tuple[int, int], style: tuple[int, int]
) -> None:
    data = diptych(jpeg(*photo, "red"), [jpeg(*style, "blue")])
    assert _is_photo_for_telegram(data)
    assert _is_near(_open(data), (0.15, 0.5), RED)
    assert _is_near(_open(data), (0.85, 0.5), BLUE)


def test_a_plus_stands_between_photo_and_painting() -> None:
    image = _open(diptych(jpeg(600, 600, "red"), [jpeg(600, 600, "blue")]))
    assert _is_near(image, (0.5, 0.5), GOLD)
    assert _is_near(image, (0.5, 0.4), GROUND)


@pytest.mark.parametrize("photo", [(640, 427), (1280, 64), (64, 1280)])
def test_several_paintings_stand_in_their_order_beside_the_photo(photo: tuple[int, int]) -> None:
    colours = {"blue": BLUE, "green": GREEN, "red": RED}
    for count in (2, 3):
        names = list(colours)[:count]
        data = diptych(jpeg(*photo, "white"), [jpeg(300, 500, name) for name in names])
        assert _is_photo_for_telegram(data)
        assert _is_near(_open(data), (0.15, 0.5), (255, 255, 255))
        for i, name in enumerate(names):
            assert _is_near(_open(data), (0.88, (i + 0.5) / count * 0.86 + 0.07), colours[name])


@pytest.mark.parametrize("count", [0, 4])
def test_a_diptych_has_one_to_three_paintings(count: int) -> None:
    with pytest.raises(ValueError, match="one to 3"):
        diptych(jpeg(), [jpeg()] * count)


def test_a_diptych_of_something_unreadable_says_so() -> None:
    with pytest.raises(ImageError):
        diptych(jpeg(), [b"Dear Sir or Madam"])


def test_a_preset_looks_like_its_file_however_often_and_when_the_file_changes(tmp_path: Path) -> None:
    first, second, *_ = presets()
    own = replace(first, id="own", path=tmp_path / "own.jpg", stamp=1)
    own.path.write_bytes(first.read())
    for _ in range(2):
        assert diptych(jpeg(), [own]) == diptych(jpeg(), [first.read()])
    own.path.write_bytes(second.read())
    assert diptych(jpeg(), [replace(own, stamp=2)]) == diptych(jpeg(), [second.read()])
    assert diptych(jpeg(), [own, second]) == diptych(jpeg(), [second.read()] * 2)


def test_a_preset_whose_file_is_gone_is_no_preset_any_more(tmp_path: Path) -> None:
    gone = replace(presets()[0], path=tmp_path / "gone.jpg")
    for styles in ([gone], [gone, gone]):
        with pytest.raises(UnknownStyleError):
            diptych(jpeg(), styles)


@pytest.mark.parametrize("size", [(64, 64), (512, 341), (4096, 4096), (200, 4000), (18_000, 930)])
def test_a_painting_of_any_size_goes_as_a_photo(size: tuple[int, int]) -> None:
    noisy = Image.effect_noise((256, 256), 90).resize(size, Image.Resampling.BILINEAR).convert("RGB")
    data = as_photo(_png(noisy))
    image = _open(data)
    assert image.format == "JPEG"
    assert max(image.size) == min(max(size), PHOTO_EDGE)
    assert abs(image.width / image.height - size[0] / size[1]) < 0.05 * size[0] / size[1]
    assert image.width + image.height <= 10_000
    assert len(data) < MAX_PHOTO


def test_a_transparent_painting_lies_on_white_as_a_photo() -> None:
    painting = Image.new("RGBA", (200, 100), (200, 0, 0, 255))
    painting.paste((0, 90, 0, 0), (0, 0, 100, 100))
    image = _open(as_photo(_png(painting)))
    assert _is_near(image, (0.2, 0.5), (255, 255, 255))
    assert _is_near(image, (0.8, 0.5), (200, 0, 0))


def test_the_busiest_painting_is_small_enough_for_a_photo() -> None:
    noise = Image.merge("RGB", [Image.effect_noise((PHOTO_EDGE, PHOTO_EDGE), 60) for _ in range(3)])
    # Grain as fine as brush strokes in the largest photo; pure noise is no painting.
    fine = noise.resize((PHOTO_EDGE // 2, PHOTO_EDGE // 2)).resize((PHOTO_EDGE, PHOTO_EDGE))
    assert len(as_photo(_png(fine))) < MAX_PHOTO


@pytest.mark.parametrize("size", [(300, 200), (90, 400), (2000, 1000), (512, 512)])
def test_a_sticker_is_whole_and_within_telegrams_limits(size: tuple[int, int]) -> None:
    noise = Image.effect_noise(size, 120).convert("RGB")
    data = as_sticker(_png(noise))
    sticker = Image.open(io.BytesIO(data))
    assert sticker.format == "WEBP"
    assert max(sticker.size) == STICKER_EDGE == 512
    assert sticker.width / sticker.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert len(data) <= STICKER_BYTES


def test_what_is_transparent_stays_so_in_a_sticker() -> None:
    painting = Image.new("RGBA", (200, 100), (255, 0, 0, 255))
    painting.paste((0, 0, 0, 0), (100, 0, 200, 100))
    out = io.BytesIO()
    painting.save(out, "PNG")
    sticker = Image.open(io.BytesIO(as_sticker(out.getvalue())))
    assert sticker.mode == "RGBA"
    assert sticker.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("count", range(1, PER_PAGE + 1))
def test_a_sheet_of_a_few_styles_is_a_photo_for_telegram(count: int) -> None:
    data = sheet([Tile((jpeg(80, 900, "blue"),), number) for number in range(1, count + 1)])
    assert _is_photo_for_telegram(data)
    assert _open(data).width == 1080


def test_every_tile_of_a_sheet_shows_its_style_below_a_golden_badge(tmp_path: Path) -> None:
    (tmp_path / "green.jpg").write_bytes(jpeg(500, 300, "green"))
    image = _open(sheet([Tile((jpeg(300, 500, "red"),), 1), Tile(tmp_path / "green.jpg", 23)]))
    for left, colour in ((0, RED), (543, GREEN)):
        middle = image.crop((left + 100, 100, left + 300, 300))
        assert all(_is_near(middle, at, colour) for at in ((0, 0), (0.5, 0.5), (1, 1)))
        badge = image.crop((left + 12, 12, left + 78, 78))
        assert _is_near(badge, (0.5, 0.12), GOLD)


def test_numbers_can_be_told_apart() -> None:
    seen = {_open(sheet([Tile((jpeg(),), number)])).crop((0, 0, 132, 94)).tobytes() for number in range(100)}
    assert len(seen) == 100


def test_a_sheet_of_nothing_or_of_something_unreadable_says_so() -> None:
    with pytest.raises(ValueError, match="tile"):
        sheet([])
    with pytest.raises(ImageError):
        sheet([Tile((b"Dear Sir or Madam",), 1)])


def test_the_pages_show_every_preset_in_order() -> None:
    found: dict[int, Style] = {}
    for page in range(pages(presets())):
        first, shown = styles_of(page, presets())
        assert first <= len(found) + 1
        tiles = [Tile((one.read(),), i) for i, one in enumerate(shown, first)]
        assert styles_sheet(page, presets()) == sheet(tiles)
        found |= dict(enumerate(shown, first))
    assert tuple(found[number] for number in sorted(found)) == presets()


def test_pages_are_as_few_as_can_be_and_each_is_full() -> None:
    for count in range(1, 50):
        styles = (presets() * 4)[:count]
        assert (pages(styles) - 1) * PER_PAGE < count <= pages(styles) * PER_PAGE
        shown = [styles_of(page, styles) for page in range(pages(styles))]
        assert {len(each) for _, each in shown} == {min(count, PER_PAGE)}
        numbers = {first + at for first, each in shown for at in range(len(each))}
        assert numbers == set(range(1, count + 1)), "none is left out"
    assert PER_PAGE % 3 == 0, "full rows of three"


@pytest.mark.parametrize("count", range(1, 8))
def test_the_tiles_of_a_sheet_reach_its_edges_for_light_chats_and_dark_ones(count: int) -> None:
    image = _open(sheet([Tile((jpeg(300, 300, "red"),), number) for number in range(1, count + 1)]))
    edge = 2 / image.width
    for at in (0.99, 0.7, 0.35):
        assert all(_is_near(image, where, RED) for where in ((edge, at), (1 - edge, at), (0.99, 0.99)))


@pytest.mark.parametrize("colours", [("red", "blue"), ("red", "lime", "blue")])
def test_a_saved_blend_shows_all_its_paintings(colours: tuple[str, ...]) -> None:
    image = _open(sheet([Tile(tuple(jpeg(300, 500, colour) for colour in colours), 1)])).convert("RGB")
    left, top, edge = 184, 0, 712
    for number, colour in enumerate(colours):
        middle = top + round((number + 0.5) * edge / len(colours))
        seen, meant = image.getpixel((left + edge // 2, middle)), ImageColor.getrgb(colour)
        assert isinstance(seen, tuple)
        assert all(abs(one - other) < 20 for one, other in zip(seen, meant, strict=True))


def test_a_sheet_is_made_once_and_a_page_too_far_is_the_last() -> None:
    assert styles_sheet(0, presets()) is styles_sheet(0, presets()) is styles_sheet(-3, presets())
    assert styles_sheet(99, presets()) is styles_sheet(pages(presets()) - 1, presets())


def test_a_sheet_is_made_anew_when_a_style_changes_and_a_style_that_is_gone_leaves_its_place_dark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "own.jpg"
    path.write_bytes(jpeg(300, 300, "red"))
    own = Style("own", "Own", "", path, {}, "own", stamp=1)
    assert _is_near(_open(styles_sheet(0, [own])), (0.5, 0.5), RED)
    path.write_bytes(jpeg(300, 300, "blue"))
    assert _is_near(_open(styles_sheet(0, [replace(own, stamp=2)])), (0.5, 0.5), BLUE)
    path.unlink()
    image = _open(styles_sheet(0, [replace(own, stamp=3)]))
    assert _is_near(image, (0.5, 0.5), GROUND)
    assert _is_near(image.crop((12, 12, 78, 78)), (0.5, 0.12), GOLD)


@pytest.mark.parametrize("photo", [(640, 427), (427, 640), (64, 64), (1280, 64), (64, 1280), (3000, 2000)])
@pytest.mark.parametrize("scale", [0.5, 1, 1.7])
def test_before_and_after_are_of_one_size_and_together_nearest_to_a_square(
    photo: tuple[int, int], scale: float
) -> None:
    width, height = (round(edge * scale) for edge in photo)
    data = before_after(jpeg(*photo, "red"), _png(Image.new("RGB", (width, height), "blue")))
    image = _open(data)
    assert _is_photo_for_telegram(data)
    assert max(image.size) <= PHOTO_EDGE
    beside = photo[0] <= photo[1]
    first, last = ((0.4, 0.5), (0.6, 0.5)) if beside else ((0.5, 0.4), (0.5, 0.6))
    assert _is_near(image, first, RED)
    assert _is_near(image, last, BLUE)
    assert _is_near(image, (0, 0), RED)
    assert _is_near(image, (1, 1), BLUE)
    assert max(image.size) / min(image.size) <= max(2.1, max(photo) / min(photo) / 1.9)


def test_mere_grain_goes_as_a_photo_too() -> None:
    grain = Image.merge("RGB", [Image.effect_noise((PHOTO_EDGE, PHOTO_EDGE), 60) for _ in range(3)])
    painting = _png(grain)
    assert _is_photo_for_telegram(as_photo(painting))
    assert _is_photo_for_telegram(before_after(painting, painting))
    assert _is_photo_for_telegram(before_after(painting, _png(grain.resize((1274, 1274)))))


def test_before_and_after_of_a_photo_that_is_unreadable_say_so() -> None:
    with pytest.raises(ImageError):
        before_after(b"Dear Sir or Madam", _png(Image.new("RGB", (64, 64))))
