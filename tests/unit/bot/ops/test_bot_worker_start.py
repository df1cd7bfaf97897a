"""The bot lives on where no worker can be started."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from bot.ops import worker_process
from bot.settings import Settings


class Worker:
    """One that lives for ever."""

    returncode = 0

    async def wait(self) -> int:
        """Wait for its end."""
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


async def test_a_worker_that_cannot_be_started_is_tried_again_ever_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = iter([errno.ENOMEM, errno.EAGAIN] * 5)
    waits: list[float] = []
    born = asyncio.Event()

    async def start(_: Settings) -> Any:
        if number := next(refusals, None):
            raise OSError(number, os.strerror(number))
        born.set()
        return Worker()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(worker_process, "find_spec", lambda _: True)
    monkeypatch.setattr(worker_process, "_start", start)
    monkeypatch.setattr("bot.ops.worker_process.asyncio.sleep", sleep)
    task = asyncio.create_task(worker_process.run(Settings(data_dir=tmp_path)))
    async with asyncio.timeout(5):
        await asyncio.wait((task, asyncio.create_task(born.wait())), return_when=asyncio.FIRST_COMPLETED)
    assert not task.done()
    task.cancel()
    await asyncio.wait((task,))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
    why = os.strerror(errno.ENOMEM)
    assert f"The worker cannot be started ({why}); restarting it in 1 s." in caplog.text
