"""Scale: many simulated workers at one PostgreSQL, idle and busy."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from sqlalchemy import insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.queue import State, open_database
from engine.queue.schema import blob, job
from tests.benchmarks.queue.findings import Crowd, Idling, Plan
from tests.benchmarks.queue.processes import busy_seconds, cpu_seconds
from tests.benchmarks.queue.swarm import INPUTS, Swarm
from tests.support.postgresql import PostgreSQL

SETTLE_SECONDS: Final = 1.0
"""Seconds before the measurement, while the workers start."""
STATISTICS_DELAY: Final = 11.0
"""Seconds until the server's statistics include the workers' statements at their connection."""
TINY_BYTES: Final = 10
"""Bytes of a picture that stands for none."""
JOBS: Final = {False: 1200, True: 120}
"""Jobs that are there for each second of the measurement, tiny ones and real ones: more than get done."""


async def idling(url: str, server: PostgreSQL | None, plan: Plan) -> Idling:
    """Count the statements of idle workers, once they are all connected and know of each other.

    Args:
        url: the database, its tables empty.
        server: the private server, if it is ours.
        plan: their number and the time.
    """
    engine = open_database(url)
    try:
        async with Swarm(url, plan.idle, None, processes=1) as swarm:
            if server:
                server.log_statements(True)
            swarm.go()
            await swarm.ran_dry(STATISTICS_DELAY)
            before = await _transactions(engine)
            began, logged, cpu = time.monotonic(), server and server.statements, _cpu(server)
            await swarm.ran_dry(plan.watch * plan.repeat)
            seconds = time.monotonic() - began
            statements = server.statements - (logged or 0) if server else None
            worked = _rate(cpu, _cpu(server), seconds)
            transactions = await _transactions(engine) - before
            await swarm.stop()
            if server:
                server.log_statements(False)
    finally:
        await engine.dispose()
    return Idling(
        plan.idle,
        None if statements is None else statements / seconds,
        transactions / seconds,
        worked,
    )


async def crowd(url: str, server: PostgreSQL | None, workers: int, picture: int, plan: Plan) -> Crowd:
    """Count the jobs that a number of workers take off a full queue.

    Args:
        url: the database, its tables empty.
        server: if it is ours.
        workers: how many.
        picture: bytes of a result, and of a job's two pictures together; 0: next to nothing.
        plan: for how long.
    """
    seconds = SETTLE_SECONDS + plan.repeat * plan.burst
    await _fill(url, round(JOBS[picture > 0] * seconds) + workers, picture // len(INPUTS) or TINY_BYTES)
    async with Swarm(url, workers, picture) as swarm:
        began = time.monotonic()
        swarm.go()
        dry = await swarm.ran_dry(SETTLE_SECONDS)
        before = _cpu(server), swarm.cpu, busy_seconds()
        marks = [min(began + SETTLE_SECONDS, time.monotonic())]
        while len(marks) <= plan.repeat and not dry:
            dry = await swarm.ran_dry(plan.burst)
            marks.append(time.monotonic())
        took = marks[-1] - marks[0]
        after = _cpu(server), swarm.cpu, busy_seconds()
        ended = await swarm.stop()
    if dry and len(marks) > 2:
        marks.pop()
    return Crowd(
        workers,
        len(INPUTS) * (picture // len(INPUTS) or TINY_BYTES),
        picture,
        _median(ended, marks),
        *(_rate(*each, took) for each in zip(before, after, strict=True)),
    )


def _median(moments: Sequence[float], marks: Sequence[float]) -> float:
    """The median over the spans between the marks of how many of the moments there are in a second."""
    spans = pairwise(marks)
    return statistics.median(
        sum(begin <= moment < end for moment in moments) / (end - begin) for begin, end in spans
    )


async def _fill(url: str, count: int, size: int) -> None:
    """Queue a number of jobs at once, each of another owner."""
    usual = {
        "priority": 0, "state": State.QUEUED, "recipe": {"size": 512}, "shape": "512x512", "cost": 10.0,
        "attempts": 0, "cancel": False, "progress": 0.0, "previews": 0, "created": time.time(),
    }  # fmt: skip
    rows = [
        {**usual, "id": f"job-{number}", "owner": f"owner-{number}", "tag": 1 + number // 100}
        for number in range(count)
    ]
    engine = open_database(url)
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(job), rows)
            for name in INPUTS:
                same = select(job.c.id, literal(name), literal(os.urandom(size)))
                await connection.execute(insert(blob).from_select(["job", "name", "bytes"], same))
        async with engine.begin() as connection:  # as a server does by itself before long
            await connection.execute(text("ANALYZE job, blob"))
    finally:
        await engine.dispose()


async def _transactions(engine: AsyncEngine) -> int:
    """Return the number of transactions in the server's statistics."""
    query = text(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    )
    async with engine.connect() as connection:
        return int((await connection.execute(query)).scalar_one())


def _cpu(server: PostgreSQL | None) -> float | None:
    return cpu_seconds(server.pid, family=True) if server else None


def _rate(before: float | None, after: float | None, seconds: float) -> float | None:
    return None if before is None or after is None else (after - before) / seconds
