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
from tests.support.pictures import paint_of, painting, png, small
from tests.support.workers import (
    LONG,
    House,
    Studio,
    address,
    announced,
    begun,
    checkpointed,
    done,
    ended,
    enqueue,
    furnish,
    known,
    lasting,
    resting,
    sight,
    two_canvases,
    until,
)

LEASE = 3.0
PROMPTLY = 2.0
"""Seconds after a lease in which a living worker starts what was left."""
HASTY: dict[str, Any] = {"LEASE_SECONDS": str(LEASE), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Place:
    """A house for the test's own worker, and the other worker, far away."""

    house: House
    rival: Studio

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[tuple[Queue, QueueAdmin]]:
        """The queue, with the rival drained."""
        async with self.house.office() as (queue, queue_admin):
            await resting(queue, self.rival)
            await queue_admin.drain(self.rival.name)
            yield queue, queue_admin
            await queue_admin.resume(self.rival.name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path
) -> House:
    """The rival's house, and the database."""
    return furnish(tmp_path_factory.mktemp("rival"), weights_cache, repo, address(request))


@pytest.fixture(scope="module")
def rival(home: House) -> Iterator[Studio]:
    """The worker that lives through all tests."""
    with home.worker(**HASTY) as studio:
        yield studio


@pytest.fixture
def place(home: House, rival: Studio, tmp_path: Path) -> Place:
    """A house for the test's own worker."""
    return Place(home.neighbour(tmp_path / f"own-{tmp_path.name}"), rival)


async def tiny(queue: Queue, name: str, owner: str | None = None) -> Job:
    """Have something painted that takes a second."""
    return await enqueue(queue, name, content=png(small()), style=painting(), owner=owner)


async def test_a_killed_workers_job_starts_on_another_when_the_lease_is_over_and_goes_on_where_it_was(
    place: Place,
) -> None:
    async with place.alone() as (queue, queue_admin):
        with place.house.worker(**HASTY) as first:
            chosen = two_canvases((await announced(queue, first)).rate)
            _, fine = plan(640, 427, **chosen)
            await enqueue(queue, "left", **chosen)
            await checkpointed(queue, "left", first)
            first.process.kill()
            first.end()
        left = await queue.get("left")
        assert left is not None
        assert (left.state, left.attempts, left.worker) == (State.RUNNING, 1, first.name)
        await queue_admin.resume(place.rival.name)
        taken = await sight(queue, "left", lambda job: job.attempts == 2, place.rival)
        assert taken.worker == place.rival.name
        assert left.lease is not None
        assert taken.started is not None
        assert 0 < taken.started - left.lease < PROMPTLY
        job = await done(queue, "left", place.rival)
        assert job.attempts == 2
        assert job.facts is not None
        assert job.facts["iterations"] == fine.iterations
        assert paint_of(await queue.read("left", RESULT)).size == (fine.width, fine.height)


async def test_a_worker_that_slept_through_its_lease_drops_the_job_and_changes_nothing(place: Place) -> None:
    async with place.alone() as (queue, queue_admin):
        with place.house.worker(**HASTY) as first:
            width = lasting((await announced(queue, first)).rate, 6)
            content = png(small(width=width))
            await enqueue(queue, "slept", content=content, style=painting(), size=512, quality="fine")
            before = await begun(queue, "slept", first)
            # Not while it talks to the database, which a sleeper could lock: just after.
            held = await sight(queue, "slept", lambda job: job.lease != before.lease, first)
            assert held.state is State.RUNNING, "painted too fast to be seen"
            os.kill(first.process.pid, signal.SIGSTOP)
            await queue_admin.resume(place.rival.name)
            job = await done(queue, "slept", place.rival)
            assert (job.worker, job.attempts) == (place.rival.name, 2)
            result = await queue.read("slept", RESULT)

            os.kill(first.process.pid, signal.SIGCONT)
            await first.says("job slept: the lease was lost; dropped")
            assert await queue.get("slept") == job
            assert await queue.read("slept", RESULT) == result
            await queue_admin.drain(place.rival.name)
            await tiny(queue, "another")
            assert (await done(queue, "another", first)).worker == first.name
            assert await queue.get("slept") == job
            assert await queue.read("slept", RESULT) == result


async def test_a_worker_that_is_started_again_gives_its_job_to_another_before_it_has_a_network(
    place: Place,
) -> None:
    async with place.alone() as (queue, queue_admin):
        with place.house.worker() as first:
            await enqueue(queue, "returned", **LONG)
            await begun(queue, "returned", first)
            first.process.kill()
            first.end()
        await queue_admin.resume(place.rival.name)
        # A pipe that nobody writes into: its network is never loaded.
        pipe = place.house.data / "weights.pipe"
        os.mkfifo(pipe)
        with place.house.worker(VGG_WEIGHTS=str(pipe)) as again:
            job = await sight(queue, "returned", lambda job: job.attempts == 2, again, place.rival)
            assert (job.state, job.worker) == (State.RUNNING, place.rival.name)
            assert "queued again" in again.said()
            again.process.terminate()
            assert again.end(10) == -signal.SIGTERM
        assert await queue.cancel("returned", "returned") is State.RUNNING
        await ended(queue, "returned", place.rival)


async def test_nobody_ever_has_two_at_once_and_others_are_painted_beside(place: Place) -> None:
    async with place.alone() as (queue, queue_admin):
        greedy, modest = [f"greedy-{number}" for number in range(4)], ["modest-0", "modest-1"]
        for name in greedy + modest:
            await tiny(queue, name, owner=name.partition("-")[0])
        with place.house.worker(**HASTY) as second:
            await queue_admin.resume(place.rival.name)
            seen: set[tuple[str, ...]] = set()

            async def look() -> bool | None:
                jobs = await queue.jobs("greedy") + await queue.jobs("modest")
                seen.add(tuple(job.owner for job in jobs if job.state is State.RUNNING))
                return all(job.state.terminal for job in jobs) or None

            await until(look, second, place.rival)
            assert ("greedy", "modest") in seen
            assert seen <= {(), ("greedy",), ("modest",), ("greedy", "modest")}
            # What happened between two looks:
            for names in (greedy, modest):
                jobs = [await done(queue, name) for name in names]
                spans = sorted((job.started or 0.0, job.finished or 0.0) for job in jobs)
                assert all(job.attempts == 1 for job in jobs)
                assert all(one[1] <= next_[0] for one, next_ in itertools.pairwise(spans)), spans


async def test_a_drained_worker_ends_its_job_and_starts_nothing_until_it_is_resumed_or_started_again(
    place: Place,
) -> None:
    async def rests(queue: Queue, name: str, worker: Studio) -> None:
        """See that a worker has seen a job often and left it."""
        await resting(queue, worker)
        await asyncio.sleep(2)
        job = await queue.get(name)
        assert job is not None
        assert (job.state, job.attempts) == (State.QUEUED, 0)

    async with place.alone() as (queue, queue_admin):
        await tiny(queue, "first")
        with place.house.worker(**HASTY) as worker:
            await sight(queue, "first", lambda job: job.state is State.RUNNING, worker)
            assert await queue_admin.drain(worker.name) == 1
            await tiny(queue, "second")
            assert (await done(queue, "first", worker)).worker == worker.name
            await rests(queue, "second", worker)
            await queue_admin.resume(worker.name)
            assert (await done(queue, "second", worker)).worker == worker.name

            await resting(queue, worker)
            assert await queue_admin.drain(worker.name) == 0
            await tiny(queue, "third")
            worker.process.terminate()
            assert worker.end() == 0
        with place.house.worker(**HASTY) as worker:
            assert (await done(queue, "third", worker)).worker == worker.name
            row = await known(queue, worker)
            assert row is not None
            assert not row.drain
