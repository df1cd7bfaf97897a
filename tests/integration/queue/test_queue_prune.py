"""What is deleted by and by: ended jobs, pictures of failed ones, dead workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import event, func, select, update

from engine.queue import RESULT, TIMELAPSE, Leases, Queue, QueueAdmin
from engine.queue import queue as module
from engine.queue.queue import FAILED_TTL
from engine.queue.schema import Now, blob, worker
from tests.integration.queue.steps import age, failed, got, start, traces

if TYPE_CHECKING:
    import pytest
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


async def test_prune_forgets_ended_jobs_with_their_blobs(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    for job_id in ("A0", "B0", "C0"):
        await add(queue, job_id)
    await leases.claim("w")
    await leases.finish("A0", "w", b"painting", {}, {"timelapse": b"film"})
    await leases.claim("w")
    assert await queue.prune(3600.0) == 0
    assert await queue.prune(-1.0) == 1
    assert {job.id for job in await queue.jobs()} == {"B0", "C0"}
    async with engine.connect() as connection:
        kept = await connection.scalar(select(func.count()).where(blob.c.job == "A0"))
    assert kept == 0


async def test_prune_keeps_what_somebody_still_waits_for(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A1", address={"chat": 1})
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    assert await queue.prune(-1.0) == 0
    await queue.delivered("A1")
    assert await queue.prune(-1.0) == 1


async def test_a_delivered_job_is_kept_from_its_delivery_on(
    queue: Queue, engine: AsyncEngine, add: Add
) -> None:
    from engine.queue.schema import job

    for job_id in ("A0", "B0"):
        await add(queue, job_id)
        await queue.cancel(job_id, job_id[0])
    await queue.delivered("B0")
    async with engine.begin() as connection:
        await connection.execute(update(job).values(finished=Now() - 7200.0))
    assert await queue.prune(3600.0) == 1
    assert {job.id for job in await queue.jobs()} == {"B0"}


async def test_prune_forgets_workers_that_are_long_gone(
    queue: Queue, leases: Leases, engine: AsyncEngine
) -> None:
    await leases.announce("gone", "cpu", "vgg19", 1.0)
    async with engine.begin() as connection:
        await connection.execute(update(worker).values(seen=Now() - 7200.0))
    await leases.announce("here", "cpu", "vgg19", 1.0)
    await queue.prune(3600.0)
    await queue.prune(0.0)
    assert [known.name for known in await queue.workers()] == ["here"]


async def test_a_failed_jobs_pictures_are_kept_for_a_day_only(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    await failed(queue, leases, add, address={"chat": 1})
    await start(queue, leases, add, "B1")
    await leases.finish("B1", "w", b"painting", {})
    await age(engine, FAILED_TTL - 60.0)
    await queue.prune(30 * 86400.0)
    assert await queue_admin.blobs("A1") == {"content": 5, "style0": 8}
    await age(engine, FAILED_TTL + 60.0)
    assert await queue.prune(30 * 86400.0) == 0
    assert await queue_admin.blobs("A1") == {}
    assert await queue_admin.blobs("B1") == {"result": 8}
    assert (await got(queue, "A1")).error_detail == "There were 8 GB."


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


async def test_many_are_pruned_in_short_transactions_between_which_others_have_their_turn(
    queue: Queue, engine: AsyncEngine, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PRUNED_AT_ONCE", 2)
    for number in range(5):
        await add(queue, f"A{number}")
        await queue.cancel(f"A{number}", "A")
    deleted: list[int] = []

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def note(_: object, cursor: object, statement: str, *__: object) -> None:
        if statement.startswith("DELETE FROM job WHERE job.id IN (") and "SELECT" not in statement:
            deleted.append(cursor.rowcount)  # type: ignore[attr-defined]

    assert await queue.prune(-1.0) == 5
    assert [count for count in deleted if count] == [2, 2, 1]
    assert await traces(engine, "A") == 0
