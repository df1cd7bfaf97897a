"""Who knows whom: the bot starts without the engine's packages, and the engine knows nothing of the bot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAINTING = {"torch", "torchvision", "safetensors", "av", "aiogram"}


def test_the_bots_process_never_imports_the_engines_packages(repo: Path) -> None:
    program = (
        "import bot.app, bot.__main__, bot.console, bot.doctor.command\n"
        "import bot.doctor.ports, bot.doctor.telegram\n"
        f"import sys; print(*({PAINTING!r} & {{*sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "\n"


def test_the_engine_imports_nothing_of_the_bots(repo: Path) -> None:
    files = list((repo / "engine").rglob("*.py"))
    assert len(files) > 50
    for file in files:
        found = re.search(
            r"^\s*(?:from|import) (?:bot|telegram|aiohttp)\b", file.read_text("utf-8"), re.MULTILINE
        )
        assert not found, file
