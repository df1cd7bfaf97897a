"""The engine's command line, in this process and in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.painting import scales
from tests.support.pace import ITERATIONS

SETTINGS = (
    *("BUNDLE_DIR", "DATABASE_URL", "DEVICE", "FAMOUS", "NETWORK", "VGG_WEIGHTS"),
    *("JOBS_PER_PERSON", "LEASE_SECONDS", "LOG_LEVEL"),
)


@pytest.fixture(autouse=True)
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint drafts with as few iterations as the tests' workers."""
    for quality, iterations in ITERATIONS.items():
        monkeypatch.setitem(scales._BUDGET, quality, iterations)


@pytest.fixture
def pictures(tmp_path: Path, photo: Image.Image, painting: Image.Image) -> Path:
    """A folder with ``photo.jpg`` and ``painting.png``."""
    photo.save(tmp_path / "photo.jpg", quality=95)
    painting.save(tmp_path / "painting.png")
    return tmp_path


@pytest.fixture
def surroundings(
    data_dir: Path, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a fresh installation with a data folder of its own; no ``.env`` in reach."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.setenv("PYTHONPATH", str(repo))
    monkeypatch.chdir(tmp_path)
    return dict(os.environ)


@pytest.fixture
def engine(surroundings: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``python -m engine …`` as a process; those still running at the end of the test are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "engine", *map(str, arguments)]
        process = subprocess.Popen(
            command, env=surroundings, stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8"
        )
        started.append(process)
        return process

    # A shell that starts the tests in the background ignores SIGINT, and so would everything below it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield start
    signal.signal(signal.SIGINT, before)
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
