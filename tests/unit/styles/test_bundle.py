"""Famous paintings of a bundle need not be downloaded."""

from __future__ import annotations

from pathlib import Path

from engine.styles.bundle import unpack_paintings
from engine.styles.catalogue import PAINTINGS, Catalogue


def test_a_bundles_paintings_are_in_the_catalogue_and_those_that_were_there_stay(tmp_path: Path) -> None:
    known = Catalogue(tmp_path / "data").refresh().missing
    bundle, there = tmp_path / "bundle" / PAINTINGS, tmp_path / "data" / PAINTINGS
    for folder in (bundle, there):
        folder.mkdir(parents=True)
    for painting in known[:2]:
        (bundle / f"{painting.id}.jpg").write_bytes(b"bundled")
    (there / f"{known[0].id}.jpg").write_bytes(b"fetched")

    unpack_paintings(tmp_path / "bundle", tmp_path / "data")

    assert [(there / f"{painting.id}.jpg").read_bytes() for painting in known[:2]] == [b"fetched", b"bundled"]
    assert Catalogue(tmp_path / "data").refresh().missing == known[2:]


def test_a_bundle_without_paintings_and_a_folder_without_room_keep_nobody_from_work(tmp_path: Path) -> None:
    unpack_paintings(tmp_path, tmp_path / "data")
    assert not (tmp_path / "data").exists()

    (tmp_path / PAINTINGS).mkdir()
    (tmp_path / PAINTINGS / "one.jpg").write_bytes(b"bundled")
    (tmp_path / "full").write_text("a file where the folder would be")
    unpack_paintings(tmp_path, tmp_path / "full")
