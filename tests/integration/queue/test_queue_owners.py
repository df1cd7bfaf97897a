"""One owner's daily quota, usage and live jobs; readdressed and forgotten jobs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.util import await_only

from engine.errors import TooManyJobsError, TooManyTodayError
from engine.queue import (
    RESULT,
    TIMELAPSE,
    Condition,
    Forecast,
    Job,
    Leases,
    Limits,
    Queue,
    QueueAdmin,
    State,
    Usage,
    create_schema,
)
from engine.queue.quota import DAY, HOUR
from engine.queue.schema import Now, blob, clock, metadata
from engine.queue.schema import job as jobs
from engine.queue.schema import worker as workers
from engine.queue.statements import WORKER_TTL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    Add = Callable[..., Awaitable[Job]]
    Connect = Callable[[], AsyncEngine]


@pytest.fixture
def daily(engine: AsyncEngine) -> Queue:
    """A queue with room for three a day."""
    return Queue(engine, Limits(live=100, running=100, daily=3, lease=600.0))


async def grown_old(engine: AsyncEngine, job_id: str, seconds: float) -> None:
    """Let a job have been enqueued so long ago."""
    async with engine.begin() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == job_id).values(created=Now() - seconds))


async def traces(engine: AsyncEngine, owner: str, *ids: str) -> int:
    """Count what any table holds of an owner, or of its jobs."""
    found = 0
    async with engine.connect() as connection:
        for table in metadata.tables.values():
            for row in await connection.execute(select(table)):
                found += any(value in (owner, *ids) for value in row)
    return found


# A day


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


# Live jobs


async def test_an_owners_live_jobs_are_told_with_their_place_among_all(
    queue: Queue, leases: Leases, add: Add
) -> None:
    for job_id in ("A0", "B0", "A1", "C0", "A2"):
        await add(queue, job_id, address={"chat": job_id})
    await leases.announce("w", "cpu", "vgg19", 4.0)
    assert [job.id for job in await leases.claim("w")] == ["A0"]
    await leases.heartbeat("A0", "w", progress=0.5)
    await queue.cancel("A2", "A")
    exact = {watch.job.id: watch for watch in await queue.undelivered()}
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


# Moving, and being forgotten


async def test_a_job_finds_its_owner_at_the_new_address(queue: Queue, add: Add) -> None:
    await add(queue, "A1", address={"chat": -5, "message": 7})
    old, new = {"chat": -5, "message": 7}, {"chat": -1005, "message": 7}
    assert await queue.readdress("A1", old, new)
    assert await queue.readdress("A1", old, new), "the same again, as after a lost answer"
    (watch,) = await queue.undelivered()
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


async def test_nothing_of_a_forgotten_owner_is_left_and_others_keep_theirs(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    # One job in each state, with every kind of blob that a job may have then.
    for number in range(5):
        await add(queue, f"A{number}", address={"chat": "A"})
    await add(queue, "B0", priority=-1)
    done, failed, stopped, running = [(await leases.claim("w"))[0] for _ in range(4)]
    await leases.finish(done.id, "w", b"painting", {}, {TIMELAPSE: b"film"})
    await leases.fail(failed.id, "w", "out-of-memory")
    await queue.cancel(stopped.id, stopped.owner)
    await leases.stop(stopped.id, "w")
    await leases.heartbeat(running.id, "w", progress=0.5, preview=b"preview", checkpoint=b"canvas")
    of_a = [job for job in await queue.jobs() if job.owner == "A"]
    others = [job for job in await queue.jobs() if job.owner == "B"]
    assert {job.state for job in of_a} == set(State)
    async with engine.connect() as connection:
        before = await connection.scalar(select(clock.c.tag))

    assert await queue.forget("A") == 5
    assert await traces(engine, "A", *(job.id for job in of_a)) == 0
    assert await queue.jobs() == others
    async with engine.connect() as connection:
        assert await connection.scalar(select(clock.c.tag)) == before
        assert await connection.scalar(select(func.count()).select_from(blob)) == await _blobs(queue, engine)
    assert await queue.usage("A") == Usage(live=0, today=0)
    assert await queue.forget("A") == 0


async def _blobs(queue: Queue, engine: AsyncEngine) -> int:
    """Count the blobs of the jobs that there are."""
    queue_admin = QueueAdmin(engine)
    return sum([len(await queue_admin.blobs(job.id)) for job in await queue.jobs()])


async def test_the_worker_of_a_forgotten_job_has_nothing_more_to_say(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await add(queue, "A1")
    await leases.claim("w")
    assert await queue.forget("A") == 1
    assert await leases.heartbeat("A1", "w", progress=0.5, preview=b"preview", checkpoint=b"c") is None
    assert not await leases.finish("A1", "w", b"painting", {}, {TIMELAPSE: b"film"})
    assert not await leases.fail("A1", "w", "internal")
    assert await leases.release("w") == 0
    assert await traces(engine, "A", "A1") == 0


async def test_who_is_forgotten_while_workers_are_busy_leaves_no_trace_and_stops_nobody(
    connect: Connect, add: Add
) -> None:
    engine = connect()
    await create_schema(engine)
    limits = Limits(live=100, running=100)
    bot = Queue(connect(), limits)
    for number in range(30):
        await add(bot, f"A{number:02}")
        await add(bot, f"B{number:02}")

    async def paint(leases: Leases, name: str) -> None:
        while claimed := await leases.claim(name, 3):
            for job in claimed:
                await leases.heartbeat(job.id, name, progress=0.5, preview=b"p", checkpoint=b"c")
            for job in claimed:
                await leases.finish(job.id, name, b"painting", {}, {TIMELAPSE: b"film"})

    async def forget() -> None:
        await bot.forget("A")

    workers = [paint(Leases(connect(), limits), f"w{number}") for number in range(3)]
    await asyncio.gather(*workers, forget())
    left = await bot.jobs()
    assert {job.id for job in left} == {f"B{number:02}" for number in range(30)}
    assert {job.state for job in left} == {State.DONE}
    assert await traces(engine, "A", *(f"A{number:02}" for number in range(30))) == 0


async def test_a_job_that_is_enqueued_again_while_it_is_forgotten_is_there_or_new(
    connect: Connect, add: Add
) -> None:
    engine = connect()
    await create_schema(engine)
    bot, other = Queue(engine), Queue(connect())
    await add(bot, "A1")
    forgetting: list[asyncio.Task[int]] = []
    one_at_a_time = engine.dialect.name == "sqlite"

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def _(_c: object, _k: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO job") and not forgetting:
            forgetting.append(asyncio.ensure_future(other.forget("A")))
            if not one_at_a_time:
                await_only(forgetting[0])

    assert (await add(bot, "A1")).id == "A1"
    assert await forgetting[0] == 1
    left = await bot.jobs()
    assert [job.id for job in left] == ([] if one_at_a_time else ["A1"])
    assert await traces(engine, "A", "A1") == (0 if one_at_a_time else 3)


# Films


async def test_a_film_is_kept_with_its_painting_and_pruned_with_it(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await add(queue, "A1")
    await leases.claim("w")
    assert await leases.finish("A1", "w", b"painting", {}, {TIMELAPSE: b"film"})
    assert await QueueAdmin(engine).blobs("A1") == {RESULT: 8, TIMELAPSE: 4}
    assert await queue.read("A1", TIMELAPSE) == b"film"
    assert await queue.prune(-1.0) == 1
    assert await traces(engine, "A", "A1") == 0


async def test_a_painting_without_a_film_is_read_as_before(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A1")
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    assert await queue.read("A1", RESULT) == b"painting"
    assert await queue.read("A1", TIMELAPSE) is None
