"""Pictures that kill, devices that break, memory that ends: the real worker, see ``worker_program.py``."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.painting import scales
from engine.queue import Condition, State
from tests.support.pictures import jpeg, marked_png, png, small_painting, small_photo
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
)

MIB = 2**20


async def test_a_picture_that_kills_its_worker_three_times_fails_and_those_beside_it_are_painted(
    data_folder: DataFolder,
) -> None:
    innocent = {"one": png(small_photo()), "two": png(small_photo(flipped=True))}
    async with data_folder.queue() as queue:
        await enqueue(queue, "poison", content=marked_png(small_photo()), style=small_painting())
        for name, content in innocent.items():
            await enqueue(queue, name, content=content, style=small_painting())
        attempts = []
        for _ in range(3):
            with data_folder.worker(fault="kills", BATCH="3") as worker:
                assert worker.wait() == -signal.SIGKILL
            attempts.append([job.attempts for job in reversed(await queue.jobs())])
        # Together at first, and then what was begun alone, in its old place.
        assert attempts == [[1, 1, 1], [2, 1, 1], [3, 1, 1]]
        with data_folder.worker(fault="kills", BATCH="3") as worker:
            for name in innocent:
                assert (await done(queue, name, worker)).attempts == 2
            job = await ended(queue, "poison", worker)
            assert (job.state, job.error, job.attempts) == (State.FAILED, "worker-lost", 3)
            worker.assert_running()


@pytest.mark.parametrize("busy", [False, True])
async def test_a_database_that_is_deleted_ends_the_worker_with_a_line_and_is_not_made_anew(
    busy: bool, data_folder: DataFolder
) -> None:
    file = data_folder.data / "atelier.db"
    async with data_folder.queue() as queue:
        if busy:
            await enqueue(queue, "long", content=png(small_photo()), style=small_painting(), quality="fine")
        with data_folder.worker(fault="watches_closely") as worker:
            if busy:
                await begun(queue, "long", worker)
            else:
                await idle(queue, worker)
            file.unlink()
            assert worker.wait() == 1
    line = f"error: The database, {file}, was deleted or replaced while it was open."
    assert worker.output.splitlines()[-1] == line
    assert "Traceback" not in worker.output
    assert not file.exists()


async def test_a_device_that_is_broken_says_so_and_claims_nothing(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "waits", content=png(small_photo()), style=small_painting())
        with data_folder.worker(fault="device_broken") as worker:
            assert worker.wait() == 1
        reason = "cpu fails its self-test: CUDA error: an illegal memory access was encountered"
        assert worker.output.splitlines()[-1] == f"error: {reason}"
        assert "Traceback" not in worker.output
        row = await known(queue, worker)
        assert row is not None
        assert (row.state, row.reason) == (Condition.BROKEN, reason)
        assert not worker.ready.exists()
        job = await queue.get("waits")
        assert job is not None
        assert (job.state, job.attempts) == (State.QUEUED, 0)


async def test_a_device_that_breaks_over_a_job_gives_it_back_and_a_sound_one_paints_it(
    data_folder: DataFolder, tmp_path: Path
) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "unlucky", content=marked_png(small_photo()), style=small_painting())
        with data_folder.worker(fault="device_breaks") as worker:
            assert worker.wait() == 1
        assert "error: cpu fails its self-test: CUDA error" in worker.output.splitlines()[-1]
        row = await known(queue, worker)
        assert row is not None
        assert row.state is Condition.BROKEN
        assert row.reason is not None
        assert "CUDA error" in row.reason
        assert not worker.ready.exists()
        job = await queue.get("unlucky")
        assert job is not None
        assert (job.state, job.attempts, job.worker) == (State.QUEUED, 1, None)
        with data_folder.sharing_database(tmp_path / "sound").worker() as sound:
            job = await done(queue, "unlucky", sound)
            assert (job.attempts, job.worker) == (2, sound.name)


async def test_a_picture_that_the_painter_fails_at_fails_alone_and_the_worker_goes_on(
    data_folder: DataFolder,
) -> None:
    async with data_folder.queue() as queue:
        await enqueue(queue, "one", content=png(small_photo()), style=small_painting())
        await enqueue(queue, "odd", content=marked_png(small_photo()), style=small_painting())
        await enqueue(queue, "two", content=png(small_photo(flipped=True)), style=small_painting())
        with data_folder.worker(fault="painter_fails", BATCH="3") as worker:
            for name in ("one", "two"):
                assert (await done(queue, name, worker)).attempts == 1
            job = await ended(queue, "odd", worker)
            assert (job.state, job.error) == (State.FAILED, "internal")
            assert job.error_detail is not None
            assert "an unexpected shape" in job.error_detail
            await enqueue(queue, "next", content=png(small_photo()), style=small_painting())
            await done(queue, "next", worker)


@contextmanager
def short_of_memory(worker: WorkerProcess, margin: int) -> Iterator[None]:
    """Limit a worker's address space to ``margin`` bytes more than it has now."""
    pid = worker.process.pid
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    size = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmSize:"))
    before = resource.prlimit(pid, resource.RLIMIT_AS, (size + margin, resource.RLIM_INFINITY))
    yield
    if worker.process.poll() is None:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
async def test_what_does_not_fit_into_the_memory_is_painted_smaller_or_fails_and_the_worker_goes_on(
    data_folder: DataFolder,
) -> None:
    # Of a large painting, looked at in broad strokes: what does not fit is one large block, so that the
    # small ones of the libraries, not all of which bear a refusal, find room. One arena and one thread: the
    # less a process reserves for later, the better the limit tells.
    broad: dict[str, Any] = {
        "style": jpeg(Image.effect_noise((1024, 1024), 90).convert("RGB")),
        "stroke": 4.0,
    }
    with data_folder.worker(fault="brief", narrow=False, OMP_NUM_THREADS="1", MALLOC_ARENA_MAX="1") as worker:
        async with data_folder.queue() as queue:
            await announced(queue, worker)
            # Now every thread runs, and every module is loaded.
            await enqueue(queue, "warm", content=png(small_photo()), style=small_painting())
            await done(queue, "warm", worker)
            await idle(queue, worker)
            # Beyond what it has, size 180 takes less than 450 MiB, and 256 takes more than 550.
            with short_of_memory(worker, 500 * MIB):
                await enqueue(queue, "large", size=256, **broad)
                job = await done(queue, "large", worker)
            assert job.reduced
            assert job.attempts == 1
            assert job.facts is not None
            assert "painted-smaller" in job.facts["notes"]
            size = scales.smaller(scales.plan(640, 427, 256, "draft"))
            assert size is not None
            assert job.recipe["size"] == size
            assert job.facts["width"] * job.facts["height"] == pytest.approx(size**2, rel=0.02)

            with short_of_memory(worker, 180 * MIB):
                await enqueue(queue, "larger", size=512, **broad)
                job = await ended(queue, "larger", worker)
                assert (job.state, job.error, job.reduced) == (State.FAILED, "out-of-memory", True)
                await enqueue(queue, "small", content=png(small_photo()), style=small_painting())
                assert not (await done(queue, "small", worker)).reduced
