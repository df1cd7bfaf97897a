"""Public pictures: stored once for all jobs, read once by a process, and gone when no job needs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, func, select, update

from engine.queue import Leases, Queue, QueueAdmin
from engine.queue.pictures import NOTED, UNUSED_TTL
from engine.queue.schema import Now, picture

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add

STYLE = b"a picture of the catalogue" * 1000
OTHER = b"another"


async def _pictures(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(picture)) or 0


async def _age(engine: AsyncEngine, seconds: float) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(picture).values(used=Now() - seconds))


@contextmanager
def _sent(engine: AsyncEngine) -> Iterator[list[int]]:
    """Count the bytes of the parameters of all statements."""
    found: list[int] = []

    def note(_: object, __: object, ___: str, parameters: Any, *____: object) -> None:
        found.append(
            sum(memoryview(each).nbytes for each in parameters if isinstance(each, bytes | memoryview))
        )

    event.listen(engine.sync_engine, "after_cursor_execute", note)
    yield found
    event.remove(engine.sync_engine, "after_cursor_execute", note)


async def _add(add: Add, queue: Queue, job_id: str, style: bytes = STYLE) -> None:
    await add(queue, job_id, blobs={"content": b"photo", "style0": style}, public={"style0"})


async def test_a_public_picture_travels_once_for_all_jobs_and_each_can_read_it(
    queue: Queue, engine: AsyncEngine, add: Add
) -> None:
    await _add(add, queue, "A1")
    with _sent(engine) as sent:
        await _add(add, queue, "B1")
    assert sum(sent) == len(b"photo")
    assert await _pictures(engine) == 1
    for job_id in ("A1", "B1"):
        assert await queue.read(job_id, "style0") == STYLE
        assert await QueueAdmin(engine).blobs(job_id) == {"content": 5, "style0": len(STYLE)}
        assert await queue.holds(job_id, {"content": b"photo", "style0": STYLE})
        assert not await queue.holds(job_id, {"style0": OTHER})


async def test_a_process_reads_a_public_picture_once(queue: Queue, engine: AsyncEngine, add: Add) -> None:
    await _add(add, queue, "A1")
    await _add(add, queue, "B1")
    assert await queue.read("A1", "style0") == STYLE
    statements: list[str] = []
    event.listen(
        engine.sync_engine, "after_cursor_execute", note := lambda _, __, text, *___: statements.append(text)
    )
    assert await queue.read("B1", "style0") == STYLE
    event.remove(engine.sync_engine, "after_cursor_execute", note)
    assert not [each for each in statements if "FROM picture" in each]


async def test_a_picture_stays_as_long_as_a_job_needs_it_and_a_day_longer(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await _add(add, queue, "A1")
    await _age(engine, UNUSED_TTL + 60.0)
    await queue.prune(3600.0)
    assert await queue.read("A1", "style0") == STYLE, "the job waits"
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    await _age(engine, UNUSED_TTL - 60.0)
    await queue.prune(3600.0)
    assert await _pictures(engine) == 1, "the next job may come soon"
    await _age(engine, UNUSED_TTL + 60.0)
    await queue.prune(3600.0)
    assert await _pictures(engine) == 0


async def test_a_picture_that_is_used_again_is_not_pruned(
    queue: Queue, engine: AsyncEngine, add: Add
) -> None:
    await _add(add, queue, "A1")
    await queue.forget("A")
    await _age(engine, max(NOTED, UNUSED_TTL) + 60.0)
    await _add(add, queue, "B1")
    await queue.forget("B")
    await queue.prune(3600.0)
    assert await _pictures(engine) == 1


async def test_a_correction_replaces_a_picture_of_the_users_own_by_a_public_one_and_back(
    queue: Queue, add: Add
) -> None:
    address = {"chat": 1}
    await add(queue, "A1", address=address)
    for style, public in ((STYLE, {"style0"}), (b"painting", set())):
        blobs = {"content": b"photo", "style0": style}
        assert await queue.revise(
            "A1", address, recipe={"size": 512}, blobs=blobs, public=public, address=address
        )
        assert await queue.read("A1", "style0") == style
