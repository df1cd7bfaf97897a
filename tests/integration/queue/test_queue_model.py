"""The queue against a model of it that a child can read: any story ends the same in both."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
)
from sqlalchemy import select, update

from engine.errors import TooManyJobsError
from engine.queue import CHECKPOINT, RESULT, JobError, Leases, Limits, Queue, QueueAdmin, State, create_schema
from engine.queue import open_database as open_it
from engine.queue.schema import blob
from engine.queue.schema import job as table
from tests.support.undelivered import undelivered

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

STORIES = int(os.environ.get("ATELIER_STORIES", "1"))
"""Times as many stories as in the suite: `make chaos` has many."""
LIMITS = Limits(live=4, running=2, attempts=2, lease=3600.0)
WORKERS = ("w", "x")
SHAPES = ("wide", "tall")


@dataclass(eq=False)
class Card:
    """A job in the model."""

    id: str
    owner: str
    shape: str
    priority: int
    tag: int
    state: State = State.QUEUED
    worker: str | None = None
    attempts: int = 0
    cancel: bool = False
    lost: bool = False
    """Return whether its lease has run out."""
    reduced: bool = False
    canvas: bool = False
    """Return whether there is a checkpoint."""
    delivered: bool = False

    @property
    def key(self) -> tuple[int, int, str]:
        """The order of the claims."""
        return -self.priority, self.tag, self.id

    @property
    def fresh(self) -> bool:
        """Return whether nothing was ever painted of it: what was begun before is painted alone."""
        return self.attempts == 0 and not self.reduced and not self.canvas

    def become(self, state: State) -> None:
        """Stop running, or waiting."""
        self.state = state
        self.lost = False
        if state is State.QUEUED:
            self.worker = None
        else:
            self.canvas = False


@dataclass
class Model:
    """The rules, without a database."""

    clock: int = 0
    paused: bool = False
    drained: set[str] = field(default_factory=set)
    cards: dict[str, Card] = field(default_factory=dict)

    def of(self, *states: State) -> list[Card]:
        """The cards in these states, in the order of the claims."""
        return sorted((card for card in self.cards.values() if card.state in states), key=lambda it: it.key)

    def tag(self, owner: str) -> int:
        """One more than what was started, and than the owner's others."""
        mine = (card.tag for card in self.of(State.QUEUED, State.RUNNING) if card.owner == owner)
        return max(self.clock, *mine, 0) + 1

    def enqueue(self, job_id: str, owner: str, shape: str, priority: int) -> bool:
        """Return whether there was room."""
        if sum(card.owner == owner for card in self.of(State.QUEUED, State.RUNNING)) >= LIMITS.live:
            return False
        self.cards[job_id] = Card(job_id, owner, shape, priority, self.tag(owner))
        return True

    def claim(self, worker: str, most: int) -> list[str]:
        """The ids of the started jobs."""
        for card in self.of(State.RUNNING):
            if card.lost:
                self.give_back(card, spent=True)
        if self.paused or worker in self.drained:
            return []
        started: list[Card] = []
        alone = False
        for card in self.of(State.QUEUED):
            busy = sum(each.owner == card.owner for each in self.of(State.RUNNING))
            suits = not started or (not alone and card.fresh and card.shape == started[0].shape)
            if suits and busy < LIMITS.running and len(started) < most:
                alone = not card.fresh
                card.state, card.worker = State.RUNNING, worker
                card.attempts += 1
                started.append(card)
        self.clock = max([self.clock, *(card.tag for card in started)])
        return [card.id for card in started]

    def held(self, card: Card, worker: str) -> bool:
        """Return whether the job is this worker's."""
        return card.state is State.RUNNING and card.worker == worker

    def heartbeat(self, card: Card, worker: str, *, canvas: bool) -> bool | None:
        """Return whether to stop; None if it is another's."""
        if not self.held(card, worker):
            return None
        card.lost = False
        card.canvas = card.canvas or canvas
        return card.cancel

    def cancel(self, card: Card) -> State:
        """The state after that."""
        if not card.state.terminal:
            card.cancel = True
            if card.state is State.QUEUED or card.lost:
                card.become(State.CANCELLED)
        return card.state

    def give_back(self, card: Card, *, spent: bool) -> None:
        """Queue a running job again, if it may run again."""
        if card.cancel:
            card.become(State.CANCELLED)
        elif spent and card.attempts >= LIMITS.attempts:
            card.become(State.FAILED)
        else:
            card.become(State.QUEUED)
        card.attempts -= not spent

    def release(self, card: Card, worker: str, *, spent: bool) -> int:
        """Return the number of released jobs."""
        if self.held(card, worker):
            self.give_back(card, spent=spent)
            return 1
        return 0

    def reduce(self, card: Card, worker: str, shape: str) -> bool:
        """Return whether it is to be a smaller painting now."""
        possible = self.held(card, worker) and not card.reduced
        if possible:
            card.reduced, card.shape, card.canvas = True, shape, False
            self.give_back(card, spent=False)
        return possible

    def end(self, card: Card, worker: str, state: State) -> bool:
        """Return whether it ended so."""
        if not self.held(card, worker):
            return False
        if state is State.DONE and card.cancel:
            card.become(State.CANCELLED)
            return False
        possible = card.cancel or state is not State.CANCELLED
        if possible:
            card.become(state)
        return possible

    def retry(self, card: Card) -> bool:
        """Return whether it is queued again."""
        if card.state is not State.FAILED:
            return False
        card.tag = self.tag(card.owner)
        card.attempts = 0
        card.cancel = card.reduced = card.delivered = False
        card.become(State.QUEUED)
        return True


