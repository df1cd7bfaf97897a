"""Two workers of one database, each in a data folder of its own: what one leaves, the other paints.

A worker costs seconds, so what does not depend on the database is shown on one of them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.painting.scales import plan
from engine.queue import RESULT, Job, Queue, QueueAdmin, State
from tests.support.pictures import image_of, png, small_painting, small_photo
from tests.support.workers import (
    DataFolder,
    WorkerProcess,
    begun,
    checkpointed,
    database_url,
    done,
    ended,
    enqueue,
    idle,
    job_when,
    known,
    make_data_folder,
    wait_until,
)

LEASE = 5.0
PROMPTLY = 60.0
"""Seconds after a lease in which a running worker starts what was left, on a busy machine too."""
SHORT_LEASE: dict[str, Any] = {"LEASE_SECONDS": str(LEASE)}


@dataclass(frozen=True)
class Pair:
    """A data folder for the test's own worker, and the other worker of the same database."""

    data_folder: DataFolder
    rival: WorkerProcess

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[tuple[Queue, QueueAdmin]]:
        """Open the queue, with the rival drained."""
        async with self.data_folder.queue_and_admin() as (queue, queue_admin):
            await idle(queue, self.rival)
            await queue_admin.drain(self.rival.name)
            yield queue, queue_admin
            await queue_admin.resume(self.rival.name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> DataFolder:
    """The data folder of the other worker, and the database."""
    return make_data_folder(
        tmp_path_factory.mktemp("rival"), weights_cache, repo, database_url(request.param, request)
    )


@pytest.fixture(scope="module")
def rival(shared_folder: DataFolder) -> Iterator[WorkerProcess]:
    """The other worker, which runs through all tests."""
    with shared_folder.worker(**SHORT_LEASE) as process:
        yield process


@pytest.fixture
def pair(shared_folder: DataFolder, rival: WorkerProcess, tmp_path: Path) -> Pair:
    """A data folder for the test's own worker, beside the other one."""
    return Pair(shared_folder.sharing_database(tmp_path / f"own-{tmp_path.name}"), rival)


async def tiny(queue: Queue, name: str, **options: Any) -> Job:
    """Queue a job that takes a second."""
    return await enqueue(queue, name, content=png(small_photo()), style=small_painting(), **options)


async def test_a_killed_workers_job_starts_on_another_when_the_lease_is_over_and_goes_on_where_it_was(
    pair: Pair,
) -> None:
    async with pair.alone() as (queue, queue_admin):
        with pair.data_folder.worker(**SHORT_LEASE) as first:
            _, fine = plan(640, 427, 160, "normal")
            await enqueue(queue, "left", size=160, quality="normal")
            await checkpointed(queue, "left", first)
            first.process.kill()
            first.wait()
        left = await queue.get("left")
        assert left is not None
        assert (left.state, left.attempts, left.worker) == (State.RUNNING, 1, first.name)
        await queue_admin.resume(pair.rival.name)
        taken = await job_when(queue, "left", lambda job: job.attempts == 2, pair.rival)
        assert taken.worker == pair.rival.name
        assert left.lease is not None
        assert taken.started is not None
        assert 0 < taken.started - left.lease < PROMPTLY
        job = await done(queue, "left", pair.rival)
        assert job.attempts == 2
        assert job.facts is not None
        assert job.facts["iterations"] == fine.iterations
        assert image_of(await queue.read("left", RESULT)).size == (fine.width, fine.height)


async def test_a_worker_that_slept_through_its_lease_drops_the_job_and_changes_nothing(pair: Pair) -> None:
    async with pair.alone() as (queue, queue_admin):
        with pair.data_folder.worker(**SHORT_LEASE) as first:
            await tiny(queue, "slept", quality="normal")
            before = await begun(queue, "slept", first)
            # Not while it talks to the database, which a sleeper could lock: just after.
            held = await job_when(queue, "slept", lambda job: job.lease != before.lease, first)
            assert held.state is State.RUNNING, "painted too fast to be seen"
            os.kill(first.process.pid, signal.SIGSTOP)
            await queue_admin.resume(pair.rival.name)
            job = await done(queue, "slept", pair.rival)
            assert (job.worker, job.attempts) == (pair.rival.name, 2)
            result = await queue.read("slept", RESULT)

            os.kill(first.process.pid, signal.SIGCONT)
            await first.says("job slept: the lease was lost; dropped")
            assert await queue.get("slept") == job
            assert await queue.read("slept", RESULT) == result
            await queue_admin.drain(pair.rival.name)
            await tiny(queue, "another")
            assert (await done(queue, "another", first)).worker == first.name
            assert await queue.get("slept") == job
            assert await queue.read("slept", RESULT) == result


async def test_a_worker_that_is_started_again_gives_its_job_to_another_before_it_has_a_network(
    pair: Pair,
) -> None:
    async with pair.alone() as (queue, queue_admin):
        with pair.data_folder.worker() as first:
            await tiny(queue, "returned", quality="fine")
            await begun(queue, "returned", first)
            first.process.kill()
            first.wait()
        await queue_admin.resume(pair.rival.name)
        # A pipe that nobody writes into: its network is never loaded.
        pipe = pair.data_folder.data / "weights.pipe"
        os.mkfifo(pipe)
        with pair.data_folder.worker(VGG_WEIGHTS=str(pipe)) as again:
            job = await job_when(queue, "returned", lambda job: job.attempts == 2, again, pair.rival)
            assert (job.state, job.worker) == (State.RUNNING, pair.rival.name)
            assert "queued again" in again.output
            again.process.terminate()
            assert again.wait() == -signal.SIGTERM
        assert await queue.cancel("returned", "returned") is State.RUNNING
        await ended(queue, "returned", pair.rival)


async def test_nobody_ever_has_two_at_once_and_others_are_painted_beside(pair: Pair) -> None:
    async with pair.alone() as (queue, queue_admin):
        greedy, modest = [f"greedy-{number}" for number in range(4)], ["modest-0", "modest-1"]
        for name in greedy + modest:
            await tiny(queue, name, owner=name.partition("-")[0])
        with pair.data_folder.worker(**SHORT_LEASE) as second:
            await queue_admin.resume(pair.rival.name)
            seen: set[tuple[str, ...]] = set()

            async def look() -> bool | None:
                jobs = await queue.jobs("greedy") + await queue.jobs("modest")
                seen.add(tuple(job.owner for job in jobs if job.state is State.RUNNING))
                return all(job.state.terminal for job in jobs) or None

            await wait_until(look, second, pair.rival)
            assert ("greedy", "modest") in seen
            assert seen <= {(), ("greedy",), ("modest",), ("greedy", "modest")}
            # What happened between two looks:
            for names in (greedy, modest):
                jobs = [await done(queue, name) for name in names]
                spans = sorted((job.started or 0.0, job.finished or 0.0) for job in jobs)
                assert all(one[1] <= next_[0] for one, next_ in itertools.pairwise(spans)), spans


async def test_a_drained_worker_ends_its_job_and_starts_nothing_until_it_is_resumed_or_started_again(
    pair: Pair,
) -> None:
    async def is_idle(queue: Queue, name: str, worker: WorkerProcess) -> None:
        """Check that a worker has polled for two seconds and left a job queued."""
        await idle(queue, worker)
        await asyncio.sleep(2)
        job = await queue.get(name)
        assert job is not None
        assert (job.state, job.attempts) == (State.QUEUED, 0)

    async with pair.alone() as (queue, queue_admin):
        await tiny(queue, "first")
        with pair.data_folder.worker(**SHORT_LEASE) as worker:
            await job_when(queue, "first", lambda job: job.state is State.RUNNING, worker)
            assert await queue_admin.drain(worker.name) == 1
            await tiny(queue, "second")
            assert (await done(queue, "first", worker)).worker == worker.name
            await is_idle(queue, "second", worker)
            await queue_admin.resume(worker.name)
            assert (await done(queue, "second", worker)).worker == worker.name

            await idle(queue, worker)
            assert await queue_admin.drain(worker.name) == 0
            await tiny(queue, "third")
            worker.process.terminate()
            assert worker.wait() == 0
        with pair.data_folder.worker(**SHORT_LEASE) as worker:
            assert (await done(queue, "third", worker)).worker == worker.name
            row = await known(queue, worker)
            assert row is not None
            assert not row.drain
