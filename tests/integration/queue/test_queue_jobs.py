"""One caller at a time: what each method does to a job."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import StatementError

from engine.errors import TooManyJobsError
from engine.queue import Condition, Forecast, Job, Leases, Limits, Queue, State, Worker
from engine.queue.schema import Now, blob, worker
from engine.queue.statements import WORKER_TTL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    Add = Callable[..., Awaitable[Job]]

ALL = ("content", "style0", "checkpoint", "preview", "result")


async def stored(queue: Queue, job_id: str) -> set[str]:
    """The names of a job's blobs."""
    return {name for name in ALL if await queue.read(job_id, name) is not None}


async def start(queue: Queue, leases: Leases, add: Add, job_id: str = "A1", worker: str = "w") -> Job:
    """Enqueue a job and claim it."""
    await add(queue, job_id)
    (job,) = await leases.claim(worker)
    assert job.id == job_id
    return job


# Enqueue


async def test_an_enqueued_job_is_what_was_said(queue: Queue, add: Add) -> None:
    job = await add(queue, "A1", address={"chat": 5, "message": 7}, priority=2)
    assert job == await queue.get("A1")
    assert (job.id, job.owner, job.priority, job.tag, job.state) == ("A1", "A", 2, 1, State.QUEUED)
    assert (job.recipe, job.cost, job.shape) == ({"size": 512, "title": "Wellen 🌊"}, 10.0, "512x384")
    assert job.address == {"chat": 5, "message": 7}
    assert (job.attempts, job.worker, job.lease, job.cancel, job.progress) == (0, None, None, False, 0.0)
    assert abs(job.created - time.time()) < 60.0
    assert await queue.read("A1", "content") == b"photo"
    assert await queue.read("A1", "style0") == b"painting"
    assert await queue.read("A1", "result") is None


async def test_enqueueing_the_same_id_again_returns_the_job_and_adds_nothing(queue: Queue, add: Add) -> None:
    first = await add(queue, "A1")
    again = await add(queue, "A1", cost=99.0, blobs={"content": b"another"})
    assert again == first
    assert await queue.read("A1", "content") == b"photo"
    assert len(await queue.jobs()) == 1


async def test_the_same_id_comes_back_although_the_owner_is_at_the_limit(
    engine: AsyncEngine, add: Add
) -> None:
    queue = Queue(engine, Limits(live=1))
    await add(queue, "A1")
    assert (await add(queue, "A1")).id == "A1"


async def test_one_job_too_many_is_refused_and_leaves_nothing(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=2))
    await add(queue, "A1")
    await add(queue, "A2")
    with pytest.raises(TooManyJobsError) as caught:
        await add(queue, "A3")
    assert caught.value.facts == {"limit": 2}
    assert await queue.get("A3") is None
    assert await stored(queue, "A3") == set()
    await add(queue, "B1")


async def test_an_ended_job_makes_room_for_another(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=1))
    leases = Leases(engine, Limits(live=1))
    await add(queue, "A1")
    await queue.cancel("A1", "A")
    await add(queue, "A2")
    await leases.claim("w")
    with pytest.raises(TooManyJobsError):
        await add(queue, "A3")
    await leases.finish("A2", "w", b"", {})
    await add(queue, "A3")


