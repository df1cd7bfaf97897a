"""Programs in processes of their own, which end with their test."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Protocol, TypeVar

T = TypeVar("T")


REPO: Final = Path(__file__).resolve().parents[2]
"""The repository's root."""
TIMEOUT: Final = 300.0
"""Seconds until a test gives up. Long, for a busy machine."""


async def until(look: Callable[[], Awaitable[T]], seconds: float = TIMEOUT) -> T:
    """Poll ``look`` until it returns something true, and return that."""
    end = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < end, f"nothing true in {seconds} s: {look}"
        await asyncio.sleep(0.05)
    return found


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a child process, without the developer's own settings."""
    from bot.settings import Settings

    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    usual = {
        "PYTHONPATH": str(REPO),
        "PYTHONUNBUFFERED": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "FAMOUS": "false",  # no test asks a server on the internet
        "SAMPLES": "false",  # those of a test wait for nothing that it does not ask for
    }
    return kept | usual | variables


def free_port() -> int:
    """Return a TCP port of loopback that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Process(Protocol):
    """The part of :class:`subprocess.Popen` that the tests use."""

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs; minus a signal's number if that ended it."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after ``timeout`` seconds.
        """
        ...

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, unless the process has ended."""
        ...

    def terminate(self) -> None:
        """Ask the process to stop."""
        ...

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        ...


class Program:
    """A Python program in a process of its own. Its output goes into a file."""

    def __init__(self, folder: Path, *arguments: str, env: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{'-'.join(arguments).replace('/', '_')}.log"
        with self.log.open("ab") as log:
            self.process = self._start(folder, arguments, env, log)

    @staticmethod
    def _start(folder: Path, arguments: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Process:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    @property
    def output(self) -> str:
        """The output so far."""
        return self.log.read_text("utf-8", "replace")

    async def says(self, words: str, seconds: float = TIMEOUT) -> str:
        """Wait for ``words`` in the output, and return all of it."""

        async def look() -> bool:
            assert words in self.output or self.process.poll() is None, self.output
            return words in self.output

        await until(look, seconds)
        return self.output

    async def ends(self, seconds: float = TIMEOUT) -> int:
        """Wait for the program to end, and return its exit status."""
        return await asyncio.to_thread(self.process.wait, seconds)

    def children(self) -> set[int]:
        """Return the ids of its child processes that still run."""
        return {pid for pid in _processes() if _parent(pid) == self.process.pid}

    def descriptors(self) -> int:
        """Return the number of its open files."""
        return len([*Path(f"/proc/{self.process.pid}/fd").iterdir()])

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Stop the program with SIGINT, or kill it after 30 seconds; its children too."""
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
    """Return whether a process runs; a zombie does not."""
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
