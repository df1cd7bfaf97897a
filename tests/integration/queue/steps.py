"""Steps that the stories of several tests share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from engine.queue import Job, Leases, Queue
from engine.queue.schema import Now, metadata
from engine.queue.schema import job as jobs
from engine.queue.schema import worker as workers
from engine.queue.statements import WORKER_TTL

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

Add = Callable[..., Awaitable[Job]]
"""The fixture ``add``."""

ALL: Final = ("content", "style0", "checkpoint", "preview", "result")
"""The blobs of a job that :func:`stored` looks for."""

SMALLER: Final[dict[str, Any]] = {"recipe": {"size": 256}, "cost": 2.5, "shape": "256x192"}
"""What a reduced job is queued as."""


async def got(queue: Queue, job_id: str) -> Job:
    """A job that is there."""
    job = await queue.get(job_id)
    assert job is not None
    return job


async def stored(queue: Queue, job_id: str) -> set[str]:
    """The names of a job's blobs."""
    return {name for name in ALL if await queue.read(job_id, name) is not None}


async def start(
    queue: Queue, leases: Leases, add: Add, job_id: str = "A1", worker: str = "w", **said: Any
) -> Job:
    """Enqueue a job and claim it."""
    await add(queue, job_id, **said)
    (job,) = await leases.claim(worker)
    assert job.id == job_id
    return job


async def failed(queue: Queue, leases: Leases, add: Add, job_id: str = "A1", **said: Any) -> Job:
    """Enqueue a job that fails."""
    await start(queue, leases, add, job_id, **said)
    assert await leases.fail(job_id, "w", "out-of-memory", "There were 8 GB.")
    return await got(queue, job_id)


async def age(engine: AsyncEngine, seconds: float) -> None:
    """Let every ended job have ended so long ago."""
    async with engine.begin() as connection:
        await connection.execute(update(jobs).values(finished=Now() - seconds))


async def silence(engine: AsyncEngine, worker: str) -> None:
    """Let a worker not have been heard of for long."""
    async with engine.begin() as connection:
        dead = update(workers).where(workers.c.name == worker)
        await connection.execute(dead.values(seen=Now() - WORKER_TTL - 1.0))


async def traces(engine: AsyncEngine, owner: str, *ids: str) -> int:
    """Count what any table holds of an owner, or of its jobs."""
    found = 0
    async with engine.connect() as connection:
        for table in metadata.tables.values():
            for row in await connection.execute(select(table)):
                found += any(value in (owner, *ids) for value in row)
    return found
