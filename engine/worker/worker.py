"""The worker: claim jobs, renew their leases while a thread paints, and report how they end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from engine.errors import AtelierError, NumericalError, OutOfMemoryError
from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.faces import FaceFinder
from engine.painting.memory_prediction import together
from engine.painting.network import Network
from engine.painting.outlet import open_outlet
from engine.painting.painter import StyleStore
from engine.queue import CHECKPOINT, TIMELAPSE, Condition, Job, Leases, Queue, persist, poll_interval
from engine.worker import metrics, samples, stop_signals
from engine.worker import painting_thread as thread
from engine.worker.active_job import ActiveJob, Turn, take
from engine.worker.device_thread import on_device
from engine.worker.look_ahead import LookAhead, picture_names
from engine.worker.painting_thread import Painted, Painter, Result
from engine.worker.selftest import DeviceError, examine
from engine.worker.slot import Slot
from engine.worker.throughput import Throughput

log = logging.getLogger(__name__)

T = TypeVar("T")

HEARTBEAT_INTERVAL: Final = 1.0
"""Seconds between two heartbeats of a job."""
PREVIEW_INTERVAL: Final = 2.0
"""Seconds between two previews; the bot shows at most one in each ``EDIT_INTERVAL`` of its own."""
ANNOUNCE_INTERVAL: Final = 15.0
"""Seconds between two announcements of the worker."""
ITERATION_TIMEOUT: Final = 4.0
"""Seconds that a stopping worker waits for the iteration in progress, and for paintings being encoded."""
MOST_TURNS: Final = 2
"""Claims whose paintings may wait to be encoded, before the worker waits for one of them."""
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
        looks_ahead: bool = False,
        painter: Painter | None = None,
    ) -> None:
        self.painter = painter
        self.slot, self.queue, self.leases = slot, queue, leases
        self.network, self.throughput = network, throughput
        self.batch, self.store, self.finder, self.timelapse = batch, store, finder, timelapse
        self.outlet = open_outlet(network.device)
        self.ahead = LookAhead(queue, leases, slot.name, self._decode, slot.decoding) if looks_ahead else None
        self._condition, self._changed = Condition.IDLE, asyncio.Event()
        self._idle_workers = 1
        self._claim_uncertain = False
        self._turns: dict[asyncio.Task[None], Turn] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads = 0
        metrics.RATE.labels(str(network.device)).set(throughput.rate)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``, and give the jobs in progress back to the queue without counting the attempt.

        While paintings are encoded, the next ones are claimed and painted. But a job that was begun before
        may be what kills workers: it shares the process with no other.

        Raises:
            DeviceError: the device is broken. The jobs went back, and the attempt counts.
        """
        announcing = self._start(self._announce())
        announcing.add_done_callback(lambda _: stop.set())
        failed = True
        try:
            while not stop.is_set():
                if any(turn.alone for turn in self._turns.values()):
                    await self._any_turn(stop)
                elif jobs := await self._unless_stopped(stop, persist(self._claim, "claiming")):
                    if jobs[0].samples:
                        self._set_condition(Condition.IDLE)  # a painting would start at once
                        self._forget_decoded()
                        await self._process_samples(jobs[0], stop)
                    else:
                        self._set_condition(Condition.BUSY)
                        await self._process(jobs, stop)
                elif self._turns:  # an owner's next job may have to wait for the end of one of these
                    await self._any_turn(stop, poll_interval(self._idle_workers))
                else:
                    self._set_condition(Condition.IDLE)
                    self._forget_decoded()
                    await stop_signals.sleep(stop, poll_interval(self._idle_workers))
            await self._end_turns()
            failed = False
        finally:
            if failed:
                with contextlib.suppress(AtelierError):  # the first error is the one that is told
                    await self._end_turns()
            announcing.cancel()
            self.slot.ready.unlink(missing_ok=True)
            self._forget_decoded()
            await self._retire(spent=failed)
        if announcing.done() and not announcing.cancelled():
            announcing.result()

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task whose end :meth:`_retire` waits for: a transaction completes, though cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _unless_stopped(self, stop: asyncio.Event, call: Coroutine[Any, Any, T]) -> T | None:
        """Return the result of a call to the database, or None if ``stop`` comes first."""
        return await stop_signals.unless_stopped(stop, self._start(call))

    async def _claim(self) -> Sequence[Job]:
        # After an outage their leases may have expired, and their results wait to be stored.
        known = [active.job.id for turn in self._turns.values() for active in turn.active_jobs]
        if self._claim_uncertain:  # a claim may have taken effect although its answer was lost
            await self.leases.release(self.slot.name, but=known)
        self._claim_uncertain = True
        jobs = await self.leases.claim(self.slot.name, self.batch, but=known)
        self._claim_uncertain = False
        return jobs

    @property
    def painting(self) -> bool:
        """True while a thread paints or encodes, or hangs."""
        return self._threads > 0

    def _forget_decoded(self) -> None:
        """Free the pictures that were decoded ahead."""
        if self.ahead:
            self.ahead.close()

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
        """Release the jobs that are left, and retire, once the calls in progress have ended.

        Args:
            spent: count the attempt, as after a failure: a job that breaks workers must not do so for ever.
        """
        name = self.slot.name

        async def release_and_retire() -> None:
            if self._tasks:
                await asyncio.wait(self._tasks)
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
        """Paint the claimed jobs until none needs the device any more, or until ``stop``."""
        turn = Turn([ActiveJob(job, ahead=self.ahead.pop(job.id) if self.ahead else None) for job in jobs])
        for job in jobs:
            metrics.started(job)
            log.info("job %s: started, %.1f MP·it", job.id, job.cost)
        task = self._start(self._take_turn(turn, self._before(turn)))
        self._turns[task] = turn
        off_device = asyncio.create_task(turn.off_device.wait())
        looking = None
        if turn.alone:
            self._forget_decoded()
        elif self.ahead:
            looking = asyncio.create_task(self.ahead.keep_looking(self.batch))
        try:
            while not (task.done() or off_device.done() or stop.is_set()):
                await self._any_turn(stop, None, off_device)
            # Encoders that lag behind are not given ever more to do.
            while len(self._turns) > MOST_TURNS and not stop.is_set():
                await self._any_turn(stop)
        finally:
            off_device.cancel()
            if looking:
                looking.cancel()

    def _before(self, turn: Turn) -> Collection[asyncio.Task[None]]:
        """Return the turns whose end this one waits for."""
        return [*self._turns] if turn.alone else ()

    async def _process_samples(self, job: Job, stop: asyncio.Event) -> None:
        """Paint samples until they are done, until a painting waits, or until ``stop``.

        Samples that make way are queued again, for as long as somebody waits for them.
        """
        active = ActiveJob(job)
        turn = Turn([active])
        painting = self._start(self._paint_samples(active, self._before(turn)))
        heartbeats = self._start(self._send_heartbeats(turn))
        awaited, stopped = self._start(self._until_awaited()), self._start(stop.wait())
        tasks = (painting, heartbeats, awaited, stopped)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            active.unwanted.set()
            await asyncio.wait((painting,), timeout=ITERATION_TIMEOUT)
        finally:
            for task in tasks:
                task.cancel()
        # Not if the worker stops: then it releases all that it has, and waits no longer than it may.
        if not (active.settled and _returned(painting)) and not stop.is_set():
            release = partial(self.leases.release, self.slot.name, job.id)
            await self._unless_stopped(stop, persist(release, "releasing"))
        self._collect()

    async def _until_awaited(self) -> None:
        """Return when a painting waits that this worker could start."""
        while True:
            if await persist(lambda: self.leases.is_awaited(self.slot.name), "looking for jobs"):
                return
            await asyncio.sleep(samples.POLL_INTERVAL)

    async def _any_turn(
        self, stop: asyncio.Event, seconds: float | None = None, *others: asyncio.Task[Any]
    ) -> None:
        """Wait for the end of a turn, for ``stop``, or for one of ``others``.

        Raises:
            DeviceError: of a turn that has ended.
        """
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait(
                (*self._turns, stopped, *others), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stopped.cancel()
        self._collect()

    def _collect(self) -> None:
        """Forget the turns that have ended, and raise what one of them has raised."""
        for task in [task for task in self._turns if task.done()]:
            del self._turns[task]
            task.result()

    async def _end_turns(self) -> None:
        """Stop painting, and give what is being encoded a few seconds."""
        for turn in self._turns.values():
            if not turn.off_device.is_set():
                for active in turn.active_jobs:
                    active.unwanted.set()
        if self._turns:
            await asyncio.wait(self._turns, timeout=ITERATION_TIMEOUT)
        ended = [task for task in self._turns if task.done()]
        for task in self._turns:
            task.cancel()  # those that have ended stay as they are
        self._turns.clear()
        for task in ended:
            task.result()

    async def _take_turn(self, turn: Turn, before: Collection[asyncio.Task[None]]) -> None:
        """Paint and encode the jobs of a turn, after the turns ``before``, and report how each ends."""
        heartbeats = asyncio.create_task(self._send_heartbeats(turn))
        painting = asyncio.create_task(self._paint_all(turn, before))
        metrics.PAINTING.inc(len(turn.active_jobs))
        try:
            await asyncio.wait((heartbeats, painting), return_when=asyncio.FIRST_COMPLETED)
            if heartbeats.done():  # it ends with an error only
                for active in turn.active_jobs:
                    active.unwanted.set()
                if turn.encoding:
                    await asyncio.wait(turn.encoding, timeout=ITERATION_TIMEOUT)
                heartbeats.result()
            painting.result()
            for active in turn.active_jobs:
                if active.cancelled:
                    await self._stop(active)  # the heartbeat may not have come to it
        finally:
            tasks = (heartbeats, painting, *turn.encoding)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            metrics.PAINTING.dec(len(turn.active_jobs))

    async def _send_heartbeats(self, turn: Turn) -> None:
        """Send heartbeats, and ask for previews while the thread paints."""
        last_preview = time.monotonic()
        while True:
            await asyncio.sleep(HEARTBEAT_INTERVAL)
            for active in turn.active_jobs:
                if not active.settled:
                    await self._heartbeat(active)
            now = time.monotonic()
            if now - last_preview > PREVIEW_INTERVAL:
                last_preview = now
                for active in turn.painting:
                    active.preview_wanted = True
            if turn.painting and now - max(active.last_progress for active in turn.painting) > STALL_TIMEOUT:
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
        active.unwanted.set()
        if cancelled:
            active.cancelled = True
            await self._stop(active)
            return
        active.settled = True
        if job.samples:
            log.info("samples %s: nobody looks at them any more", job.id)
        else:
            metrics.ENDED.labels("lost").inc()
            log.warning("job %s: the lease was lost; dropped", job.id)

    async def _stop(self, active: ActiveJob) -> None:
        """End a job whose owner asked to stop, unless it has ended."""
        job = active.job
        if not active.settled:
            await persist(lambda: self.leases.stop(job.id, self.slot.name), "stopping")
        if _settle(active) and not job.samples:
            metrics.ENDED.labels("cancelled").inc()
            log.info("job %s: cancelled", job.id)

    # Painting

    async def _paint_all(self, turn: Turn, before: Collection[asyncio.Task[None]]) -> None:
        """Paint a turn's jobs after other turns, and encode what is painted, whatever comes of the rest."""
        if before:
            await asyncio.wait(before)
        (failure,) = await asyncio.gather(self._paint_groups(turn), return_exceptions=True)
        for error in (failure, *await asyncio.gather(*turn.encoding, return_exceptions=True)):
            if error:
                raise error

    async def _paint_groups(self, turn: Turn) -> None:
        began = time.monotonic()
        ready = [active for active in turn.active_jobs if await self._prepare(active)]
        for group in self._groups(ready):
            work = await self._paint(turn, group)
            now = time.monotonic()
            if work:
                self.throughput.add(work, now - began)
                metrics.RATE.labels(str(self.network.device)).set(self.throughput.rate)
            began = now
        turn.off_device.set()

    async def _prepare(self, active: ActiveJob) -> bool:
        """Decode a job's pictures, if not yet done. Return False if it is unwanted, or if it has failed."""
        job, read = active.job, self.queue.read
        ahead, active.ahead = active.ahead, None
        if active.unwanted.is_set():
            return False
        try:
            checkpoint = await persist(lambda: read(job.id, CHECKPOINT), "reading")
            commission = await self.ahead.commission(job, ahead) if self.ahead and ahead else None
            if commission is None:
                blobs = await self._pictures(job, picture_names(job))
                commission = await asyncio.to_thread(self._decode, job, blobs)
            active.commission = replace(commission, checkpoint=checkpoint)
        except Exception as error:  # noqa: BLE001 - one broken job must not end the others' worker
            await self._fail(active, error)
            return False
        return True

    async def _pictures(self, job: Job, names: Sequence[str]) -> dict[str, bytes]:
        """Read a job's pictures.

        Raises:
            _GoneError: one of them is missing.
        """
        pictures: dict[str, bytes] = {}
        for name in names:
            found = await persist(partial(self.queue.read, job.id, name), "reading")
            if found is None:
                raise _GoneError("A picture of this job is missing.")
            pictures[name] = found
        return pictures

    async def _paint_samples(self, active: ActiveJob, before: Collection[asyncio.Task[None]]) -> None:
        job = active.job
        if before:
            await asyncio.wait(before)
        try:
            photo, *styles = (await self._pictures(job, picture_names(job))).values()
            paint = partial(samples.paint_samples, self.network, photo, styles, active.unwanted)
            self._threads += 1
            try:
                strip = await on_device(paint)
            except Exception:
                self._threads -= 1
                raise
            self._threads -= 1  # not if this was cancelled: then the thread goes on
            if strip and _settle(active):
                await persist(partial(self.leases.finish, job.id, self.slot.name, strip, {}), "finishing")
        except Exception as error:  # noqa: BLE001 - nobody is told: the styles' own pictures stay in the chat
            log.info("samples %s: %r", job.id, _without_frames(error))
            active.settled = True
            fail = partial(self.leases.fail, job.id, self.slot.name, AtelierError.code, repr(error))
            await persist(fail, "failing")

    def _decode(self, job: Job, blobs: Mapping[str, bytes]) -> Commission:
        photo, *styles = (blobs[name] for name in picture_names(job))
        return thread.prepare(job, photo, styles, finder=self.finder)

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

    async def _paint(self, turn: Turn, group: Sequence[ActiveJob]) -> float:
        """Paint one group in one pass, and begin to encode the paintings. Return the work, in MP·it."""
        turn.painting = wanted = [active for active in group if not active.unwanted.is_set()]
        if not wanted:
            return 0.0
        for active in wanted:
            active.last_progress = time.monotonic()
        results: Sequence[Painted | None] | None = None
        failure: Exception | None = None
        paint = partial(
            thread.paint_together,
            *(self.network, self.store, wanted),
            finder=self.finder,
            outlet=self.outlet,
            timelapse=self.timelapse,
            painter=self.painter,
        )
        self._threads += 1
        try:
            results = await on_device(paint)
        except Exception as error:  # noqa: BLE001 - of one of the jobs, or of the device
            failure = _without_frames(error)
        self._threads -= 1  # not if this was cancelled: then the thread goes on
        turn.painting = ()
        if failure and len(wanted) > 1:
            log.warning("%d jobs in one pass: %r; painting them one by one", len(wanted), failure)
            return sum([await self._paint(turn, [active]) for active in wanted])
        if failure:
            await self._handle_failure(wanted[0], failure)
        work = 0.0
        for active, painted in zip(wanted, results or (), strict=False):
            if painted:
                work += float(painted.painting.facts["megapixel_iterations"])
                turn.encoding.append(asyncio.create_task(self._encode(active, painted)))
        return work

    async def _encode(self, active: ActiveJob, painted: Painted) -> None:
        """Encode a painting, and end its job."""
        self._threads += 1
        try:
            result = await asyncio.to_thread(thread.encode, active, painted)
        except Exception as error:  # noqa: BLE001 - the device has no part in it, nor have the other jobs
            await self._fail(active, error)
        else:
            await self._finish(active, result)
        self._threads -= 1

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
        return None if preview is None else await asyncio.to_thread(lambda: thread.render(preview()))
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


def _returned(task: asyncio.Task[Any]) -> bool:
    """Return whether a task has ended without an error."""
    return task.done() and not task.cancelled() and task.exception() is None
