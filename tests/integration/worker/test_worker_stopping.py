"""A worker stops a cancelled painting, and itself; and its readiness file."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.painting.device import fast_precision
from engine.queue import RESULT, Condition, State
from engine.queue.database import uninterrupted
from engine.worker import worker as worker_module
from tests.support.pictures import png, small_painting, small_photo
from tests.support.stage import SECONDS, Stage
from tests.support.workers import (
    DataFolder,
    WorkerProcess,
    announced,
    begun,
    done,
    ended,
    enqueue,
    idle,
    known,
    make_data_folder,
    wait_until,
)

BEAT = 1.0
"""Seconds between two heartbeats, which bring the owner's wish."""
SLACK = 2.0
"""Seconds that a loaded machine may take for a second's work."""
PROMPTLY = 15.0
"""Seconds in which a worker that is asked to stop has ended, on a loaded machine too."""


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path, repo: Path) -> DataFolder:
    """The data folder of the worker that the tests share."""
    return make_data_folder(tmp_path_factory.mktemp("stopping"), weights_cache, repo)


@pytest.fixture(scope="module")
def shared_worker(shared_folder: DataFolder) -> Iterator[WorkerProcess]:
    """The worker that the tests share."""
    with shared_folder.worker() as process:
        yield process


async def test_a_cancelled_painting_stops_within_an_iteration_and_the_next_one_starts(
    shared_folder: DataFolder, shared_worker: WorkerProcess
) -> None:
    async with shared_folder.queue() as queue:
        rate = (await announced(queue, shared_worker)).rate
        assert rate is not None
        await enqueue(queue, "unwanted", quality="fine")
        await begun(queue, "unwanted", shared_worker)
        await enqueue(queue, "also-unwanted", content=png(small_photo()), style=small_painting())
        await enqueue(queue, "next", content=png(small_photo()), style=small_painting())

        # Only by its owner, and a queued one at once.
        assert await queue.cancel("unwanted", "next") is None
        assert await queue.cancel("also-unwanted", "next") is None
        assert await queue.cancel("also-unwanted", "also-unwanted") is State.CANCELLED
        job = await queue.get("unwanted")
        assert job is not None
        assert (job.state, job.cancel) == (State.RUNNING, False)

        asked = (await queue.get("next") or pytest.fail("gone")).created
        assert await queue.cancel("unwanted", "unwanted") is State.RUNNING
        stopped = await ended(queue, "unwanted", shared_worker)
        assert stopped.state is State.CANCELLED
        assert stopped.finished is not None
        assert stopped.finished - asked < BEAT + SLACK
        following = await done(queue, "next", shared_worker)
        assert following.started is not None
        iteration = 128 * 128 / 1e6 / rate
        assert following.started - stopped.finished < iteration + SLACK

        # Too late.
        result = await queue.read("next", RESULT)
        assert await queue.cancel("next", "next") is State.DONE
        assert await queue.get("next") == following
        assert await queue.read("next", RESULT) == result
        assert [each.attempts for each in await queue.jobs("also-unwanted")] == [0]


async def test_a_worker_that_loads_its_network_stops_at_once(data_folder: DataFolder) -> None:
    pipe = data_folder.data / "weights.pipe"
    os.mkfifo(pipe)
    with data_folder.worker(VGG_WEIGHTS=str(pipe)) as worker:

        async def reader() -> int | None:
            """Open the pipe's other end, which fails until the worker waits at this one."""
            try:
                return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return None

        held = await wait_until(reader, worker)
        worker.process.terminate()
        assert worker.wait(PROMPTLY) in (0, -signal.SIGTERM)
        os.close(held)
        assert not worker.ready.exists()


async def test_a_workers_file_says_that_it_is_well_from_its_self_test_to_its_end(
    data_folder: DataFolder,
) -> None:
    def touched(worker: WorkerProcess) -> int:
        return worker.ready.stat().st_mtime_ns

    with data_folder.worker() as worker:
        async with data_folder.queue() as queue:
            assert not worker.ready.exists()
            await announced(queue, worker)
            assert "MP·it/s" in worker.output
            first = touched(worker)
            await enqueue(queue, "one", content=png(small_photo()), style=small_painting())
            await done(queue, "one", worker)

            async def again() -> bool | None:
                return touched(worker) > first or None

            await wait_until(again, worker)
            await idle(queue, worker)
            worker.process.terminate()
            assert await asyncio.to_thread(worker.wait, PROMPTLY) == 0
            row = await known(queue, worker)
            assert row is not None
            assert row.state is Condition.RETIRED
        assert not worker.ready.exists()
        assert "Traceback" not in worker.output


