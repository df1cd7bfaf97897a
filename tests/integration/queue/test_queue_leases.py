"""A worker's jobs: claimed, reported on, ended; lost, released, reduced."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError, StatementError

from engine.queue import Leases, Limits, Queue, QueueAdmin, State, create_schema, open_database
from engine.queue.schema import job as table
from tests.integration.queue.steps import SMALLER, got, start, stored
from tests.support.moved_clock import MovedClock, follow, shared_offset
from tests.support.processes import until

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


# A claimed job


async def test_a_claimed_job_runs_under_a_lease(queue: Queue, leases: Leases, add: Add) -> None:
    job = await start(queue, leases, add)
    assert (job.state, job.worker, job.attempts) == (State.RUNNING, "w", 1)
    assert job.started is not None
    assert job.lease is not None
    assert job.lease - job.started == pytest.approx(600.0, abs=1e-2)
    assert job.started >= job.created
    assert job == await queue.get("A1")


async def test_a_heartbeat_stores_the_news(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    beat = await leases.heartbeat("A1", "w", progress=0.25, stage="painting", preview=b"p1", checkpoint=b"c1")
    assert beat is False
    assert await leases.heartbeat("A1", "w", progress=0.5, preview=b"p2") is False
    assert await leases.heartbeat("A1", "w", progress=7.0) is False
    job = await queue.get("A1")
    assert job is not None
    assert (job.progress, job.stage, job.previews) == (1.0, "painting", 2)
    assert await queue.read("A1", "preview") == b"p2"
    assert await queue.read("A1", "checkpoint") == b"c1"


async def test_a_heartbeat_extends_the_lease(
    queue: Queue, expiring: Leases, leases: Leases, add: Add
) -> None:
    await start(queue, expiring, add)
    assert await leases.heartbeat("A1", "w", progress=0.5) is False
    assert await leases.claim("other") == []


async def test_a_finished_job_keeps_only_its_result(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    await leases.heartbeat("A1", "w", progress=0.5, preview=b"p", checkpoint=b"c")
    assert await leases.finish("A1", "w", b"painting", {"width": 640}, {"timelapse": b"film"})
    job = await queue.get("A1")
    assert job is not None
    assert (job.state, job.progress, job.facts, job.lease) == (State.DONE, 1.0, {"width": 640}, None)
    assert job.finished is not None
    assert await stored(queue, "A1") == {"result"}
    assert await queue.read("A1", "result") == b"painting"
    assert await queue.read("A1", "timelapse") == b"film"


async def test_a_failed_job_says_why_and_keeps_its_pictures_only(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, leases, add)
    assert await leases.fail("A1", "w", "painting-diverged", "at \0 step \ud83d 7")
    job = await queue.get("A1")
    assert job is not None
    assert (job.state, job.error, job.error_detail) == (
        State.FAILED,
        "painting-diverged",
        "at \ufffd step ? 7",
    )
    assert await stored(queue, "A1") == {"content", "style0"}


async def test_nobody_but_its_worker_touches_a_running_job(queue: Queue, leases: Leases, add: Add) -> None:
    job = await start(queue, leases, add)
    assert await leases.heartbeat("A1", "x", progress=0.9, preview=b"p") is None
    assert not await leases.finish("A1", "x", b"", {})
    assert not await leases.fail("A1", "x", "internal")
    assert not await leases.stop("A1", "x")
    assert await leases.release("x") == 0
    assert await leases.release("x", "A1") == 0
    assert await queue.get("A1") == job


@pytest.mark.parametrize("end", ["finish", "fail", "stop", "cancel"])
async def test_an_ended_job_never_changes(queue: Queue, leases: Leases, add: Add, end: str) -> None:
    await start(queue, leases, add)
    match end:
        case "finish":
            assert await leases.finish("A1", "w", b"r", {})
        case "fail":
            assert await leases.fail("A1", "w", "internal")
        case "stop":
            await queue.cancel("A1", "A")
            assert await leases.stop("A1", "w")
        case "cancel":
            await leases.release("w")
            assert await queue.cancel("A1", "A") is State.CANCELLED
    job = await queue.get("A1")
    assert job is not None
    assert job.state.terminal
    assert await leases.heartbeat("A1", "w", progress=0.1) is None
    assert not await leases.finish("A1", "w", b"", {})
    assert not await leases.fail("A1", "w", "other")
    assert not await leases.stop("A1", "w")
    assert await leases.release("w") == 0
    assert await queue.cancel("A1", "A") is job.state
    assert await leases.claim("w") == []
    assert await queue.get("A1") == job


async def test_facts_that_are_no_json_are_refused(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    with pytest.raises(StatementError):
        await leases.finish("A1", "w", b"", {"loss": float("nan")})
    job = await queue.get("A1")
    assert job is not None
    assert job.state is State.RUNNING


# Lost leases


async def test_a_job_whose_lease_ran_out_goes_to_another_worker(
    expiring: Leases, queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, expiring, add, worker="lost")
    await expiring.heartbeat("A1", "lost", progress=0.7, stage="painting", preview=b"p", checkpoint=b"c")
    (job,) = await leases.claim("other")
    assert (job.id, job.worker, job.attempts, job.progress, job.stage) == ("A1", "other", 2, 0.0, None)
    assert await queue.read("A1", "checkpoint") == b"c"
    assert await leases.heartbeat("A1", "lost", progress=0.8) is None
    assert not await leases.finish("A1", "lost", b"late", {})
    assert not await leases.fail("A1", "lost", "internal")
    assert await leases.finish("A1", "other", b"good", {})
    assert await queue.read("A1", "result") == b"good"


async def test_a_late_heartbeat_saves_a_job_that_nobody_took(
    queue: Queue, expiring: Leases, leases: Leases, add: Add
) -> None:
    await start(queue, expiring, add)
    assert await leases.heartbeat("A1", "w", progress=0.5) is False
    assert await leases.finish("A1", "w", b"", {})


@pytest.mark.parametrize("hours", [0.1, 1.0])
async def test_a_dead_workers_job_does_not_wait_for_a_clock_that_was_put_back(
    hours: float, queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    begun = await start(queue, leases, add)
    await _put_clock_back(engine, 3600 * hours)
    assert await leases.claim("other") == [], "its worker may be alive"
    job = await queue.get("A1")
    assert job is not None
    assert job.lease is not None
    assert begun.lease is not None
    assert job.worker == "w"
    assert job.lease - begun.lease < leases.limits.lease, "another worker waits for one lease at most"
    assert await leases.heartbeat("A1", "w", progress=0.5) is False


async def _put_clock_back(engine: AsyncEngine, seconds: float) -> None:
    """Move what is stored instead: nobody can set the database's clock."""
    async with engine.begin() as connection:
        later = {"lease": table.c.lease + seconds, "renewed": table.c.renewed + seconds}
        await connection.execute(update(table).values(**later))


