"""Programs in processes of their own, which end with their test."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")


REPO: Final = Path(__file__).resolve().parents[2]


PATIENCE: Final = 120.0
"""Seconds until a test gives up: long, for a machine that does other things."""


async def until(look: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """Look at the queue, or anything else that tells no news, until there is something true."""
    end = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < end, f"nothing true in {seconds} s: {look}"
        await asyncio.sleep(0.05)
    return found


def environment(**variables: str) -> dict[str, str]:
    """The environment of a child: nothing of the developer's own settings, and no ``.env``."""
    from bot.settings import Settings

    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    usual = {
        "PYTHONPATH": str(REPO),
        "PYTHONUNBUFFERED": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "FAMOUS": "false",  # a test asks nothing of anybody's server
    }
    return kept | usual | variables


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Program:
    """A Python program in a process of its own, its output in a file."""

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{'-'.join(arguments).replace('/', '_')}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text("utf-8", "replace")

    async def says(self, words: str, seconds: float = PATIENCE) -> str:
        """Wait for ``words`` in its output; gives the whole of it."""

        async def look() -> bool:
            assert words in self.output or self.process.poll() is None, self.output
            return words in self.output

        await until(look, seconds)
        return self.output

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; gives its status."""
        return await asyncio.to_thread(self.process.wait, seconds)

    def children(self) -> set[int]:
        """The processes that it has started and that still run."""
        return {pid for pid in _processes() if _parent(pid) == self.process.pid}

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it in good order, or at all; its children too."""
        children = self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        for child in filter(alive, children):
            os.kill(child, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
