"""Worker processes, their data folders, and waits for what they do in the queue."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.painting.scales import cost, plan
from engine.queue import (
    CHECKPOINT,
    Condition,
    Job,
    Limits,
    Queue,
    QueueAdmin,
    State,
    Worker,
    create_schema,
    open_database,
)
from engine.styles.style import preset
from tests.support.data_folder import share_data
from tests.support.forked import PROGRAM, ForkedProcess
from tests.support.pictures import china_jpeg

T = TypeVar("T")

TIMEOUT: Final = 300.0
"""Seconds until a test gives up. Long, for a busy machine."""
ENDLESS_LEASE: Final = 3600.0
"""Seconds of a lease that never expires within a test."""
READ_AT_LOAD: Final = {"OMP_NUM_THREADS", "MALLOC_ARENA_MAX"}
"""Environment variables that libraries read as they are loaded: a forked process has the fork server's."""


@dataclass(frozen=True)
class WorkerProcess:
    """A worker in a process of its own."""

    name: str
    """Its name in the queue."""
    process: ForkedProcess | subprocess.Popen[bytes]
    log: Path
    ready: Path

    def assert_running(self) -> None:
        """Fail if the process has ended."""
        assert self.process.poll() is None, self.output

    def wait(self, seconds: float = TIMEOUT) -> int:
        """Wait until the process ends by itself, and return its exit status."""
        return self.process.wait(seconds)

    @property
    def output(self) -> str:
        """The log so far."""
        return self.log.read_text()

    async def says(self, words: str) -> None:
        """Wait until the log contains ``words``."""

        async def look() -> bool | None:
            return words in self.output or None

        await wait_until(look, self)


@dataclass(frozen=True)
class DataFolder:
    """A data folder, and the database of the workers in it."""

    data: Path
    repo: Path
    url: str = ""

    @property
    def database(self) -> str:
        """The queue's address."""
        return self.url or f"sqlite+aiosqlite:///{self.data / 'atelier.db'}"

    def sharing_database(self, folder: Path) -> DataFolder:
        """Make another machine's data folder, with the same database."""
        folder.mkdir(exist_ok=True)
        share_data((self.data / "weights").resolve(), folder)
        return replace(self, data=folder, url=self.database)

    @contextlib.contextmanager
    def worker(
        self, *options: str, fault: str = "", number: int = 0, narrow: bool = True, **settings: str
    ) -> Iterator[WorkerProcess]:
        """Run a worker, and kill it at the end if it still runs.

        Args:
            options: options of ``engine work``.
            fault: one of the faults of ``worker_program.py``.
            number: the worker's number in this folder.
            narrow: give it a network that takes little time and memory.
            settings: environment variables.
        """
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "VGG_WEIGHTS")}
        environment = {
            **kept,
            "DATA_DIR": str(self.data),
            "DATABASE_URL": self.database,
            "DEVICE": "cpu",
            "LEASE_SECONDS": str(ENDLESS_LEASE),
            "LOG_LEVEL": "INFO",
            "TIMELAPSE": "false",  # a film takes as long as a small painting
            "PYTHONPATH": str(self.repo),
            **settings,
        }
        name = self.data / f"worker-{number}.name"
        if not name.exists():
            name.write_text(f"{self.data.name}-{number}")
        log = self.data / f"log-{time.monotonic_ns()}.txt"
        words = [*(["narrow"] if narrow else []), *([fault] if fault else []), "work", *options]
        process: ForkedProcess | subprocess.Popen[bytes]
        with log.open("wb") as output:
            if all(environment.get(name) == os.environ.get(name) for name in READ_AT_LOAD):
                process = ForkedProcess(words, env=environment, cwd=self.data, output=output)
            else:
                process = subprocess.Popen(
                    [sys.executable, str(PROGRAM), *words],
                    env=environment,
                    cwd=self.data,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                )
        assert process.stdin is not None
        try:
            yield WorkerProcess(name.read_text(), process, log, self.data / f"worker-{number}.ready")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()

    @contextlib.asynccontextmanager
    async def queue(self) -> AsyncIterator[Queue]:
        """Open the queue as the bot does."""
        async with self._engine() as engine:
            yield Queue(engine, Limits(lease=ENDLESS_LEASE))

    @contextlib.asynccontextmanager
    async def queue_and_admin(self) -> AsyncIterator[tuple[Queue, QueueAdmin]]:
        """Open the queue as the bot and as an operator do."""
        async with self._engine() as engine:
            yield Queue(engine, Limits(lease=ENDLESS_LEASE)), QueueAdmin(engine)

    @contextlib.asynccontextmanager
    async def _engine(self) -> AsyncIterator[AsyncEngine]:
        database = open_database(self.database)
        await create_schema(database)
        try:
            yield database
        finally:
            await database.dispose()


