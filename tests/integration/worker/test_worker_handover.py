"""A worker's device gets the next painting while the one before is encoded, from pictures decoded ahead.

The device paints nothing, so that what it waits for is seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.benchmark.handover import WaitingPainter
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.queue import RESULT, TIMELAPSE, Job, Leases, Queue, State, create_schema, open_database
from engine.worker import painting_thread
from engine.worker.look_ahead import LookAhead
from engine.worker.slot import Slot, take_slot
from engine.worker.throughput import Throughput
from engine.worker.worker import Worker
from tests.support.pictures import film_of, image_of, png
from tests.support.workers import enqueue

SECONDS = 60.0
"""Until a test gives up, on a busy machine."""


class Painter(WaitingPainter):
    """Paints nothing, at once, unless a test has it wait; notes the grey of each photo."""

    def __init__(self) -> None:
        super().__init__(np.zeros((64, 64, 3), np.uint8), [torch.zeros(1, 3, 64, 64)], rate=float("inf"))
        self.greys: list[int] = []
        self.begins: Callable[[int], None] = lambda grey: None

    def __call__(self, network: Network, commission: Commission, **settings: Any) -> Iterator[Any]:
        (grey, _, _) = commission.photo.getpixel((0, 0))  # type: ignore[misc]
        self.greys.append(grey)
        self.begins(grey)
        yield from super().__call__(network, commission, **settings)


class Stage:
    """A worker, its queue, and its painter."""

    def __init__(self, queue: Queue, worker: Worker, painter: Painter) -> None:
        self.queue, self.worker, self.painter = queue, worker, painter
        self.stop = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    async def add(self, name: str, grey: int, **said: Any) -> Job:
        return await enqueue(self.queue, name, content=photo(grey), style=photo(0), **said)

    async def run(self, *names: str) -> list[Job]:
        """Work until these jobs have ended."""
        working = asyncio.create_task(self.worker.run(self.stop))
        try:
            return [await self.ended(name, working) for name in names]
        finally:
            self.stop.set()
            await working

    async def ended(self, name: str, working: asyncio.Task[None]) -> Job:
        end = time.monotonic() + SECONDS
        over = False
        while time.monotonic() < end and not over:
            over = working.done()
            job = await self.queue.get(name)
            assert job is not None
            if job.state.terminal:
                return job
            await asyncio.sleep(0.02)
        raise AssertionError(f"{name} has not ended")

    def ask(self, question: Any) -> Any:
        """Await something from the device's thread."""
        return asyncio.run_coroutine_threadsafe(question, self.loop).result(SECONDS)

    def decoded(self, name: str) -> None:
        """Wait, in the device's thread, until a job is decoded ahead."""
        assert self.worker.ahead is not None
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            ahead = self.worker.ahead._ahead.get(name)
            if ahead and ahead.decoding.done():
                return
            time.sleep(0.01)
        raise AssertionError(f"{name} was not decoded ahead")


def photo(grey: int) -> bytes:
    return png(Image.new("RGB", (64, 64), (grey, grey, grey)))


@contextlib.asynccontextmanager
async def stage(folder: Path, network: Network, slot: Slot) -> AsyncIterator[Stage]:
    database = open_database(f"sqlite+aiosqlite:///{folder / 'queue.db'}")
    await create_schema(database)
    queue, painter = Queue(database), Painter()
    worker = Worker(
        *(slot, queue, Leases(database), network, Throughput(1.0)),
        timelapse=True,
        looks_ahead=True,
        painter=painter,
    )
    try:
        yield Stage(queue, worker, painter)
    finally:
        await database.dispose()


@pytest.fixture
async def on_stage(tmp_path: Path, network: Network) -> AsyncIterator[Stage]:
    with take_slot(tmp_path) as slot:
        async with stage(tmp_path, network, slot) as made:
            yield made


