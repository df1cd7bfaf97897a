"""An owner's daily quota, and the usage that counts towards it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from engine.errors import TooManyJobsError, TooManyTodayError
from engine.queue import Job, Leases, Limits, Queue, State, Usage, create_schema
from engine.queue.quota import DAY, HOUR
from engine.queue.schema import Now, spent
from engine.queue.schema import job as jobs
from tests.integration.queue.steps import traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add

    Connect = Callable[[], AsyncEngine]


@pytest.fixture
def daily(engine: AsyncEngine) -> Queue:
    """A queue with room for three a day."""
    return Queue(engine, Limits(live=100, running=100, daily=3, lease=600.0))


async def grown_old(engine: AsyncEngine, job_id: str, seconds: float) -> None:
    """Let a job have been enqueued so long ago."""
    async with engine.begin() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == job_id).values(created=Now() - seconds))


async def test_one_more_than_the_days_is_refused_and_leaves_nothing(
    daily: Queue, engine: AsyncEngine, add: Add
) -> None:
    for job_id in ("A1", "A2", "A3"):
        await add(daily, job_id)
    with pytest.raises(TooManyTodayError) as caught:
        await add(daily, "A4")
    assert (caught.value.code, caught.value.facts) == ("too-many-today", {"limit": 3, "hours": 24})
    assert await traces(engine, "nobody", "A4") == 0
    assert (await add(daily, "A3")).id == "A3"
    await add(daily, "B1")


async def test_what_was_painted_counts_until_its_day_is_over(
    daily: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    for number, age in enumerate((DAY - 2.5 * HOUR, 2 * HOUR, HOUR)):
        job_id = f"A{number}"
        await add(daily, job_id)
        await leases.claim("w")
        await leases.finish(job_id, "w", b"painting", {})
        await grown_old(engine, job_id, age)
    assert await daily.usage("A") == Usage(live=0, today=3)
    with pytest.raises(TooManyTodayError) as caught:
        await add(daily, "A9")
    assert caught.value.facts == {"limit": 3, "hours": 3}
    await grown_old(engine, "A0", DAY - 60.0)
    with pytest.raises(TooManyTodayError) as caught:
        await add(daily, "A9")
    assert caught.value.facts == {"limit": 3, "hours": 1}
    await grown_old(engine, "A0", DAY + 1.0)
    assert await daily.usage("A") == Usage(live=0, today=2)
    await add(daily, "A9")
    assert await daily.usage("A") == Usage(live=1, today=3)


async def test_after_the_limit_was_lowered_as_many_days_have_to_end(engine: AsyncEngine, add: Add) -> None:
    generous, strict = (Queue(engine, Limits(live=100, daily=limit)) for limit in (0, 2))
    for number in range(5):
        await add(generous, f"A{number}")
        await grown_old(engine, f"A{number}", (20 - number) * HOUR - 60.0)
    with pytest.raises(TooManyTodayError) as caught:
        await add(strict, "A9")
    # Of 20, 19, 18, 17 and 16 hours, there is room when that of 17 is through its day.
    assert caught.value.facts == {"limit": 2, "hours": 8}


async def test_failed_jobs_and_those_stopped_before_their_start_do_not_count(
    daily: Queue, leases: Leases, add: Add
) -> None:
    for number in range(3):
        await add(daily, f"A{number}")
    assert await daily.cancel("A2", "A") is State.CANCELLED
    assert (await leases.claim("w"))[0].id == "A0"
    await leases.fail("A0", "w", "out-of-memory")
    assert await daily.usage("A") == Usage(live=1, today=1)
    await add(daily, "A3")
    await add(daily, "A4")
    with pytest.raises(TooManyTodayError):
        await add(daily, "A5")


async def test_a_job_that_was_stopped_while_it_was_painted_counts(
    daily: Queue, leases: Leases, add: Add
) -> None:
    for number in range(3):
        await add(daily, f"A{number}")
    await leases.claim("w")
    await daily.cancel("A0", "A")
    await leases.stop("A0", "w")
    await leases.claim("w")
    await leases.release("w")
    assert await daily.cancel("A1", "A") is State.CANCELLED  # queued, but begun before
    assert await daily.usage("A") == Usage(live=1, today=3)
    with pytest.raises(TooManyTodayError):
        await add(daily, "A3")


async def test_zero_is_no_limit_and_the_live_limit_is_told_first(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=4, daily=0))
    for number in range(4):
        await add(queue, f"A{number}")
    with pytest.raises(TooManyJobsError):
        await add(Queue(engine, Limits(live=4, daily=4)), "A9")


async def test_the_daily_limit_is_exact_when_twenty_come_at_once(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    queues = [Queue(connect(), Limits(live=100, daily=5)) for _ in range(4)]
    answers = await asyncio.gather(
        *(add(queues[number % 4], f"A{number}") for number in range(20)), return_exceptions=True
    )
    accepted = [answer.id for answer in answers if isinstance(answer, Job)]
    assert len(accepted) == 5
    assert sum(isinstance(answer, TooManyTodayError) for answer in answers) == 15
    assert {job.id for job in await queues[0].jobs()} == set(accepted)


async def test_of_a_stranger_there_is_no_usage(queue: Queue, add: Add) -> None:
    await add(queue, "A1")
    assert await queue.usage("B") == Usage(live=0, today=0)


async def test_what_was_erased_counts_until_its_day_is_over(
    daily: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    for number in range(3):
        await add(daily, f"A{number}")
    for number in range(2):
        await leases.claim("w")
        await leases.finish(f"A{number}", "w", b"painting", {})
        await grown_old(engine, f"A{number}", (2 - number) * HOUR)
    assert await daily.forget("A", "A0") == 1, "one by itself"
    assert await daily.forget("A") == 2, "all of them; A2 was never begun, and costs nothing"
    assert await daily.usage("A") == Usage(live=0, today=2)
    assert await daily.jobs("A", 9) == []
    await add(daily, "A3")
    with pytest.raises(TooManyTodayError) as caught:
        await add(daily, "A4")
    assert caught.value.facts == {"limit": 3, "hours": 22}
    await add(daily, "B1")
    async with engine.begin() as connection:
        await connection.execute(update(spent).values(created=spent.c.created - DAY))
    assert await daily.usage("A") == Usage(live=1, today=1)
    await daily.prune(DAY)
    async with engine.connect() as connection:
        assert (await connection.execute(select(spent))).all() == []


async def test_a_painting_that_is_pruned_within_its_day_still_counts(
    daily: Queue, leases: Leases, add: Add
) -> None:
    await add(daily, "A1")
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    assert await daily.prune(-1.0) == 1
    assert await daily.usage("A") == Usage(live=0, today=1)


async def test_without_a_limit_a_day_nothing_is_remembered(
    leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue = Queue(engine, Limits(daily=0))
    await add(queue, "A1")
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    assert await queue.forget("A") == 1
    assert await traces(engine, "A", "A1") == 0
