"""The queue against a model of it that a child can read: any story ends the same in both."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import TooManyJobsError
from engine.queue import Limits, Queue, State, create_schema, open_database

LIMITS = Limits(live=4, running=2, attempts=2)


@dataclass
class Card:
    """A job in the model."""

    owner: str
    shape: str
    priority: int
    tag: int
    number: int
    state: State = State.QUEUED
    attempts: int = 0
    cancel: bool = False

    @property
    def key(self) -> tuple[int, int, int]:
        """The order of the claims."""
        return -self.priority, self.tag, self.number


@dataclass
class Model:
    """The rules, without a database."""

    clock: int = 0
    cards: dict[str, Card] = field(default_factory=dict)

    def of(self, *states: State) -> list[Card]:
        """The cards in these states."""
        return [card for card in self.cards.values() if card.state in states]

    def enqueue(self, id: str, owner: str, shape: str, priority: int) -> bool:  # noqa: A002
        """Whether there was room."""
        live = [card.tag for card in self.of(State.QUEUED, State.RUNNING) if card.owner == owner]
        if len(live) >= LIMITS.live:
            return False
        tag = max(self.clock, *live, 0) + 1
        self.cards[id] = Card(owner, shape, priority, tag, len(self.cards))
        return True

    def claim(self, most: int) -> list[str]:
        """The ids of the started jobs."""
        started: list[Card] = []
        for card in sorted(self.of(State.QUEUED), key=lambda each: each.key):
            busy = sum(each.owner == card.owner for each in self.of(State.RUNNING))
            # What was begun before is painted alone.
            together = not started or (
                started[0].shape == card.shape and started[0].attempts == 1 and card.attempts == 0
            )
            if together and busy < LIMITS.running and len(started) < most:
                card.state = State.RUNNING
                card.attempts += 1
                started.append(card)
        self.clock = max([self.clock, *(card.tag for card in started)])
        return [id for card in started for id, each in self.cards.items() if each is card]  # noqa: A001

    def cancel(self, card: Card) -> State:
        """The state after that."""
        if not card.state.terminal:
            card.cancel = True
            if card.state is State.QUEUED:
                card.state = State.CANCELLED
        return card.state

    def release(self, card: Card, *, spent: bool) -> int:
        """How many were released."""
        if card.state is not State.RUNNING:
            return 0
        if card.cancel:
            card.state = State.CANCELLED
        elif spent and card.attempts >= LIMITS.attempts:
            card.state = State.FAILED
        else:
            card.state = State.QUEUED
        card.attempts -= not spent
        return 1

    def end(self, card: Card, state: State) -> bool:
        """Whether it ended so."""
        if state is State.DONE and card.cancel and card.state is State.RUNNING:
            card.state = State.CANCELLED
            return False
        possible = card.state is State.RUNNING and (card.cancel or state is not State.CANCELLED)
        if possible:
            card.state = state
        return possible


enqueues = st.tuples(
    st.just("enqueue"), st.sampled_from("ABC"), st.sampled_from(["wide", "tall"]), st.integers(0, 1)
)
claims = st.tuples(st.just("claim"), st.integers(1, 3))
others = st.tuples(
    st.sampled_from(["cancel", "release", "lose", "finish", "fail", "stop", "enqueue again"]),
    st.integers(0, 30),
)
stories = st.lists(st.one_of(enqueues, enqueues, claims, others), max_size=40)


async def act(queue: Queue, model: Model, numbers: count[int], step: tuple[object, ...]) -> None:
    """Do one step in both and compare the answers."""
    match step:
        case ("enqueue", str(owner), str(shape), int(priority)):
            job_id = f"{next(numbers):03}"
            room = model.enqueue(job_id, owner, shape, priority)
            try:
                job = await queue.enqueue(
                    id=job_id, owner=owner, recipe={}, cost=1.0, shape=shape, blobs={"content": b"c"},
                    address={}, priority=priority,
                )  # fmt: skip
            except TooManyJobsError:
                assert not room
            else:
                assert room
                assert job.tag == model.cards[job_id].tag
        case ("claim", int(most)):
            assert [job.id for job in await queue.claim("w", most)] == model.claim(most)
        case (str(what), int(number)) if model.cards:
            job_id = list(model.cards)[number % len(model.cards)]
            await touch(queue, model, what, job_id)


async def touch(queue: Queue, model: Model, what: str, job_id: str) -> None:
    """Do something to one job in both."""
    card = model.cards[job_id]
    match what:
        case "cancel":
            assert await queue.cancel(job_id, card.owner) is model.cancel(card)
        case "release" | "lose":
            spent = what == "lose"
            assert await queue.release("w", job_id, spent=spent) == model.release(card, spent=spent)
        case "finish":
            assert await queue.finish(job_id, "w", b"r", {}) == model.end(card, State.DONE)
        case "fail":
            assert await queue.fail(job_id, "w", "internal") == model.end(card, State.FAILED)
        case "stop":
            assert await queue.stop(job_id, "w") == model.end(card, State.CANCELLED)
        case "enqueue again":
            again = await queue.enqueue(id=job_id, owner="Z", recipe={}, cost=9.0, shape="x", blobs={})
            assert (again.owner, again.state) == (card.owner, card.state)


async def compare(queue: Queue, model: Model) -> None:
    """Everything that can be seen is the same."""
    watches = {watch.job.id: watch for watch in await queue.undelivered()}
    assert watches.keys() == model.cards.keys()
    waiting = sorted(model.of(State.QUEUED), key=lambda each: each.key)
    for job_id, card in model.cards.items():
        job = watches[job_id].job
        assert (job.state, job.tag, job.attempts, job.cancel) == (
            card.state,
            card.tag,
            card.attempts,
            card.cancel,
        )
        position = waiting.index(card) if card in waiting else None
        assert watches[job_id].outlook.position == position
        assert (await queue.read(job_id, "content") is None) == (card.state in (State.DONE, State.CANCELLED))
        assert (await queue.read(job_id, "result") is None) == (card.state is not State.DONE)


async def tell(url: str, story: list[tuple[object, ...]]) -> None:
    """Tell a story to both."""
    engine = open_database(url)
    try:
        await create_schema(engine)
        queue, model, numbers = Queue(engine, LIMITS), Model(), count()
        for step in story:
            await act(queue, model, numbers, step)
        await compare(queue, model)
    finally:
        await engine.dispose()


@settings(max_examples=60, deadline=None)
@given(stories)
def test_any_story_ends_as_in_the_model(story: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(f"sqlite:///{Path(folder) / 'queue.db'}", story))


@pytest.mark.parametrize("chapter", range(3))
async def test_a_long_story_ends_as_in_the_model(url: str, chapter: int) -> None:
    chance = random.Random(chapter)
    story: list[tuple[object, ...]] = []
    for _ in range(150):
        match chance.randrange(4):
            case 0 | 1:
                story.append(
                    ("enqueue", chance.choice("ABC"), chance.choice(["wide", "tall"]), chance.randrange(2))
                )
            case 2:
                story.append(("claim", chance.randint(1, 3)))
            case _:
                what = chance.choice(["cancel", "release", "lose", "finish", "finish", "fail", "stop"])
                story.append((what, chance.randrange(1000)))
    await tell(url, story)
