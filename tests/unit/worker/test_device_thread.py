"""Self-test and paintings use the device from one thread."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any, cast

import pytest

from engine.painting.network import Network
from engine.queue import FileGoneError
from engine.worker import lifecycle, painting_thread, worker
from engine.worker.active_job import ActiveJob, Turn
from engine.worker.device_thread import on_device
from engine.worker.throughput import Throughput
from engine.worker.worker import Worker


def test_whatever_uses_the_device_runs_in_one_thread(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def note(*_: Any, **__: Any) -> Any:
        threads.append(threading.get_ident())
        return 1.0

    monkeypatch.setattr(lifecycle, "examine", note)
    monkeypatch.setattr(lifecycle, "choose_batch", note)
    monkeypatch.setattr(worker, "examine", note)
    monkeypatch.setattr(painting_thread, "paint_together", lambda *_, **__: note() and None)

    async def life() -> None:
        unused = cast("Any", None)
        await lifecycle._self_test(cast("Any", Settings), network, asyncio.Event(), unused)
        painter = Worker(unused, unused, unused, network, Throughput(1.0))
        for _ in range(2):
            await asyncio.gather(*(asyncio.to_thread(str) for _ in range(3)))
            await painter._paint(Turn([]), [ActiveJob(unused)])
        await on_device(note)

    class Settings:
        batch = 1

    asyncio.run(life())
    asyncio.run(life())
    assert len(threads) == 10
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_a_database_that_goes_during_the_self_test_is_said_and_fails(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    going_on, stop = threading.Event(), asyncio.Event()

    async def gone() -> None:
        stop.set()
        raise FileGoneError("The database was deleted.")

    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(lifecycle, "examine", lambda _: going_on.wait() and 1.0)
    monkeypatch.setattr(os, "_exit", leave)
    watched = asyncio.create_task(gone())
    try:
        with pytest.raises(SystemExit, match="1"):
            await lifecycle._self_test(cast("Any", None), network, stop, watched)
    finally:
        going_on.set()
    assert [record.getMessage() for record in caplog.records] == ["The database was deleted."]
