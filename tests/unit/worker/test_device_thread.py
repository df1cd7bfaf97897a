"""Self-test and paintings use the device from one thread."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from engine.painting.network import Network
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
        await lifecycle._self_test(cast("Any", Settings), network, asyncio.Event())
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
