"""The bot's own worker: a child process that is restarted when it ends, and that ends with the bot."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from bot.settings import Settings
from engine.packages import how_to_install

log = logging.getLogger(__name__)

MIN_BACKOFF: Final = 1.0
"""Seconds until a worker that has ended is restarted; twice as many after each further end …"""
MAX_BACKOFF: Final = 300.0
"""… up to this many: what ends a worker at once, such as a GPU that is too old, a restart will not mend."""
HEALTHY: Final = 30.0
"""Seconds after which a worker counts as healthy: when it ends, the next wait is the shortest."""
STOP_TIMEOUT: Final = 20.0
"""Seconds that a worker has to return its job to the queue."""


async def run(settings: Settings) -> None:
    """Keep one worker running until cancelled; without the engine's packages log one error and return."""
    if find_spec("torch") is None:
        log.error("Paintings wait: the painter is not installed. %s", how_to_install("engine"))
        return
    backoff = MIN_BACKOFF
    while True:
        began = time.monotonic()
        end = await _run_once(settings)
        if time.monotonic() - began > HEALTHY:
            backoff = MIN_BACKOFF
        log.warning("%s; restarting it in %.0f s.", end, backoff)
        await asyncio.sleep(backoff)
        backoff = min(2 * backoff, MAX_BACKOFF)


async def _run_once(settings: Settings) -> str:
    """Run a worker to its end; return a sentence that says how it ended."""
    try:
        process = await _start(settings)
    except OSError as error:  # no memory for another process, or too many of them
        return f"The worker cannot be started ({error.strerror})"
    try:
        return f"The worker ended with status {await process.wait()}"
    except asyncio.CancelledError:
        await _stop(process)
        raise


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without the bot's own, such as the token, in small letters or capitals."""
    return {name: value for name, value in environment.items() if not name.upper().startswith("BOT_")}


async def _start(settings: Settings) -> Process:
    environment = engine_environment(os.environ)
    environment |= {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database}
    # The pipe tells the worker that the bot runs: it closes however the bot ends.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "engine", "work", "--with-parent"),
        stdin=PIPE,
        stdout=DEVNULL,
        env=environment,
    )


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
    except TimeoutError:
        log.warning("The worker does not stop and is killed. Its job goes on when its lease expires.")
        process.kill()
        await process.wait()