async def test_facts_that_are_no_json_are_refused(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    with pytest.raises(StatementError):
        await leases.finish("A1", "w", b"", {"loss": float("nan")})
    job = await queue.get("A1")
    assert job is not None
    assert job.state is State.RUNNING


# Order


async def test_owners_take_turns(queue: Queue, leases: Leases, add: Add) -> None:
    for owner, jobs in (("A", 8), ("B", 2), ("C", 2)):
        for number in range(jobs):
            await add(queue, f"{owner}{number}")
    order = [job.id for _ in range(12) for job in await leases.claim("w")]
    assert "".join(job_id[0] for job_id in order) == "ABCABCAAAAAA"
    assert [job_id for job_id in order if job_id[0] == "A"] == [f"A{number}" for number in range(8)]
    assert await leases.claim("w") == []


async def test_a_newcomer_waits_for_one_job_of_each_other_owner_at_most(
    queue: Queue, leases: Leases, add: Add
) -> None:
    for number in range(6):
        await add(queue, f"A{number}")
    assert [(await leases.claim("w"))[0].id for _ in range(3)] == ["A0", "A1", "A2"]
    await add(queue, "N0")
    assert [(await leases.claim("w"))[0].id for _ in range(4)] == ["A3", "N0", "A4", "A5"]


async def test_cancelling_and_asking_again_gains_nobody_a_turn(
    queue: Queue, leases: Leases, add: Add
) -> None:
    for job_id in ("A0", "B0", "B1"):
        await add(queue, job_id)
    await leases.claim("w")
    await add(queue, "A1")
    await queue.cancel("A1", "A")
    await add(queue, "A2")
    assert [(await leases.claim("w"))[0].id for _ in range(3)] == ["B0", "B1", "A2"]


async def test_priority_comes_before_turns(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A0")
    await add(queue, "A1", priority=1)
    assert [(await leases.claim("w"))[0].id for _ in range(2)] == ["A1", "A0"]


async def test_a_batch_is_of_the_first_ones_shape(queue: Queue, leases: Leases, add: Add) -> None:
    for job_id, shape in (("A0", "wide"), ("B0", "tall"), ("C0", "wide"), ("D0", "wide"), ("E0", "wide")):
        await add(queue, job_id, shape=shape)
    assert [job.id for job in await leases.claim("w", 3)] == ["A0", "C0", "D0"]
    assert [job.id for job in await leases.claim("w", 3)] == ["B0"]
    assert [job.id for job in await leases.claim("w", 3)] == ["E0"]


async def test_an_owner_over_the_running_limit_is_passed_by(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=100, running=2))
    leases = Leases(engine, Limits(live=100, running=2))
    for job_id in ("A0", "A1", "A2", "B0"):
        await add(queue, job_id)
    assert [job.id for job in await leases.claim("w", 10)] == ["A0", "B0", "A1"]
    assert await leases.claim("w", 10) == []
    assert await leases.finish("A0", "w", b"", {})
    assert [job.id for job in await leases.claim("w", 10)] == ["A2"]


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


# Cancel


async def test_a_queued_job_is_cancelled_at_once(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A1")
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await leases.claim("w") == []
    job = await queue.get("A1")
    assert job is not None
    assert job.finished is not None
    assert await stored(queue, "A1") == set()


async def test_a_running_job_is_cancelled_by_its_worker(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert not await leases.stop("A1", "w")
    assert await queue.cancel("A1", "A") is State.RUNNING
    assert await leases.heartbeat("A1", "w", progress=0.5) is True
    assert await leases.stop("A1", "w")
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await stored(queue, "A1") == set()


async def test_a_painting_that_is_ready_after_the_stop_is_not_wanted(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, leases, add)
    await queue.cancel("A1", "A")
    assert not await leases.finish("A1", "w", b"painting", {})
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await stored(queue, "A1") == set()


async def test_a_stop_after_the_painting_changes_nothing(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert await leases.finish("A1", "w", b"painting", {})
    assert await queue.cancel("A1", "A") is State.DONE
    assert await queue.read("A1", "result") == b"painting"


async def test_a_running_job_is_cancelled_at_once_when_its_lease_is_over(
    engine: AsyncEngine, add: Add
) -> None:
    queue = Queue(engine, Limits(lease=-1.0))
    leases = Leases(engine, Limits(lease=-1.0))
    await start(queue, leases, add)
    assert await queue.cancel("A1", "A") is State.CANCELLED
    assert await leases.heartbeat("A1", "w", progress=0.5) is None
    assert await stored(queue, "A1") == set()


async def test_nobody_cancels_another_owners_job(queue: Queue, add: Add) -> None:
    job = await add(queue, "A1")
    assert await queue.cancel("A1", "B") is None
    assert await queue.cancel("unknown", "A") is None
    assert await queue.get("A1") == job


# Watching


async def test_a_watch_tells_position_and_time(queue: Queue, leases: Leases, add: Add) -> None:
    for job_id, address in (("A0", {"chat": 1}), ("A1", {"chat": 1}), ("B0", None), ("C0", {"chat": 3})):
        await add(queue, job_id, address=address)
    await leases.announce("w", "cpu", "vgg19", 4.0)
    await leases.announce("v", "cpu", "vgg19", 6.0)
    await leases.announce("unmeasured", "cpu", "vgg19", None)
    assert [job.id for job in await leases.claim("w")] == ["A0"]
    await leases.heartbeat("A0", "w", progress=0.5)
    watches = {watch.job.id: watch for watch in await queue.undelivered()}
    assert {job_id: watch.forecast for job_id, watch in watches.items()} == {
        "A0": Forecast(None, 1.25),
        "C0": Forecast(1, 3.75),  # by w, after A0; v paints B0 and then A1
        "A1": Forecast(2, 2 * (10.0 / 6.0)),
    }
    assert watches["A0"].job == await queue.get("A0")


async def test_nobody_can_say_when_without_a_living_worker(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await add(queue, "A0", address={"chat": 1})
    assert [watch.forecast for watch in await queue.undelivered()] == [Forecast(0, None)]
    await leases.announce("dead", "cpu", "vgg19", 5.0)
    await leases.announce("retired", "cpu", "vgg19", 5.0)
    await leases.retire("retired")
    async with engine.begin() as connection:
        await connection.execute(
            update(worker).where(worker.c.name == "dead").values(seen=Now() - WORKER_TTL - 1.0)
        )
    assert [watch.forecast for watch in await queue.undelivered()] == [Forecast(0, None)]
    await leases.announce("retired", "cpu", "vgg19", 5.0)
    assert [watch.forecast for watch in await queue.undelivered()] == [Forecast(0, 2.0)]


async def test_an_ended_job_is_watched_until_it_is_delivered(queue: Queue, leases: Leases, add: Add) -> None:
    await add(queue, "A0", address={"chat": 1})
    assert not await queue.delivered("A0")
    await leases.claim("w")
    assert not await queue.delivered("A0")
    await leases.finish("A0", "w", b"painting", {})
    (watch,) = await queue.undelivered()
    assert (watch.job.state, watch.forecast) == (State.DONE, Forecast(None, None))
    assert await queue.delivered("A0")
    assert await queue.undelivered() == []
    first = await queue.get("A0")
    assert await queue.delivered("A0")
    assert await queue.get("A0") == first
    assert await queue.read("A0", "result") == b"painting"
    assert not await queue.delivered("unknown")


async def test_the_newest_jobs_are_listed(queue: Queue, add: Add) -> None:
    for job_id in ("A0", "B0", "A1"):
        await add(queue, job_id)
    assert {job.id for job in await queue.jobs()} == {"A0", "A1", "B0"}
    assert {job.id for job in await queue.jobs("A")} == {"A0", "A1"}
    assert len(await queue.jobs(count=2)) == 2


# Workers


async def test_a_rate_outlives_a_restart_on_the_same_device_and_network(queue: Queue, leases: Leases) -> None:
    await leases.announce("w", "cpu", "vgg19", 3.0)
    await leases.announce("w", "cpu", "vgg19", None)
    assert [known.rate for known in await queue.workers()] == [3.0]
    await leases.announce("w", "cpu", "vgg19", 4.0)
    assert [known.rate for known in await queue.workers()] == [4.0]
    await leases.announce("w", "cuda", "vgg19", None)
    (known,) = await queue.workers()
    assert replace(known, seen=0.0) == Worker(
        "w", "cuda", "vgg19", None, 0.0, Condition.IDLE, None, drain=False
    )
    await leases.retire("w")
    assert [known.state for known in await queue.workers()] == ["retired"]


# Prune


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