SOON = Limits(live=100, running=100, lease=0.3)
"""A lease that has soon expired, and as long for the living after an outage."""


async def _expired(queue: Queue) -> bool:
    job = await queue.get("A1")
    assert job is not None
    assert job.lease is not None
    return job.lease < time.time()


async def test_a_living_worker_keeps_its_job_when_the_clock_is_put_forward(
    request: pytest.FixtureRequest, kind: str, url: str, tmp_path: Path, add: Add
) -> None:
    engine = open_database(url)
    if kind == "sqlite":
        clock = MovedClock(shared_offset(tmp_path / "clock"))
        follow(tmp_path / "clock", engine.sync_engine)
    else:
        clock = MovedClock(request.getfixturevalue("postgresql").move_clock(url))
    await create_schema(engine)
    queue, living, other = Queue(engine), Leases(engine), Leases(engine)
    await start(queue, living, add)
    assert await other.claim("other") == []
    clock.jump(3600.0)
    assert await other.claim("other") == [], "its worker has not been able to renew the lease yet"
    assert await living.heartbeat("A1", "w", progress=0.5) is False
    assert await other.claim("other") == []
    await engine.dispose()


async def test_a_living_worker_keeps_its_job_when_the_database_was_away(tmp_path: Path, add: Add) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'queue.db'}", busy_timeout=0.0)
    await create_schema(engine)
    queue, living, other = Queue(engine), Leases(engine, SOON), Leases(engine, SOON)
    await start(queue, living, add)
    with contextlib.closing(sqlite3.connect(tmp_path / "queue.db", isolation_level=None)) as locks:
        locks.execute("BEGIN IMMEDIATE")
        await until(partial(_expired, queue))
        with pytest.raises(OperationalError, match="locked"):
            await other.claim("other")
    assert await other.claim("other") == [], "its worker has not been able to renew the lease yet"
    assert await living.heartbeat("A1", "w", progress=0.5) is False
    (job,) = await until(partial(other.claim, "other"))
    assert (job.id, job.attempts) == ("A1", 2), "it died after all"
    await engine.dispose()


async def test_a_new_worker_leaves_the_living_time_to_renew(
    queue: Queue, expiring: Leases, engine: AsyncEngine, add: Add
) -> None:
    await start(queue, expiring, add)
    fresh = Leases(engine, SOON, new=True)
    assert await fresh.claim("other") == [], "the database may just have been away"
    (job,) = await until(partial(fresh.claim, "other"))
    assert job.attempts == 2


async def test_a_job_that_loses_every_worker_fails(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(attempts=2, lease=-1.0))
    leases = Leases(engine, Limits(attempts=2, lease=-1.0))
    await start(queue, leases, add)
    assert [job.attempts for job in await leases.claim("w2")] == [2]
    assert await leases.claim("w3") == []
    job = await queue.get("A1")
    assert job is not None
    assert (job.state, job.error, job.worker) == (State.FAILED, "worker-lost", "w2")
    assert job.finished is not None
    assert await stored(queue, "A1") == {"content", "style0"}


