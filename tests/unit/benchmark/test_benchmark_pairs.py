"""The pairs of pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from engine.benchmark.pairs import CLASSIC, KEPT, kept_pairs, named_pairs, pairs_of, shipped_pairs
from engine.errors import ImageError


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new("RGBA", (80, 64), "red").convert("RGB").save(folder / name)


def test_the_classic_five_are_taken_where_all_are_there(tmp_path: Path) -> None:
    put(tmp_path / "photos", "aaa.png", *(photo for photo, _ in CLASSIC))
    put(tmp_path / "paintings", *(painting for _, painting in CLASSIC))
    pairs = pairs_of(tmp_path)
    assert [pair.name for pair in pairs] == [
        "astronaut-starry_night", "chelsea-great_wave", "china-cafe_terrace_at_night", "coffee-senecio",
        "flower-composition_vii",
    ]  # fmt: skip
    assert {(pair.photo.mode, pair.painting.mode) for pair in pairs} == {("RGB", "RGB")}


def test_of_other_pictures_pairs_are_made_in_the_order_of_their_names(tmp_path: Path) -> None:
    put(tmp_path / "photos", "b.png", "a.jpg", "c.png")
    put(tmp_path / "paintings", "y.png", "x.png")
    (tmp_path / "paintings" / "notes.txt").write_text("x is by me")
    assert [pair.name for pair in pairs_of(tmp_path)] == ["a-x", "b-y"]


def test_the_kept_pairs_are_none_of_the_classic_ones_and_all_have_to_be_there(tmp_path: Path) -> None:
    assert not set(KEPT) & set(CLASSIC)
    assert not {painting for _, painting in KEPT} & {painting for _, painting in CLASSIC}
    put(tmp_path / "photos", *(photo for photo, _ in KEPT))
    put(tmp_path / "paintings", *(painting for _, painting in KEPT))
    assert [pair.name for pair in kept_pairs(tmp_path)][:2] == [
        "hopper-wheat_field_with_cypresses",
        "pug-irises",
    ]
    (tmp_path / "photos" / "pug.jpg").unlink()
    with pytest.raises(ImageError, match=r"pug\.jpg"):
        kept_pairs(tmp_path)


def test_pairs_are_found_by_name(tmp_path: Path) -> None:
    put(tmp_path / "photos", "cat.png")
    put(tmp_path / "paintings", "waves.jpg")
    assert [pair.name for pair in named_pairs(tmp_path, [("cat", "waves")])] == ["cat-waves"]
    with pytest.raises(ImageError, match="has no picture named night"):
        named_pairs(tmp_path, [("cat", "night")])


def test_pictures_stand_upright(tmp_path: Path) -> None:
    put(tmp_path / "paintings", "x.png")
    (tmp_path / "photos").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 64)).save(tmp_path / "photos" / "a.jpg", exif=exif)
    (pair,) = pairs_of(tmp_path)
    assert pair.photo.size == (64, 80)


def test_a_folder_without_pictures_says_what_it_needs(tmp_path: Path) -> None:
    put(tmp_path / "photos", "a.png")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ImageError, match="photos and paintings"):
            pairs_of(folder)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    put(tmp_path / "photos", "a.png")
    put(tmp_path / "paintings", "x.png")
    (tmp_path / "paintings" / "x.png").write_bytes(b"\x89PNG")
    with pytest.raises(ImageError, match=r"x\.png"):
        pairs_of(tmp_path)


def test_without_a_folder_there_are_five_pairs_of_what_ships() -> None:
    pairs = shipped_pairs()
    assert len({pair.name for pair in pairs}) == 5
    assert {min(pair.photo.size) for pair in pairs} == {427}


def test_without_photos_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImageError, match="--pictures"):
        shipped_pairs()
