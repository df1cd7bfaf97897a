"""A worker's life: open the queue, test the device, run the worker, and report a broken device."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncEngine

from engine import runtime
from engine.errors import AtelierError
from engine.painting.device import identity
from engine.painting.faces import FaceFinder
from engine.painting.network import Network
from engine.queue import Condition, Leases, Queue, create_schema, open_database, persist, watch_file
from engine.settings import Settings
from engine.worker import stop_signals
from engine.worker.device_thread import on_device
from engine.worker.selftest import choose_batch, examine
from engine.worker.slot import Slot
from engine.worker.throughput import EARLIER_SECONDS, Throughput
from engine.worker.worker import DATABASE_TIMEOUT, STALL_TIMEOUT, StalledError, Worker

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    database = open_database(settings.database, thrifty=True)
    try:
        await persist(lambda: create_schema(database), "opening")
        yield database
    finally:
        await database.dispose()


@contextlib.asynccontextmanager
async def _watched(database: AsyncEngine, stop: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
    """Watch the file of a SQLite database for a block; when it is deleted or replaced, set ``stop``.

    Raises:
        FileGoneError: it was. Raised at the end of the block, whatever else the block has raised.
    """
    watch = asyncio.create_task(watch_file(database))
    watch.add_done_callback(lambda _: stop.set())
    try:
        yield watch
    finally:
        watch.cancel()
        await asyncio.wait((watch,))
        if not watch.cancelled():
            watch.result()


async def recover(settings: Settings, slot: Slot) -> None:
    """Release the jobs that this worker held before a restart, so that none waits for its lease to expire."""
    async with _database(settings) as database:
        leases = Leases(database, settings.limits)
        lost = await persist(lambda: leases.release(slot.name, spent=True), "releasing")
        if lost:
            log.warning("%d job(s) that this worker held before its restart are queued again.", lost)


async def report_broken(settings: Settings, slot: Slot, error: AtelierError) -> None:
    """Announce in the queue why this worker cannot paint."""
    condition = (settings.device, "none", None, Condition.BROKEN, str(error))

    async def announce() -> None:
        async with _database(settings) as database:
            leases = Leases(database, settings.limits)
            await persist(lambda: leases.announce(slot.name, *condition), "announcing")

    task = asyncio.create_task(announce())
    await asyncio.wait((task,), timeout=DATABASE_TIMEOUT)
    if task.done():
        task.result()


async def serve(
    settings: Settings, slot: Slot, network: Network, finder: FaceFinder | None, *, with_parent: bool = False
) -> None:
    """Run a worker until SIGINT or SIGTERM, or until standard input closes if ``with_parent``.

    Args:
        settings: the engine's settings.
        slot: the worker's.
        network: the network that paints.
        finder: finds the faces that are kept.
        with_parent: stop when standard input closes.

    Raises:
        DeviceError: the device fails its self-test, now or after a job.
        FileGoneError: the database's file was deleted or replaced.
    """
    stop = asyncio.Event()
    stop_signals.stop_on_signals(stop)
    if with_parent:
        stop_signals.stop_with_parent(stop)
    async with _database(settings) as database, _watched(database, stop) as watched:
        if network.device.type != "cpu":
            where = identity(network.device)
            slot.share_device(where)
            network.sharers = lambda: slot.sharers(where)
        try:
            rate, batch = await _self_test(settings, network, stop, watched)
        except StalledError as error:
            await _exit_stalled(settings, slot, error, watched)
        log.info(
            *("%s: %s in %s on %s, %.2f MP·it/s, up to %d in one pass", slot.name, network.name),
            *(network.precision, network.device, rate, batch),
        )
        queue, leases = Queue(database, settings.limits), Leases(database, settings.limits, new=True)
        earlier = await stop_signals.unless_stopped(stop, _earlier_rate(queue, slot, network))
        store = runtime.open_style_cache(settings, network)
        throughput = Throughput(earlier, EARLIER_SECONDS) if earlier else Throughput(rate)
        worker = Worker(
            *(slot, queue, leases, network, throughput),
            batch=batch,
            store=store,
            finder=finder,
            timelapse=settings.timelapse,
            looks_ahead=network.device.type != "cpu",  # a processor would only paint more slowly meanwhile
        )
        try:
            await worker.run(stop)
        except StalledError as error:
            await _exit_stalled(settings, slot, error, watched)
        if worker.painting and not watched.done():
            os._exit(0)  # stopped: the process need not wait for the iteration to end


async def _self_test(
    settings: Settings, network: Network, stop: asyncio.Event, watched: asyncio.Task[None]
) -> tuple[float, int]:
    """Run the self-test, and return the rate in MP·it/s and the batch size.

    Raises:
        DeviceError: the device fails the self-test, or hangs.
    """

    def test() -> tuple[float, int]:
        rate = examine(network)
        return rate, choose_batch(settings.batch, network, rate)

    testing, stopped = asyncio.create_task(on_device(test)), asyncio.create_task(stop.wait())
    await asyncio.wait((testing, stopped), timeout=STALL_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if testing.done():
        return testing.result()
    if watched.done():
        log.critical("%s", watched.exception())
        os._exit(1)  # an exception would wait for the device's thread
    if stop.is_set():
        os._exit(0)
    raise StalledError(
        f"{network.device} hangs: the self-test has not ended in {STALL_TIMEOUT / 60:.0f} minutes."
    )


async def _exit_stalled(
    settings: Settings, slot: Slot, error: StalledError, watched: asyncio.Task[None]
) -> NoReturn:
    """Report the error, and end the process without joining the thread that hangs."""
    log.critical("%s", error)
    if not watched.done():  # a report would make a new database
        await report_broken(settings, slot, error)
    os._exit(1)


async def _earlier_rate(queue: Queue, slot: Slot, network: Network) -> float | None:
    """Return the rate that this worker measured before a restart, if it is known."""
    for worker in await persist(queue.workers, "looking"):
        if (worker.name, worker.device, worker.network) == (slot.name, str(network.device), network.name):
            return worker.rate
    return None