class Both:
    """A queue and its model; each method does one step in both and compares the answers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.queue, self.leases = Queue(engine, LIMITS), Leases(engine, LIMITS)
        self.queue_admin, self.model = QueueAdmin(engine), Model()

    async def open(self) -> None:
        """Create the tables; the workers come."""
        await create_schema(self.engine)
        for worker in WORKERS:
            await self.leases.announce(worker, "cpu", "vgg16", None, starting=True)

    async def enqueue(self, owner: str, shape: str, priority: int) -> str | None:
        """Gives the new job's id, if there was room."""
        job_id = f"{len(self.model.cards):03}"
        room = self.model.enqueue(job_id, owner, shape, priority)
        try:
            job = await self.queue.enqueue(
                id=job_id, owner=owner, recipe={}, cost=1.0, shape=shape, blobs={"content": b"c"},
                address={}, priority=priority,
            )  # fmt: skip
        except TooManyJobsError:
            assert not room
            return None
        assert room
        assert job.tag == self.model.cards[job_id].tag
        return job_id

    async def enqueue_again(self, job_id: str) -> None:
        card = self.model.cards[job_id]
        again = await self.queue.enqueue(id=job_id, owner="Z", recipe={}, cost=9.0, shape="x", blobs={})
        assert (again.owner, again.state) == (card.owner, card.state)

    async def claim(self, worker: str, most: int) -> None:
        claimed = await self.leases.claim(worker, most)
        assert [job.id for job in claimed] == self.model.claim(worker, most)

    async def heartbeat(self, job_id: str, worker: str, canvas: bool) -> None:
        beat = await self.leases.heartbeat(job_id, worker, progress=0.5, checkpoint=b"k" if canvas else None)
        assert beat == self.model.heartbeat(self.model.cards[job_id], worker, canvas=canvas)

    async def cancel(self, job_id: str) -> None:
        card = self.model.cards[job_id]
        assert await self.queue.cancel(job_id, "another") is None
        assert await self.queue.cancel(job_id, card.owner) is self.model.cancel(card)

    async def release(self, job_id: str, worker: str, spent: bool) -> None:
        released = await self.leases.release(worker, job_id, spent=spent)
        assert released == self.model.release(self.model.cards[job_id], worker, spent=spent)

    async def reduce(self, job_id: str, worker: str, shape: str) -> None:
        reduced = await self.leases.reduce(job_id, worker, recipe={}, cost=1.0, shape=shape)
        assert reduced == self.model.reduce(self.model.cards[job_id], worker, shape)

    async def end(self, job_id: str, worker: str, state: State) -> None:
        card = self.model.cards[job_id]
        match state:
            case State.DONE:
                ended = await self.leases.finish(job_id, worker, b"r", {})
            case State.FAILED:
                ended = await self.leases.fail(job_id, worker, "internal")
            case _:
                ended = await self.leases.stop(job_id, worker)
        assert ended == self.model.end(card, worker, state)

    async def deliver(self, job_id: str) -> None:
        card = self.model.cards[job_id]
        assert await self.queue.delivered(job_id) == card.state.terminal
        card.delivered = card.delivered or card.state.terminal

    async def expire(self, job_id: str) -> None:
        """Let the lease run out, as time does."""
        card = self.model.cards[job_id]
        card.lost = card.state is State.RUNNING
        async with self.engine.begin() as connection:
            await connection.execute(
                update(table).where(table.c.id == job_id).values(lease=table.c.lease * 0)
            )

    async def retry(self, job_id: str) -> None:
        possible = self.model.retry(self.model.cards[job_id])
        try:
            job = await self.queue_admin.retry(job_id)
        except JobError:
            assert not possible
        else:
            assert possible
            assert job.tag == self.model.cards[job_id].tag

    async def drain(self, worker: str | None) -> None:
        running = [card for card in self.model.of(State.RUNNING) if worker in (None, card.worker)]
        assert await self.queue_admin.drain(worker) == len(running)
        if worker is None:
            self.model.paused = True
        else:
            self.model.drained.add(worker)

    async def resume(self, worker: str | None) -> None:
        await self.queue_admin.resume(worker)
        if worker is None:
            self.model.paused = False
        else:
            self.model.drained.discard(worker)

    async def restart(self, worker: str) -> None:
        """A new process takes a worker's place, and finds what the old one died over."""
        lost = [card for card in self.model.of(State.RUNNING) if card.worker == worker]
        assert await self.leases.release(worker, spent=True) == len(lost)
        for card in lost:
            self.model.give_back(card, spent=True)
        await self.leases.announce(worker, "cpu", "vgg16", None, starting=True)
        self.model.drained.discard(worker)

    async def compare(self) -> None:
        """Everything that can be seen is the same."""
        cards = self.model.cards
        jobs = {job.id: job for job in await self.queue_admin.jobs(count=1000)}
        assert jobs.keys() == cards.keys()
        for job_id, card in cards.items():
            job = jobs[job_id]
            seen = (job.state, job.tag, job.attempts, job.cancel, job.reduced, job.shape)
            assert seen == (card.state, card.tag, card.attempts, card.cancel, card.reduced, card.shape)
            assert (job.delivered is not None) == card.delivered
            assert (job.lease is not None) == (job.state is State.RUNNING)
            if job.state in (State.QUEUED, State.RUNNING):
                assert job.worker == card.worker
        waiting = [card.id for card in self.model.of(State.QUEUED)]
        running = [card.id for card in self.model.of(State.RUNNING)]
        assert [job.id for job in jobs.values() if not job.state.terminal] == [*running, *waiting]
        told = await self.queue_admin.forecasts(LIMITS.running)
        positions = {job_id: forecast.position for job_id, forecast in told.items()}
        assert positions == {**dict.fromkeys(running), **{id_: at for at, id_ in enumerate(waiting)}}
        watched = {watch.job.id for watch in await undelivered(self.queue)}
        assert watched == {card.id for card in cards.values() if not card.delivered}
        assert await self._blobs() == self._expected_blobs()
        found = await self.queue_admin.health()
        assert (found.running, found.queued, found.paused) == (len(running), len(waiting), self.model.paused)
        assert found.expired == sum(card.lost for card in cards.values())
        assert found.undelivered == sum(card.state.terminal and not card.delivered for card in cards.values())
        assert {each.name for each in found.workers if each.drain} == self.model.drained

    async def _blobs(self) -> set[tuple[str, str]]:
        async with self.engine.connect() as connection:
            return {(row.job, row.name) for row in await connection.execute(select(blob.c.job, blob.c.name))}

    def _expected_blobs(self) -> set[tuple[str, str]]:
        kept = {
            State.QUEUED: "content",
            State.RUNNING: "content",
            State.FAILED: "content",
            State.DONE: RESULT,
        }
        cards = self.model.cards.values()
        names = {(card.id, kept[card.state]) for card in cards if card.state in kept}
        return names | {(card.id, CHECKPOINT) for card in cards if card.canvas}

    async def finish_all(self) -> None:
        """In the end every job ends."""
        for worker in (None, *WORKERS):
            await self.resume(worker)
        while self.model.of(State.QUEUED, State.RUNNING):
            for card in self.model.of(State.RUNNING):
                await self.end(card.id, str(card.worker), State.DONE)
            await self.claim("w", 3)


