"""The worker: owns one device, keeps the network resident, claims jobs, paints, reports.

The event loop talks to the database; one thread paints. They share a :class:`_Easel`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import secrets
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from filelock import FileLock, Timeout
from PIL import Image
from torch import Tensor

from engine import studio
from engine.errors import AtelierError
from engine.painting.images import decode, encode_jpeg, encode_png
from engine.painting.network import Network
from engine.painting.painter import Commission, Painting, StyleStore, paint
from engine.painting.pixels import to_image
from engine.painting.recipe import Recipe
from engine.queue import CHECKPOINT, Job, Queue, create_schema, open_database, persist
from engine.settings import Settings

log = logging.getLogger(__name__)

IDLE: Final = 0.5
"""Seconds between two looks for a job."""
BEAT: Final = 1.0
"""Seconds between two heartbeats of a job."""
PREVIEW: Final = 2.0
"""Seconds between two previews."""
ANNOUNCE: Final = 10.0
"""Seconds between two signs of life."""
PREVIEW_EDGE: Final = 640
"""Longest edge of a preview, in pixels."""
_T = TypeVar("_T")

NEWEST: Final = 0.5
"""Weight of the newest job in the measured rate."""


async def main(settings: Settings, network: Network, *, with_parent: bool = False) -> None:
    """Run a worker until SIGINT or SIGTERM, or until standard input closes if ``with_parent``."""
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if with_parent:
        _stop_with_parent(stop)
    with _name(settings) as name:
        database = open_database(settings.database)
        try:
            await persist(lambda: create_schema(database), "opening")
            queue = Queue(database, settings.limits)
            rate = await asyncio.to_thread(warm_up, network)
            log.info(
                "%s: %s in %s on %s, %.2f MP·it/s",
                name,
                network.name,
                network.precision,
                network.device,
                rate,
            )
            rate = await _known_rate(queue, name, network) or rate
            await Worker(name, queue, network, rate, studio.open_style_cache(settings, network)).run(stop)
        finally:
            await database.dispose()


async def _known_rate(queue: Queue, name: str, network: Network) -> float | None:
    """Recall what this worker measured on real jobs before it was started again."""
    for worker in await persist(queue.workers, "looking"):
        if (worker.name, worker.device, worker.network) == (name, str(network.device), network.name):
            return worker.rate
    return None


def warm_up(network: Network) -> float:
    """Paint a small test picture: shows that the device works, and measures it in MP·it/s."""
    side = 128 if network.device.type == "cpu" else 512  # a GPU would be timed at launching kernels
    grey = Image.linear_gradient("L").convert("RGB").resize((side, side))
    commission = Commission(grey, [grey.rotate(90)], Recipe(size=side, quality="draft"))
    marks: list[float] = []
    for step in paint(network, commission):
        if isinstance(step, Painting) or len(marks) == 8:
            break
        marks.append(time.perf_counter())
    later = marks[len(marks) // 2 :]  # the first iterations also choose kernels
    return side * side / 1e6 * (len(later) - 1) / max(later[-1] - later[0], 1e-6)


@dataclass(slots=True)
class _Easel:
    """What the painting thread and the event loop share about one job."""

    stop: threading.Event = field(default_factory=threading.Event)
    progress: float = 0.0
    preview_wanted: bool = False
    preview: deque[Tensor] = field(default_factory=lambda: deque(maxlen=1))
    checkpoint: deque[bytes] = field(default_factory=lambda: deque(maxlen=1))
    seconds: float = 0.0
    """Spent painting."""


class Worker:
    """Claims and paints, one job at a time."""

    def __init__(
        self, name: str, queue: Queue, network: Network, rate: float, store: StyleStore | None = None
    ) -> None:
        self.name, self.queue, self.network, self.rate, self.store = name, queue, network, rate, store

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; a job under way then goes back to the queue, unspent."""
        lost = await persist(lambda: self.queue.release(self.name, spent=True), "releasing")
        if lost:
            log.warning("%d job(s) of this worker's earlier life are queued again.", lost)
        living = asyncio.create_task(self._announce(stop))
        while not stop.is_set():
            jobs = await persist(lambda: self.queue.claim(self.name), "claiming")
            for job in jobs:
                await self._work(job, stop)
            if not jobs:
                await _quietly(stop, IDLE)
        await living
        await persist(lambda: self.queue.retire(self.name), "retiring")

    async def _announce(self, stop: asyncio.Event) -> None:
        """Show that the worker lives, and how fast it is, idle or not."""
        device, network = str(self.network.device), self.network.name
        while not stop.is_set():
            await persist(lambda: self.queue.announce(self.name, device, network, self.rate), "announcing")
            await _quietly(stop, ANNOUNCE)

    async def _work(self, job: Job, stop: asyncio.Event) -> None:
        """Paint one job to whatever end it takes."""
        log.info("job %s: started, %.1f MP·it", job.id, job.cost)
        easel = _Easel()
        painting = asyncio.create_task(self._paint(job, easel))
        try:
            cancelled = await self._accompany(job, easel, painting, stop)
            result = await painting
            if result is not None:
                data, facts = result
                done = await persist(lambda: self.queue.finish(job.id, self.name, data, facts), "finishing")
                self._learn(facts["megapixel_iterations"], easel.seconds)
                log.info("job %s: %s after %.1f s", job.id, "done" if done else "not wanted", easel.seconds)
            elif cancelled:
                await persist(lambda: self.queue.stop(job.id, self.name), "stopping")
                log.info("job %s: cancelled", job.id)
            elif stop.is_set():
                await persist(lambda: self.queue.release(self.name, job.id), "releasing")
                log.info("job %s: given back", job.id)
            else:
                log.warning("job %s: the lease was lost; dropped", job.id)
        except AtelierError as error:
            await self._fail(job, error.code, str(error))
        except Exception as error:  # one broken job must not take the others' painter away
            log.exception("job %s: failed", job.id)
            await self._fail(job, AtelierError.code, repr(error))

    async def _accompany(
        self, job: Job, easel: _Easel, painting: asyncio.Task[Any], stop: asyncio.Event
    ) -> bool:
        """Send heartbeats while the thread paints; True if the owner cancelled."""
        shown = time.monotonic()
        stopping = asyncio.create_task(stop.wait())
        try:
            while True:
                await asyncio.wait((painting, stopping), timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)
                if painting.done() or stopping.done():
                    return False
                preview, checkpoint = _take(easel.preview), _take(easel.checkpoint)
                image = await asyncio.to_thread(_render, preview) if preview is not None else None
                if image is not None:
                    shown = time.monotonic()
                elif time.monotonic() - shown > PREVIEW:
                    easel.preview_wanted = True
                news: dict[str, Any] = {
                    "progress": easel.progress,
                    "preview": image,
                    "checkpoint": checkpoint,
                }
                heartbeat = partial(self.queue.heartbeat, job.id, self.name, stage="painting", **news)
                beat = await persist(heartbeat, "heartbeat")
                if beat is None or beat:
                    return bool(beat)
        finally:
            stopping.cancel()
            easel.stop.set()  # nothing to stop if the painting is done

    async def _paint(self, job: Job, easel: _Easel) -> tuple[bytes, dict[str, Any]] | None:
        photo = await persist(lambda: self.queue.read(job.id, "content"), "reading")
        recipe = Recipe.of(**job.recipe)
        styles = []
        for number in range(len(recipe.style_weights)):
            style = await persist(partial(self.queue.read, job.id, f"style{number}"), "reading")
            if style is not None:
                styles.append(style)
        checkpoint = await persist(lambda: self.queue.read(job.id, CHECKPOINT), "reading")
        if photo is None or len(styles) < len(recipe.style_weights):
            return None  # the lease was lost and the job has ended meanwhile
        return await asyncio.to_thread(self._paint_now, photo, styles, recipe, checkpoint, easel)

    def _paint_now(
        self, photo: bytes, styles: list[bytes], recipe: Recipe, checkpoint: bytes | None, easel: _Easel
    ) -> tuple[bytes, dict[str, Any]] | None:
        started = time.perf_counter()
        commission = Commission(
            decode(photo, "the photo"),
            [decode(data, "the painting") for data in styles],
            recipe,
            presets=[studio.preset_of(data) for data in styles],
            checkpoint=checkpoint,
        )
        for step in paint(self.network, commission, store=self.store):
            if isinstance(step, Painting):
                easel.seconds = time.perf_counter() - started
                data = encode_png(step.image, studio.made_with(step, commission))
                return data, studio.facts_of(step, commission)
            easel.progress = step.done
            if step.leaves_checkpoint:
                easel.checkpoint.append(step.checkpoint())
            if easel.preview_wanted:
                easel.preview_wanted = False
                easel.preview.append(step.snapshot())
            if easel.stop.is_set():
                break
        return None

    def _learn(self, cost: float, seconds: float) -> None:
        if seconds > 0:
            self.rate += NEWEST * (cost / seconds - self.rate)

    async def _fail(self, job: Job, code: str, detail: str) -> None:
        log.warning("job %s: %s (%s)", job.id, code, detail)
        await persist(lambda: self.queue.fail(job.id, self.name, code, detail), "failing")


