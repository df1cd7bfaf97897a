"""The processes of a storm, and what happens to them: they are killed and suspended, and start again.

They are forked, which is soon done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.chaos.fairness import Suspension
from tests.support.data_folder import share_data
from tests.support.forked import ForkedProcess
from tests.support.processes import REPO

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tests.support.processes import Process

LEASE: Final = 3.0
"""Seconds of a lease: short, so that lost jobs soon go to another worker."""
POLL_INTERVAL: Final = 0.05
"""Seconds between two polls of a process or its log."""
DISK: Final = "disk"
"""The folder of a home that holds what is lost when a disk is."""
STOP_TIMEOUT: Final = 120.0
"""Seconds that a process may take to end when asked to."""
LOST_DISK: Final = " was deleted or replaced while it was open."
"""The end of the line with which a process ends when its database's file is gone."""
TAIL: Final = 2000
"""Characters of a log that are shown when its process ended by itself."""


@dataclass(slots=True)
class Actor:
    """A process that is started again and again, each time with a log of its own."""

    name: str
    folder: Path
    command: Sequence[str]
    settings: dict[str, str]
    lives: int = 0
    kills: int = 0
    early: int = 0
    """Kills before the process had done anything."""
    ends: list[float] = field(default_factory=list)
    """Moments when a process was killed, or ended because the disk was lost."""
    lost_disks: int = 0
    """Times that it ended for that, and said so."""
    broken: list[str] = field(default_factory=list)
    usable: asyncio.Event | None = None
    """Set while the process may be started."""
    ready: str = "ready"
    """The word in its log that tells that it has opened the database."""
    _file_limit: int = resource.RLIM_INFINITY
    _process: Process | None = None

    @property
    def log(self) -> Path:
        """Log of the present process."""
        return self.folder / f"log-{self.lives}.txt"

    @property
    def pid(self) -> int:
        """Process id of the present process; 0 between two of them."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the next process."""
        self.lives += 1
        kept = {key: value for key, value in os.environ.items() if key not in ("BOT_TOKEN", "VGG_WEIGHTS")}
        with self.log.open("wb") as output:
            env = {**kept, **self.settings, "PYTHONPATH": str(REPO)}
            self._process = ForkedProcess(self.command, env=env, cwd=self.folder, output=output)
        self.limit_files(self._file_limit)

    async def restart(self) -> None:
        """Start the next process as soon as it may be."""
        if self.usable:
            await self.usable.wait()
        self.start()

    def up(self) -> bool:
        """Return whether the process has opened the database, or there is none."""
        return not self.living() or bool(self.said(self.ready))

    def limit_files(self, size: int) -> None:
        """Let no file that it writes be longer than so many bytes, which to it is a full disk."""
        self._file_limit = size
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                _, most = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, most))

    def send(self, sign: signal.Signals) -> None:
        """Send a signal, unless the process has ended by itself, which it must not."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(sign)
        else:
            self._note_end()

    def kill(self) -> None:
        """Kill the process, as a power cut would."""
        self.kills += 1
        self.ends.append(time.time())
        self.send(signal.SIGKILL)
        self.wait()

    def wait(self) -> int | None:
        """Wait until the process has ended; give its exit status."""
        if self._process is None:
            return None
        status = self._process.wait(STOP_TIMEOUT)
        self._process = None
        return status

    def living(self) -> bool:
        """Return whether the process runs; note one that ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            self._note_end()
        return self._process is not None

    def stop(self) -> None:
        """Stop the process by SIGTERM."""
        if not self.living():
            return
        self.send(signal.SIGTERM)
        try:
            status = self.wait()
        except subprocess.TimeoutExpired:
            self.broken.append(f"{self.name} did not stop when asked to:\n{self._tail()}")
            return
        if status not in (0, -signal.SIGTERM):  # the latter before it listens to signals
            self.broken.append(f"{self.name} ended with {status} when asked to stop:\n{self._tail()}")

    def destroy(self) -> None:
        """Kill the process if it still runs."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def tracebacks(self) -> list[str]:
        """Return the ends of logs with a traceback."""
        logs = (self.folder / f"log-{life}.txt" for life in range(1, self.lives + 1))
        texts = ((log, log.read_text(errors="replace")) for log in logs)
        return [f"{self.name}, {log.name}:\n{text[-TAIL:]}" for log, text in texts if "Traceback" in text]

    def said(self, word: str) -> int:
        """Return the number of times that a word is in the log of the present process."""
        return self.log.read_text(errors="replace").count(word)

    def _note_end(self) -> None:
        status = self.wait()
        if status == 1 and LOST_DISK in self._tail():
            self.lost_disks += 1
            self.ends.append(time.time())
            return
        self.broken.append(f"{self.name} ended by itself with {status}:\n{self._tail()}")

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-TAIL:]


@dataclass(slots=True)
class Submitter(Actor):
    """The submitting and delivering process."""

    async def disrupt(self, chance: random.Random, calm: asyncio.Event) -> None:
        """Kill the process at random moments and restart it after random pauses, until it is calm."""
        self.start()
        while not calm.is_set():
            await pause(calm, chance.uniform(0.3, 6.0))
            if not self.living():
                await self.restart()
            if calm.is_set():
                break
            self.early += not self.said("ready")
            self.kill()
            await pause(calm, chance.uniform(0.0, 1.0))
            await self.restart()


@dataclass(slots=True)
class Worker(Actor):
    """A worker with a data folder of its own, so that it keeps its name."""

    suspensions: list[Suspension] = field(default_factory=list)

    async def disrupt(self, chance: random.Random, calm: asyncio.Event) -> None:
        """Kill or suspend the process at random moments, half of them soon after a job has begun."""
        self.start()
        while not calm.is_set():
            await self._live(chance, calm)
            if not self.living():
                await self.restart()
            if calm.is_set():
                break
            if chance.random() < 0.3:
                await self._suspend(chance.uniform(1.2 * LEASE, 2.0 * LEASE))
            else:
                self._kill()
                await pause(calm, chance.uniform(0.0, 2.0))
                await self.restart()

    @property
    def identity(self) -> str:
        """Its name in the queue; empty before it has one."""
        file = Path(self.settings["DATA_DIR"]) / "worker-0.name"
        return file.read_text() if file.exists() else ""

    async def _live(self, chance: random.Random, calm: asyncio.Event) -> None:
        """Wait a random time, or until a job has begun and a little longer."""
        if chance.random() < 0.4:
            await pause(calm, chance.uniform(0.2, 10.0))
            return
        told = self.said(": started")
        while self.living() and self.said(": started") == told:
            if await pause(calm, POLL_INTERVAL):
                return
        await pause(calm, chance.uniform(0.0, 1.5))

    def _kill(self) -> None:
        self.early += not self.said(": started")
        self.kill()

    async def _suspend(self, seconds: float) -> None:
        """Suspend the process for longer than its lease."""
        begin = time.time()
        self.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            if self.living():
                self.send(signal.SIGCONT)
            self.suspensions.append(Suspension(begin, time.time()))


def worker(
    number: int,
    home: Path,
    weights: Path,
    database_url: str,
    clock_file: Path | None = None,
    *,
    own_pace: bool = False,
) -> Worker:
    """Make a data folder for a worker on the disk, and the worker."""
    data, folder = home / DISK / f"worker-{number}", home / f"worker-{number}"
    data.mkdir(parents=True)
    folder.mkdir()
    share_data(weights, data)
    settings = {
        "DATA_DIR": str(data),
        "DATABASE_URL": database_url,
        "DEVICE": "cpu",
        "LEASE_SECONDS": str(LEASE),
        "TIMELAPSE": "false",
        "LOG_LEVEL": "INFO",
    }
    changes = ["narrow", "watches_closely", *(["own_pace"] if own_pace else [])]
    if clock_file:
        changes.append("moved_clock")
        settings["CLOCK_FILE"] = str(clock_file)
    command = (*changes, "work", "--with-parent")
    return Worker(f"worker {number}", folder, command, settings, ready="MP·it/s")


async def pause(calm: asyncio.Event, seconds: float) -> bool:
    """Wait for a time or until it is calm; return whether it is."""
    try:
        return await asyncio.wait_for(calm.wait(), seconds)
    except TimeoutError:
        return False