def make_data_folder(folder: Path, weights_cache: Path, repo: Path, url: str = "") -> DataFolder:
    """Make a data folder of an empty folder; ``url`` is the database's, SQLite if empty."""
    share_data(weights_cache, folder)
    return DataFolder(folder, repo, url)


def database_url(kind: str, request: pytest.FixtureRequest) -> str:
    """Create a database of a kind, ``sqlite`` or ``postgresql``, and return its URL; SQLite's is empty."""
    if kind == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgresql").create()
    return url


# Waiting


async def wait_until(look: Callable[[], Awaitable[T | None]], *workers: WorkerProcess) -> T:
    """Poll ``look`` until it returns something. Fail if one of ``workers`` ends before."""
    end, pause = time.monotonic() + TIMEOUT, 0.02
    while time.monotonic() < end:
        if (seen := await look()) is not None:
            return seen
        for worker in workers:
            worker.assert_running()
        await asyncio.sleep(pause)
        pause = min(1.2 * pause, 0.15)  # a look costs milliseconds
    raise AssertionError(f"nothing to see in {TIMEOUT:.0f} seconds; {[w.output for w in workers]}")


async def job_when(queue: Queue, name: str, right: Callable[[Job], bool], *workers: WorkerProcess) -> Job:
    """Wait until ``right`` holds for a job, and return the job."""

    async def look() -> Job | None:
        job = await queue.get(name)
        return job if job and right(job) else None

    return await wait_until(look, *workers)


async def ended(queue: Queue, name: str, *workers: WorkerProcess) -> Job:
    """Wait until a job has ended."""
    return await job_when(queue, name, lambda job: job.state.terminal, *workers)


async def begun(queue: Queue, name: str, *workers: WorkerProcess) -> Job:
    """Wait until a job has progress."""
    return await job_when(queue, name, lambda job: job.progress > 0, *workers)


async def done(queue: Queue, name: str, *workers: WorkerProcess) -> Job:
    """Wait until a job is done."""
    job = await ended(queue, name, *workers)
    assert job.state is State.DONE, (job, [worker.output for worker in workers])
    return job


async def announced(queue: Queue, worker: WorkerProcess) -> Worker:
    """Wait until this process of a worker has announced itself."""

    async def look() -> Worker | None:
        if not worker.ready.exists():
            return None
        return await known(queue, worker)

    return await wait_until(look, worker)


async def idle(queue: Queue, worker: WorkerProcess) -> Worker:
    """Wait until a worker announces that it is idle."""

    async def look() -> Worker | None:
        found = await known(queue, worker)
        return found if found and found.state is Condition.IDLE else None

    return await wait_until(look, worker)


async def known(queue: Queue, worker: WorkerProcess) -> Worker | None:
    """Return the queue's entry of a worker, if there is one."""
    return next((each for each in await queue.workers() if each.name == worker.name), None)


async def checkpointed(queue: Queue, name: str, *workers: WorkerProcess) -> bytes:
    """Wait until a job has a checkpoint, and return it."""

    async def look() -> bytes | None:
        return await queue.read(name, CHECKPOINT)

    return await wait_until(look, *workers)


# Jobs


async def enqueue(
    queue: Queue,
    name: str,
    *,
    content: bytes | None = None,
    style: bytes | None = None,
    owner: str | None = None,
    shape: str = "one",
    address: dict[str, Any] | None = None,
    **settings: Any,
) -> Job:
    """Queue a job; its owner is called like the job unless another is given."""
    recipe = {"size": 128, "quality": "draft", **settings}
    work = cost(plan(640, 427, recipe["size"], recipe["quality"]))
    blobs = {"content": content or china_jpeg(), "style0": style or preset("mosaic").read()}
    return await queue.enqueue(
        id=name,
        owner=owner or name,
        recipe=recipe,
        cost=work,
        shape=shape,
        blobs=blobs,
        address=address,
    )
