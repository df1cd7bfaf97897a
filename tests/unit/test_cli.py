"""The ``atelier`` command: version, help, errors, and missing packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from bot.cli import BOT_COMMANDS, COMMANDS, main
from engine import __version__
from engine.__main__ import COMMANDS as ENGINE_COMMANDS

CHAT = ("aiohttp", "babel", "fluent.runtime", "telegram")
PAINTER = ("av", "safetensors", "torch", "torchvision")


def without(packages: Sequence[str], *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``atelier`` as if these packages were not installed."""
    repo = Path(__file__).resolve().parents[2]
    code = (
        "import importlib.util as util, sys\n"
        f"gone = {tuple(packages)!r}\n"
        "class Gone:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in gone:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        f"sys.path.insert(0, {str(repo)!r})\n"
        "from bot.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_it_names_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"atelier {__version__}\n"


def test_its_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for command in {*ENGINE_COMMANDS, *BOT_COMMANDS}:
        assert f"\n    {command} " in said
    assert {*COMMANDS} == {*ENGINE_COMMANDS, *BOT_COMMANDS}


@pytest.mark.parametrize(
    "words", [[], ["papr"], ["--strength"], ["run", "fast"], ["doctor", "--cure"], ["paint"]]
)
def test_wrong_usage_is_told_in_its_own_name(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: atelier" in capsys.readouterr().err


def test_the_engines_commands_are_run_by_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["styles"]) == 0
    assert "mosaic" in capsys.readouterr().out
    assert main(["paint", "no-such-photo.jpg", "mosaic", "-o", "out.png"]) == 1
    assert capsys.readouterr().err == "error: no-such-photo.jpg does not exist.\n"


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"]])
def test_help_imports_neither_the_painter_nor_the_chat(words: list[str], tmp_path: Path) -> None:
    done = without((*CHAT, *PAINTER), *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("usage: atelier", "atelier "))


@pytest.mark.parametrize(
    ("gone", "words", "extra"),
    [
        (PAINTER, ["paint", "photo.jpg", "mosaic", "-o", "out.png"], "engine"),
        (PAINTER, ["weights"], "engine"),
        (CHAT, ["run"], "bot"),
    ],
)
def test_what_is_not_installed_is_named_with_what_installs_it(
    gone: tuple[str, ...], words: list[str], extra: str, tmp_path: Path
) -> None:
    Image.new("RGB", (160, 160)).save(tmp_path / "photo.jpg")
    done = without(gone, *words, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {words[0]} needs the package ")
    assert line.endswith(f"In Atelier's folder: pip install '.[{extra}]'.")


def test_the_queue_is_listed_where_nothing_paints_and_nobody_chats(tmp_path: Path) -> None:
    done = without((*CHAT, *PAINTER), "jobs", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No worker is running." in done.stdout
