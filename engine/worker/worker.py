"""The worker: claim jobs, renew their leases while a thread paints, and report how they end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from engine.errors import AtelierError, NumericalError, OutOfMemoryError
from engine.painting import scales
from engine.painting.faces import FaceFinder
from engine.painting.memory_prediction import together
from engine.painting.network import Network
from engine.painting.painter import StyleStore
from engine.queue import CHECKPOINT, TIMELAPSE, Condition, Job, Leases, Queue, persist, poll_interval
from engine.worker import metrics, samples, stop_signals
from engine.worker import painting_thread as thread
from engine.worker.active_job import ActiveJob, take
from engine.worker.device_thread import on_device
from engine.worker.painting_thread import Result
from engine.worker.selftest import DeviceError, examine
from engine.worker.slot import Slot
from engine.worker.throughput import Throughput

log = logging.getLogger(__name__)

HEARTBEAT_INTERVAL: Final = 1.0
"""Seconds between two heartbeats of a job."""
PREVIEW_INTERVAL: Final = 2.0
"""Seconds between two previews; the bot shows at most one in each ``EDIT_INTERVAL`` of its own."""
ANNOUNCE_INTERVAL: Final = 15.0
"""Seconds between two announcements of the worker."""
ITERATION_TIMEOUT: Final = 4.0
"""Seconds that a stopping worker waits for the iteration in progress."""
DATABASE_TIMEOUT: Final = 5.0
"""Seconds that a stopping worker then waits for the database. Containers are killed after ten in all."""
STALL_TIMEOUT: Final = 900.0
"""Seconds without progress after which a device counts as hung: a large canvas takes minutes an iteration."""


class _GoneError(AtelierError):
    """A job's pictures are missing: the job has ended meanwhile, or the database has lost them."""


class StalledError(DeviceError):
    """The device hangs, and so does the painting thread, which only the end of the process can end."""


