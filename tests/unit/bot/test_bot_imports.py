"""The bot starts at once, on a machine without the engine's packages too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("package", ["torch", "torchvision", "safetensors", "av", "aiogram"])
def test_the_bots_process_never_imports_the_engines_packages(repo: Path, package: str) -> None:
    program = f"import bot.app, bot.__main__, sys; assert {package!r} not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=repo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
