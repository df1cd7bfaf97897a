"""The queue's measurements: steps of a job, the wait for a worker, idle and busy workers."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.errors import AtelierError
from engine.packages import PackageError
from engine.queue import DatabaseError, Leases, Queue, create_schema, open_database
from engine.queue.database import read_version
from engine.queue.schema import metadata
from tests.benchmarks.queue.findings import Crowd, Database, Findings, Plan, Step, Wait
from tests.benchmarks.queue.floor import Floor, floor_of
from tests.benchmarks.queue.idle_worker import IdleWorkerError, idle_cpu
from tests.benchmarks.queue.processes import filesystem
from tests.benchmarks.queue.scale import crowd, idling
from tests.benchmarks.queue.swarm import simulated
from tests.support.postgresql import PostgreSQL, ServerError, installed

T = TypeVar("T")
Report = Callable[[str], None]

WARMUP_JOBS: Final = 2
"""Jobs that are not counted, before the others."""
GAP: Final = (0.1, 0.6)
"""Range of the random seconds between two jobs whose wait is timed."""
WAIT_TIMEOUT: Final = 120.0
"""Seconds after which a job that no worker takes is an error."""


@dataclass(frozen=True, slots=True)
class Place:
    """A database to measure."""

    name: str
    url: str
    filesystem: str
    server: PostgreSQL | None = None
    """If it is ours."""


def measure(
    folder: Path,
    plan: Plan,
    *,
    database: str | None = None,
    painter: Mapping[str, str] | None = None,
    report: Report = lambda _: None,
) -> Findings:
    """Measure SQLite and PostgreSQL.

    Args:
        folder: a folder for their files, on the disk that is measured.
        plan: the amount of each measurement.
        database: the URL of an empty PostgreSQL. Otherwise a private server is started, if one is installed.
        painter: settings of a real worker, whose idling is measured too; see :func:`idle_worker.settings`.
        report: gets a line about each result.

    Raises:
        AtelierError: the database of that URL is not empty, or no PostgreSQL.
    """
    return asyncio.run(_measure(folder, plan, database, painter, report))


async def _measure(
    folder: Path, plan: Plan, database: str | None, painter: Mapping[str, str] | None, report: Report
) -> Findings:
    findings = Findings(os.cpu_count() or 1, plan)
    async with databases(folder, database, findings.notes) as places:
        for place in places:
            report(f"{place.name}, on {place.filesystem or 'an unknown file system'}")
            findings.databases.append(await _database(place, plan, report))
        if painter is None:
            findings.notes.append("A real worker's idling was not measured: there are no weights here.")
        else:
            for place in places:  # nothing to do for the workers
                await _clear(place.url)
            try:
                idle = await asyncio.gather(*(
                    idle_cpu(painter, place.url, folder / f"worker-{number}")
                    for number, place in enumerate(places)
                ))  # fmt: skip
                findings.databases = [
                    replace(each, worker=cpu) for each, cpu in zip(findings.databases, idle, strict=True)
                ]
            except IdleWorkerError as error:
                findings.notes.append(f"A real worker's idling was not measured. {error}")
        if database is not None:
            await _clear(database, again=False)
    findings.notes += [
        f"{place.name} had its files on a tmpfs, where a commit waits for no disk."
        for place in places
        if place.filesystem == "tmpfs"
    ]
    return findings


@asynccontextmanager
async def databases(folder: Path, database: str | None, notes: list[str]) -> AsyncIterator[list[Place]]:
    """Return the databases to measure: SQLite, and PostgreSQL if there is one; else note the reason.

    Raises:
        AtelierError: the database of that URL is not empty, or no PostgreSQL.
    """
    sqlite = f"sqlite:///{folder / 'queue.db'}"
    async with _postgresql(folder, database, notes) as postgresql:
        places = [Place(f"SQLite {sqlite3.sqlite_version}", sqlite, filesystem(folder)), postgresql]
        yield [place for place in places if place]


@asynccontextmanager
async def _postgresql(folder: Path, database: str | None, notes: list[str]) -> AsyncIterator[Place | None]:
    """Find or start the server; without one, note the reason."""
    if database is not None:
        yield await _named(database)
        return
    if (programs := installed()) is None:
        notes.append("PostgreSQL was not measured: it is not installed (Debian: apt-get install postgresql).")
        yield None
        return
    server = None
    try:
        try:
            server = PostgreSQL(programs, fsync=True, parent=folder)
            server.start()
            url = server.create()
            place = Place(await _version(url), url, filesystem(server.home), server)
        except (DatabaseError, PackageError, ServerError) as error:
            notes.append(f"PostgreSQL was not measured. {error}")
            yield None
        else:
            yield place
    finally:
        if server:
            server.remove()


async def _named(url: str) -> Place:
    """Return the named database, provided that it has none of our tables."""
    engine = open_database(url)
    try:
        if engine.dialect.name != "postgresql":
            raise AtelierError("--database should be a PostgreSQL; SQLite is measured anyway.")
        async with engine.connect() as connection:
            if await connection.run_sync(read_version) is not None:
                raise AtelierError(
                    "--database has a queue in it, which measuring would destroy: name an empty one."
                )
    except OSError as error:
        raise AtelierError(f"--database does not answer ({error}).") from error
    finally:
        await engine.dispose()
    return Place(await _version(url), url, "")


async def _version(url: str) -> str:
    engine = open_database(url)
    try:
        async with engine.connect() as connection:
            version = await connection.execute(text("SELECT current_setting('server_version')"))
            return f"PostgreSQL {str(version.scalar_one()).split()[0]}"
    finally:
        await engine.dispose()


async def _clear(url: str, *, again: bool = True) -> None:
    """Drop all tables, and create them again."""
    engine = open_database(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.drop_all)
        if again:
            await create_schema(engine)
    finally:
        await engine.dispose()


async def _database(place: Place, plan: Plan, report: Report) -> Database:
    await _clear(place.url)
    steps, painted = await lives(place.url, plan)
    report("; ".join(f"{step.name} {step.milliseconds:.1f} ms" for step in steps))
    waits = []
    for idle in plan.waiting:
        await _clear(place.url)
        waits.append(await wait(place.url, idle, plan))
        report(f"{idle} idle: a job waits {waits[-1].median:.3f} s, {waits[-1].longest:.3f} at most")
    found = Database(place.name, place.filesystem, steps, painted, waits)
    if place.url.startswith("sqlite"):
        return found
    await _clear(place.url)
    asked = await idling(place.url, place.server, plan)
    report(f"{asked.workers} idle: {asked.statements or asked.transactions:.1f} statements a second")
    crowds: list[Crowd] = []
    for picture in (0, plan.picture):
        for workers in plan.crowds:
            await _clear(place.url)
            crowds.append(await crowd(place.url, place.server, workers, picture, plan))
            report(f"{workers} busy, {picture} bytes: {crowds[-1].rate:.0f} jobs a second")
    return replace(found, idling=asked, crowds=crowds)


async def lives(url: str, plan: Plan) -> tuple[list[Step], float]:
    """Time every step of jobs, one after the other, each beside its floor.

    Returns the steps, and the jobs that one worker claims and finishes in a second.
    """
    client, worker, bare = open_database(url), open_database(url, thrifty=True), open_database(url)
    try:
        async with floor_of(bare) as floor:
            times: list[_Times] = []
            for number in range(WARMUP_JOBS + plan.lives * plan.repeat):
                times.append(await _life(Queue(client), Leases(worker), floor, number, plan))  # noqa: PERF401
    finally:
        await _dispose(client, worker, bare)
    times = times[WARMUP_JOBS:]
    steps = [
        Step(
            name,
            statistics.median(own := [1000 * each.ours[name] for each in times]),
            percentile_95(own),
            statistics.median(1000 * each.floors[name] for each in times),
        )
        for name in times[0].ours
    ]
    return steps, 1 / statistics.median(each.ours["claim"] + each.ours["finish"] for each in times)


class _Times:
    """Seconds of one life's steps."""

    def __init__(self, *, floor_first: bool) -> None:
        self.ours: dict[str, float] = {}
        self.floors: dict[str, float] = {}
        self._floor_first = floor_first

    async def step(self, name: str, ours: Awaitable[T], floor: Awaitable[None]) -> T:
        """Time one step and its floor."""
        if self._floor_first:
            self.floors[name], _ = await _timed(floor)
            self.ours[name], answer = await _timed(ours)
        else:
            self.ours[name], answer = await _timed(ours)
            self.floors[name], _ = await _timed(floor)
        return answer


