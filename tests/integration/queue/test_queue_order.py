"""The order of the claims: turns, priorities, batches, the limit of running jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.queue import Leases, Limits, Queue, QueueAdmin
from tests.integration.queue.steps import got, start

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.integration.queue.steps import Add


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


# What may be painted together


async def test_what_kills_workers_is_painted_alone(
    expiring: Leases, queue: Queue, leases: Leases, add: Add
) -> None:
    for job_id in ("A1", "B1"):
        await add(queue, job_id)
    assert len(await expiring.claim("lost", 2)) == 2
    for job_id in ("C1", "D1"):
        await add(queue, job_id)
    assert [[job.id for job in await leases.claim("w", 4)] for _ in range(3)] == [
        ["A1"],
        ["B1"],
        ["C1", "D1"],
    ]


async def test_what_has_a_canvas_to_go_on_from_is_painted_alone(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, leases, add, "B1")
    await leases.heartbeat("B1", "w", progress=0.5, checkpoint=b"c")
    await add(queue, "A1", priority=1)
    for job_id in ("C1", "D1"):
        await add(queue, job_id)
    assert await leases.release("w") == 1
    assert (await got(queue, "B1")).attempts == 0
    # Not in the batch of another's, and not at the head of one.
    assert [[job.id for job in await leases.claim("w", 4)] for _ in range(2)] == [["A1", "C1", "D1"], ["B1"]]


async def test_what_needed_less_memory_is_painted_alone(queue: Queue, leases: Leases, add: Add) -> None:
    await start(queue, leases, add)
    assert await leases.reduce("A1", "w", recipe={}, cost=10.0, shape="512x384")
    for job_id in ("B1", "C1"):
        await add(queue, job_id)
    assert [[job.id for job in await leases.claim("w", 4)] for _ in range(2)] == [["A1"], ["B1", "C1"]]


async def test_a_job_given_back_before_anything_was_painted_may_be_in_a_batch(
    queue: Queue, leases: Leases, add: Add
) -> None:
    await start(queue, leases, add)
    await add(queue, "B1")
    await leases.release("w")
    assert [job.id for job in await leases.claim("w", 4)] == ["A1", "B1"]


async def test_a_batch_keeps_to_the_limit_of_running_jobs(engine: AsyncEngine, add: Add) -> None:
    queue = Queue(engine, Limits(live=100, running=1))
    leases = Leases(engine, Limits(live=100, running=1))
    for job_id in ("A1", "A2", "B1"):
        await add(queue, job_id)
    assert [job.id for job in await leases.claim("w", 4)] == ["A1", "B1"]


async def test_a_look_ahead_sees_what_a_claim_would_start_and_changes_nothing(
    engine: AsyncEngine, add: Add
) -> None:
    limits = Limits(live=9, running=1, lease=600.0)
    queue, leases = Queue(engine, limits), Leases(engine, limits)
    for job_id in ("A0", "A1", "B0", "C0"):
        await add(queue, job_id)
    (running,) = await leases.claim("w")
    assert running.id == "A0"
    await leases.claim("other")  # B0
    await add(queue, "B1")
    await queue.cancel("C0", "C")
    before = await queue.jobs()
    # A's next one will be free to start when this worker has done with A0; B's is not while another has B0.
    assert [job.id for job in await leases.upcoming("w", 3)] == ["A1"]
    assert [job.id for job in await leases.upcoming("other", 3)] == ["B1"]
    assert await leases.upcoming("third") == []
    assert await queue.jobs() == before
    await QueueAdmin(engine).drain()
    assert await leases.upcoming("w") == []