async def test_the_next_painting_begins_while_the_one_before_is_encoded(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_begins = threading.Event()
    encode, late = painting_thread.encode, []

    def waiting(active: Any, painted: Any) -> Any:
        if active.job.id == "first" and not second_begins.wait(SECONDS):
            late.append(active.job.id)
        return encode(active, painted)

    monkeypatch.setattr(painting_thread, "encode", waiting)

    def begins(grey: int) -> None:
        if grey == 20:
            assert on_stage.ask(on_stage.queue.get("first")).state is State.RUNNING
            second_begins.set()

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    jobs = await on_stage.run("first", "second")
    assert not late, "the second waited for the first one's film and file"
    assert [job.state for job in jobs] == [State.DONE, State.DONE]
    for name in ("first", "second"):
        assert image_of(await on_stage.queue.read(name, RESULT)).size == (64, 64)
        assert film_of(await on_stage.queue.read(name, TIMELAPSE)).seconds > 9


async def test_the_next_photo_is_decoded_before_the_painting_ends_and_its_job_is_not_claimed(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    prepare = painting_thread.prepare

    def noting(job: Job, *pictures: Any, **settings: Any) -> Commission:
        decoded.append(job.id)
        return prepare(job, *pictures, **settings)

    monkeypatch.setattr(painting_thread, "prepare", noting)

    def begins(grey: int) -> None:
        if grey == 10:
            on_stage.decoded("second")
            waiting = on_stage.ask(on_stage.queue.get("second"))
            assert (waiting.state, waiting.worker, waiting.attempts) == (State.QUEUED, None, 0)

    on_stage.painter.begins = begins
    # One owner's: the second may not be claimed before the first has ended, and is decoded all the same.
    await on_stage.add("first", 10, owner="one")
    await on_stage.add("second", 20, owner="one")
    jobs = await on_stage.run("first", "second")
    assert [job.state for job in jobs] == [State.DONE, State.DONE], jobs
    assert on_stage.painter.greys == [10, 20]
    assert decoded == ["first", "second"], "and not again once it was claimed"


async def test_a_job_that_is_cancelled_or_corrected_meanwhile_is_not_painted_from_what_was_decoded(
    on_stage: Stage,
) -> None:
    def begins(grey: int) -> None:
        if grey == 10:
            on_stage.decoded("second")
            assert on_stage.ask(on_stage.queue.cancel("second", "second")) is State.CANCELLED
        elif grey == 30:
            on_stage.decoded("fourth")
            job = on_stage.ask(on_stage.queue.get("fourth"))
            blobs = {"content": photo(99), "style0": photo(0)}
            revise = on_stage.queue.revise("fourth", {"a": 1}, recipe=job.recipe, blobs=blobs, address={})
            assert on_stage.ask(revise)

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    await on_stage.add("third", 30)
    await on_stage.add("fourth", 40, address={"a": 1})
    jobs = await on_stage.run("first", "third", "fourth")
    assert [each.state for each in jobs] == [State.DONE] * 3
    assert on_stage.painter.greys == [10, 30, 99]


async def test_a_worker_that_stops_ends_the_painting_that_is_encoded_and_gives_the_other_back(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()
    encode = painting_thread.encode

    def waiting(active: Any, painted: Any) -> Any:
        assert going.wait(SECONDS)
        return encode(active, painted)

    monkeypatch.setattr(painting_thread, "encode", waiting)

    def begins(grey: int) -> None:
        if grey == 20:
            on_stage.loop.call_soon_threadsafe(on_stage.stop.set)
            going.set()

    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    await on_stage.add("second", 20, quality="fine")
    (first,) = await on_stage.run("first")
    assert first.state is State.DONE
    second = await on_stage.queue.get("second")
    assert second is not None
    assert (second.state, second.attempts) in {(State.QUEUED, 0), (State.DONE, 1)}


async def test_a_picture_that_kills_its_worker_ahead_is_left_until_it_is_claimed(
    tmp_path: Path, on_stage: Stage
) -> None:
    await on_stage.add("deadly", 10)
    note = tmp_path / "note"
    notes: list[str] = []
    decoded: list[str] = []

    async def look(prepare: Callable[[Job, Any], Any]) -> None:
        ahead = LookAhead(on_stage.queue, on_stage.worker.leases, "w", prepare, note)
        await ahead.look(2)
        await asyncio.gather(*(each.decoding for each in ahead._ahead.values()))

    await look(lambda *_: notes.append(note.read_text()))
    assert notes == ["deadly"]
    assert note.read_text() == ""
    note.write_text(notes[0])  # as a process leaves it that is killed while it decodes
    await on_stage.add("harmless", 20)
    for _ in range(2):
        await look(lambda job, _: decoded.append(job.id))
    assert decoded == ["harmless", "harmless"]
