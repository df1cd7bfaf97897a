"""Worker processes, their data folders, and waits for what they do in the queue."""

from __future__ import annotations

import asyncio
import contextlib
import math
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

from engine.painting.recipe import Quality
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
from tests.support.forked import ForkedProcess
from tests.support.pictures import china_jpeg

T = TypeVar("T")

TIMEOUT: Final = 120.0
"""Seconds until a test gives up. Long, for a busy machine."""
ENDLESS_LEASE: Final = 3600.0
"""Seconds of a lease that never expires within a test."""
FAULTY: Final = Path(__file__).with_name("faulty_worker.py")
"""The program that runs a worker with a fault."""
SLOW_RECIPE: Final[dict[str, Any]] = {"size": 512, "quality": "fine"}
"""Settings of a painting that takes minutes."""


READ_AT_LOAD: Final = {"OMP_NUM_THREADS", "MALLOC_ARENA_MAX"}
"""Environment variables that libraries read as they are loaded: a forked process comes too late for them."""


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
        (folder / "weights").symlink_to(self.data / "weights", target_is_directory=True)
        return replace(self, data=folder, url=self.database)

    @contextlib.contextmanager
    def worker(
        self, *options: str, fault: str = "", number: int = 0, **settings: str
    ) -> Iterator[WorkerProcess]:
        """Run a worker, and kill it at the end if it still runs.

        Args:
            options: options of ``engine work``.
            fault: one of the faults of ``faulty_worker.py``.
            number: the worker's number in this folder.
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
            "PYTHONPATH": str(self.repo),
            **settings,
        }
        name = self.data / f"worker-{number}.name"
        if not name.exists():
            name.write_text(f"{self.data.name}-{number}")
        log = self.data / f"log-{time.monotonic_ns()}.txt"
        words = ([fault] if fault else []) + ["work", *options]
        process: ForkedProcess | subprocess.Popen[bytes]
        with log.open("wb") as output:
            if settings.keys().isdisjoint(READ_AT_LOAD):
                process = ForkedProcess(
                    words, env=environment, cwd=self.data, output=output, program=str(FAULTY) if fault else ""
                )
            else:
                program = (str(FAULTY),) if fault else ("-m", "engine")
                process = subprocess.Popen(
                    [sys.executable, *program, *words],
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
    (folder / "weights").symlink_to(weights_cache, target_is_directory=True)
    return DataFolder(folder, repo, url)


def database_url(request: pytest.FixtureRequest) -> str:
    """Create a database of the kind in ``request.param``, and return its URL; SQLite's is empty."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgresql").create()
    return url


# Waiting


async def wait_until(look: Callable[[], Awaitable[T | None]], *workers: WorkerProcess) -> T:
    """Poll ``look`` until it returns something. Fail if one of ``workers`` ends before."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if (seen := await look()) is not None:
            return seen
        for worker in workers:
            worker.assert_running()
        await asyncio.sleep(0.05)
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
    **settings: Any,
) -> Job:
    """Queue a job; its owner is called like the job unless another is given."""
    recipe = {"size": 128, "quality": "draft", **settings}
    work = cost(plan(640, 427, recipe["size"], recipe["quality"]))
    blobs = {"content": content or china_jpeg(), "style0": style or preset("mosaic").read()}
    return await queue.enqueue(
        id=name, owner=owner or name, recipe=recipe, cost=work, shape=shape, blobs=blobs
    )


def two_canvases(rate: float | None) -> dict[str, Any]:
    """Choose settings of a painting at two scales, the last of which takes three heartbeats or more."""
    assert rate is not None
    quality: Quality = "draft" if rate < 0.35 else "normal" if rate < 0.7 else "fine"
    size = max(160, math.isqrt(int(3 * rate * 1e6 / 16))) if quality == "draft" else 256
    return {"size": size, "quality": quality}


def photo_width_for(rate: float | None, seconds: float, together: int = 1) -> int:
    """Choose the width of a ``small_photo`` that takes so many seconds to paint finely, several in a pass."""
    assert rate is not None
    width = 96
    while width < 600 and together * cost(plan(width, round(width / 1.5), 512, "fine")) < rate * seconds:
        width += 8
    return width