class Story(RuleBasedStateMachine):
    """Hypothesis tells the stories, and shortens those that do not end well."""

    ids: Bundle[str] = Bundle("ids")
    workers = st.sampled_from(WORKERS)
    shapes = st.sampled_from(SHAPES)

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="atelier-queue-"))
        self.runner = asyncio.Runner()
        self.both = Both(open_it(f"sqlite:///{self.folder / 'queue.db'}"))
        self.do(self.both.open())

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(step)

    def teardown(self) -> None:
        if not hasattr(self, "both"):
            return
        try:
            self.do(self.both.compare())
            self.do(self.both.finish_all())
            self.do(self.both.compare())
        finally:
            self.do(self.both.engine.dispose())
            self.runner.close()
            shutil.rmtree(self.folder)

    @rule(target=ids, owner=st.sampled_from("ABC"), shape=shapes, priority=st.integers(0, 1))
    def enqueue(self, owner: str, shape: str, priority: int) -> str | MultipleResults[str]:
        job_id = self.do(self.both.enqueue(owner, shape, priority))
        return multiple() if job_id is None else job_id

    @rule(worker=workers, most=st.integers(1, 3))
    def claim(self, worker: str, most: int) -> None:
        self.do(self.both.claim(worker, most))

    @rule(job=ids)
    def enqueue_again(self, job: str) -> None:
        self.do(self.both.enqueue_again(job))

    @rule(job=ids, worker=workers, canvas=st.booleans())
    def heartbeat(self, job: str, worker: str, canvas: bool) -> None:
        self.do(self.both.heartbeat(job, worker, canvas))

    @rule(job=ids)
    def cancel(self, job: str) -> None:
        self.do(self.both.cancel(job))

    @rule(job=ids, worker=workers, spent=st.booleans())
    def release(self, job: str, worker: str, spent: bool) -> None:
        self.do(self.both.release(job, worker, spent))

    @rule(job=ids, worker=workers, shape=shapes)
    def reduce(self, job: str, worker: str, shape: str) -> None:
        self.do(self.both.reduce(job, worker, shape))

    @rule(job=ids, worker=workers, state=st.sampled_from([State.DONE, State.FAILED, State.CANCELLED]))
    def end(self, job: str, worker: str, state: State) -> None:
        self.do(self.both.end(job, worker, state))

    @rule(job=ids)
    def deliver(self, job: str) -> None:
        self.do(self.both.deliver(job))

    @rule(job=ids)
    def expire(self, job: str) -> None:
        self.do(self.both.expire(job))

    @precondition(lambda self: self.both.model.of(State.FAILED))
    @rule(job=ids)
    def retry(self, job: str) -> None:
        self.do(self.both.retry(job))

    @rule(worker=st.sampled_from((None, *WORKERS)))
    def drain(self, worker: str | None) -> None:
        self.do(self.both.drain(worker))

    @precondition(lambda self: self.both.model.paused or self.both.model.drained)
    @rule(worker=st.sampled_from((None, *WORKERS)))
    def resume(self, worker: str | None) -> None:
        self.do(self.both.resume(worker))

    @rule(worker=workers)
    def restart(self, worker: str) -> None:
        self.do(self.both.restart(worker))

    @rule()
    def look(self) -> None:
        self.do(self.both.compare())


