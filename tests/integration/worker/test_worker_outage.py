"""A worker whose PostgreSQL crashes while it paints."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.queue import RESULT, State
from tests.support.pictures import image_of, png, small_painting, small_photo
from tests.support.postgresql import PostgreSQL
from tests.support.workers import (
    DataFolder,
    WorkerProcess,
    begun,
    done,
    enqueue,
    make_data_folder,
)

LEASE = 3.0
SHORT_LEASE: dict[str, Any] = {"LEASE_SECONDS": str(LEASE)}


@pytest.fixture(scope="module")
def server(postgresql: PostgreSQL) -> Iterator[PostgreSQL]:
    """The server; it runs again at the end, whatever a test did to it."""
    yield postgresql
    postgresql.stop()
    postgresql.start()


@pytest.fixture(scope="module")
def shared_folder(
    server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> DataFolder:
    """A data folder whose database is on that server."""
    return make_data_folder(tmp_path_factory.mktemp("outage"), weights_cache, repo, server.create())


@pytest.fixture(scope="module")
def shared_worker(shared_folder: DataFolder) -> Iterator[WorkerProcess]:
    """The worker that runs through the outages."""
    with shared_folder.worker(**SHORT_LEASE) as process:
        yield process


@pytest.mark.parametrize(
    "seconds", [pytest.param(0.0, id="shorter"), pytest.param(LEASE + 1, id="longer-than-the-lease")]
)
async def test_a_job_outlives_the_crash_of_its_database_and_is_painted_once(
    server: PostgreSQL, shared_folder: DataFolder, shared_worker: WorkerProcess, seconds: float
) -> None:
    name = f"away-for-{seconds:.0f}"
    async with shared_folder.queue() as queue:
        await enqueue(queue, name, content=png(small_photo()), style=small_painting(), quality="normal")
        assert (await begun(queue, name, shared_worker)).state is State.RUNNING
    heard = len(shared_worker.output)
    server.stop()
    await asyncio.sleep(seconds)  # while it paints on
    server.start()
    async with shared_folder.queue() as queue:
        job = await done(queue, name, shared_worker)
        assert (job.worker, job.attempts) == (shared_worker.name, 1)
        assert image_of(await queue.read(name, RESULT)).width == small_photo().width
        shared_worker.assert_running()
        said = shared_worker.output[heard:]
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
    data_folder = make_data_folder(tmp_path, weights_cache, repo, server.create())
    with data_folder.worker(**SHORT_LEASE) as worker:
        async with data_folder.queue() as queue:
            await enqueue(queue, "long", quality="fine")
            await begun(queue, "long", worker)
        server.stop()
        try:
            worker.process.terminate()
            assert await asyncio.to_thread(worker.wait) == 0
        finally:
            server.start()
        assert "Traceback" not in worker.output
    async with data_folder.queue() as queue:
        assert [job.state for job in await queue.jobs()] == [State.RUNNING]  # until its lease is over
