"""The worker itself: claims jobs, keeps their leases while a thread paints, tells the queue how they end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from engine.errors import AtelierError, NumericalError, OutOfMemoryError
from engine.painting import scales
from engine.painting.memory import together
from engine.painting.network import Network
from engine.painting.painter import StyleStore
from engine.queue import CHECKPOINT, TIMELAPSE, Condition, Job, Leases, Queue, persist, poll_interval
from engine.worker import active_job, metrics, shutdown
from engine.worker import painting_thread as thread
from engine.worker.active_job import ActiveJob
from engine.worker.painting_thread import Result
from engine.worker.selftest import DeviceError, examine
from engine.worker.slot import Slot
from engine.worker.throughput import Throughput

log = logging.getLogger(__name__)

BEAT: Final = 1.0
"""Seconds between two heartbeats of a job."""
PREVIEW: Final = 2.0
"""Seconds between two previews."""
ANNOUNCE: Final = 15.0
"""Seconds between two signs of life."""
LAST: Final = 4.0
"""Seconds that a worker which was asked to stop waits for the iteration under way."""
GRACE: Final = 5.0
"""Seconds that it waits for the database then; containers are killed after ten in all."""
STALL: Final = 900.0
"""Seconds without any progress after which a device hangs; the largest canvas takes minutes an iteration."""


class _GoneError(AtelierError):
    """A job's pictures are gone: it has ended meanwhile, and is no longer ours, or the database lost them."""


class StalledError(DeviceError):
    """The device hangs; so does the painting thread, which nothing but the end of the process ends."""


