"""Other painters' pictures in the benchmark."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PIL import Image

from engine.benchmark.peers import SECONDS, peers_of
from engine.errors import ImageError


def put(folder: Path, *names: str) -> None:
    for name in names:
        Image.new("RGBA", (80, 64), "red").save(folder / name)


def test_a_pictures_name_says_what_it_is_of_and_who_painted_it(tmp_path: Path) -> None:
    put(tmp_path, "cat-the_kiss-nnst-50.png", "dog-waves-crow.png", "cat.png", "cat-the_kiss.png")
    (tmp_path / SECONDS).write_text('{"dog-waves-crow": 132}')
    one, other = peers_of(tmp_path)
    assert (one.pair, one.photo, one.painting, one.system) == ("cat-the_kiss", "cat", "the_kiss", "nnst-50")
    assert math.isnan(one.seconds)
    assert (other.pair, other.system, other.seconds) == ("dog-waves", "crow", 132.0)
    assert one.picture.mode == "RGB"


def test_a_folder_without_them_says_how_they_are_named(tmp_path: Path) -> None:
    put(tmp_path, "cat.png")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ImageError, match="PHOTO-PAINTING-SYSTEM"):
            peers_of(folder)


@pytest.mark.parametrize("text", ["{", "[1]", '{"cat-the_kiss-nnst": "long"}'])
def test_broken_seconds_are_told(tmp_path: Path, text: str) -> None:
    put(tmp_path, "cat-the_kiss-nnst.png")
    (tmp_path / SECONDS).write_text(text)
    with pytest.raises(ImageError, match=r"seconds\.json cannot be read"):
        peers_of(tmp_path)
