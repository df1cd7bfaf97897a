"""Many callers at once, in one process and in several, some of them killed."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.errors import TooManyJobsError
from engine.queue import Job, Leases, Limits, Queue, State, create_schema, database, open_database
from tests.support.forked import ForkedProcess
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    Add = Callable[..., Awaitable[Job]]
    Connect = Callable[[], AsyncEngine]

CHILD = Path(__file__).with_name("child.py")


class Child:
    """``child.py`` at the test's database, ready to begin."""

    def __init__(self, *words: str) -> None:
        read, write = os.pipe()
        with os.fdopen(write, "wb") as output:
            self.process = ForkedProcess(
                words, env={**os.environ}, cwd=Path.cwd(), output=output, program=CHILD
            )
        self.words = os.fdopen(read)
        assert self.words.readline() == "ready\n"

    def go(self) -> None:
        """Let it begin."""
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def rest(self) -> list[str]:
        """Everything that it still prints, until it ends."""
        output = self.words.read()
        self.process.wait()
        return output.split()

    def said(self) -> list[str]:
        """Everything that it printed until it ended well."""
        words = self.rest()
        assert self.process.poll() == 0, words
        return words

    def kill(self) -> None:
        """Kill it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def spawn(url: str) -> Iterator[Callable[..., Child]]:
    """Start ``child.py`` at the test's database and wait until it is ready; killed after the test."""
    children: list[Child] = []

    def spawn(*task: str) -> Child:
        children.append(Child(url, *task))
        return children[-1]

    yield spawn
    for child in children:
        child.kill()
        child.process.stdin.close()
        child.words.close()


# In one process


