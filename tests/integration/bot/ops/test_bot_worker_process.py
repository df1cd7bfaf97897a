"""The bot's own worker, and the bot that starts it again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ops import worker_process
from bot.settings import Settings
from engine.queue import State
from tests.support.pictures import png, small_painting, small_photo
from tests.support.workers import DataFolder, begun, done, enqueue, job_when, make_data_folder


@pytest.fixture
def data_folder(
    tmp_path: Path, weights_cache: Path, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> DataFolder:
    """A data folder for the bot's own worker."""
    monkeypatch.setenv("PYTHONPATH", str(repo))
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.setenv("LEASE_SECONDS", "3600")
    monkeypatch.chdir(tmp_path)
    return make_data_folder(tmp_path, weights_cache, repo)


@contextlib.asynccontextmanager
async def supervised(data_folder: DataFolder) -> AsyncIterator[None]:
    """Run the supervisor."""
    task = asyncio.create_task(worker_process.run(Settings(data_dir=data_folder.data)))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def child(data_folder: DataFolder, known: int = 0) -> int | None:
    """Return the id of the worker process that this process has started, unless it is ``known``."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            environment = (entry / "environ").read_bytes().split(b"\0")
            pid = int(entry.name)
            ours = parent == os.getpid() and f"DATA_DIR={data_folder.data}".encode() in environment
            if ours and pid != known:
                return pid
    return None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux lists processes so")
async def test_a_worker_that_is_killed_is_started_again_and_paints_on(data_folder: DataFolder) -> None:
    async with data_folder.queue() as queue, supervised(data_folder):
        await enqueue(queue, "long", size=256, quality="fine")
        await begun(queue, "long")
        first = child(data_folder)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        again = await job_when(queue, "long", lambda job: job.attempts == 2)
        assert again.state is State.RUNNING
        assert child(data_folder, first) is not None
        await queue.cancel("long", "long")
        await enqueue(queue, "next", content=png(small_photo()), style=small_painting())
        await done(queue, "next")
    assert child(data_folder) is None


async def test_the_waits_grow_until_a_worker_has_lived_for_long(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    births: list[float] = []
    lives = iter((0.0, 0.0, 0.0, 0.0, 0.6))

    async def start(settings: Settings) -> asyncio.subprocess.Process:
        births.append(time.monotonic())
        life = f"import time; time.sleep({next(lives, 60.0)})"
        return await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", life)

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await pause(0)

    waits: list[float] = []
    pause = asyncio.sleep
    monkeypatch.setattr(worker_process, "_start", start)
    monkeypatch.setattr(worker_process, "MAX_BACKOFF", 0.5)
    monkeypatch.setattr(worker_process, "HEALTHY", 0.5)
    monkeypatch.setattr(worker_process, "MIN_BACKOFF", 0.1)
    monkeypatch.setattr("bot.ops.worker_process.asyncio.sleep", sleep)
    async with supervised(data_folder):

        async def born() -> bool | None:
            await pause(0.02)
            return len(births) == 6 or None

        end = time.monotonic() + 60
        while not await born():
            assert time.monotonic() < end
    assert waits == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.1])
