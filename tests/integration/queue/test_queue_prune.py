"""What is deleted by and by: ended jobs, pictures of failed ones, dead workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, insert, select, update

from engine.queue import RESULT, SAMPLES, TIMELAPSE, Leases, Queue, QueueAdmin, quota
from engine.queue import queue as module
from engine.queue.queue import FAILED_TTL, SAMPLES_TTL
from engine.queue.schema import Now, blob, spent, worker
from tests.integration.queue.steps import age, failed, got, start, traces

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.fixture
def deleted(engine: AsyncEngine) -> Iterator[list[tuple[str, int]]]:
    """The tables and the numbers of the rows that are deleted, statement by statement."""
    found: list[tuple[str, int]] = []

    def note(_: object, cursor: Any, statement: str, *__: object) -> None:
        if statement.startswith("DELETE FROM ") and cursor.rowcount:
            found.append((statement.split()[2], cursor.rowcount))

    event.listen(engine.sync_engine, "after_cursor_execute", note)
    yield found
    event.remove(engine.sync_engine, "after_cursor_execute", note)


async def test_many_are_pruned_in_short_transactions_between_which_others_have_their_turn(
    queue: Queue, engine: AsyncEngine, add: Add, monkeypatch: pytest.MonkeyPatch, deleted: list[object]
) -> None:
    monkeypatch.setattr(module, "PRUNED_AT_ONCE", 2)
    for number in range(5):
        await add(queue, f"A{number}")
        await queue.cancel(f"A{number}", "A")
    deleted.clear()
    assert await queue.prune(-1.0) == 5
    assert deleted == [("job", 2), ("job", 2), ("job", 1)]
    assert await traces(engine, "A") == 0


async def test_so_are_failed_jobs_pictures_and_samples(
    queue: Queue,
    leases: Leases,
    engine: AsyncEngine,
    add: Add,
    monkeypatch: pytest.MonkeyPatch,
    deleted: list[object],
) -> None:
    from engine.queue.schema import job

    monkeypatch.setattr(module, "PRUNED_AT_ONCE", 2)
    for number in range(3):
        await failed(queue, leases, add, f"A{number}", address={"chat": 1})
    for number in range(3):
        await add(queue, f"B{number}", priority=SAMPLES)
    await age(engine, FAILED_TTL + 60.0)
    async with engine.begin() as connection:
        sample = job.c.priority == SAMPLES
        await connection.execute(update(job).where(sample).values(created=Now() - SAMPLES_TTL - 60.0))
    deleted.clear()
    assert await queue.prune(30 * 86400.0) == 0
    assert deleted == [("job", 2), ("job", 1), ("blob", 4), ("blob", 2)]


async def test_so_are_the_counts_of_days_that_are_over(
    queue: Queue, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, deleted: list[object]
) -> None:
    monkeypatch.setattr(quota, "FORGOTTEN_AT_ONCE", 2)
    rows = [{"owner": f"o{number // 2}", "created": 1e9} for number in range(10)]
    async with engine.begin() as connection:
        await connection.execute(insert(spent), rows)
    await queue.prune(3600.0)
    assert deleted == [("spent", 4), ("spent", 4), ("spent", 2)]
