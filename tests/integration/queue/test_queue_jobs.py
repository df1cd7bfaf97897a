"""A client's jobs: enqueued, cancelled, moved, delivered, listed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.errors import TooManyJobsError
from engine.queue import RESULT, TIMELAPSE, Forecast, Leases, Limits, Queue, State
from tests.integration.queue.steps import start, stored
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


# Enqueue


async def test_an_enqueued_job_is_what_was_said(queue: Queue, add: Add) -> None:
    job = await add(queue, "A1", address={"chat": 5, "message": 7}, priority=2)
    assert job == await queue.get("A1")
    assert (job.id, job.owner, job.priority, job.tag, job.state) == ("A1", "A", 2, 1, State.QUEUED)
    assert (job.recipe, job.cost, job.shape) == ({"size": 512, "title": "Wellen 🌊"}, 10.0, "512x384")
    assert job.address == {"chat": 5, "message": 7}
    assert (job.attempts, job.worker, job.lease, job.cancel, job.progress) == (0, None, None, False, 0.0)
    assert abs(job.created - time.time()) < 60.0
    assert await queue.read("A1", "content") == b"photo"
    assert await queue.read("A1", "style0") == b"painting"
    assert await queue.read("A1", "result") is None


async def test_enqueueing_the_same_id_again_returns_the_job_and_adds_nothing(queue: Queue, add: Add) -> None:
    first = await add(queue, "A1")
    again = await add(queue, "A1", cost=99.0, blobs={"content": b"another"})
    assert again == first
    assert await queue.read("A1", "content") == b"photo"
    assert len(await queue.jobs()) == 1


async def test_the_same_id_comes_back_although_the_owner_is_at_the_limit(
    engine: AsyncEngine, add: Add
) -> None:
    queue = Queue(engine, Limits(live=1))
    await add(queue, "A1")
    assert (await add(queue, "A1")).id == "A1"


async def test_one_job_too_many_is_refused_and_leaves_nothing(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=2))
    await add(queue, "A1")
    await add(queue, "A2")
    with pytest.raises(TooManyJobsError) as caught:
        await add(queue, "A3")
    assert caught.value.facts == {"limit": 2}
    assert await queue.get("A3") is None
    assert await stored(queue, "A3") == set()
    await add(queue, "B1")


async def test_an_ended_job_makes_room_for_another(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=1))
    leases = Leases(engine, Limits(live=1))
    await add(queue, "A1")
    await queue.cancel("A1", "A")
    await add(queue, "A2")
    await leases.claim("w")
    with pytest.raises(TooManyJobsError):
        await add(queue, "A3")
    await leases.finish("A2", "w", b"", {})
    await add(queue, "A3")


# Cancel


async def test_a_queued_job_is_cancelled_at_once(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A1")
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await leases.claim("w") == []
    job = await queue.get("A1")
    assert job is not None
    assert job.finished is not None
    assert await stored(queue, "A1") == set()


async def test_a_running_job_is_cancelled_by_its_worker(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert not await leases.stop("A1", "w")
    assert await queue.cancel("A1", "A") is State.RUNNING
    assert await leases.heartbeat("A1", "w", progress=0.5) is True
    assert await leases.stop("A1", "w")
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await stored(queue, "A1") == set()


async def test_a_painting_that_is_ready_after_the_stop_is_not_wanted(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, leases, add)
    await queue.cancel("A1", "A")
    assert not await leases.finish("A1", "w", b"painting", {})
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await stored(queue, "A1") == set()


async def test_a_stop_after_the_painting_changes_nothing(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert await leases.finish("A1", "w", b"painting", {})
    assert await queue.cancel("A1", "A") is State.DONE
    assert await queue.read("A1", "result") == b"painting"


async def test_a_running_job_is_cancelled_at_once_when_its_lease_is_over(
    engine: AsyncEngine, add: Add
) -> None:
    queue = Queue(engine, Limits(lease=-1.0))
    leases = Leases(engine, Limits(lease=-1.0))
    await start(queue, leases, add)
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await leases.heartbeat("A1", "w", progress=0.5) is None
    assert await stored(queue, "A1") == set()


async def test_nobody_cancels_another_owners_job(queue: Queue, add: Add) -> None:
    job = await add(queue, "A1")
    assert await queue.cancel("A1", "B") is None
    assert await queue.cancel("unknown", "A") is None
    assert await queue.get("A1") == job


# Move


async def test_a_job_finds_its_owner_at_the_new_address(queue: Queue, add: Add) -> None:
    await add(queue, "A1", address={"chat": -5, "message": 7})
    old, new = {"chat": -5, "message": 7}, {"chat": -1005, "message": 7}
    assert await queue.readdress("A1", old, new)
    assert await queue.readdress("A1", old, new), "the same again, as after a lost answer"
    (watch,) = await undelivered(queue)
    assert watch.job.address == new
    assert not await queue.readdress("unknown", old, new)


async def test_a_job_is_moved_by_one_alone_and_not_after_its_delivery(queue: Queue, add: Add) -> None:
    old, new = {"chat": -5, "message": 7}, {"chat": -5, "message": 8}
    await add(queue, "A1", address=old)
    assert await queue.readdress("A1", old, new)
    assert not await queue.readdress("A1", old, {"chat": -5, "message": 9})
    await queue.cancel("A1", "A")
    await queue.delivered("A1")
    assert not await queue.readdress("A1", new, old)
    job = await queue.get("A1")
    assert job is not None
    assert job.address == new


async def test_a_job_that_was_never_started_can_be_revised(queue: Queue, leases: Leases, add: Add) -> None:
    old, new = {"style": "mosaic"}, {"style": "a blend"}
    await add(queue, "A1", address=old)
    await add(queue, "B1")
    before = await queue.get("A1")
    blobs = {"content": b"the photo", "style0": b"first", "style1": b"second"}
    assert not await queue.revise("A1", new, recipe={}, blobs=blobs, address=new), "its address is another"
    assert not await queue.revise("unknown", old, recipe={}, blobs=blobs, address=new)
    assert await queue.revise("A1", old, recipe={"seed": 7}, blobs=blobs, address=new)
    assert before is not None
    assert await queue.get("A1") == replace(before, recipe={"seed": 7}, address=new)
    assert [await queue.read("A1", name) for name in blobs] == list(blobs.values())
    less = {"content": b"the photo", "style0": b"one"}
    assert await queue.revise("A1", new, recipe={"seed": 7}, blobs=less, address=old)
    assert await queue.read("A1", "style1") is None
    (claimed,) = await leases.claim("w")
    assert (claimed.id, claimed.recipe) == ("A1", {"seed": 7}), "it has kept its turn"
    assert not await queue.revise("A1", old, recipe={}, blobs=blobs, address=new), "it has begun"
    await leases.release("w")
    again = await queue.get("A1")
    assert again is not None
    assert again.state is State.QUEUED
    assert not await queue.revise("A1", old, recipe={}, blobs=blobs, address=new), "it had begun"


# Deliver


async def test_an_ended_job_is_watched_until_it_is_delivered(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A0", address={"chat": 1})
    assert not await queue.delivered("A0")
    await leases.claim("w")
    assert not await queue.delivered("A0")
    await leases.finish("A0", "w", b"painting", {})
    (watch,) = await undelivered(queue)
    assert (watch.job.state, watch.forecast) == (State.DONE, Forecast(None, None))
    assert await queue.delivered("A0")
    assert await undelivered(queue) == []
    first = await queue.get("A0")
    assert await queue.delivered("A0")
    assert await queue.get("A0") == first
    assert await queue.read("A0", "result") == b"painting"
    assert not await queue.delivered("unknown")


async def test_the_newest_jobs_are_listed(queue: Queue, add: Add) -> None:
    for job_id in ("A0", "B0", "A1"):
        await add(queue, job_id)
    assert {job.id for job in await queue.jobs()} == {"A0", "A1", "B0"}
    assert {job.id for job in await queue.jobs("A")} == {"A0", "A1"}
    assert len(await queue.jobs(count=2)) == 2


async def test_a_painting_without_a_film_is_read_as_before(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A1")
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    assert await queue.read("A1", RESULT) == b"painting"
    assert await queue.read("A1", TIMELAPSE) is None


async def test_pictures_are_compared_to_the_byte(queue: Queue, add: Add) -> None:
    await add(queue, "A0", blobs={"content": b"photo\0\xff", "style0": b"painting"})
    await add(queue, "B0", blobs={"content": b"other", "style0": b"painting"})
    assert await queue.holds("A0", {"content": b"photo\0\xff", "style0": b"painting"})
    assert await queue.holds("A0", {"style0": b"painting"})
    assert not await queue.holds("A0", {"content": b"photo\0\xfe", "style0": b"painting"})
    assert not await queue.holds("A0", {"content": b"other"})
    assert not await queue.holds("A0", {"content": b"photo\0\xff", "style1": b"painting"})
    assert not await queue.holds("C0", {"style0": b"painting"})
