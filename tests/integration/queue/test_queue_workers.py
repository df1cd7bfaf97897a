"""What workers announce: their condition, rate and number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.queue import Condition, Leases, Queue, Worker
from tests.integration.queue.steps import silence

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


async def test_a_rate_outlives_a_restart_on_the_same_device_and_network(queue: Queue, leases: Leases) -> None:
    await leases.announce("w", "cpu", "vgg19", 3.0)
    await leases.announce("w", "cpu", "vgg19", None)
    assert [known.rate for known in await queue.workers()] == [3.0]
    await leases.announce("w", "cpu", "vgg19", 4.0)
    assert [known.rate for known in await queue.workers()] == [4.0]
    await leases.announce("w", "cuda", "vgg19", None)
    (known,) = await queue.workers()
    assert replace(known, seen=0.0) == Worker(
        "w", "cuda", "vgg19", None, 0.0, Condition.IDLE, None, drain=False
    )
    await leases.retire("w")
    assert [known.state for known in await queue.workers()] == ["retired"]


async def test_an_announcement_answers_how_many_are_idle(leases: Leases, engine: AsyncEngine) -> None:
    assert await leases.announce("a", "cpu", "vgg16", 1.0) == 1
    assert await leases.announce("b", "cpu", "vgg16", 1.0) == 2
    assert await leases.announce("b", "cpu", "vgg16", 1.0) == 2
    assert await leases.announce("c", "cpu", "vgg16", 1.0, Condition.BUSY) == 2
    assert await leases.announce("d", "cpu", "vgg16", 1.0, Condition.BROKEN, "why") == 2
    assert await leases.announce("e", "cpu", "vgg16", 1.0) == 3
    assert await leases.announce("b", "cpu", "vgg16", 1.0, Condition.BUSY) == 2
    await leases.retire("e")
    assert await leases.announce("b", "cpu", "vgg16", 1.0) == 2
    await silence(engine, "a")
    assert await leases.announce("b", "cpu", "vgg16", 1.0) == 1
