"""What the workers' tests are written with: data folders with workers, pictures, looks at the queue."""

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
from tests.support.pictures import photo

T = TypeVar("T")

PATIENCE: Final = 120.0
"""Seconds after which a test gives up; what it waits for takes a few on a quiet machine."""
FOREVER: Final = 3600.0
"""Seconds of a lease that no test outlives: what ends sooner did not wait for it."""
FAULTY: Final = Path(__file__).with_name("faulty_worker.py")
LONG: Final[dict[str, Any]] = {"size": 512, "quality": "fine"}
"""A painting that takes minutes: it is under way until somebody ends it."""


@dataclass(frozen=True)
class Studio:
    """A running worker."""

    name: str
    """As the queue knows it."""
    process: subprocess.Popen[bytes]
    log: Path
    ready: Path

    def living(self) -> None:
        """Fail if it has ended."""
        assert self.process.poll() is None, self.said()

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait until it has ended by itself."""
        return self.process.wait(seconds)

    def said(self) -> str:
        """What it has logged."""
        return self.log.read_text()

    async def says(self, words: str) -> None:
        """Wait until it has logged this."""

        async def look() -> bool | None:
            return words in self.said() or None

        await until(look, self)


@dataclass(frozen=True)
class House:
    """A data folder, the workers in it, and the database that they work for."""

    data: Path
    repo: Path
    url: str = ""

    @property
    def database(self) -> str:
        """The queue's address."""
        return self.url or f"sqlite+aiosqlite:///{self.data / 'atelier.db'}"

    def neighbour(self, folder: Path) -> House:
        """Furnish another machine's data folder, for the same database."""
        folder.mkdir(exist_ok=True)
        (folder / "weights").symlink_to(self.data / "weights", target_is_directory=True)
        return replace(self, data=folder, url=self.database)

    @contextlib.contextmanager
    def worker(self, *options: str, fault: str = "", number: int = 0, **settings: str) -> Iterator[Studio]:
        """Run a worker; kill it in the end if it still runs.

        Args:
            options: of the command line.
            fault: what is wrong with it, by the name that ``faulty_worker.py`` has for it.
            number: how many others run in this house.
            settings: environment variables.
        """
        kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "VGG_WEIGHTS")}
        environment = {
            **kept,
            "DATA_DIR": str(self.data),
            "DATABASE_URL": self.database,
            "DEVICE": "cpu",
            "LEASE_SECONDS": str(FOREVER),
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(self.repo),
            **settings,
        }
        name = self.data / f"worker-{number}.name"
        if not name.exists():
            name.write_text(f"{self.data.name}-{number}")
        log = self.data / f"log-{time.monotonic_ns()}.txt"
        program = (str(FAULTY), fault) if fault else ("-m", "engine")
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, *program, "work", *options],
                env=environment,
                cwd=self.data,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
            )
        assert process.stdin is not None
        try:
            yield Studio(name.read_text(), process, log, self.data / f"worker-{number}.ready")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdin.close()

    @contextlib.asynccontextmanager
    async def queue(self) -> AsyncIterator[Queue]:
        """The bot's view of the queue."""
        async with self._engine() as engine:
            yield Queue(engine, Limits(lease=FOREVER))

    @contextlib.asynccontextmanager
    async def office(self) -> AsyncIterator[tuple[Queue, QueueAdmin]]:
        """The bot's and the operators' view of the queue."""
        async with self._engine() as engine:
            yield Queue(engine, Limits(lease=FOREVER)), QueueAdmin(engine)

    @contextlib.asynccontextmanager
    async def _engine(self) -> AsyncIterator[AsyncEngine]:
        database = open_database(self.database)
        await create_schema(database)
        try:
            yield database
        finally:
            await database.dispose()


def furnish(folder: Path, weights_cache: Path, repo: Path, url: str = "") -> House:
    """Make a house of an empty folder."""
    (folder / "weights").symlink_to(weights_cache, target_is_directory=True)
    return House(folder, repo, url)


def address(request: pytest.FixtureRequest) -> str:
    """A database for a house, of the kind that a fixture's parameter names; SQLite is the house's own."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgresql").create()
    return url


# Looking


async def until(look: Callable[[], Awaitable[T | None]], *workers: Studio) -> T:
    """Look again and again until there is something to see."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (seen := await look()) is not None:
            return seen
        for worker in workers:
            worker.living()
        await asyncio.sleep(0.05)
    raise AssertionError(f"nothing to see in {PATIENCE:.0f} seconds; {[w.said() for w in workers]}")


async def sight(queue: Queue, name: str, right: Callable[[Job], bool], *workers: Studio) -> Job:
    """Wait until a job is as it should be."""

    async def look() -> Job | None:
        job = await queue.get(name)
        return job if job and right(job) else None

    return await until(look, *workers)


async def ended(queue: Queue, name: str, *workers: Studio) -> Job:
    """Wait until a job has ended."""
    return await sight(queue, name, lambda job: job.state.terminal, *workers)


async def begun(queue: Queue, name: str, *workers: Studio) -> Job:
    """Wait until a heartbeat has brought progress."""
    return await sight(queue, name, lambda job: job.progress > 0, *workers)


async def done(queue: Queue, name: str, *workers: Studio) -> Job:
    """Wait until a job is done."""
    job = await ended(queue, name, *workers)
    assert job.state is State.DONE, (job, [worker.said() for worker in workers])
    return job


async def announced(queue: Queue, worker: Studio) -> Worker:
    """Wait until a worker has shown that this process of it lives."""

    async def look() -> Worker | None:
        if not worker.ready.exists():
            return None
        return await known(queue, worker)

    return await until(look, worker)


async def resting(queue: Queue, worker: Studio) -> Worker:
    """Wait until a worker says that it has nothing to do."""

    async def look() -> Worker | None:
        found = await known(queue, worker)
        return found if found and found.state is Condition.IDLE else None

    return await until(look, worker)


async def known(queue: Queue, worker: Studio) -> Worker | None:
    """What the queue knows of a worker."""
    return next((each for each in await queue.workers() if each.name == worker.name), None)


async def checkpointed(queue: Queue, name: str, *workers: Studio) -> bytes:
    """Wait until a finished canvas is kept."""

    async def look() -> bytes | None:
        return await queue.read(name, CHECKPOINT)

    return await until(look, *workers)


# Pictures


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
    """Have a photo painted; its owner is its name's if not said."""
    recipe = {"size": 128, "quality": "draft", **settings}
    work = cost(plan(640, 427, recipe["size"], recipe["quality"]))
    blobs = {"content": content or photo(), "style0": style or preset("mosaic").read()}
    return await queue.enqueue(
        id=name, owner=owner or name, recipe=recipe, cost=work, shape=shape, blobs=blobs
    )


def two_canvases(rate: float | None) -> dict[str, Any]:
    """Choose a painting of two canvases, the last of which takes three heartbeats, on a fast machine too."""
    assert rate is not None
    quality: Quality = "draft" if rate < 0.35 else "normal" if rate < 0.7 else "fine"
    size = max(160, math.isqrt(int(3 * rate * 1e6 / 16))) if quality == "draft" else 256
    return {"size": size, "quality": quality}


def lasting(rate: float | None, seconds: float, together: int = 1) -> int:
    """Choose the width of a ``small`` photo that takes so long to paint finely, several in one pass."""
    assert rate is not None
    width = 96
    while width < 600 and together * cost(plan(width, round(width / 1.5), 512, "fine")) < rate * seconds:
        width += 8
    return width