async def _timed(step: Awaitable[T]) -> tuple[float, T]:
    began = time.perf_counter()
    answer = await step
    return time.perf_counter() - began, answer


async def _life(client: Queue, worker: Leases, floor: Floor, number: int, plan: Plan) -> _Times:
    # In turns: SQLite's checkpoints are at the cost of the transaction of that moment.
    times = _Times(floor_first=number % 2 == 0)
    picture, preview, name = os.urandom(plan.picture), os.urandom(plan.preview), "painter"
    await times.step("enqueue", _enqueue(client, f"job-{number}", picture), floor.insert(picture, picture))
    (job,) = await times.step("claim", worker.claim(name), floor.change(b"1"))
    await times.step("heartbeat", worker.heartbeat(job.id, name, progress=0.3), floor.change(b"2"))
    showing = worker.heartbeat(job.id, name, progress=0.5, preview=preview)
    await times.step("heartbeat with a preview", showing, floor.change(preview))
    await times.step("finish", worker.finish(job.id, name, picture, {"width": 512}), floor.insert(picture))
    return times


async def wait(url: str, idle: int, plan: Plan) -> Wait:
    """Time the wait of jobs for one of a number of idle workers, which poll as seldom as real ones."""
    bot = open_database(url)
    queue, picture = Queue(bot), os.urandom(plan.picture)
    loop = asyncio.get_running_loop()
    taken: defaultdict[str, asyncio.Future[float]] = defaultdict(loop.create_future)
    seconds = []
    try:
        async with simulated(url, idle) as workers:
            idlers = [
                asyncio.create_task(worker.wait(lambda job_id: taken[job_id].set_result(time.perf_counter())))
                for worker in workers
            ]
            for number in range(plan.waits * plan.repeat):
                await asyncio.sleep(random.uniform(*GAP))
                await _enqueue(queue, f"job-{number}", picture)
                ended = time.perf_counter()
                async with asyncio.timeout(WAIT_TIMEOUT):
                    # Some worker may have it before the answer is here.
                    seconds.append(max(0.0, await taken[f"job-{number}"] - ended))
            for idler in idlers:
                idler.cancel()
            await asyncio.wait(idlers)
    finally:
        await bot.dispose()
    return Wait(idle, statistics.median(seconds), max(seconds), len(seconds))


def percentile_95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


async def _enqueue(queue: Queue, job_id: str, picture: bytes) -> None:
    await queue.enqueue(
        id=job_id,
        owner=f"owner of {job_id}",
        recipe={"size": 512, "quality": "normal"},
        cost=10.0,
        shape="512x512",
        blobs={"content": picture, "style0": picture},
        address={"chat": 1},
    )


async def _dispose(*engines: AsyncEngine) -> None:
    for engine in engines:
        await engine.dispose()