def _take(newest: deque[_T]) -> _T | None:
    """Take what lies there, if anything does; the other thread may lay something down meanwhile."""
    return newest.popleft() if newest else None


async def _quietly(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _render(pixels: Tensor) -> bytes:
    image = to_image(pixels[0])
    image.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return encode_jpeg(image, quality=85)


@contextlib.contextmanager
def _name(settings: Settings) -> Iterator[str]:
    """Take this data folder's first name that no living process holds: a restart finds its own."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        lock = FileLock(settings.data_dir / f"worker-{number}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            number += 1
            continue
        try:
            # Hosts may be namesakes, and one host may have several data folders: the name is unique and kept.
            file = settings.data_dir / f"worker-{number}.name"
            name = file.read_text() if file.exists() else ""
            if not name:  # new, or killed before it was written
                name = f"{platform.node() or 'worker'}-{secrets.token_hex(3)}"
                file.write_text(name)
            yield name
        finally:
            lock.release()
        return


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)


def _stop_with_parent(stop: asyncio.Event) -> None:
    """End when standard input does: a parent that is killed cannot say goodbye, but its pipe closes."""
    loop = asyncio.get_running_loop()
    stdin = sys.stdin.fileno()

    def look() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            stop.set()

    try:
        loop.add_reader(stdin, look)
    except PermissionError:  # a file, or nothing at all: no parent holds a pipe
        stop.set()
