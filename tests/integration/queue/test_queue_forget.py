"""What is erased for an owner, whoever is at work meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.util import await_only

from engine.queue import TIMELAPSE, Leases, Limits, Queue, QueueAdmin, State, Usage, create_schema
from engine.queue import queue as module
from engine.queue.schema import blob, clock
from tests.integration.queue.steps import traces
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add

    Connect = Callable[[], AsyncEngine]


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


async def test_many_are_forgotten_at_once_and_erased_in_short_transactions(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PRUNED_AT_ONCE", 2)
    for number in range(5):
        await add(queue, f"A{number}", address={"chat": 1})
    await leases.claim("w")
    deleted: list[int] = []

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def note(_: object, cursor: Any, statement: str, *__: object) -> None:
        if statement.startswith("DELETE FROM job") and cursor.rowcount:
            deleted.append(cursor.rowcount)

    assert await queue.forget("A") == 5
    event.remove(engine.sync_engine, "after_cursor_execute", note)
    assert deleted == [2, 2, 1]
    assert await traces(engine, "A", *(f"A{number}" for number in range(5))) == 0


async def test_what_a_kill_leaves_of_the_forgotten_is_nobodys_and_goes_with_the_next_prune(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await add(queue, f"A{number}", address={"chat": 1})
    (running,) = await leases.claim("w")

    async def killed(_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "in_slices", killed)
        with pytest.raises(KeyboardInterrupt):
            await queue.forget("A")
    assert not [*await queue.jobs("A"), *await queue.jobs(), *await queue.live("A")]
    assert await queue.usage("A") == Usage(live=0, today=0)
    assert not [*await undelivered(queue), *await QueueAdmin(engine).jobs()]
    assert await queue.get("A1") is None
    assert await leases.claim("v") == []
    assert await leases.heartbeat(running.id, "w", progress=0.5) is None
    again = await add(queue, "A1")
    assert (again.owner, again.state) == ("A", State.QUEUED), "the same id may be used again"
    await queue.prune(3600.0)
    assert [job.id for job in await queue.jobs()] == ["A1"]
    assert await traces(engine, "", "A0", "A2") == 0