async def test_a_worker_in_its_first_seconds_can_be_stopped_at_any_moment(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "waits", quality="fine")
        # When it has a place, when it has measured the device, and when that has passed its self-test. Where
        # bf16 is emulated nothing is measured.
        measures = fast_precision(torch.device("cpu")) is not torch.float32
        for sign in ("worker-0.lock", *(["precision.json"] if measures else []), "in one pass"):
            with data_folder.worker() as worker:
                measured = data_folder.data / "precision.json"
                measured.unlink(missing_ok=True)

                async def there(sign: str = sign, worker: WorkerProcess = worker) -> bool | None:
                    return sign in worker.output or (data_folder.data / sign).exists() or None

                await wait_until(there, worker)
                worker.process.terminate()
                assert worker.wait(PROMPTLY) in (0, -signal.SIGTERM)
                assert "Traceback" not in worker.output
                assert not worker.ready.exists()
            job = await queue.get("waits")
            assert job is not None
            assert (job.state, job.attempts) == (State.QUEUED, 0)


async def test_a_painting_that_is_stopped_while_the_database_is_away_is_cancelled_once_it_is_back(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases, away = on_stage.worker.leases, threading.Event()
    stop = leases.stop

    async def away_at_first(job_id: str, worker: str) -> bool:
        if not away.is_set():
            away.set()
            raise OSError("The database is away.")
        return await stop(job_id, worker)

    def begins(_: int) -> None:
        assert on_stage.ask(on_stage.queue.cancel("first", "first")) is State.RUNNING
        assert away.wait(SECONDS)

    monkeypatch.setattr(leases, "stop", away_at_first)
    on_stage.painter.begins = begins
    await on_stage.add("first", 10)
    (job,) = await on_stage.run("first")
    assert job.state is State.CANCELLED


async def test_a_worker_that_stops_does_not_wait_for_the_database_to_store_a_painting(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, away = threading.Event(), threading.Event()

    async def finish(*_: Any) -> bool:
        away.set()
        raise OSError("The database is away.")

    def begins(grey: int) -> None:
        if grey == 20:
            assert away.wait(SECONDS)
            on_stage.loop.call_soon_threadsafe(on_stage.stop.set)
            assert going_on.wait(5 * SECONDS)  # an iteration of a large canvas

    for timeout in ("ITERATION_TIMEOUT", "DATABASE_TIMEOUT"):
        monkeypatch.setattr(worker_module, timeout, 0.2)
    monkeypatch.setattr(worker_module, "together", lambda *_: 1)
    monkeypatch.setattr(on_stage.worker.leases, "finish", finish)
    on_stage.painter.begins = begins
    on_stage.worker.batch = 2
    await on_stage.add("first", 10)
    await on_stage.add("second", 20)
    try:
        await asyncio.wait_for(on_stage.worker.run(on_stage.stop), SECONDS)
    finally:
        going_on.set()
    for name in ("first", "second"):
        job = await on_stage.queue.get(name)
        assert job is not None
        assert (job.state, job.attempts) == (State.QUEUED, 0)


@pytest.mark.parametrize("call", ["claim", "announce"])
async def test_a_worker_that_stops_does_not_wait_for_a_database_that_hangs(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    hanging, answer = asyncio.Event(), asyncio.Event()

    @uninterrupted
    async def hang(*_: Any, **__: Any) -> Any:
        hanging.set()
        await answer.wait()
        return []

    monkeypatch.setattr(worker_module, "DATABASE_TIMEOUT", 0.1)
    monkeypatch.setattr(on_stage.worker.leases, call, hang)
    working = asyncio.create_task(on_stage.worker.run(on_stage.stop))
    await hanging.wait()
    on_stage.stop.set()
    try:
        done, _ = await asyncio.wait((working,), timeout=SECONDS)
        assert done
    finally:
        answer.set()
        await working