async def test_a_lost_job_that_was_to_stop_is_cancelled(
    queue: Queue, expiring: Leases, leases: Leases, add: Add
) -> None:
    await start(queue, expiring, add)
    await queue.cancel("A1", "A")
    assert await leases.claim("other") == []
    job = await queue.get("A1")
    assert job is not None
    assert (job.state, job.error) == (State.CANCELLED, None)
    assert await stored(queue, "A1") == set()


# Release


async def test_a_released_job_comes_next_and_its_attempt_is_not_spent(
    queue: Queue, leases: Leases, add: Add
) -> None:
    first = await start(queue, leases, add)
    await add(queue, "B1")
    assert await leases.release("w") == 1
    waiting = await queue.get("A1")
    assert waiting is not None
    assert (waiting.state, waiting.attempts, waiting.worker, waiting.lease) == (State.QUEUED, 0, None, None)
    assert await stored(queue, "A1") == {"content", "style0"}
    (again,) = await leases.claim("w2")
    assert (again.id, again.tag, again.attempts) == ("A1", first.tag, 1)


async def test_one_of_several_jobs_is_released(queue: Queue, leases: Leases, add: Add) -> None:
    for job_id in ("A1", "B1", "C1"):
        await add(queue, job_id)
    await leases.claim("w", 3)
    assert await leases.release("w", "B1") == 1
    assert [job.id for job in await leases.claim("x", 3)] == ["B1"]
    assert await leases.release("w") == 2
    assert [job.id for job in await leases.claim("x", 3)] == ["A1", "C1"]


async def test_a_job_that_kills_its_worker_again_and_again_fails(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(attempts=2))
    leases = Leases(engine, Limits(attempts=2))
    await start(queue, leases, add)
    assert await leases.release("w", spent=True) == 1
    assert [job.attempts for job in await leases.claim("w")] == [2]
    assert await leases.release("w", spent=True) == 1
    job = await queue.get("A1")
    assert job is not None
    assert (job.state, job.error) == (State.FAILED, "worker-lost")


async def test_a_released_job_that_was_to_stop_is_cancelled(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    await queue.cancel("A1", "A")
    assert await leases.release("w") == 1
    job = await queue.get("A1")
    assert job is not None
    assert job.state is State.CANCELLED


# Reduce


async def test_a_reduced_job_is_queued_at_its_old_place_without_its_canvas(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    before = await start(queue, leases, add)
    await leases.heartbeat("A1", "w", progress=0.5, stage="painting", preview=b"p", checkpoint=b"c")
    await add(queue, "B1")
    assert await leases.reduce("A1", "w", **SMALLER)
    job = await got(queue, "A1")
    assert (job.recipe, job.cost, job.shape, job.reduced) == ({"size": 256}, 2.5, "256x192", True)
    assert (job.state, job.tag, job.attempts, job.worker) == (State.QUEUED, before.tag, 0, None)
    assert (job.lease, job.progress, job.stage) == (None, 0.0, None)
    assert await queue_admin.blobs("A1") == {"content": 5, "style0": 8}
    assert [(await leases.claim("x"))[0].id for _ in range(2)] == ["A1", "B1"]


async def test_a_job_is_reduced_once_only(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert await leases.reduce("A1", "w", **SMALLER)
    assert not await leases.reduce("A1", "w", **SMALLER)
    before = (await leases.claim("w"))[0]
    assert not await leases.reduce("A1", "w", recipe={}, cost=1.0, shape="tiny")
    assert await got(queue, "A1") == before
    assert await leases.fail("A1", "w", "out-of-memory")


async def test_a_job_that_is_anothers_by_now_is_not_reduced(
    queue: Queue, expiring: Leases, leases: Leases, add: Add
) -> None:
    await start(queue, expiring, add)
    (taken,) = await leases.claim("other")
    assert taken.id == "A1"
    assert not await leases.reduce("A1", "w", **SMALLER)
    assert await got(queue, "A1") == taken


async def test_a_job_that_was_to_stop_is_cancelled_instead_of_reduced(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    queue_admin = QueueAdmin(engine)
    await start(queue, leases, add)
    await queue.cancel("A1", "A")
    assert await leases.reduce("A1", "w", **SMALLER)
    assert (await got(queue, "A1")).state is State.CANCELLED
    assert await queue_admin.blobs("A1") == {}


async def test_a_worker_can_give_back_all_but_some(queue: Queue, leases: Leases, add: Add) -> None:
    for name in ("A0", "B0", "C0"):
        await add(queue, name)
        await leases.claim("w")
    assert await leases.release("w", but=["B0"]) == 2
    assert [job.id for job in await queue.jobs() if job.state is State.RUNNING] == ["B0"]
