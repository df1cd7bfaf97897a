"""A worker in the test's own process, whose device paints nothing, so that a test sees what it waits for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from engine.benchmark.handover import WaitingPainter
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.queue import Job, Leases, Queue, create_schema, open_database
from engine.worker.slot import Slot
from engine.worker.throughput import Throughput
from engine.worker.worker import Worker
from tests.support.pictures import png
from tests.support.workers import enqueue

SECONDS: Final = 60.0
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

    async def died_over(self, name: str, among: int = 1) -> None:
        """Spend an attempt of a job, as a worker does that dies over it, one of the first ``among``."""
        leases = self.worker.leases
        assert name in [job.id for job in await leases.claim("dead", among)]
        await leases.release("dead", name, spent=True)
        await leases.release("dead")

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
        # A worker that does not wait for its database leaves calls to it behind.
        late: set[asyncio.Task[Any]] = set()
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            _, late = await asyncio.wait(left, timeout=SECONDS)
        await database.dispose()
        assert not late, "these never end"
