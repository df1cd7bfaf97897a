"""``python -m engine``: what it writes, says and answers."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image, ImageChops

from engine import __version__, runtime
from engine.__main__ import main
from engine.painting import scales
from engine.painting.recipe import Recipe
from engine.styles.downloader import COOLDOWN_FILE
from engine.styles.famous import paintings
from engine.styles.style import preset, presets
from tests.support.narrow import NarrowNetwork

Engine = Callable[..., "subprocess.Popen[str]"]

FACTS = {
    *("optimizer", "tile", "classic", "faces"),
    *("width", "height", "iterations", "megapixel_iterations", "seconds", "device", "precision", "network"),
    *("content_loss", "style_loss", "notes"),
}


@pytest.fixture
def few_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scales._BUDGET, "draft", (6, 4))
    monkeypatch.setattr(runtime, "Network", NarrowNetwork)


def size_128(*arguments: str | Path) -> list[str]:
    return ["paint", *map(str, arguments), "--size", "128", "--quality", "draft"]


def frames(film: Path) -> tuple[list[tuple[int, int]], float]:
    """Give the sizes of the frames and the seconds that they last."""
    with av.open(str(film), "r") as container:
        stream = container.streams.video[0]
        sizes = [(frame.width, frame.height) for frame in container.decode(stream)]
        assert stream.average_rate is not None
        return sizes, len(sizes) / float(stream.average_rate)


# Painting


def test_a_fresh_process_paints_a_png_and_a_film_and_the_next_paints_the_very_same(
    engine: Engine, pictures: Path
) -> None:
    for name in ("out", "again"):
        process = engine(
            *size_128(pictures / "photo.jpg", "mosaic", "-o", pictures / f"{name}.png"),
            *("--timelapse", pictures / f"{name}.mp4", "--json", "--seed", "3"),
        )
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
        assert len(stdout.splitlines()) == 1
    facts = json.loads(stdout)
    assert set(facts) == FACTS
    assert (facts["width"], facts["height"], facts["network"], facts["device"]) == (157, 105, "vgg16", "cpu")
    assert facts["iterations"] == 40
    with Image.open(pictures / "out.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (157, 105))
        made_with = json.loads(image.info["Recipe"])
    recipe = made_with.pop("recipe")
    assert Recipe.of(**recipe) == Recipe(size=128, quality="draft", seed=3)
    assert made_with == {
        "atelier": __version__,
        "torch": torch.__version__,
        "presets": ["mosaic"],
        "mask": False,
        **{name: facts[name] for name in ("network", "device", "precision", "optimizer", "tile", "faces")},
    }
    sizes, seconds = frames(pictures / "out.mp4")
    assert set(sizes) == {(156, 104)}
    assert len(sizes) > 100
    assert seconds <= 10
    for suffix in ("png", "mp4"):
        assert (pictures / f"out.{suffix}").read_bytes() == (pictures / f"again.{suffix}").read_bytes()
    assert {path.name for path in pictures.iterdir()} == {
        *("photo.jpg", "painting.png", "out.png", "out.mp4", "again.png", "again.mp4", "data")
    }


def test_a_jpeg_is_painted_from_a_preset_over_an_older_one_and_a_line_says_so(
    pictures: Path, surroundings: dict[str, str], few_iterations: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = pictures / "out.JPG"
    out.write_bytes(b"an older picture" * 9999)
    assert main(size_128(pictures / "photo.jpg", "Mosaic", "-o", out)) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{out}: 157 × 105 pixels by vgg16 on cpu" in said.err.replace("\n", "")
    with Image.open(out) as image:
        assert (image.format, image.size) == ("JPEG", (157, 105))


def test_two_styles_are_blended_with_every_option_and_what_was_not_done_is_said(
    pictures: Path, surroundings: dict[str, str], few_iterations: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = pictures / "out.png"
    options = [
        *("--size", "400", "--keep-colours", "--stroke", "0.5", "--strength", "painting", "--init", "noise"),
        *("--seed", "9", "--shares", "2,0.5", "--statistic", "gram", "--optimizer", "adam"),
        *("--memory", "0.2", "--faces", "paint"),
    ]
    arguments = size_128(pictures / "photo.jpg", "mosaic", pictures / "painting.png", "-o", out)
    assert main([*arguments, *options]) == 0
    with Image.open(out) as image:
        made_with = json.loads(image.info["Recipe"])
    assert made_with["presets"] == ["mosaic", None]
    assert made_with["recipe"] == {
        "size": 400,
        "alpha": 1e-6,
        "keep_colours": True,
        "stroke": 0.5,
        "faces": "paint",
        "quality": "draft",
        "init": "noise",
        "seed": 9,
        "style_weights": [2.0, 0.5],
        "statistic": "gram",
        "optimizer": "adam",
        "classic": False,
    }
    notes = re.findall("^note: (.*)$", capsys.readouterr().err, re.MULTILINE)
    assert any(note.startswith("The photo has fewer pixels") for note in notes)


def test_the_same_command_paints_the_same_jpeg(
    pictures: Path, surroundings: dict[str, str], few_iterations: None
) -> None:
    for name in ("one.jpg", "two.jpg"):
        assert main(size_128(pictures / "photo.jpg", pictures / "painting.png", "-o", pictures / name)) == 0
    assert (pictures / "one.jpg").read_bytes() == (pictures / "two.jpg").read_bytes()
    with Image.open(pictures / "one.jpg") as image:
        assert json.loads(image.info["comment"])["presets"] == [None]


def test_a_preset_is_remembered_and_a_painting_of_ones_own_is_not(
    pictures: Path, data_dir: Path, surroundings: dict[str, str], few_iterations: None
) -> None:
    assert main(size_128(pictures / "photo.jpg", pictures / "painting.png", "-o", "own.png")) == 0
    assert not (data_dir / "cache").exists()
    for name in ("one.png", "two.png"):
        assert main(size_128(pictures / "photo.jpg", "mosaic", "-o", name)) == 0
        (kept,) = (data_dir / "cache" / "styles").iterdir()
    kept.unlink()
    assert main(size_128(pictures / "photo.jpg", "mosaic", "-o", "three.png")) == 0
    first, *others = (Path(f"{name}.png").read_bytes() for name in ("one", "two", "three"))
    assert others == [first, first]


def test_a_png_is_as_transparent_as_its_photo_and_a_jpeg_lies_on_white(
    surroundings: dict[str, str], pictures: Path, few_iterations: None
) -> None:
    cut_out = Image.open("photo.jpg").convert("RGB")
    alpha = Image.new("L", cut_out.size)
    alpha.paste(255, (96, 0, 192, 128))
    cut_out.putalpha(alpha)
    cut_out.save("photo.png")
    for name, mode in (("out.png", "RGBA"), ("out.jpg", "RGB")):
        assert main(size_128("photo.png", "mosaic", "-o", name)) == 0
        with Image.open(name) as image:
            assert image.mode == mode
            painted = image.convert("RGBA")
        kept = np.asarray(painted.getchannel("A"))
        half = painted.width // 2
        assert kept[:, half + 4 :].min() == 255
        assert kept[:, : half - 4].max() == (0 if mode == "RGBA" else 255)


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_where_the_mask_is_black_the_photo_stays_and_a_moving_one_is_noted(
    pictures: Path, surroundings: dict[str, str], few_iterations: None, capsys: pytest.CaptureFixture[str],
    mode: str,
) -> None:  # fmt: skip
    mask = Image.new("L", (192, 128))
    mask.paste(255, (96, 0, 192, 128))
    mask.convert(mode).save("mask.png")
    mask.save("moving.gif", save_all=True, append_images=[Image.new("L", (192, 128), 255)])
    for name in ("mask.png", "moving.gif"):
        out = [*size_128("photo.jpg", "mosaic", "-o", "out.png"), "--mask", name]
        assert main([*out, "--init", "noise", "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert ("animation-first-frame" in facts["notes"]) == (name == "moving.gif")
        with Image.open("out.png") as image:
            assert json.loads(image.info["Recipe"])["mask"] is True
            painted = image.convert("RGB")
        photo = Image.open("photo.jpg").convert("RGB").resize(painted.size, Image.Resampling.LANCZOS)
        left, right = (0, 0, 77, 105), (80, 0, 157, 105)
        apart = [
            np.asarray(ImageChops.difference(painted.crop(part), photo.crop(part))).mean()
            for part in (left, right)
        ]
        assert apart[0] < 1 < 10 < apart[1]


def test_what_was_done_differently_is_said(
    pictures: Path, surroundings: dict[str, str], few_iterations: None, capsys: pytest.CaptureFixture[str]
) -> None:
    still = Image.open("photo.jpg")
    still.save("moving.webp", save_all=True, append_images=[still.rotate(180)])
    assert main(size_128("moving.webp", "mosaic", "-o", "out.png")) == 0
    said = capsys.readouterr().err
    assert "note: One of the pictures is an animation; its first frame was painted." in said.splitlines()


# What is refused

BAD_INPUTS: dict[str, tuple[dict[str, str], str]] = {
    "a missing photo": ({"photo": "missing.jpg"}, r"missing\.jpg does not exist"),
    "a folder as photo": ({"photo": "."}, r"cannot be read \(Is a directory\)"),
    "a text as photo": ({"photo": "text.jpg"}, r"text\.jpg is not an image that I can read"),
    "an empty photo": ({"photo": "empty.jpg"}, r"empty\.jpg is empty"),
    "a cut-off photo": ({"photo": "cut.jpg"}, r"cut\.jpg is cut off"),
    "a tiny photo": ({"photo": "tiny.png"}, r"tiny\.png has only 9 × 9 pixels"),
    "a missing painting": ({"style": "missing.png"}, r"missing\.png does not exist"),
    "a text as painting": ({"style": "text.jpg"}, r"text\.jpg is not an image that I can read"),
    "an unknown preset": ({"style": "mosiac"}, r"“mosiac”.* Did you mean “mosaic”\? You can choose from: "),
    "a strength of abc": ({"--strength": "abc"}, r"strength: 'abc' is neither photo, balanced, painting nor"),
    "a strength of 0": ({"--strength": "0"}, r"strength: '0'"),
    "a strength of nan": ({"--strength": "nan"}, r"strength: 'nan'"),
    "a strength of inf": ({"--strength": "inf"}, r"strength: 'inf'"),
    "a size of 5": ({"--size": "5"}, r"size: .*128"),
    "a size of 9999": ({"--size": "9999"}, r"size: .*4096"),
    "a stroke of 0": ({"--stroke": "0"}, r"stroke: .*0\.25"),
    "a stroke of nan": ({"--stroke": "nan"}, r"stroke: "),
    "a seed of -1": ({"--seed": "-1"}, r"seed: "),
    "weights for two": ({"--shares": "2,1"}, r"Each style needs one weight: 1, not 2"),
    "a weight of 0": ({"--shares": "0"}, r"style_weights\.0: above 0"),
    "a weight of nan": ({"--shares": "nan"}, r"style_weights\.0: above 0"),
    "no memory": ({"--memory": "0"}, r"memory: a number of gigabytes above 0 \(got 0\.0\)"),
    "less than no memory": ({"--memory": "-1"}, r"memory: a number of gigabytes above 0"),
    "a memory of nan": ({"--memory": "nan"}, r"memory: a number of gigabytes above 0"),
    "a missing mask": ({"--mask": "missing.png"}, r"missing\.png does not exist"),
    "a text as mask": ({"--mask": "text.jpg"}, r"text\.jpg is not an image that I can read"),
    "a mask without white": ({"--mask": "black.png"}, r"The mask is all black"),
    "an output of an unknown kind": ({"-o": "out.gif"}, r"out\.gif must end in \.png or \.jpg or \.jpeg"),
    "an output without a kind": ({"-o": "out"}, r"out must end in"),
    "an output in a missing folder": ({"-o": "nowhere/out.png"}, r"The folder .*nowhere does not exist"),
    "an output that is a folder": ({"-o": "folder.png"}, r"folder\.png cannot be written"),
    "a film of an unknown kind": ({"--timelapse": "film.avi"}, r"film\.avi must end in \.mp4"),
    "a film in a missing folder": (
        {"--timelapse": "nowhere/film.mp4"},
        r"The folder .*nowhere does not exist",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_a_bad_input_fails_with_one_clear_line_and_leaves_nothing(
    name: str, pictures: Path, surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / "text.jpg").write_text("Dear sir or madam, this is not a picture.")
    (pictures / "empty.jpg").touch()
    whole = (pictures / "photo.jpg").read_bytes()
    (pictures / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("RGB", (9, 9)).save(pictures / "tiny.png")
    Image.new("L", (64, 64)).save(pictures / "black.png")
    (pictures / "folder.png").mkdir()
    before = set(pictures.rglob("*"))

    changed, message = BAD_INPUTS[name]
    chosen = {"photo": "photo.jpg", "style": "painting.png", "-o": "out.png", "--size": "128", **changed}
    photo, style = chosen.pop("photo"), chosen.pop("style")
    options = [part for option in chosen.items() for part in option]
    assert main(["paint", photo, style, *options]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert re.match(rf"error: .*{message}", said.err)
    assert set(pictures.rglob("*")) == before


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "VGG_WEIGHTS",
            "missing.pth",
            r"VGG_WEIGHTS: cannot read missing\.pth \(No such file or directory\)",
        ),
        ("VGG_WEIGHTS", "photo.jpg", r"VGG_WEIGHTS: photo\.jpg is neither safetensors nor"),
        ("NETWORK", "vgg11", r"setting NETWORK: input should be 'auto', 'vgg16' or 'vgg19'"),
        ("JOBS_PER_PERSON", "none", r"setting JOBS_PER_PERSON: "),
        ("LEASE_SECONDS", "0", r"setting LEASE_SECONDS: "),
        ("LOG_LEVEL", "loud", r"setting LOG_LEVEL: "),
        ("DEVICE", "abacus", r"setting DEVICE: there is no 'abacus' here"),
    ],
)
def test_a_bad_setting_fails_with_one_clear_line(
    variable: str,
    value: str,
    message: str,
    pictures: Path,
    surroundings: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)
    assert main(size_128("photo.jpg", "painting.png", "-o", "out.png")) == 1
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert re.match(rf"error: {message}", said.err)
    assert not (pictures / "out.png").exists()


def test_an_error_in_a_process_of_its_own_shows_no_traceback(engine: Engine, pictures: Path) -> None:
    process = engine(*size_128("photo.jpg", "mosiac", "-o", "out.png"))
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (1, "")
    assert stderr.startswith("error: There is no style called “mosiac”.")
    assert len(stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sing"],
        ["paint"],
        ["paint", "photo.jpg", "mosaic"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--unknown"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--size", "large"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--quality", "best"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--statistic", "median"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--optimizer", "sgd"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--shares", "2;1"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--shares", "2,"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--memory", "much"],
        ["paint", "photo.jpg", "mosaic", "-o", "out.png", "--mask"],
        ["styles", "extra"],
        ["styles", "sheet", "photo.jpg"],
        ["styles", "sheet", "-o", "sheet.jpg"],
    ],
)
def test_wrong_usage_is_told_apart(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m engine" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["paint"], ["work"], ["styles"], ["weights"], ["jobs"], ["bench"]])
def test_every_command_helps(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("usage: python -m engine")


def test_an_interrupt_stops_the_painting_at_once_and_leaves_nothing(
    engine: Engine, pictures: Path, photo: Image.Image
) -> None:
    photo.resize((600, 400)).save(pictures / "large.png")
    ours, theirs = pty.openpty()  # on a terminal the progress bar tells when the painting is under way
    options = ["--size", "400", "--quality", "normal", "--timelapse", "film.mp4"]
    process = engine("paint", "large.png", "mosaic", "-o", "out.png", *options, stderr=theirs)
    os.close(theirs)
    said = b""
    while not re.search(rb"Painting.*[1-9]\d* %", said):
        said += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    while True:
        try:
            if not (more := os.read(ours, 4096)):
                break
        except OSError:  # Linux's way to say that the other end is closed
            break
        said += more
    os.close(ours)
    assert process.wait(timeout=60) == 130
    assert b"interrupted" in said
    assert b"Traceback" not in said
    assert {path.name for path in pictures.iterdir()} == {"photo.jpg", "painting.png", "large.png", "data"}


# The other commands


def test_the_styles_are_listed(surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    ids = [*(style.id for style in presets()), *(painting.id for painting in paintings())]
    assert [line.split()[0] for line in lines] == ids
    assert [line.split()[1] for line in lines] == ["ours"] * len(presets()) + ["absent"] * len(paintings())
    assert main(["styles", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    listed = json.loads(line)
    assert [style["id"] for style in listed] == ids
    fields = ("artist", "here", "id", "kind", "note", "path", "title", "titles", "year")
    assert {tuple(sorted(style)) for style in listed} == {fields}
    assert all(Path(style["path"]).is_file() for style in listed if style["here"])


def test_an_own_style_is_added_listed_shown_and_removed(
    pictures: Path, surroundings: dict[str, str], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--title", "Our “sea”", "--artist", "Ann", "--year", "1999", "--credit", "© Ann"]
    assert main(["styles", "add", "painting.png", "--id", "our_sea", *named]) == 0
    assert "our_sea: Our “sea”" in capsys.readouterr().err
    with Image.open(data_dir / "styles" / "our_sea.jpg") as kept, Image.open("painting.png") as given:
        assert kept.size == given.size
    assert main(["styles"]) == 0
    assert "our_sea                     own    Our “sea” — Ann · 1999 · © Ann\n" in capsys.readouterr().out
    assert main(["styles", "add", "painting.png", "--id", "our_sea"]) == 1
    assert "already a style called “our_sea”" in capsys.readouterr().err
    assert main(["styles", "preview", "our_sea"]) == 0
    with Image.open("our_sea.jpg") as sheet:
        assert sheet.width > 168
    assert main(["styles", "remove", "our-sea"]) == 0
    assert not list((data_dir / "styles").iterdir())
    assert main(["styles", "remove", "our-sea"]) == 1
    assert "no style called “our-sea”" in capsys.readouterr().err


def test_what_cannot_be_added_or_removed_says_why(
    pictures: Path, surroundings: dict[str, str], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, reason in (
        (["add", "missing.png"], "missing.png does not exist"),
        (["add", "photo.jpg", "--id", "mosaic"], "already a style called “mosaic”; choose another --id"),
        (["add", "photo.jpg", "--id", "starry_night"], "already a style called “starry_night”"),
        (["add", "photo.jpg", "--id", "…"], "makes no id"),
        (["add", "photo.jpg", "--title", "x" * 47], "title: String should have at most 46 characters"),
        (["remove", "mosaic"], "comes with Atelier"),
        (["preview", "starry_night"], "atelier styles fetch starry_night"),
        (["fetch", "mona_lisa"], "“mona_lisa” is none of the famous paintings: starry_night, "),
    ):
        assert main(["styles", *arguments]) == 1
        assert reason in capsys.readouterr().err
    assert not (data_dir / "cache").exists()
    (data_dir / "styles").mkdir()
    card = data_dir / "styles" / "harbour.toml"  # of a harbour.png with another id, or of one to come
    card.write_text('id = "our_harbour"')
    assert main(["styles", "add", "photo.jpg", "--id", "harbour"]) == 1
    assert "harbour.toml; choose another --id" in capsys.readouterr().err
    assert card.read_text() == 'id = "our_harbour"'
    (data_dir / "styles" / "letter.jpg").write_text("Dear Sir or Madam")
    assert main(["styles"]) == 0
    assert "letter.jpg: not used: letter.jpg is not an image" in capsys.readouterr().err


def test_a_painting_that_is_not_there_says_how_to_fetch_it_and_one_that_is_paints(
    pictures: Path,
    surroundings: dict[str, str],
    data_dir: Path,
    few_iterations: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["paint", "photo.jpg", "starry_night", "-o", "out.png", "--size", "128", "--quality", "draft"]
    assert main(wanted) == 1
    assert "atelier styles fetch starry_night" in capsys.readouterr().err
    (data_dir / "paintings").mkdir()
    shutil.copy(preset("swirling_night").path, data_dir / "paintings" / "starry_night.jpg")
    assert main(wanted) == 0
    with Image.open("out.png") as image:
        assert json.loads(image.info["Recipe"])["presets"] == ["starry_night"]
    assert list((data_dir / "cache" / "styles").glob("*.safetensors")), "its style is kept"


def test_without_famous_paintings_none_is_listed_or_painted_in_and_their_ids_stay_theirs(
    pictures: Path,
    surroundings: dict[str, str],
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (data_dir / "paintings").mkdir()
    shutil.copy(preset("swirling_night").path, data_dir / "paintings" / "starry_night.jpg")
    monkeypatch.setenv("FAMOUS", "false")
    assert main(["styles"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [one.id for one in presets()]
    assert main(["paint", "photo.jpg", "starry_night", "-o", "out.png"]) == 1
    assert "no style called “starry_night”" in capsys.readouterr().err
    assert main(["styles", "add", "photo.jpg", "--id", "irises"]) == 1
    assert "already a style called “irises”" in capsys.readouterr().err
    monkeypatch.setenv("FAMOUS_URL", "http://127.0.0.1:1/")
    monkeypatch.setattr("engine.styles.downloader.ATTEMPTS", 1)
    assert main(["styles", "fetch"]) == 1
    assert f"1 of {len(paintings())} famous paintings are downloaded." in capsys.readouterr().err


@pytest.mark.parametrize("famous", [True, False])
def test_a_worker_unpacks_the_famous_paintings_unless_they_are_left_out(
    surroundings: dict[str, str],
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    famous: bool,
) -> None:
    (tmp_path / "bundle" / "paintings").mkdir(parents=True)
    (tmp_path / "bundle" / "paintings" / "irises.jpg").write_bytes(b"bundled")
    (tmp_path / "vgg.pth").write_bytes(b"no weights, so that the worker ends at once")
    monkeypatch.setenv("BUNDLE_DIR", str(tmp_path / "bundle"))
    monkeypatch.setenv("VGG_WEIGHTS", str(tmp_path / "vgg.pth"))
    monkeypatch.setenv("FAMOUS", str(famous))
    assert main(["work"]) == 1
    assert (data_dir / "paintings" / "irises.jpg").exists() is famous


def test_fetching_from_nowhere_says_so(
    surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAMOUS_URL", "http://127.0.0.1:1/")
    monkeypatch.setattr("engine.styles.downloader.ATTEMPTS", 1)
    assert main(["styles", "fetch"]) == 1
    said = capsys.readouterr().err
    assert "127.0.0.1 is unreachable" in said
    assert f"0 of {len(paintings())} famous paintings are downloaded." in said


def test_a_program_that_fetches_waits_after_a_failed_download_and_a_person_does_not(
    surroundings: dict[str, str],
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAMOUS_URL", "http://127.0.0.1:1/")
    monkeypatch.setattr("engine.styles.downloader.ATTEMPTS", 1)
    (data_dir / "paintings").mkdir()
    (data_dir / "paintings" / COOLDOWN_FILE).touch()
    assert main(["styles", "fetch", "--within", "60"]) == 1
    said = capsys.readouterr().err
    assert f"the {len(paintings())} missing paintings will be tried again in 24 hours." in said
    assert "unreachable" not in said
    assert main(["styles", "fetch"]) == 1
    assert "127.0.0.1 is unreachable" in capsys.readouterr().err


def test_a_sheet_shows_every_style_with_the_photos_painted_in_it(
    pictures: Path, surroundings: dict[str, str], few_iterations: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = presets()[:3]
    monkeypatch.setattr("engine.commands.styles.presets", lambda: few)
    wanted = ["--size", "128", "--quality", "draft", "-o", "sheet.jpg"]
    assert main(["styles", "sheet", "photo.jpg", "painting.png", *wanted]) == 0
    data = Path("sheet.jpg").read_bytes()
    assert len(data) <= 600_000
    with Image.open("sheet.jpg") as sheet:
        assert sheet.width > sheet.height > 2 * 168  # two cards in a row, and one for the photos


def test_a_sheet_that_cannot_be_written_paints_nothing(
    pictures: Path, surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for photo, output, reason in (
        ("photo.jpg", "sheet.png", "must end in .jpg"),
        ("photo.jpg", "nowhere/sheet.jpg", "does not exist"),
        ("missing.jpg", "sheet.jpg", "missing.jpg does not exist"),
    ):
        assert main(["styles", "sheet", photo, "-o", output]) == 1
        assert reason in capsys.readouterr().err
    assert not Path("sheet.jpg").exists()


def test_the_weights_are_named(
    surroundings: dict[str, str], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["weights", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["network"] == "vgg16"
    assert Path(found["source"]).parent == Path(found["faces"]).parent == data_dir / "weights"
    assert main(["weights"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Painting with VGG-16 from ")
    assert "\nFinding faces with YuNet from " in said.out


def test_the_machine_is_measured(surroundings: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "speed", "--size", "64", "--repeat", "1", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    measured: dict[str, Any] = json.loads(line)
    assert measured["network"] == "vgg16"
    assert measured["speed"]


def test_the_network_can_be_chosen_for_one_painting_and_its_file_has_to_hold_it(
    pictures: Path,
    surroundings: dict[str, str],
    weights_cache: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (file,) = weights_cache.glob("vgg16-*.safetensors")
    monkeypatch.setenv("VGG_WEIGHTS", str(file))
    monkeypatch.setenv("NETWORK", "vgg19")
    assert main(size_128("photo.jpg", "painting.png", "-o", "out.png")) == 1
    assert "holds vgg16, and NETWORK asks for vgg19." in capsys.readouterr().err
    assert main([*size_128("photo.jpg", "painting.png", "-o", "out.png"), "--network", "vgg16"]) == 0
    assert "by vgg16" in capsys.readouterr().err