async def test_the_live_limit_is_exact_when_twenty_come_at_once(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    queues = [Queue(connect(), Limits(live=5)) for _ in range(4)]
    answers = await asyncio.gather(
        *(add(queues[number % 4], f"A{number}") for number in range(20)), return_exceptions=True
    )
    accepted = [answer.id for answer in answers if isinstance(answer, Job)]
    assert len(accepted) == 5
    assert sum(isinstance(answer, TooManyJobsError) for answer in answers) == 15
    assert {job.id for job in await queues[0].jobs()} == set(accepted)


async def test_one_id_enqueued_by_ten_at_once_is_one_job(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    queues = [Queue(connect()) for _ in range(3)]
    answers = await asyncio.gather(*(add(queues[number % 3], "A1") for number in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert len(await queues[0].jobs()) == 1


async def test_no_owner_ever_has_more_running_than_allowed(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    limits = Limits(live=100, running=2)
    queue = Queue(connect(), limits)
    leases = [Leases(connect(), limits) for _ in range(4)]
    for number in range(8):
        await add(queue, f"A{number}")
        await add(queue, f"B{number}")
    painted = 0
    while painted < 16:
        claims = await asyncio.gather(
            *(each.claim(f"w{number}", 1 + number % 2) for number, each in enumerate(leases * 2))
        )
        running = [job for jobs in claims for job in jobs]
        # Everybody claims and nobody finishes: whoever could start has started.
        assert Counter(job.owner for job in running) == {"A": 2, "B": 2}
        for job in running:
            assert await leases[0].finish(job.id, str(job.worker), b"", {})
        painted += len(running)


async def test_every_job_is_claimed_once_by_many_workers(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    limits = Limits(live=100, running=100)
    queue = Queue(connect(), limits)
    ids = [f"{owner}{number}" for number in range(8) for owner in "ABCDE"]
    for job_id in ids:
        await add(queue, job_id)

    async def work(leases: Leases, worker: str) -> list[str]:
        taken: list[str] = []
        while jobs := await leases.claim(worker, random.randint(1, 3)):
            taken += [job.id for job in jobs]
        return taken

    taken = await asyncio.gather(*(work(Leases(connect(), limits), f"w{number}") for number in range(6)))
    assert sorted(job_id for one in taken for job_id in one) == sorted(ids)


async def test_a_job_is_either_cancelled_or_claimed(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    limits = Limits(live=100, running=100)
    bot, worker = Queue(connect(), limits), Leases(connect(), limits)
    for number in range(20):
        await add(bot, f"A{number}")

    async def claim() -> set[str]:
        taken: set[str] = set()
        while jobs := await worker.claim("w", 3):
            taken |= {job.id for job in jobs}
        return taken

    states, taken = await asyncio.gather(
        asyncio.gather(*(bot.cancel(f"A{number}", "A") for number in reversed(range(20)))), claim()
    )
    ended = {f"A{number}" for number, state in zip(reversed(range(20)), states, strict=True)
             if state is State.CANCELLED}  # fmt: skip
    assert ended.isdisjoint(taken)
    assert len(ended) + len(taken) == 20
    for job_id in taken:
        job = await bot.get(job_id)
        assert job is not None
        assert (job.state, job.cancel) == (State.RUNNING, True)


async def test_one_outcome_is_kept_when_all_come_at_once(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    limits = Limits(live=100, running=100)
    queue = Queue(connect(), limits)
    leases = [Leases(connect(), limits) for _ in range(4)]
    for number in range(5):
        job_id = f"A{number}"
        await add(queue, job_id)
        await leases[0].claim("w")
        outcomes = await asyncio.gather(
            leases[0].finish(job_id, "w", b"one", {"from": 0}),
            leases[1].finish(job_id, "w", b"two", {"from": 1}),
            leases[2].fail(job_id, "w", "internal"),
            leases[3].release("w", job_id),
        )
        job = await queue.get(job_id)
        assert job is not None
        assert sum(outcomes) == 1
        assert (job.state is State.QUEUED) == (outcomes[3] == 1)
        assert (job.state is State.FAILED) == outcomes[2]
        if job.facts is not None:
            assert outcomes[job.facts["from"]]
            assert await queue.read(job_id, "result") == (b"one", b"two")[job.facts["from"]]
        await queue.cancel(job_id, "A")


async def test_an_expired_lease_is_taken_by_one_of_many(connect: Connect, add: Add) -> None:
    await create_schema(connect())
    limits = Limits(live=100, running=100)
    queue = Queue(connect(), limits)
    expiring = Leases(connect(), Limits(live=100, running=100, lease=-1.0))
    for number in range(6):
        await add(queue, f"A{number}")
    assert len(await expiring.claim("lost", 6)) == 6
    leases = [Leases(connect(), limits) for _ in range(4)]
    claims = await asyncio.gather(*(each.claim(f"w{number}", 6) for number, each in enumerate(leases * 2)))
    taken = [job for jobs in claims for job in jobs]
    assert sorted(job.id for job in taken) == [f"A{number}" for number in range(6)]
    assert {job.attempts for job in taken} == {2}


async def test_reports_and_claims_do_not_block_each_other(connect: Connect, add: Add) -> None:
    # Heartbeats lock jobs, claims the clock and then jobs: on PostgreSQL a wrong order would be a deadlock.
    await create_schema(connect())
    limits = Limits(live=100, running=100, attempts=10_000, lease=-1.0)
    engines = [connect() for _ in range(5)]
    queue = Queue(engines[0], limits)
    for number in range(6):
        await add(queue, f"A{number}")

    async def churn(engine: AsyncEngine, worker: str) -> None:
        queue, leases = Queue(engine, limits), Leases(engine, limits)
        for _ in range(6):
            for job in await leases.claim(worker, 3):
                await leases.heartbeat(job.id, worker, progress=0.5, preview=b"p", checkpoint=b"c")
            await leases.release(worker, spent=True)
            await queue.prune(3600.0)
            await undelivered(queue)

    await asyncio.gather(*(churn(engine, f"w{number}") for number, engine in enumerate(engines)))
    assert await Leases(engines[0], limits).release("nobody") == 0
    assert all(not job.state.terminal for job in await queue.jobs())


async def test_an_interrupted_call_leaves_no_lock_behind(
    connect: Connect, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits for a lock here, so one that is left behind is met; nor may the collector remove it.
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.0)
    await create_schema(connect())
    queue, other = Queue(connect(), Limits(live=1000)), Leases(connect())
    chance = random.Random(7)
    gc.disable()
    try:
        for number in range(40):
            task = asyncio.ensure_future(add(queue, f"A{number}", blobs={"content": b"c" * 100_000}))
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
            if chance.random() < 0.5:
                # Let a thread or the server get somewhere as well.
                await queue.workers()
            task.cancel()
            await asyncio.wait([task])
            await other.announce("w", "cpu", "vgg19", None)
    finally:
        gc.enable()
    kept = {job.id for job in await queue.jobs(count=1000)}
    for number in range(40):
        whole = await queue.read(f"A{number}", "content") is not None
        assert whole == (f"A{number}" in kept)


# In several processes


async def test_the_tables_are_created_by_four_processes_at_once(
    url: str, spawn: Callable[..., Child], add: Add
) -> None:
    children = [spawn("create") for _ in range(4)]
    for child in children:
        child.go()
    for child in children:
        assert child.said() == []
    engine = open_database(url)
    await add(Queue(engine), "A1")
    await engine.dispose()


async def test_every_job_is_painted_once_by_several_processes(
    queue: Queue, spawn: Callable[..., Child], add: Add
) -> None:
    ids = [f"{owner}{number}" for number in range(10) for owner in "ABC"]
    for job_id in ids:
        await add(queue, job_id)
    children = [spawn("paint", f"w{number}") for number in range(3)]
    for child in children:
        child.go()
    assert sorted(job_id for child in children for job_id in child.said()) == sorted(ids)
    assert {(job.state, job.attempts) for job in await queue.jobs()} == {(State.DONE, 1)}


async def test_a_process_killed_within_a_transaction_leaves_neither_lock_nor_trace(
    queue: Queue, leases: Leases, spawn: Callable[..., Child], add: Add
) -> None:
    child = spawn("hold")
    child.kill()
    assert (await add(queue, "A1")).tag == 1
    assert [job.id for job in await leases.claim("w")] == ["A1"]


async def test_no_accepted_job_is_lost_when_processes_are_killed(
    connect: Connect, spawn: Callable[..., Child], add: Add
) -> None:
    await create_schema(connect())
    accepted: set[str] = set()
    for kill in range(4):
        children = [spawn("run", f"owner{kill}{number}") for number in range(2)]
        for child in children:
            child.go()
        for child in children:
            for _ in range(random.randint(1, 8)):
                accepted.add(child.words.readline().strip())
            child.kill()
            accepted.update(child.rest())
    # Their leases are long; what died under them is taken over by name, as after a restart.
    queue = Queue(connect(), Limits(live=10_000, running=10_000, attempts=10_000))
    leases = Leases(connect(), Limits(live=10_000, running=10_000, attempts=10_000))
    jobs = {job.id: job for job in await queue.jobs(count=10_000)}
    assert accepted <= jobs.keys()
    for name in {str(job.worker) for job in jobs.values() if job.state is State.RUNNING}:
        await leases.release(name, spent=True)
    while claimed := await leases.claim("survivor", 50):
        for job in claimed:
            assert await queue.read(job.id, "content") == b"c" * 50_000
            assert await leases.finish(job.id, "survivor", b"r", {})
    for job in await queue.jobs(count=10_000):
        assert job.state is State.DONE
        assert await queue.read(job.id, "result") is not None