class Worker:
    """Claims and paints: one job at a time, or as many of one shape as its device likes in one pass."""

    def __init__(
        self,
        slot: Slot,
        queue: Queue,
        leases: Leases,
        network: Network,
        throughput: Throughput,
        *,
        batch: int = 1,
        store: StyleStore | None = None,
        filming: bool = False,
    ) -> None:
        self.slot, self.queue, self.leases = slot, queue, leases
        self.network, self.throughput = network, throughput
        self.batch, self.store, self.filming = batch, store, filming
        self._condition, self._changed = Condition.IDLE, asyncio.Event()
        self._idle = 1
        self._doubtful = False
        self._painting: Sequence[ActiveJob] = ()
        metrics.RATE.labels(str(network.device)).set(throughput.rate)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; jobs under way then go back to the queue, unspent.

        Raises:
            DeviceError: the device is broken; the jobs went back, spent.
        """
        living = asyncio.create_task(self._live())
        living.add_done_callback(lambda _: stop.set())
        failed = True
        try:
            while not stop.is_set():
                if jobs := await shutdown.unless(stop, persist(self._claim, "claiming")):
                    self._turn(Condition.BUSY)
                    await self._work(jobs, stop)
                else:
                    self._turn(Condition.IDLE)
                    await shutdown.pause(stop, poll_interval(self._idle))
            failed = False
        finally:
            living.cancel()
            await asyncio.wait((living,))
            self.slot.ready.unlink(missing_ok=True)
            await self._leave(spent=failed)
        if not living.cancelled():
            living.result()

    async def _claim(self) -> Sequence[Job]:
        if self._doubtful:  # a claim may have been granted whose answer was lost on the way
            await self.leases.release(self.slot.name)
        self._doubtful = True
        jobs = await self.leases.claim(self.slot.name, self.batch)
        self._doubtful = False
        return jobs

    @property
    def painting(self) -> bool:
        """Whether the thread is at work, or hangs."""
        return bool(self._painting)

    def _turn(self, condition: Condition) -> None:
        if condition is not self._condition:
            self._condition = condition
            self._changed.set()

    async def _live(self) -> None:
        """Show that the worker lives, how it is and how fast."""
        device, network = str(self.network.device), self.network.name
        starting = True
        while True:
            self._changed.clear()
            announce = partial(
                self.leases.announce,
                *(self.slot.name, device, network, self.throughput.rate, self._condition),
                starting=starting,
            )
            self._idle = await persist(announce, "announcing")
            starting = False
            self.slot.well()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), ANNOUNCE)

    async def _leave(self, *, spent: bool) -> None:
        """Give back what is left, spent after a failure: what breaks workers may not do so for ever."""
        name = self.slot.name

        async def farewell() -> None:
            count = await persist(lambda: self.leases.release(name, spent=spent), "releasing")
            if count:
                log.info("%d job(s) given back", count)
            await persist(lambda: self.leases.retire(name), "retiring")

        task = asyncio.create_task(farewell())
        # Not a timeout, whose cancellation would wait for the call under way.
        done, _ = await asyncio.wait((task,), timeout=GRACE)
        if done:
            task.result()
        else:
            log.warning("The database does not answer; what was painted here goes on when the lease is over.")

    # One claim

    async def _work(self, jobs: Sequence[Job], stop: asyncio.Event) -> None:
        """Paint what was claimed, until all of it has ended or ``stop``."""
        active_jobs = [ActiveJob(job) for job in jobs]
        for job in jobs:
            metrics.started(job)
            log.info("job %s: started, %.1f MP·it", job.id, job.cost)
        metrics.PAINTING.set(len(jobs))
        keeping = asyncio.create_task(self._keep(active_jobs))
        painting = asyncio.create_task(self._paint_all(active_jobs))
        stopped = asyncio.create_task(stop.wait())
        tasks = (keeping, painting, stopped)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for active in active_jobs:
                active.unwanted.set()
            if keeping.done():  # it ends by an error only
                keeping.result()
            await asyncio.wait((painting,), timeout=LAST)
            if painting.done():
                painting.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            metrics.PAINTING.set(0)

    async def _keep(self, active_jobs: Sequence[ActiveJob]) -> None:
        """Send heartbeats while the thread paints."""
        shown = time.monotonic()
        while True:
            await asyncio.sleep(BEAT)
            for active in active_jobs:
                if not active.over:
                    await self._beat(active)
            now = time.monotonic()
            if now - shown > PREVIEW:
                shown = now
                for active in self._painting:
                    active.preview_wanted = True
            if self._painting and now - max(active.moved for active in self._painting) > STALL:
                raise StalledError(f"{self.network.device} hangs: no progress in {STALL / 60:.0f} minutes.")

    async def _beat(self, active: ActiveJob) -> None:
        job = active.job
        heartbeat = partial(
            self.leases.heartbeat,
            *(job.id, self.slot.name),
            progress=active.progress,
            stage=active.stage,
            preview=await _preview(active),
            checkpoint=active_job.take(active.checkpoint),
        )
        # At short intervals: the lease may be over, and the job another's, soon after the database is back.
        cancelled = await persist(heartbeat, "heartbeat", longest=BEAT)
        if cancelled is False or active.over:
            return
        active.over = True
        active.unwanted.set()
        if cancelled:
            await persist(lambda: self.leases.stop(job.id, self.slot.name), "stopping")
            metrics.ENDED.labels("cancelled").inc()
            log.info("job %s: cancelled", job.id)
        else:
            metrics.ENDED.labels("lost").inc()
            log.warning("job %s: the lease was lost; dropped", job.id)

    # Painting

    async def _paint_all(self, active_jobs: Sequence[ActiveJob]) -> None:
        began = time.monotonic()
        ready = [active for active in active_jobs if await self._prepare(active)]
        for group in self._groups(ready):
            work = await self._paint(group)
            now = time.monotonic()
            if work:
                self.throughput.learn(work, now - began)
                metrics.RATE.labels(str(self.network.device)).set(self.throughput.rate)
            began = now

    async def _prepare(self, active: ActiveJob) -> bool:
        """Decode a job's pictures; False if that ended it."""
        job, read = active.job, self.queue.read
        try:
            photo = await persist(lambda: read(job.id, "content"), "reading")
            weights = job.recipe.get("style_weights") or (1.0,)
            found = [
                await persist(partial(read, job.id, f"style{number}"), "reading")
                for number in range(len(weights))
            ]
            styles = [style for style in found if style is not None]
            checkpoint = await persist(lambda: read(job.id, CHECKPOINT), "reading")
            if photo is None or len(styles) < len(found):
                raise _GoneError("A picture of this job is gone.")
            active.commission = await asyncio.to_thread(thread.prepare, job, photo, styles, checkpoint)
        except Exception as error:  # noqa: BLE001 - one broken job must not take the others' painter away
            await self._fail(active, error)
            return False
        return True

    def _groups(self, active_jobs: Sequence[ActiveJob]) -> Iterator[Sequence[ActiveJob]]:
        """Split a claim into what fits into the memory."""
        if not active_jobs:
            return
        commissions = [active.commissioned() for active in active_jobs]
        recipe = replace(commissions[0].recipe, stroke=max(each.recipe.stroke for each in commissions))
        finest = scales.plan(*commissions[0].photo.size, recipe.size, recipe.quality)[-1]
        size = together(self.network, finest, len(active_jobs), recipe)
        for first in range(0, len(active_jobs), size):
            yield active_jobs[first : first + size]

    async def _paint(self, group: Sequence[ActiveJob]) -> float:
        """Paint one group in one pass, to whatever end it takes; gives the megapixel-iterations done."""
        self._painting = wanted = [active for active in group if not active.unwanted.is_set()]
        if not wanted:
            return 0.0
        for active in wanted:
            active.moved = time.monotonic()
        results: Sequence[Result | None] | None = None
        failure: Exception | None = None
        paint = partial(thread.paint_together, self.network, self.store, wanted, filmed=self.filming)
        try:
            results = await asyncio.to_thread(paint)
        except Exception as error:  # noqa: BLE001 - by one of them, or by the device
            failure = _light(error)
        self._painting = ()
        if failure and len(wanted) > 1:
            log.warning("%d jobs in one pass: %r; painting them one by one", len(wanted), failure)
            return sum([await self._paint([active]) for active in wanted])
        if failure:
            await self._blame(wanted[0], failure)
        finished = [(active, result) for active, result in zip(wanted, results or (), strict=False) if result]
        for active, result in finished:
            await self._finish(active, result)
        return sum(float(result.facts["megapixel_iterations"]) for _, result in finished)

    async def _blame(self, active: ActiveJob, error: Exception) -> None:
        """Find out whether the job or the device is at fault.

        Raises:
            DeviceError: the device is.
        """
        if isinstance(error, OutOfMemoryError):
            await self._reduce(active, error)
            return
        if isinstance(error, NumericalError) or not isinstance(error, AtelierError):
            await asyncio.to_thread(examine, self.network)
        await self._fail(active, error)

    # Ends

    async def _finish(self, active: ActiveJob, result: Result) -> None:
        job = active.job
        if _end(active):
            extra = {} if result.film is None else {TIMELAPSE: result.film}
            finish = partial(self.leases.finish, job.id, self.slot.name, result.data, result.facts, extra)
            done = await persist(finish, "finishing")
            how = "done" if done else "not wanted"
            if done:
                metrics.done(result.facts, str(self.network.device))
            else:
                metrics.ENDED.labels("cancelled").inc()
            log.info("job %s: %s after %.1f s", job.id, how, result.facts["seconds"])

    async def _reduce(self, active: ActiveJob, error: OutOfMemoryError) -> None:
        """Have a job painted smaller, once."""
        job, commission = active.job, active.commissioned()
        photo, recipe = commission.photo.size, commission.recipe
        size = scales.smaller(scales.plan(*photo, recipe.size, recipe.quality))
        if job.reduced or size is None:
            await self._fail(active, error)
        elif _end(active):
            recipe = replace(recipe, size=size)
            plan = scales.plan(*photo, size, recipe.quality)
            reduce = partial(
                self.leases.reduce,
                *(job.id, self.slot.name),
                recipe=recipe.as_dict(),
                cost=scales.cost(plan),
                shape=scales.shape(plan, recipe),
            )
            if await persist(reduce, "reducing"):
                metrics.ENDED.labels("reduced").inc()
                log.warning("job %s: %s It is queued again, at size %d.", job.id, error, size)

    async def _fail(self, active: ActiveJob, error: Exception) -> None:
        job = active.job
        if isinstance(error, AtelierError):
            code, detail, trace = error.code, str(error), None
        else:
            code, detail, trace = AtelierError.code, repr(error), error
        if _end(active):
            metrics.failed(code)
            log.warning("job %s: %s (%s)", job.id, code, detail, exc_info=trace)
            await persist(lambda: self.leases.fail(job.id, self.slot.name, code, detail), "failing")


async def _preview(active: ActiveJob) -> bytes | None:
    """Render a preview, if there is one; a device without memory for that paints on without."""
    preview = active_job.take(active.preview)
    try:
        return None if preview is None else await asyncio.to_thread(thread.render, preview)
    except (RuntimeError, MemoryError) as error:
        log.warning("job %s: no preview (%s)", active.job.id, error)
        return None


def _light(error: Exception) -> Exception:
    """Let go of the canvases that an error's traceback holds: the next painting needs their memory."""
    held: BaseException | None = error
    while held is not None:
        traceback.clear_frames(held.__traceback__)
        held = held.__cause__ or held.__context__
    return error


def _end(active: ActiveJob) -> bool:
    """Take the right to tell the queue how a job ended; False if a heartbeat has found its end already."""
    mine = not active.over
    active.over = True
    return mine