TestAnyStoryEndsAsInTheModel = Story.TestCase
TestAnyStoryEndsAsInTheModel.settings = settings(
    max_examples=8 * STORIES, stateful_step_count=40, deadline=None
)


async def chapter(both: Both, chance: random.Random) -> None:
    """One step by chance; with jobs that run, mostly about those."""
    worker, shape = chance.choice(WORKERS), chance.choice(SHAPES)
    if not both.model.cards or chance.random() < 0.25:
        await both.enqueue(chance.choice("ABCDE"), shape, chance.randrange(2))
        return
    running = both.model.of(State.RUNNING)
    failed = both.model.of(State.FAILED)
    card = chance.choice(running if running and chance.random() < 0.8 else list(both.model.cards.values()))
    if card.worker is not None and chance.random() < 0.8:
        worker = card.worker
    whom = chance.choice((None, *WORKERS))
    spent, canvas = chance.random() < 0.3, chance.random() < 0.8
    state = chance.choice([State.DONE, State.FAILED, State.CANCELLED])
    steps: list[tuple[int, Callable[[], Awaitable[None]]]] = [
        (6, lambda: both.claim(worker, chance.randint(1, 3))),
        (2, lambda: both.end(card.id, worker, state)),
        (4, lambda: both.resume(whom)),
        (1, lambda: both.drain(whom)),
        (1, lambda: both.cancel(card.id)),
        (2, lambda: both.release(card.id, worker, spent)),
        (1, lambda: both.reduce(card.id, worker, shape)),
        (3, lambda: both.heartbeat(card.id, worker, canvas)),
        (1, lambda: both.expire(card.id)),
        (1, lambda: both.retry(chance.choice(failed or [card]).id)),
        (1, lambda: both.restart(worker)),
        (1, lambda: both.deliver(card.id)),
        (1, lambda: both.enqueue_again(card.id)),
    ]
    (step,) = chance.choices([step for _, step in steps], [weight for weight, _ in steps])
    await step()


@pytest.mark.parametrize("seed", range(STORIES))
async def test_a_long_story_ends_as_in_the_model(url: str, seed: int) -> None:
    chance = random.Random(seed)
    both = Both(open_it(url))
    try:
        await both.open()
        for step in range(200):
            await chapter(both, chance)
            if step % 20 == 0:
                await both.compare()
        await both.compare()
        await both.finish_all()
        await both.compare()
    finally:
        await both.engine.dispose()
