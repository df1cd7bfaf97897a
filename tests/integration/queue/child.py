"""Another process at the same database: ``child.py URL TASK [NAME]``. What is certain, it prints."""

from __future__ import annotations

import asyncio
import sys
import warnings
from itertools import count

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.queue import Leases, Limits, Queue, create_schema, open_database
from engine.queue.schema import clock

LIMITS = Limits(live=10_000, running=10_000, attempts=10_000, lease=600.0)


def say(word: str) -> None:
    """Print at once: the process may be killed before it ends."""
    print(word, flush=True)


async def create(engine: AsyncEngine, name: str) -> None:
    """Create the tables, together with others."""
    say("ready")
    sys.stdin.readline()
    await create_schema(engine)


async def paint(engine: AsyncEngine, name: str) -> None:
    """Claim and finish until nothing is left."""
    leases = Leases(engine, LIMITS)
    say("ready")
    sys.stdin.readline()
    while jobs := await leases.claim(name):
        for job in jobs:
            say(job.id)
            await leases.heartbeat(job.id, name, progress=0.5, preview=b"p" * 10_000)
            assert await leases.finish(job.id, name, b"result", {})


async def run(engine: AsyncEngine, name: str) -> None:
    """Enqueue and paint for ever."""
    queue, leases = Queue(engine, LIMITS), Leases(engine, LIMITS)
    say("ready")
    for number in count():
        job_id = f"{name}-{number}"
        await queue.enqueue(
            id=job_id, owner=name, recipe={}, cost=1.0, shape="s", blobs={"content": b"c" * 50_000}
        )
        say(job_id)
        for job in await leases.claim(name):
            await leases.heartbeat(job.id, name, progress=0.5, checkpoint=b"k" * 50_000)
            if number % 3 == 0:
                await leases.finish(job.id, name, b"r" * 50_000, {})


async def hold(engine: AsyncEngine, name: str) -> None:
    """Stand still within a transaction that has the lock and has written."""
    async with engine.begin() as connection:
        await connection.execute(update(clock).values(tag=1_000_000))
        say("ready")
        await asyncio.Event().wait()


async def main(url: str, task: str, name: str = "child") -> None:
    """Do one task."""
    engine = open_database(url)
    try:
        await {"create": create, "paint": paint, "run": run, "hold": hold}[task](engine, name)
    finally:
        await engine.dispose()


warnings.simplefilter("error")
asyncio.run(main(*sys.argv[1:]))
