"""The operators' side: retries, drains, health, lists, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from engine.queue import (
    Condition,
    Health,
    JobError,
    Leases,
    Queue,
    QueueAdmin,
    QueueStatistics,
    State,
    UnknownWorkerError,
)
from engine.queue.queue import FAILED_TTL
from engine.queue.schema import Now
from engine.queue.schema import job as jobs
from tests.integration.queue.steps import SMALLER, age, failed, got, silence, start
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


@pytest.fixture
def queue_admin(engine: AsyncEngine) -> QueueAdmin:
    """The operators' side of the same queue."""
    return QueueAdmin(engine)


# Retry


async def test_a_failed_job_is_queued_again_as_if_it_were_new(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    before = await failed(queue, leases, add)
    assert before.error == "out-of-memory"
    again = await queue_admin.retry("A1")
    assert again == await got(queue, "A1")
    assert (again.state, again.attempts, again.worker, again.progress) == (State.QUEUED, 0, None, 0.0)
    assert (again.error, again.error_detail, again.finished, again.delivered) == (None, None, None, None)
    assert (again.recipe, again.owner, again.created) == (before.recipe, before.owner, before.created)
    (claimed,) = await leases.claim("x")
    assert (claimed.id, claimed.attempts) == ("A1", 1)
    assert await queue.read("A1", "content") == b"photo"
    assert await leases.finish("A1", "x", b"painting", {})


async def test_the_owner_of_a_job_that_is_painted_after_all_is_told(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await failed(queue, leases, add, address={"chat": 1})
    assert await queue.delivered("A1")
    assert await undelivered(queue) == []
    await queue_admin.retry("A1")
    (watch,) = await undelivered(queue)
    assert (watch.job.state, watch.forecast.position) == (State.QUEUED, 0)
    assert not await queue.delivered("A1")
    await leases.claim("w")
    await leases.finish("A1", "w", b"painting", {})
    (watch,) = await undelivered(queue)
    assert watch.job.state is State.DONE
    assert await queue.delivered("A1")


async def test_a_job_that_is_queued_again_comes_after_its_owners_others_and_after_whoever_waits(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await failed(queue, leases, add, "A1")
    for job_id in ("A2", "B1", "A3"):
        await add(queue, job_id)
    await queue_admin.retry("A1")
    assert [(await leases.claim("w"))[0].id for _ in range(4)] == ["A2", "B1", "A3", "A1"]


async def test_a_reduced_job_that_failed_may_be_reduced_again_after_a_retry(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await start(queue, leases, add)
    assert await leases.reduce("A1", "w", **SMALLER)
    await leases.claim("w")
    assert await leases.fail("A1", "w", "out-of-memory")
    again = await queue_admin.retry("A1")
    assert (again.reduced, again.cost) == (False, 2.5)
    await leases.claim("w")
    assert await leases.reduce("A1", "w", **SMALLER)


@pytest.mark.parametrize("state", ["queued", "running", "done", "cancelled"])
async def test_only_a_failed_job_is_queued_again(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add, state: str
) -> None:
    await add(queue, "A1")
    if state in {"running", "done"}:
        await leases.claim("w")
    if state == "done":
        await leases.finish("A1", "w", b"painting", {})
    if state == "cancelled":
        await queue.cancel("A1", "A")
    before = await got(queue, "A1")
    assert before.state == state
    with pytest.raises(JobError, match=f"Job A1 is {state}; only a failed job can be retried"):
        await queue_admin.retry("A1")
    assert await got(queue, "A1") == before


async def test_an_unknown_job_is_not_queued_again(queue_admin: QueueAdmin) -> None:
    with pytest.raises(JobError, match="There is no job 'A1'"):
        await queue_admin.retry("A1")


async def test_a_failed_job_whose_pictures_are_gone_is_not_queued_again(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine, add: Add
) -> None:
    await failed(queue, leases, add, address={"chat": 1})
    await age(engine, FAILED_TTL + 60.0)
    assert await queue.prune(30 * 86400.0) == 0
    with pytest.raises(JobError, match="pictures of job A1 are gone"):
        await queue_admin.retry("A1")
    assert (await got(queue, "A1")).state is State.FAILED


# Drain


async def test_a_drained_queue_starts_nothing_and_ends_what_runs(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await start(queue, leases, add)
    await add(queue, "B1")
    assert await queue_admin.drain() == 1
    assert await leases.claim("w") == []
    assert await leases.claim("x", 3) == []
    await add(queue, "C1")
    assert await leases.heartbeat("A1", "w", progress=0.5, checkpoint=b"c") is False
    assert await leases.finish("A1", "w", b"painting", {})
    assert await queue_admin.drain() == 0
    assert await queue.cancel("B1", "B") is State.CANCELLED
    assert (await got(queue, "C1")).state is State.QUEUED
    await queue_admin.resume()
    assert [job.id for job in await leases.claim("w")] == ["C1"]


async def test_a_drained_worker_starts_nothing_while_others_do(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await leases.announce("w", "cpu", "vgg16", 1.0)
    await leases.announce("x", "cpu", "vgg16", 1.0)
    await start(queue, leases, add)
    for job_id in ("B1", "C1"):
        await add(queue, job_id)
    assert await queue_admin.drain("w") == 1
    assert await queue_admin.drain("x") == 0
    await queue_admin.resume("x")
    assert await leases.claim("w") == []
    assert [job.id for job in await leases.claim("x")] == ["B1"]
    assert await leases.heartbeat("A1", "w", progress=0.5) is False
    # A word of the same process changes nothing; one that starts takes the drained one's place.
    await leases.announce("w", "cpu", "vgg16", 1.0, Condition.BUSY)
    assert await leases.finish("A1", "w", b"painting", {})
    assert await leases.claim("w") == []
    await queue_admin.resume("w")
    assert [job.id for job in await leases.claim("w")] == ["C1"]


async def test_a_new_process_is_not_drained_although_its_predecessor_was(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await leases.announce("w", "cpu", "vgg16", 1.0, starting=True)
    await add(queue, "A1")
    await queue_admin.drain("w")
    await leases.announce("w", "cpu", "vgg16", None)
    assert [each.drain for each in await queue.workers()] == [True]
    assert await leases.claim("w") == []
    await leases.announce("w", "cpu", "vgg16", None, starting=True)
    (known,) = await queue.workers()
    assert (known.drain, known.rate) == (False, 1.0)
    assert [job.id for job in await leases.claim("w")] == ["A1"]


async def test_a_drained_queue_stays_so_for_a_new_process(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await queue_admin.drain()
    await leases.announce("w", "cpu", "vgg16", 1.0, starting=True)
    await add(queue, "A1")
    assert await leases.claim("w") == []


async def test_an_unknown_worker_is_neither_drained_nor_resumed(queue_admin: QueueAdmin) -> None:
    with pytest.raises(UnknownWorkerError, match="There is no worker 'w'"):
        await queue_admin.drain("w")
    with pytest.raises(UnknownWorkerError, match="There is no worker 'w'"):
        await queue_admin.resume("w")


async def test_a_job_that_loses_its_worker_in_a_drained_queue_runs_no_more(
    queue: Queue, expiring: Leases, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    # Whoever waits for a drained queue to be empty, to update it, would wait for ever.
    await start(queue, expiring, add)
    assert await queue_admin.drain() == 1
    assert await leases.claim("x") == []
    assert (await got(queue, "A1")).state is State.QUEUED
    assert (await queue_admin.health()).running == 0
    await queue_admin.resume()
    assert [job.id for job in await leases.claim("x")] == ["A1"]


# Health


async def health(queue_admin: QueueAdmin) -> tuple[bool, list[str]]:
    """Return whether the queue is healthy, and its problems."""
    found = await queue_admin.health()
    return found.healthy, found.problems


async def test_an_empty_queue_without_workers_is_not_healthy(queue_admin: QueueAdmin) -> None:
    found = await queue_admin.health()
    assert found == Health(
        queued=0, running=0, undelivered=0, expired=0, waiting=0.0, paused=False, workers=[], now=found.now
    )
    assert (found.healthy, found.problems) == (False, ["No worker is running."])


@pytest.mark.parametrize("condition", [Condition.IDLE, Condition.BUSY])
async def test_a_worker_at_work_makes_it_healthy(
    leases: Leases, queue_admin: QueueAdmin, condition: Condition
) -> None:
    await leases.announce("w", "cpu", "vgg16", None, condition)
    assert await health(queue_admin) == (True, [])


async def test_a_broken_worker_says_why_and_paints_nothing(leases: Leases, queue_admin: QueueAdmin) -> None:
    await leases.announce("w", "cuda", "vgg16", None, Condition.BROKEN, "the self-test painted NaN")
    assert await health(queue_admin) == (
        False,
        ["No worker is running.", "Worker w is broken: the self-test painted NaN"],
    )
    await leases.announce("x", "cpu", "vgg16", None)
    assert await health(queue_admin) == (True, ["Worker w is broken: the self-test painted NaN"])


async def test_dead_and_retired_workers_do_not_count(
    leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine
) -> None:
    await leases.announce("dead", "cpu", "vgg16", None)
    await leases.announce("retired", "cpu", "vgg16", None)
    await leases.retire("retired")
    await silence(engine, "dead")
    assert await health(queue_admin) == (False, ["No worker is running."])
    assert (await queue_admin.health()).workers == []


async def test_a_drain_is_a_problem_until_it_is_undone(leases: Leases, queue_admin: QueueAdmin) -> None:
    await leases.announce("w", "cpu", "vgg16", None)
    await queue_admin.drain()
    assert await health(queue_admin) == (False, ["The queue is drained: nothing starts until it is resumed."])
    await queue_admin.resume()
    await queue_admin.drain("w")
    assert await health(queue_admin) == (False, ["Worker w is drained."])
    await leases.announce("x", "cpu", "vgg16", None)
    assert await health(queue_admin) == (True, ["Worker w is drained."])


async def test_health_counts_what_waits_runs_is_lost_and_is_untold(
    queue: Queue, expiring: Leases, leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine, add: Add
) -> None:
    await leases.announce("w", "cpu", "vgg16", None)
    await failed(queue, leases, add, "A1", address={"chat": 1})
    await failed(queue, leases, add, "B1")
    await start(queue, leases, add, "C1")
    await start(queue, expiring, add, "D1")
    for job_id in ("E1", "F1", "G1"):
        await add(queue, job_id)
    async with engine.begin() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == "F1").values(created=Now() - 90.0))
    found = await queue_admin.health()
    assert (found.queued, found.running, found.undelivered, found.expired) == (3, 2, 1, 1)
    assert found.waiting == pytest.approx(90.0, abs=30.0)
    assert found.problems == ["1 running job(s) have lost their worker."]
    assert found.healthy
    assert abs(found.now - (await got(queue, "G1")).created) < 30.0


# Looking


async def test_blobs_are_named_with_their_sizes(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, add: Add
) -> None:
    await start(queue, leases, add, blobs={"content": b"\x00\xff" * 500, "style0": b"", "style1": b"s"})
    await leases.heartbeat("A1", "w", progress=0.5, preview=b"p" * 7)
    assert await queue_admin.blobs("A1") == {"content": 1000, "preview": 7, "style0": 0, "style1": 1}
    assert await queue_admin.blobs("unknown") == {}


async def test_jobs_are_listed_live_ones_first_and_the_latest_end_before_earlier_ones(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine, add: Add
) -> None:
    await failed(queue, leases, add, "A1")
    await start(queue, leases, add, "B1")
    await leases.finish("B1", "w", b"painting", {})
    async with engine.begin() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == "A1").values(finished=Now() - 9.0))
    await start(queue, leases, add, "C1")
    for job_id in ("A2", "A3", "B2"):
        await add(queue, job_id)
    await add(queue, "D1", priority=1)
    assert [job.id for job in await queue_admin.jobs()] == ["C1", "D1", "A2", "B2", "A3", "B1", "A1"]
    assert [job.id for job in await queue_admin.jobs(count=3)] == ["C1", "D1", "A2"]
    assert [job.id for job in await queue_admin.jobs(owner="A")] == ["A2", "A3", "A1"]
    assert [job.id for job in await queue_admin.jobs([State.DONE, State.RUNNING])] == ["C1", "B1"]
    assert [job.id for job in await queue_admin.jobs([State.FAILED], "A")] == ["A1"]
    assert await queue_admin.jobs([State.CANCELLED]) == []


# Statistics


async def test_an_unused_queue_has_done_nothing(queue_admin: QueueAdmin) -> None:
    assert await queue_admin.statistics() == QueueStatistics(
        queued=0, running=0, done=0, failed=0, cancelled=0, owners=0, seconds=None, workers=0
    )


async def test_what_was_done_in_a_day_is_counted(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine, add: Add
) -> None:
    for job_id in ("A1", "A2"):
        await start(queue, leases, add, job_id)
        assert await leases.finish(job_id, "w", b"painting", {})
    await failed(queue, leases, add, "B1")
    await add(queue, "C1")
    await queue.cancel("C1", "C")
    for job_id, seconds in (("A1", 10.0), ("A2", 20.0)):
        async with engine.begin() as connection:
            took = update(jobs).where(jobs.c.id == job_id)
            await connection.execute(took.values(started=Now() - 60.0, finished=Now() - 60.0 + seconds))
    await start(queue, leases, add, "D1")
    await add(queue, "D2")
    await add(queue, "E1")
    for name in ("w", "x", "gone", "silent"):
        await leases.announce(name, "cpu", "vgg19", 4.0)
    await leases.retire("gone")
    await silence(engine, "silent")
    found = await queue_admin.statistics()
    assert found.seconds == pytest.approx(15.0, abs=0.1)
    assert found == QueueStatistics(
        queued=2, running=1, done=2, failed=1, cancelled=1, owners=5, seconds=found.seconds, workers=2
    )


async def test_what_is_older_than_a_day_is_counted_no_more(
    queue: Queue, leases: Leases, queue_admin: QueueAdmin, engine: AsyncEngine, add: Add
) -> None:
    await start(queue, leases, add, "A1")
    await leases.finish("A1", "w", b"painting", {})
    await failed(queue, leases, add, "B1")
    await add(queue, "C1")
    async with engine.begin() as connection:
        old = Now() - 86400.0 - 60.0
        await connection.execute(update(jobs).values(created=old))
        await connection.execute(update(jobs).where(jobs.c.state.not_in(("queued",))).values(finished=old))
    found = await queue_admin.statistics()
    assert (found.queued, found.done, found.failed, found.owners, found.seconds) == (1, 0, 0, 0, None)
