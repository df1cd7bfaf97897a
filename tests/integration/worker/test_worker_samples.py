"""Samples by a worker: painted when nothing waits, and out of the way when something does."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.queue import RESULT, SAMPLES, Job, Queue, State
from engine.styles.style import presets
from engine.worker import samples
from engine.worker import worker as worker_module
from tests.support.pictures import correlation, image_of, jpeg, small_photo
from tests.support.processes import free_port
from tests.support.stage import SECONDS, Stage, photo
from tests.support.workers import DataFolder, done, enqueue, idle, job_when, make_data_folder

STYLES = presets()[:3]


@pytest.fixture
def folder(tmp_path: Path, weights_cache: Path, repo: Path) -> DataFolder:
    return make_data_folder(tmp_path, weights_cache, repo)


async def _enqueue_samples(queue: Queue, photo: bytes) -> Job:
    blobs = {"content": photo} | {f"style{at}": style.read() for at, style in enumerate(STYLES)}
    recipe = {"samples": [style.id for style in STYLES]}
    return await queue.enqueue(
        id="samples",
        owner="samples:ada",
        recipe=recipe,
        cost=0.0,
        shape="samples",
        blobs=blobs,
        priority=SAMPLES,
    )


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


async def test_a_small_photo_is_shown_in_each_style(folder: DataFolder) -> None:
    photo = small_photo()
    async with folder.queue() as queue:
        with folder.worker() as worker:
            await _enqueue_samples(queue, jpeg(photo))
            await done(queue, "samples", worker)
        strip = image_of(await queue.read("samples", RESULT))
        assert strip.size == (photo.width, photo.height * len(STYLES))
        for at in range(len(STYLES)):
            sample = strip.crop((0, at * photo.height, photo.width, (at + 1) * photo.height))
            assert correlation(sample, photo) > 0.5, "it is the photo"
        assert await queue.read("samples", "content") is None
        assert (await queue.usage("ada")).today == 0


async def test_samples_make_way_for_a_painting_and_are_taken_up_again(folder: DataFolder) -> None:
    async with folder.queue() as queue:
        # These samples end only when they are told to: nobody's painting would ever begin behind them.
        port = free_port()
        with folder.worker(fault="samples_wait", METRICS_PORT=str(port)) as worker:
            await _enqueue_samples(queue, jpeg(small_photo()))
            await job_when(queue, "samples", lambda job: job.state is State.RUNNING, worker)
            await enqueue(queue, "painting", content=jpeg(small_photo()))
            await done(queue, "painting", worker)
            again = await job_when(queue, "samples", lambda job: job.state is State.RUNNING, worker)
            assert again.attempts == 1, "making way costs no attempt"
            await idle(queue, worker)  # an operator, or an autoscaler, sees nothing of them
            await queue.forget("samples:ada")  # nobody waits for them any more
            await worker.says("nobody looks at them any more")
            await enqueue(queue, "another", content=jpeg(small_photo()))
            await done(queue, "another", worker)
            metrics = await asyncio.to_thread(_metrics, port)
            assert "\natelier_job_wait_seconds_count 2.0\n" in metrics, "samples are in no metric"
            assert '{state="lost"}' not in metrics
            assert "the lease was lost" not in worker.output, "nothing is wrong"


def _running(job: Job) -> bool:
    return job.state is State.RUNNING


def _wait(*arguments: Any) -> None:
    """Paint samples until they are unwanted."""
    arguments[-1].wait()


async def test_samples_that_could_not_be_stored_make_way_and_are_painted_again(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Job] = []
    finish = on_stage.worker.leases.finish

    async def away_at_first(job_id: str, *result: Any) -> bool:
        if job_id == "samples" and not waiting:
            raise OSError("The database is away.")
        return await finish(job_id, *result)

    monkeypatch.setattr(worker_module, "ITERATION_TIMEOUT", 0.1)
    monkeypatch.setattr(samples, "paint_samples", lambda *_: b"strip")
    monkeypatch.setattr(on_stage.worker.leases, "finish", away_at_first)
    on_stage.painter.begins = lambda _: waiting.append(on_stage.ask(on_stage.queue.get("samples")))
    await _enqueue_samples(on_stage.queue, photo(10))
    working = asyncio.create_task(on_stage.worker.run(on_stage.stop))
    await job_when(on_stage.queue, "samples", _running)
    await on_stage.add("painting", 20)
    assert (await on_stage.ended("painting", working)).state is State.DONE
    assert (waiting[0].state, waiting[0].attempts) == (State.QUEUED, 0)
    assert (await on_stage.ended("samples", working)).state is State.DONE
    on_stage.stop.set()
    await working


async def test_a_worker_that_stops_does_not_wait_for_the_database_to_give_its_samples_back(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> int:
        raise OSError("The database is away.")

    monkeypatch.setattr(worker_module, "DATABASE_TIMEOUT", 0.1)
    monkeypatch.setattr(samples, "paint_samples", _wait)
    await _enqueue_samples(on_stage.queue, photo(10))
    working = asyncio.create_task(on_stage.worker.run(on_stage.stop))
    await job_when(on_stage.queue, "samples", _running)
    with monkeypatch.context() as outage:
        outage.setattr(on_stage.worker.leases, "release", away)
        on_stage.stop.set()
        await asyncio.wait_for(working, SECONDS)


async def test_no_painting_in_a_busy_queue_begins_later_than_an_iteration_and_a_look_because_of_samples(
    on_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert samples.POLL_INTERVAL <= 0.3, "seconds"
    late: list[bool] = []
    looks: list[tuple[bool, bool]] = []
    added = 0
    is_awaited = on_stage.worker.leases.is_awaited

    def iterations(*_: Any, store: Any, **__: Any) -> Iterator[Any]:
        """Samples that would never end; each iteration notes if it begins although they are unwanted."""
        while True:
            if store._unwanted.is_set():
                late.append(True)
            time.sleep(0.01)
            yield SimpleNamespace(iteration=0)

    async def look(worker: str) -> bool:
        before = added > len(on_stage.painter.greys)  # a painting is queued, and has not begun
        answer = await is_awaited(worker)
        looks.append((before, answer))
        return answer

    monkeypatch.setattr(samples, "paint", iterations)
    monkeypatch.setattr(on_stage.worker.leases, "is_awaited", look)
    await _enqueue_samples(on_stage.queue, photo(10))
    working = asyncio.create_task(on_stage.worker.run(on_stage.stop))
    try:
        for number in range(4):
            await job_when(on_stage.queue, "samples", _running)
            late.clear()
            more = [f"painting{number}-{place}" for place in range(1 + number)]
            for name in more:
                await on_stage.add(name, 20, owner=name)
                added += 1
            for name in more:
                assert (await on_stage.ended(name, working)).state is State.DONE
            assert len(late) <= 1, "they end within an iteration"
    finally:
        on_stage.stop.set()
        await working
    assert (True, True) in looks
    assert (True, False) not in looks, "the first look sees the painting"