class Worker:
    """Claims and paints jobs: one at a time, or several of one shape in one pass."""

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
        finder: FaceFinder | None = None,
        timelapse: bool = False,
    ) -> None:
        self.slot, self.queue, self.leases = slot, queue, leases
        self.network, self.throughput = network, throughput
        self.batch, self.store, self.finder, self.timelapse = batch, store, finder, timelapse
        self._condition, self._changed = Condition.IDLE, asyncio.Event()
        self._idle_workers = 1
        self._claim_uncertain = False
        self._painting: Sequence[ActiveJob] = ()
        metrics.RATE.labels(str(network.device)).set(throughput.rate)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``, and give the jobs in progress back to the queue without counting the attempt.

        Raises:
            DeviceError: the device is broken. The jobs went back, and the attempt counts.
        """
        announcing = asyncio.create_task(self._announce())
        announcing.add_done_callback(lambda _: stop.set())
        failed = True
        try:
            while not stop.is_set():
                if jobs := await stop_signals.unless_stopped(stop, persist(self._claim, "claiming")):
                    self._set_condition(Condition.BUSY)
                    if jobs[0].samples:
                        await self._process_samples(jobs[0], stop)
                    else:
                        await self._process(jobs, stop)
                else:
                    self._set_condition(Condition.IDLE)
                    await stop_signals.sleep(stop, poll_interval(self._idle_workers))
            failed = False
        finally:
            announcing.cancel()
            await asyncio.wait((announcing,))
            self.slot.ready.unlink(missing_ok=True)
            await self._retire(spent=failed)
        if not announcing.cancelled():
            announcing.result()

    async def _claim(self) -> Sequence[Job]:
        if self._claim_uncertain:  # a claim may have taken effect although its answer was lost
            await self.leases.release(self.slot.name)
        self._claim_uncertain = True
        jobs = await self.leases.claim(self.slot.name, self.batch)
        self._claim_uncertain = False
        return jobs

    @property
    def painting(self) -> bool:
        """True while the thread paints, or hangs."""
        return bool(self._painting)

    def _set_condition(self, condition: Condition) -> None:
        if condition is not self._condition:
            self._condition = condition
            self._changed.set()

    async def _announce(self) -> None:
        """Announce the worker, its condition and its rate, at intervals and when the condition changes."""
        device, network = str(self.network.device), self.network.name
        starting = True
        while True:
            self._changed.clear()
            announce = partial(
                self.leases.announce,
                *(self.slot.name, device, network, self.throughput.rate, self._condition),
                starting=starting,
            )
            self._idle_workers = await persist(announce, "announcing")
            starting = False
            self.slot.touch_ready()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), ANNOUNCE_INTERVAL)

    async def _retire(self, *, spent: bool) -> None:
        """Release the jobs that are left, and retire.

        Args:
            spent: count the attempt, as after a failure: a job that breaks workers must not do so for ever.
        """
        name = self.slot.name

        async def release_and_retire() -> None:
            count = await persist(lambda: self.leases.release(name, spent=spent), "releasing")
            if count:
                log.info("%d job(s) released", count)
            await persist(lambda: self.leases.retire(name), "retiring")

        task = asyncio.create_task(release_and_retire())
        # Not asyncio.timeout, whose cancellation would wait for the call in progress.
        done, _ = await asyncio.wait((task,), timeout=DATABASE_TIMEOUT)
        if done:
            task.result()
        else:
            log.warning(
                "The database does not answer; this worker's jobs are taken over when their leases expire."
            )

    # Claimed jobs

    async def _process(self, jobs: Sequence[Job], stop: asyncio.Event) -> None:
        """Paint the claimed jobs until all have ended, or until ``stop``."""
        for job in jobs:
            metrics.started(job)
            log.info("job %s: started, %.1f MP·it", job.id, job.cost)
        metrics.PAINTING.set(len(jobs))
        active_jobs = [ActiveJob(job) for job in jobs]
        try:
            await self._until_ended(active_jobs, self._paint_all(active_jobs), stop.wait())
        finally:
            metrics.PAINTING.set(0)

    async def _process_samples(self, job: Job, stop: asyncio.Event) -> None:
        """Paint samples until they are done, until a painting waits, or until ``stop``.

        Samples that make way are queued again, for as long as somebody waits for them.
        """
        active = ActiveJob(job)
        await self._until_ended([active], self._paint_samples(active), stop.wait(), self._until_awaited())
        if not active.settled:
            await persist(lambda: self.leases.release(self.slot.name, job.id), "releasing")

    async def _until_ended(
        self,
        active_jobs: Sequence[ActiveJob],
        work: Coroutine[object, object, None],
        *interruptions: Coroutine[object, object, object],
    ) -> None:
        """Do some work, with heartbeats, until it has ended or is interrupted."""
        heartbeats = asyncio.create_task(self._send_heartbeats(active_jobs))
        painting = asyncio.create_task(work)
        tasks = (heartbeats, painting, *(asyncio.create_task(each) for each in interruptions))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for active in active_jobs:
                active.unwanted.set()
            if heartbeats.done():  # it ends with an error only
                heartbeats.result()
            await asyncio.wait((painting,), timeout=ITERATION_TIMEOUT)
            if painting.done():
                painting.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_awaited(self) -> None:
        """Return when a painting waits that this worker could start."""
        while True:
            if await persist(lambda: self.leases.is_awaited(self.slot.name), "looking for jobs"):
                return
            await asyncio.sleep(samples.POLL_INTERVAL)

    async def _send_heartbeats(self, active_jobs: Sequence[ActiveJob]) -> None:
        """Send heartbeats and ask for previews while the thread paints."""
        last_preview = time.monotonic()
        while True:
            await asyncio.sleep(HEARTBEAT_INTERVAL)
            for active in active_jobs:
                if not active.settled:
                    await self._heartbeat(active)
            now = time.monotonic()
            if now - last_preview > PREVIEW_INTERVAL:
                last_preview = now
                for active in self._painting:
                    active.preview_wanted = True
            if (
                self._painting
                and now - max(active.last_progress for active in self._painting) > STALL_TIMEOUT
            ):
                raise StalledError(
                    f"{self.network.device} hangs: no progress in {STALL_TIMEOUT / 60:.0f} minutes."
                )

    async def _heartbeat(self, active: ActiveJob) -> None:
        job = active.job
        heartbeat = partial(
            self.leases.heartbeat,
            *(job.id, self.slot.name),
            progress=active.progress,
            stage=active.stage,
            preview=await _preview(active),
            checkpoint=take(active.checkpoint),
        )
        # Retry at short intervals: soon after an outage the lease may expire, and the job move on.
        cancelled = await persist(heartbeat, "heartbeat", longest=HEARTBEAT_INTERVAL)
        if cancelled is False or active.settled:
            return
        active.settled = True
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
                self.throughput.add(work, now - began)
                metrics.RATE.labels(str(self.network.device)).set(self.throughput.rate)
            began = now

    async def _prepare(self, active: ActiveJob) -> bool:
        """Decode a job's pictures. Return False if that failed, which ends the job."""
        job, read = active.job, self.queue.read
        try:
            photo, styles = await self._pictures(job, len(job.recipe.get("style_weights") or (1.0,)))
            checkpoint = await persist(lambda: read(job.id, CHECKPOINT), "reading")
            active.commission = await asyncio.to_thread(thread.prepare, job, photo, styles, checkpoint)
        except Exception as error:  # noqa: BLE001 - one broken job must not end the others' worker
            await self._fail(active, error)
            return False
        return True

    async def _pictures(self, job: Job, count: int) -> tuple[bytes, list[bytes]]:
        """Read a job's photo and its styles.

        Raises:
            _GoneError: one of them is missing.
        """
        names = ["content", *(f"style{number}" for number in range(count))]
        found = [await persist(partial(self.queue.read, job.id, name), "reading") for name in names]
        photo, *styles = [picture for picture in found if picture is not None] or [b""]
        if len(styles) < count:
            raise _GoneError("A picture of this job is missing.")
        return photo, styles

    async def _paint_samples(self, active: ActiveJob) -> None:
        job = active.job
        try:
            photo, styles = await self._pictures(job, len(job.samples))
            strip = await on_device(
                partial(samples.paint_samples, self.network, photo, styles, active.unwanted)
            )
        except Exception as error:  # noqa: BLE001 - nobody is told: the styles' own pictures stay in the chat
            log.info("samples %s: %r", job.id, _without_frames(error))
            if _settle(active):
                fail = partial(self.leases.fail, job.id, self.slot.name, AtelierError.code, repr(error))
                await persist(fail, "failing")
            return
        if strip and _settle(active):
            finish = partial(self.leases.finish, job.id, self.slot.name, strip, {})
            await persist(finish, "finishing")

    def _groups(self, active_jobs: Sequence[ActiveJob]) -> Iterator[Sequence[ActiveJob]]:
        """Split the claimed jobs into groups that fit into the device's memory."""
        if not active_jobs:
            return
        commissions = [active.prepared() for active in active_jobs]
        recipe = replace(commissions[0].recipe, stroke=max(each.recipe.stroke for each in commissions))
        finest = scales.plan(*commissions[0].photo.size, recipe.size, recipe.quality)[-1]
        size = together(self.network, finest, len(active_jobs), recipe)
        for first in range(0, len(active_jobs), size):
            yield active_jobs[first : first + size]

    async def _paint(self, group: Sequence[ActiveJob]) -> float:
        """Paint one group in one pass, report how each job ends, and return the megapixel-iterations done."""
        self._painting = wanted = [active for active in group if not active.unwanted.is_set()]
        if not wanted:
            return 0.0
        for active in wanted:
            active.last_progress = time.monotonic()
        results: Sequence[Result | None] | None = None
        failure: Exception | None = None
        paint = partial(
            thread.paint_together,
            *(self.network, self.store, wanted),
            finder=self.finder,
            timelapse=self.timelapse,
        )
        try:
            results = await on_device(paint)
        except Exception as error:  # noqa: BLE001 - of one of the jobs, or of the device
            failure = _without_frames(error)
        self._painting = ()
        if failure and len(wanted) > 1:
            log.warning("%d jobs in one pass: %r; painting them one by one", len(wanted), failure)
            return sum([await self._paint([active]) for active in wanted])
        if failure:
            await self._handle_failure(wanted[0], failure)
        finished = [(active, result) for active, result in zip(wanted, results or (), strict=False) if result]
        for active, result in finished:
            await self._finish(active, result)
        return sum(float(result.facts["megapixel_iterations"]) for _, result in finished)

    async def _handle_failure(self, active: ActiveJob, error: Exception) -> None:
        """Fail the job, or have it painted smaller, unless the device is at fault.

        Raises:
            DeviceError: the device fails its self-test.
        """
        if isinstance(error, OutOfMemoryError):
            await self._reduce(active, error)
            return
        if isinstance(error, NumericalError) or not isinstance(error, AtelierError):
            await on_device(partial(examine, self.network))
        await self._fail(active, error)

    # Outcomes

    async def _finish(self, active: ActiveJob, result: Result) -> None:
        job = active.job
        if _settle(active):
            extra = {} if result.timelapse is None else {TIMELAPSE: result.timelapse}
            finish = partial(self.leases.finish, job.id, self.slot.name, result.data, result.facts, extra)
            done = await persist(finish, "finishing")
            how = "done" if done else "cancelled"
            if done:
                metrics.done(result.facts, str(self.network.device))
            else:
                metrics.ENDED.labels("cancelled").inc()
            log.info("job %s: %s after %.1f s", job.id, how, result.facts["seconds"])

    async def _reduce(self, active: ActiveJob, error: OutOfMemoryError) -> None:
        """Queue a job again at a smaller size, once."""
        job, commission = active.job, active.prepared()
        photo, recipe = commission.photo.size, commission.recipe
        size = scales.smaller(scales.plan(*photo, recipe.size, recipe.quality))
        if job.reduced or size is None:
            await self._fail(active, error)
        elif _settle(active):
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
        if _settle(active):
            metrics.failed(code)
            log.warning("job %s: %s (%s)", job.id, code, detail, exc_info=trace)
            await persist(lambda: self.leases.fail(job.id, self.slot.name, code, detail), "failing")


async def _preview(active: ActiveJob) -> bytes | None:
    """Encode the newest preview, if there is one. A device without memory for it goes on without."""
    preview = take(active.preview)
    try:
        return None if preview is None else await asyncio.to_thread(thread.render, preview)
    except (RuntimeError, MemoryError) as error:
        log.warning("job %s: no preview (%s)", active.job.id, error)
        return None


def _without_frames(error: Exception) -> Exception:
    """Clear an error's tracebacks, which hold canvases: the next painting needs their memory."""
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error


def _settle(active: ActiveJob) -> bool:
    """Mark a job as settled. Return False if it was: a heartbeat has found that it ended."""
    first = not active.settled
    active.settled = True
    return first
