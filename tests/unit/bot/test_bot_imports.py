"""The bot starts without the engine's packages; the contracts in pyproject.toml hold the other imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
