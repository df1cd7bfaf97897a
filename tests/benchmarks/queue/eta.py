"""The error of forecasts: ETAs of a real queue with real workers, against the times that jobs took."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image

import engine
from engine.errors import AtelierError
from engine.painting import scales
from engine.painting.recipe import Quality, Recipe
from engine.queue import Job, Limits, Queue, State, create_schema, open_database
from engine.styles.style import presets
from tests.support.data_folder import share_data
from tests.support.forked import ForkedProcess
from tests.support.undelivered import undelivered

SIZES: Final = (128, 160, 192)
QUALITIES: Final[Sequence[Quality]] = ("draft", "normal")
DEPTH: Final = 6
"""Queued jobs at which no more are added for now."""
POLL_INTERVAL: Final = 0.25
"""Seconds between two polls of the queue; at each, one job is added at most."""
JOB_TIMEOUT: Final = 60.0
"""Seconds that a job may take, or a worker until it is ready, before the measurement is given up."""
STOP_TIMEOUT: Final = 20.0
"""Seconds that a worker has to end in good order."""

Process = subprocess.Popen[bytes] | ForkedProcess
Start = Callable[[Sequence[str], Mapping[str, str], Path], Process]
"""Starts the engine, given the words of its command line, its environment and its folder."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The forecast for a job when it was enqueued, and its real time, in seconds from then."""

    told: float
    kept: float

    @property
    def error(self) -> float:
        """Relative to the truth; negative if the painting took longer than told."""
        return self.told / self.kept - 1.0


@dataclass(frozen=True, slots=True)
class Eta:
    """All forecasts of a measurement, in their order."""

    promises: Sequence[Promise]

    @property
    def count(self) -> int:
        """Jobs measured."""
        return len(self.promises)

    @property
    def error(self) -> float:
        """Median of the relative errors, whatever their sign."""
        return statistics.median(abs(promise.error) for promise in self.promises)

    @property
    def bias(self) -> float:
        """Median of the relative errors: negative if most paintings took longer than told."""
        return statistics.median(promise.error for promise in self.promises)


def start_engine(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
    """Start ``python -m engine``."""
    # The open pipe keeps a worker alive no longer than this process, however that ends.
    command = (sys.executable, "-m", "engine", *words)
    return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, cwd=folder)


def measure(
    data_dir: Path, jobs: int = 24, owners: int = 4, workers: int = 1, start: Start = start_engine
) -> Eta:
    """Paint a steady mix of jobs on this machine, and compare the forecast for each with its end.

    Queue and workers live in a folder of their own meanwhile; only the network is shared. Network and device
    are those of the settings.

    Args:
        data_dir: the data folder whose network paints.
        jobs: how many are painted.
        owners: number of owners, chosen at random.
        workers: how many processes paint.
        start: starts each of them.

    Raises:
        AtelierError: a worker ended, a job failed, or it took too long.
    """
    weights = data_dir.resolve() / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        share_data(weights, home)
        url = f"sqlite+aiosqlite:///{home / 'atelier.db'}"
        with _working(home, url, workers, start) as processes:
            return asyncio.run(_measure(url, processes, jobs, owners))


async def _measure(url: str, processes: Sequence[Process], jobs: int, owners: int) -> Eta:
    database = open_database(url)
    try:
        await create_schema(database)
        queue = Queue(database, Limits(live=jobs))
        async with asyncio.timeout(JOB_TIMEOUT * (jobs + len(processes))):
            await _until_ready(queue, processes)
            told = await _feed(queue, processes, jobs, owners)
            return Eta([Promise(told[job_id], await _kept(queue, job_id, processes)) for job_id in told])
    except TimeoutError:
        raise AtelierError("The workers took too long.") from None
    finally:
        await database.dispose()


async def _until_ready(queue: Queue, processes: Sequence[Process]) -> None:
    """Wait until every worker has announced how fast it is."""
    while sum(worker.rate is not None for worker in await queue.workers()) < len(processes):
        _check(processes)
        await asyncio.sleep(POLL_INTERVAL)


async def _feed(queue: Queue, processes: Sequence[Process], jobs: int, owners: int) -> dict[str, float]:
    """Add jobs as others start, so that the queue is neither empty nor long; return the ETA of each."""
    chance = random.Random(0)
    photo = presets()[0].read()
    told: dict[str, float] = {}
    while len(told) < jobs:
        _check(processes)
        statuses = await undelivered(queue)
        if sum(status.job.state is State.QUEUED for status in statuses) < DEPTH:
            owner = f"owner-{chance.randrange(owners)}"
            recipe = Recipe(size=chance.choice(SIZES), quality=chance.choice(QUALITIES))
            style = chance.choice(presets()[1:]).read()
            job = await _enqueue(queue, f"job-{len(told)}", owner, recipe, photo, style)
            told[job.id] = await _eta(queue, job.id)
        await asyncio.sleep(POLL_INTERVAL)
    return told


async def _enqueue(queue: Queue, job_id: str, owner: str, recipe: Recipe, photo: bytes, style: bytes) -> Job:
    with Image.open(BytesIO(photo)) as image:
        plan = scales.plan(*image.size, recipe.size, recipe.quality)
    return await queue.enqueue(
        id=job_id,
        owner=owner,
        recipe=recipe.as_dict(),
        cost=scales.cost(plan),
        shape=scales.shape(plan, recipe),
        blobs={"content": photo, "style0": style},
        address={},
    )


async def _eta(queue: Queue, job_id: str) -> float:
    for status in await undelivered(queue):
        if status.job.id == job_id and status.forecast.eta is not None:
            return status.forecast.eta
    raise AtelierError("A job has no forecast.")


async def _kept(queue: Queue, job_id: str, processes: Sequence[Process]) -> float:
    """Wait for a job's end; return the seconds since it was enqueued, both by the queue's clock."""
    while True:
        job = await queue.get(job_id)
        if job is not None and job.state is State.DONE and job.finished is not None:
            return job.finished - job.created
        if job is None or job.state.terminal:
            raise AtelierError(f"A job failed: {job.error_detail if job else 'it is gone'}")
        _check(processes)
        await asyncio.sleep(POLL_INTERVAL)


@contextmanager
def _working(home: Path, url: str, count: int, start: Start) -> Iterator[Sequence[Process]]:
    """Run a number of workers; stop them at the end, or kill them."""
    paths = (str(Path(engine.__file__).parent.parent), os.environ.get("PYTHONPATH"))
    environment = {
        **os.environ,
        "DATA_DIR": str(home),
        "DATABASE_URL": url,
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    processes = [start(("work", "--with-parent"), environment, home) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            _end(process)


def _end(process: Process) -> None:
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _check(processes: Sequence[Process]) -> None:
    for process in processes:
        if (status := process.poll()) is not None:
            raise AtelierError(f"A worker ended with status {status}.")
