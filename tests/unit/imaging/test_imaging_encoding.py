"""A stored painting is smaller than the file that users get, and is the same."""

from __future__ import annotations

import pytest

from engine.imaging import encoding
from engine.imaging.encoding import as_png, encode_lossless, encode_png
from tests.support.pictures import sample
from tests.unit.imaging.test_imaging_fitting import picture

RECIPE = {"recipe": {"size": 512, "note": "größer"}, "presets": ["mosaic", None]}


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("recipe", [RECIPE, None])
def test_the_file_is_the_same_to_the_byte_as_if_it_had_been_stored(mode: str, recipe: object) -> None:
    image = picture(96, 64, mode)
    assert as_png(encode_lossless(image, recipe)) == encode_png(image, recipe)  # type: ignore[arg-type]


def test_a_painting_takes_a_fifth_less_than_its_file() -> None:
    image = sample("china.jpg").resize((627, 418))
    assert len(encode_lossless(image, RECIPE)) < 0.8 * len(encode_png(image, RECIPE))


def test_what_is_too_long_for_webp_is_stored_as_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_WEBP_EDGE", 95)
    image = picture(96, 64)
    assert encode_lossless(image, RECIPE) == encode_png(image, RECIPE)
    assert as_png(encode_png(image, RECIPE)) == encode_png(image, RECIPE)
