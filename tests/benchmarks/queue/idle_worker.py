"""The processor time of a real worker that idles."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from engine.errors import AtelierError
from tests.benchmarks.queue.processes import cpu_seconds
from tests.benchmarks.queue.swarm import ROOT

START_TIMEOUT: Final = 180.0
"""Seconds that a worker may take to load the network and to test the device."""
POLL_INTERVAL: Final = 0.1
"""Seconds between two polls for its readiness."""
SETTLE_SECONDS: Final = 3.0
"""Seconds from its readiness until it idles."""
MEASURE_SECONDS: Final = 10.0
"""Seconds of the measurement."""
READY_MARK: Final = "MP·it/s"
"""A word in the log of a worker that is ready."""


class IdleWorkerError(AtelierError):
    """The worker did not start, or cannot be measured."""

    code = "worker-unmeasured"


def settings(data: Path, weights: Path | None, device: str) -> dict[str, str] | None:
    """Return the settings of a worker that downloads nothing; None if there are no weights.

    Args:
        data: a data folder that may have weights in it.
        weights: a file of them.
        device: the device that it paints on.
    """
    if weights is None:
        kept = sorted((data / "weights").glob("vgg*.safetensors"))
        weights = kept[0] if kept else None  # VGG-16 before VGG-19
    if weights is None:
        return None
    return {"VGG_WEIGHTS": str(weights.resolve()), "DEVICE": device, "MEASURED": str(data / "precision.json")}


async def idle_cpu(painter: Mapping[str, str], database: str, folder: Path) -> float:
    """Start a worker; return the processor seconds that it takes a second while it idles.

    Args:
        painter: see :func:`settings`.
        database: URL of the queue.
        folder: for its data; made.

    Raises:
        IdleWorkerError: it ended, it took too long, or the system does not say.
    """
    data = _prepared(folder, Path(painter["MEASURED"]))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    mine = {"DATA_DIR": str(data), "DATABASE_URL": database, "PYTHONPATH": path, "LOG_LEVEL": "INFO"}
    log = folder / "log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "engine", "work", cwd=folder, env={**os.environ, **painter, **mine},
            stdin=DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:
        await _until_ready(process, data, log)
        await asyncio.sleep(SETTLE_SECONDS)
        before = cpu_seconds(process.pid)
        await asyncio.sleep(MEASURE_SECONDS)
        after = cpu_seconds(process.pid)
        if before is None or after is None:
            raise IdleWorkerError("This system does not tell what a process costs, or the worker ended.")
        return (after - before) / MEASURE_SECONDS
    finally:
        await _end(process)


def _prepared(folder: Path, measured: Path) -> Path:
    """Make the data folder, with what was measured before, so that it need not be measured again."""
    data = folder / "data"
    data.mkdir(parents=True)
    if measured.exists():
        shutil.copy(measured, data)
    return data


def _ready(data: Path, log: Path) -> bool:
    return (data / "worker-0.ready").exists() or READY_MARK in log.read_text("utf-8", "replace")


def _last_line(log: Path) -> str:
    return (log.read_text("utf-8", "replace").splitlines() or [""])[-1]


async def _until_ready(process: Process, data: Path, log: Path) -> None:
    for _ in range(round(START_TIMEOUT / POLL_INTERVAL)):
        if _ready(data, log):
            return
        if process.returncode is not None:
            raise IdleWorkerError(f"The worker ended: {_last_line(log) or process.returncode}")
        await asyncio.sleep(POLL_INTERVAL)
    raise IdleWorkerError("The worker was not ready in time.")


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()
