"""Positions and times: for one owner, for all who wait, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from engine.queue import Condition, Forecast, Leases, Queue, QueueAdmin
from engine.queue.schema import Now, worker
from engine.queue.schema import worker as workers
from engine.queue.statements import WORKER_TTL
from tests.integration.queue.steps import failed, start
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


async def test_a_watch_tells_position_and_time(queue: Queue, leases: Leases, add: Add) -> None:
    for job_id, address in (("A0", {"chat": 1}), ("A1", {"chat": 1}), ("B0", None), ("C0", {"chat": 3})):
        await add(queue, job_id, address=address)
    await leases.announce("w", "cpu", "vgg19", 4.0)
    await leases.announce("v", "cpu", "vgg19", 6.0)
    await leases.announce("unmeasured", "cpu", "vgg19", None)
    assert [job.id for job in await leases.claim("w")] == ["A0"]
    await leases.heartbeat("A0", "w", progress=0.5)
    watches = {watch.job.id: watch for watch in await undelivered(queue)}
    assert {job_id: watch.forecast for job_id, watch in watches.items()} == {
        "A0": Forecast(None, 1.25),
        "C0": Forecast(1, 3.75),  # by w, after A0; v paints B0 and then A1
        "A1": Forecast(2, 2 * (10.0 / 6.0)),
    }
    assert watches["A0"].job == await queue.get("A0")


async def test_nobody_can_say_when_without_a_living_worker(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await add(queue, "A0", address={"chat": 1})
    assert [watch.forecast for watch in await undelivered(queue)] == [Forecast(0, None)]
    await leases.announce("dead", "cpu", "vgg19", 5.0)
    await leases.announce("retired", "cpu", "vgg19", 5.0)
    await leases.retire("retired")
    async with engine.begin() as connection:
        await connection.execute(
            update(worker).where(worker.c.name == "dead").values(seen=Now() - WORKER_TTL - 1.0)
        )
    assert [watch.forecast for watch in await undelivered(queue)] == [Forecast(0, None)]
    await leases.announce("retired", "cpu", "vgg19", 5.0)
    assert [watch.forecast for watch in await undelivered(queue)] == [Forecast(0, 2.0)]


async def test_an_owners_live_jobs_are_told_with_their_place_among_all(
    queue: Queue, leases: Leases, add: Add
) -> None:
    for job_id in ("A0", "B0", "A1", "C0", "A2"):
        await add(queue, job_id, address={"chat": job_id})
    await leases.announce("w", "cpu", "vgg19", 4.0)
    assert [job.id for job in await leases.claim("w")] == ["A0"]
    await leases.heartbeat("A0", "w", progress=0.5)
    await queue.cancel("A2", "A")
    exact = {watch.job.id: watch for watch in await undelivered(queue)}
    mine = await queue.live("A")
    assert [watch.job.id for watch in mine] == ["A0", "A1"]
    assert mine == [exact["A0"], exact["A1"]]
    assert mine[0].forecast == Forecast(None, 1.25)
    assert mine[1].forecast.position == 2
    assert await queue.live("D") == []


async def test_live_jobs_without_an_address_are_told_too(queue: Queue, add: Add) -> None:
    await add(queue, "A1")
    (watch,) = await queue.live("A")
    assert watch.forecast == Forecast(0, None)


async def test_operators_see_the_outlook_of_every_live_job(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    await leases.announce("w", "cpu", "vgg16", 2.0)
    await failed(queue, leases, add, "A1")
    await start(queue, leases, add, "B1")
    await leases.heartbeat("B1", "w", progress=0.5)
    await add(queue, "C1", address={"chat": 1})
    await add(queue, "D1")
    told = await queue_admin.forecasts(queue.limits.running)
    assert told == {"B1": Forecast(None, 2.5), "C1": Forecast(0, 7.5), "D1": Forecast(1, 12.5)}
    assert [watch.forecast for watch in await undelivered(queue)] == [told["C1"]]


async def test_a_broken_a_drained_and_a_retired_worker_hurry_nothing(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    await leases.announce("w", "cpu", "vgg16", 2.0)
    await add(queue, "A1", address={"chat": 1})
    expected = [Forecast(0, 5.0)]
    assert [watch.forecast for watch in await undelivered(queue)] == expected
    await leases.announce("broken", "cuda", "vgg16", 50.0, Condition.BROKEN, "why")
    await leases.announce("retired", "cuda", "vgg16", 50.0)
    await leases.retire("retired")
    await leases.announce("drained", "cuda", "vgg16", 50.0)
    await queue_admin.drain("drained")
    assert [watch.forecast for watch in await undelivered(queue)] == expected
    assert list((await queue_admin.forecasts()).values()) == expected
    await queue_admin.drain()
    assert list((await queue_admin.forecasts()).values()) == [Forecast(0, None)]


# Backlog


async def test_the_backlog_is_what_is_left_by_the_rates_of_those_at_work(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    await add(queue, "A1", cost=10.0)
    await add(queue, "B1", cost=30.0)
    assert await queue.backlog() is None
    await leases.announce("w", "cpu", "vgg19", None)
    assert await queue.backlog() is None
    await leases.announce("w", "cpu", "vgg19", 2.0)
    assert await queue.backlog() == pytest.approx(20.0)
    await leases.claim("w")
    await leases.heartbeat("A1", "w", progress=0.5)
    await leases.announce("x", "cuda", "vgg19", 3.0)
    assert await queue.backlog() == pytest.approx(7.0)
    await queue_admin.drain("x")
    assert await queue.backlog() == pytest.approx(17.5)
    await queue_admin.resume("x")
    await leases.announce("w", "cpu", "vgg19", 2.0, Condition.BROKEN, "It hangs.")
    assert await queue.backlog() == pytest.approx(35 / 3)
    await queue_admin.drain()
    assert await queue.backlog() is None
    await queue_admin.resume()
    async with engine.begin() as connection:
        await connection.execute(update(workers).values(seen=Now() - WORKER_TTL - 1.0))
    assert await queue.backlog() is None


async def test_without_live_jobs_there_is_no_backlog(queue: Queue, leases: Leases, add: Add) -> None:
    await leases.announce("w", "cpu", "vgg19", 2.0)
    await add(queue, "A1")
    await queue.cancel("A1", "A")
    assert await queue.backlog() == 0.0
