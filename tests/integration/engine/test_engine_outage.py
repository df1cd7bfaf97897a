"""A worker whose PostgreSQL crashes while it paints."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.queue import RESULT, State
from tests.integration.engine.house import (
    LONG,
    House,
    Studio,
    announced,
    begun,
    done,
    enqueue,
    furnish,
    lasting,
    paint_of,
    painting,
    png,
    small,
)
from tests.support.postgresql import PostgreSQL

LEASE = 3.0
HASTY: dict[str, Any] = {"LEASE_SECONDS": str(LEASE)}


@pytest.fixture(scope="module")
def server(postgresql: PostgreSQL) -> Iterator[PostgreSQL]:
    """The server; it runs in the end, whatever a test did to it."""
    yield postgresql
    postgresql.stop()
    postgresql.start()


@pytest.fixture(scope="module")
def home(
    server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> House:
    """A house on that server."""
    return furnish(tmp_path_factory.mktemp("outage"), weights_cache, repo, server.create())


@pytest.fixture(scope="module")
def studio(home: House) -> Iterator[Studio]:
    """The worker that lives through the outages."""
    with home.worker(**HASTY) as studio:
        yield studio


@pytest.mark.parametrize(
    "seconds", [pytest.param(0.0, id="shorter"), pytest.param(LEASE + 1, id="longer-than-the-lease")]
)
async def test_a_job_outlives_the_crash_of_its_database_and_is_painted_once(
    server: PostgreSQL, home: House, studio: Studio, seconds: float
) -> None:
    name = f"away-for-{seconds:.0f}"
    async with home.queue() as queue:
        width = lasting((await announced(queue, studio)).rate, seconds + 4)
        content = png(small(width=width))
        await enqueue(queue, name, content=content, style=painting(), size=512, quality="fine")
        assert (await begun(queue, name, studio)).state is State.RUNNING
    heard = len(studio.said())
    server.stop()
    await asyncio.sleep(seconds)  # while it paints on
    server.start()
    async with home.queue() as queue:
        job = await done(queue, name, studio)
        assert (job.worker, job.attempts) == (studio.name, 1)
        assert paint_of(await queue.read(name, RESULT)).width == width
        studio.living()
        said = studio.said()[heard:]
        assert "The database does not answer" in said
        # The heartbeat may wait when the result is in already, and has nothing to say any more then.
        assert (
            "The database answers again" in said or "No longer waiting for the database (heartbeat)" in said
        )
        assert said.count(f"job {name}: done") == 1
        assert "Traceback" not in said


async def test_a_worker_that_is_asked_to_stop_while_the_database_is_away_does_not_wait_for_it(
    server: PostgreSQL, tmp_path: Path, weights_cache: Path, repo: Path
) -> None:
    house = furnish(tmp_path, weights_cache, repo, server.create())
    with house.worker(**HASTY) as worker:
        async with house.queue() as queue:
            await enqueue(queue, "long", **LONG)
            await begun(queue, "long", worker)
        server.stop()
        try:
            worker.process.terminate()
            assert await asyncio.to_thread(worker.end, 20) == 0
        finally:
            server.start()
        assert "Traceback" not in worker.said()
    async with house.queue() as queue:
        assert [job.state for job in await queue.jobs()] == [State.RUNNING]  # until its lease is over
