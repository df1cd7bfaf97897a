"""Who knows whom: the bot starts without the engine's packages, and the engine knows nothing of the bot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAINTING = {"torch", "torchvision", "safetensors", "av", "aiogram"}


def test_the_bots_process_never_imports_the_engines_packages(repo: Path) -> None:
    program = (
        "import bot.app, bot.__main__, bot.cli, bot.doctor.command\n"
        "import bot.doctor.ports, bot.doctor.telegram\n"
        f"import sys; print(*({PAINTING!r} & {{*sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "\n"


def imports(folder: Path) -> set[str]:
    """The modules that the files of a folder import, wherever they do."""
    files = list(folder.rglob("*.py"))
    assert files, folder
    lines = "\n".join(file.read_text("utf-8") for file in files)
    return set(re.findall(r"^\s*(?:from|import) ([\w.]+)", lines, re.MULTILINE))


def test_the_engine_imports_nothing_of_the_bots(repo: Path) -> None:
    assert {name.partition(".")[0] for name in imports(repo / "engine")} & {
        "bot",
        "telegram",
        "aiohttp",
    } == set()


@pytest.mark.parametrize("floor", ["painting", "queue"])
def test_the_lower_floors_of_the_engine_import_nothing_from_above(repo: Path, floor: str) -> None:
    found = imports(repo / "engine" / floor)
    ours = {name for name in found if name.partition(".")[0] in ("engine", "bot")}
    assert {name for name in ours if not re.match(rf"engine\.({floor}|errors|packages)\b", name)} == set()
    assert ("torch" in found) is (floor == "painting")
