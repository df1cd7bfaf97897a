"""The catalogue: ours, the famous paintings that are there, and what an operator puts into a folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import UnknownStyleError
from engine.styles import catalogue as module
from engine.styles import custom
from engine.styles.catalogue import Catalogue, catalogue, open_catalogue
from engine.styles.famous import paintings
from engine.styles.style import MAX_ID_LENGTH, Style, presets

OURS = [one.id for one in presets()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder for the host's own styles."""
    (tmp_path / "styles").mkdir()
    return tmp_path / "styles"


@pytest.fixture
def there(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path)


@pytest.fixture
def _as_before() -> Iterator[None]:
    before = catalogue()
    yield
    module._current = before


def _image(path: Path, colour: str = "red") -> Path:
    Image.new("RGB", (96, 80), colour).save(path)
    return path


def _ids(there: Catalogue) -> list[str]:
    return [style.id for style in there.refresh().all]


def test_without_a_folder_there_are_ours_alone(tmp_path: Path) -> None:
    assert _ids(Catalogue()) == OURS
    assert _ids(Catalogue(tmp_path / "nowhere")) == OURS


def test_ours_come_first_then_famous_paintings_then_the_operators_own(
    there: Catalogue, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "paintings").mkdir()
    for name in ("the_scream", "irises"):
        _image(tmp_path / "paintings" / f"{name}.jpg")
    _image(folder / "logo.png")
    assert _ids(there) == [*OURS, "irises", "the_scream", "logo"]
    assert len(there.now.missing) == len(paintings()) - 2
    assert not there.now.unusable


def test_without_famous_paintings_those_that_are_there_are_left_out_and_keep_their_ids(
    tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "paintings").mkdir()
    _image(tmp_path / "paintings" / "irises.jpg")
    path = _image(folder / "irises.png")
    there = Catalogue(tmp_path, famous=False)
    assert _ids(there) == OURS
    assert not there.now.missing
    assert "taken" in there.now.unusable[path]


def test_an_image_is_a_style_by_its_name_alone(there: Catalogue, folder: Path) -> None:
    _image(folder / "Grandma's Kitchen-2.PNG")
    there.refresh()
    style = there.get("grandma_s_kitchen_2")
    assert (style.title, style.kind, style.artist, style.year) == ("Grandma's Kitchen 2", "own", "", "")
    assert style.read() == (folder / "Grandma's Kitchen-2.PNG").read_bytes()


def test_a_toml_beside_it_says_more(there: Catalogue, folder: Path) -> None:
    _image(folder / "a.jpg")
    (folder / "a.toml").write_text(
        'id = "harbour"\ntitle = "The Harbour"\nartist = "Ann"\nyear = 1999\ncredit = "© Ann, CC BY 4.0"\n'
        '[titles]\nzh = "港口"\n',
        "utf-8",
    )
    there.refresh()
    style = there.get("harbour")
    assert (style.title, style.titles) == ("The Harbour", {"zh": "港口"})
    assert (style.artist, style.year, style.credit) == ("Ann", "1999", "© Ann, CC BY 4.0")


def test_what_comes_changes_and_goes_is_noticed(there: Catalogue, folder: Path) -> None:
    assert _ids(there) == OURS
    path = _image(folder / "sea.jpg")
    assert _ids(there) == [*OURS, "sea"]
    before = there.get("sea").stamp
    _image(path, "blue")
    os.utime(path, (1, 1))
    there.refresh()
    assert there.get("sea").stamp != before
    (folder / "sea.toml").write_text('title = "The Sea"')
    there.refresh()
    assert there.get("sea").title == "The Sea"
    path.unlink()
    assert _ids(there) == OURS


