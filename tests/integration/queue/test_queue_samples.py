"""Samples: the lowest order, no count, no turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.queue import SAMPLES, Leases, Limits, Queue, QueueAdmin, State
from engine.queue.queue import SAMPLES_TTL
from engine.queue.schema import Now
from engine.queue.schema import job as jobs
from tests.integration.queue.steps import got, stored
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from engine.queue import Job
    from tests.integration.queue.steps import Add


async def _samples(queue: Queue, add: Add, name: str = "S1") -> Job:
    recipe = {"samples": ["mosaic"]}
    return await add(queue, name, recipe=recipe, cost=0.0, shape=name, priority=SAMPLES)


async def test_samples_come_after_every_painting_however_long_they_wait(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await _samples(queue, add)
    for name in ("A1", "A2", "B1"):
        await add(queue, name)
    order = [job.id for _ in range(4) for job in await leases.claim("w")]
    assert order[-1] == "S1"
    assert sorted(order[:3]) == ["A1", "A2", "B1"]


async def test_samples_make_way_for_a_painting_that_could_start_and_for_nothing_else(
    engine: AsyncEngine, add: Add
) -> None:
    limits = Limits(running=1)
    queue, leases, admin = Queue(engine, limits), Leases(engine, limits), QueueAdmin(engine)
    await leases.announce("w", "cpu", "vgg16", 1.0)
    assert not await leases.is_awaited("w")
    await _samples(queue, add)
    assert [job.id for job in await leases.claim("w")] == ["S1"]
    await _samples(queue, add, "T1")
    assert not await leases.is_awaited("w"), "samples wait for each other"
    await add(queue, "A1")
    assert await leases.is_awaited("w")
    await admin.drain("w")
    assert not await leases.is_awaited("w"), "a drained worker starts nothing"
    await admin.resume("w")
    assert [job.id for job in await leases.claim("other")] == ["A1"]
    await add(queue, "A2")
    assert not await leases.is_awaited("w"), "its owner has one under way already"


async def test_samples_take_no_turn_and_no_time_from_the_paintings(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await leases.announce("w", "cpu", "vgg16", 1.0)
    assert [job.id for job in await leases.claim("w")] == []
    before = (await add(queue, "A1")).tag
    await queue.forget("A")
    await _samples(queue, add)
    assert [job.id for job in await leases.claim("w")] == ["S1"]
    job = await add(queue, "A1")
    assert job.tag == before
    (status,) = await queue.live("A")
    assert (status.forecast.position, status.forecast.eta) == (0, job.cost / 1.0)
    assert await queue.backlog() == job.cost


async def test_samples_that_made_way_are_claimed_again_and_can_be_forgotten(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await _samples(queue, add)
    await leases.claim("w")
    assert await leases.release("w", "S1") == 1
    released = await got(queue, "S1")
    assert (released.state, released.attempts) == (State.QUEUED, 0)
    assert [job.samples for job in await leases.claim("w")] == [("mosaic",)]
    assert await queue.forget("S", "S1") == 1
    assert await leases.heartbeat("S1", "w", progress=0.0) is None, "the worker drops them"


async def test_samples_that_a_killed_bot_has_left_are_deleted_in_any_state(
    engine: AsyncEngine, queue: Queue, leases: Leases, add: Add
) -> None:
    for name in ("done", "failed", "running", "queued", "fresh"):
        await _samples(queue, add, name)
        if name not in ("queued", "fresh"):
            await leases.claim("w")
    await leases.finish("done", "w", b"strip", {})
    await leases.fail("failed", "w", "error")
    await add(queue, "A1")
    old = update(jobs).where(jobs.c.id != "fresh")
    async with engine.begin() as connection:
        await connection.execute(old.values(created=Now() - SAMPLES_TTL - 1.0))
    assert await queue.prune(7 * 86400.0) == 0, "it counts paintings"
    assert {job.id for job in await queue.jobs()} == {"A1", "fresh"}
    assert await stored(queue, "done") == await stored(queue, "queued") == set()
    assert await leases.heartbeat("running", "w", progress=0.0) is None, "the worker drops them"
    async with engine.begin() as connection:  # the clock is put back
        await connection.execute(update(jobs).values(created=Now() + 3600.0))
    await queue.prune(7 * 86400.0)
    assert [job.id for job in await queue.jobs()] == ["A1"]


async def test_samples_are_in_no_figure_and_no_list(
    engine: AsyncEngine, queue: Queue, leases: Leases, add: Add
) -> None:
    admin = QueueAdmin(engine)
    await leases.announce("w", "cpu", "vgg16", 1.0)
    quiet, nothing = await admin.health(), await admin.statistics()
    for name in ("done", "failed", "lost", "queued"):
        await _samples(queue, add, name)
        if name != "queued":
            await leases.claim("w")
    await leases.finish("done", "w", b"strip", {})
    await leases.fail("failed", "w", "error")
    async with engine.begin() as connection:
        lost = update(jobs).where(jobs.c.state == State.RUNNING)
        await connection.execute(update(jobs).values(created=Now() - 3600.0))
        await connection.execute(lost.values(lease=Now() - 1.0, renewed=Now() - 2.0))
    health = await admin.health()
    assert (health.queued, health.running, health.waiting, health.expired) == (0, 0, 0.0, 0)
    assert health.problems == quiet.problems == []
    assert await admin.statistics() == nothing
    assert await admin.jobs() == await admin.jobs([State.FAILED]) == []
    assert await admin.forecasts() == {}
    assert await undelivered(queue) == []
    assert await admin.drain() == 0, "an operator need not wait for them"
    assert [job.id for job in await admin.jobs(owner="q")] == ["queued"], "unless they are asked for"


async def test_samples_make_sense_while_a_worker_may_start_and_no_painting_waits(
    engine: AsyncEngine, queue: Queue, leases: Leases, add: Add
) -> None:
    admin = QueueAdmin(engine)
    assert not await queue.takes_samples(), "nobody works"
    await leases.announce("w", "cpu", "vgg16", None)
    assert await queue.takes_samples()
    await _samples(queue, add)
    assert await queue.takes_samples(), "samples are in nobody's way"
    await add(queue, "A1")
    assert not await queue.takes_samples(), "a painting waits"
    await leases.claim("w")
    assert await queue.takes_samples()
    await admin.drain("w")
    assert not await queue.takes_samples()
    await admin.resume("w")
    await admin.drain()
    assert not await queue.takes_samples()


async def test_a_worker_never_decodes_samples_ahead_of_a_painting(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await _samples(queue, add)
    assert await leases.upcoming("w", 3) == []
    for name in ("A1", "B1"):
        await add(queue, name)
    assert [job.id for job in await leases.claim("w")] == ["A1"]
    assert [job.id for job in await leases.upcoming("w", 3)] == ["B1"]
