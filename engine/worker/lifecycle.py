"""From the settings to a worker at work, and back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator
from typing import NoReturn

from engine import runtime
from engine.errors import AtelierError
from engine.painting.network import Network
from engine.queue import Condition, Leases, Queue, create_schema, open_database, persist
from engine.settings import Settings
from engine.worker import shutdown
from engine.worker.selftest import choose_batch, examine
from engine.worker.slot import Slot
from engine.worker.throughput import EARLIER, Throughput
from engine.worker.worker import GRACE, STALL, StalledError, Worker

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _queue(settings: Settings) -> AsyncIterator[tuple[Queue, Leases]]:
    database = open_database(settings.database, thrifty=True)
    try:
        await persist(lambda: create_schema(database), "opening")
        yield Queue(database, settings.limits), Leases(database, settings.limits)
    finally:
        await database.dispose()


async def recover(settings: Settings, slot: Slot) -> None:
    """Give back what this worker held in an earlier life; others need not wait for the lease, nor for us."""
    async with _queue(settings) as (_, leases):
        lost = await persist(lambda: leases.release(slot.name, spent=True), "releasing")
        if lost:
            log.warning("%d job(s) of this worker's earlier life are queued again.", lost)


async def confess(settings: Settings, slot: Slot, error: AtelierError) -> None:
    """Say in the queue why this worker cannot work."""
    how = (settings.device, "none", None, Condition.BROKEN, str(error))

    async def say() -> None:
        async with _queue(settings) as (_, leases):
            await persist(lambda: leases.announce(slot.name, *how), "announcing")

    task = asyncio.create_task(say())
    await asyncio.wait((task,), timeout=GRACE)
    if task.done():
        task.result()


async def serve(settings: Settings, slot: Slot, network: Network, *, with_parent: bool = False) -> None:
    """Run a worker until SIGINT or SIGTERM, or until standard input closes if ``with_parent``.

    Raises:
        DeviceError: the device fails its self-test, now or after a job.
    """
    stop = asyncio.Event()
    shutdown.stop_on_signals(stop)
    if with_parent:
        shutdown.stop_with_parent(stop)
    async with _queue(settings) as (queue, leases):
        try:
            rate, batch = await _test(settings, network, stop)
        except StalledError as error:
            await _abandon(settings, slot, error)
        log.info(
            *("%s: %s in %s on %s, %.2f MP·it/s, up to %d in one pass", slot.name, network.name),
            *(network.precision, network.device, rate, batch),
        )
        known = await shutdown.unless(stop, _known_rate(queue, slot, network))
        store = runtime.open_style_cache(settings, network)
        throughput = Throughput(known, EARLIER) if known else Throughput(rate)
        worker = Worker(
            slot, queue, leases, network, throughput, batch=batch, store=store, filming=settings.timelapse
        )
        try:
            await worker.run(stop)
        except StalledError as error:
            await _abandon(settings, slot, error)
        if worker.painting:
            os._exit(0)  # it was asked to stop; the end of the process need not wait for the iteration


async def _test(settings: Settings, network: Network, stop: asyncio.Event) -> tuple[float, int]:
    """Give the rate and the batch size."""

    def test() -> tuple[float, int]:
        rate = examine(network)
        return rate, choose_batch(settings.batch, network, rate)

    testing, stopped = asyncio.create_task(asyncio.to_thread(test)), asyncio.create_task(stop.wait())
    await asyncio.wait((testing, stopped), timeout=STALL, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if testing.done():
        return testing.result()
    if stop.is_set():
        os._exit(0)
    raise StalledError(f"{network.device} hangs: no end of the self-test in {STALL / 60:.0f} minutes.")


async def _abandon(settings: Settings, slot: Slot, error: StalledError) -> NoReturn:
    """End without joining the thread that hangs."""
    log.critical("%s", error)
    await confess(settings, slot, error)
    os._exit(1)


async def _known_rate(queue: Queue, slot: Slot, network: Network) -> float | None:
    """Recall what this worker measured on real jobs before it was started again."""
    for worker in await persist(queue.workers, "looking"):
        if (worker.name, worker.device, worker.network) == (slot.name, str(network.device), network.name):
            return worker.rate
    return None