def test_an_image_is_opened_once_not_at_every_look(
    there: Catalogue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    read = custom.read

    def noted(file: custom.File) -> Style:
        opened.append(file.path.name)
        return read(file)

    monkeypatch.setattr(custom, "read", noted)
    _image(folder / "a.jpg")
    (folder / "b.jpg").write_bytes(b"Dear Sir or Madam")
    for _ in range(3):
        there.refresh()
    assert opened == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("name", "card", "reason"),
    [
        ("letter.jpg", None, "is not an image that I can read"),
        ("tiny.png", None, "only 8 × 8 pixels"),
        ("мост.png", None, "makes no id"),
        (f"{'x' * (MAX_ID_LENGTH + 1)}.png", None, "makes no id"),
        ("mosaic.png", None, "“mosaic” is taken"),
        ("starry_night.png", None, "“starry_night” is taken"),
        ("b.png", 'id = "ÄÖ ÜÜ"', None),
        ("b.png", 'id = "!"', "makes no id"),
        ("b.png", "title = ", "b.toml cannot be read"),
        ("b.png", "a = " + "[" * 20_000, "b.toml cannot be read (it is nested too deep)"),
        ("b.png", f"# {'x' * 2**16}", "b.toml has more than 65536 bytes"),
        ("b.png", 'titel = "B"', "b.toml: titel: Extra inputs are not permitted"),
        ("b.png", f'title = "{"x" * 47}"', "b.toml: title: String should have at most 46 characters"),
        ("b.png", '[titles]\nru = ""', "b.toml: titles: 1 to 46 characters"),
        ("b.png", "credit = [1]", "b.toml: credit: Input should be a valid string"),
    ],
)
def test_what_cannot_be_used_is_said_once_and_why(
    there: Catalogue,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    name: str,
    card: str | None,
    reason: str | None,
) -> None:
    path = folder / name
    if name == "letter.jpg":
        path.write_bytes(b"Dear Sir or Madam")
    else:
        Image.new("RGB", (8, 8) if name == "tiny.png" else (80, 80)).save(path)
    if card is not None:
        path.with_suffix(".toml").write_text(card, "utf-8")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            there.refresh()
    if reason is None:
        assert _ids(there) == [*OURS, "ao_uu"]
        return
    assert _ids(there) == OURS
    assert reason in there.now.unusable[path]
    assert len(caplog.records) == 1
    assert reason in caplog.text


def test_too_large_an_image_is_not_read(
    there: Catalogue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom, "MAX_BYTES", 100)
    path = _image(folder / "a.jpg")
    there.refresh()
    assert "`styles add` makes it smaller" in there.now.unusable[path]


def test_of_two_with_one_id_the_first_has_it_and_the_second_when_that_goes(
    there: Catalogue, folder: Path
) -> None:
    _image(folder / "a.jpg")
    _image(folder / "a.png")
    assert _ids(there) == [*OURS, "a"]
    assert there.get("a").path.suffix == ".jpg"
    assert "taken" in there.now.unusable[folder / "a.png"]
    (folder / "a.jpg").unlink()
    there.refresh()
    assert there.get("a").path.suffix == ".png"


def test_a_folder_that_is_none_is_said_and_stops_nothing(there: Catalogue, folder: Path) -> None:
    folder.rmdir()
    folder.write_text("I am a file")
    assert _ids(there) == OURS
    assert "cannot be read" in there.now.unusable[folder]


def test_other_files_and_hidden_ones_are_nobodys_business(there: Catalogue, folder: Path) -> None:
    (folder / "notes.txt").write_text("buy paint")
    (folder / "alone.toml").write_text("")
    _image(folder / ".hidden.png")
    (folder / "deeper.png").mkdir()
    assert _ids(there) == OURS
    assert not there.now.unusable


def test_a_painting_that_is_not_fetched_says_how_to_fetch_it(there: Catalogue) -> None:
    there.refresh()
    with pytest.raises(UnknownStyleError, match="atelier styles fetch starry_night") as caught:
        there.get("Starry-Night")
    assert caught.value.facts == {"preset": "starry_night"}
    assert there.find("starry_night") is None


def test_a_file_is_known_by_its_bytes(there: Catalogue, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "paintings").mkdir()
    painting = _image(tmp_path / "paintings" / "irises.jpg", "green")
    mine = _image(folder / "mine.png")
    assert there.id_of(painting.read_bytes()) == "irises"
    assert there.id_of(mine.read_bytes()) == "mine"
    assert there.id_of(presets()[0].read()) == presets()[0].id
    assert there.id_of(mine.read_bytes()[:-1] + b"\0") is None


@pytest.mark.usefixtures("_as_before")
def test_a_process_has_one_catalogue(tmp_path: Path, folder: Path) -> None:
    _image(folder / "mine.png")
    assert open_catalogue(tmp_path) is catalogue()
    assert catalogue().get("mine").kind == "own"


def test_a_pipe_in_the_place_of_a_styles_toml_is_refused_and_not_waited_for(
    there: Catalogue, folder: Path
) -> None:
    _image(folder / "a.png")
    _image(folder / "b.png")
    os.mkfifo(folder / "b.toml")
    assert "a" in _ids(there)
    assert "b" not in _ids(there)
