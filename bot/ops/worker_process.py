"""The bot's own worker: a child process, started again when it dies, gone when the bot is gone."""

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
from engine.packages import how_to_get

log = logging.getLogger(__name__)

FIRST_WAIT: Final = 1.0
"""Seconds until a worker that died is started again; twice as long after each further death …"""
LONGEST_WAIT: Final = 30.0
"""… up to this, and from the start after a life as long as this."""
GOODBYE: Final = 20.0
"""Seconds that a worker has to give its job back."""


async def run(settings: Settings) -> None:
    """Keep one worker alive until cancelled; where nothing is installed that paints, say so once."""
    if find_spec("torch") is None:
        log.error("Paintings wait: what paints is not installed. %s", how_to_get("engine"))
        return
    wait = FIRST_WAIT
    while True:
        born = time.monotonic()
        end = await _live(settings)
        if time.monotonic() - born > LONGEST_WAIT:
            wait = FIRST_WAIT
        log.warning("%s; starting it again in %.0f s.", end, wait)
        await asyncio.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


async def _live(settings: Settings) -> str:
    """Let a worker live; gives how that ended."""
    try:
        process = await _start(settings)
    except OSError as error:  # no memory for another process, or too many of them
        return f"The worker cannot be started ({error.strerror})"
    try:
        return f"The worker ended with status {await process.wait()}"
    except asyncio.CancelledError:
        await _stop(process)
        raise


def without_the_bots_own(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what the engine's programs may know: not the token, which may be set in small letters, too."""
    return {name: value for name, value in environment.items() if not name.upper().startswith("BOT_")}


async def _start(settings: Settings) -> Process:
    environment = without_the_bots_own(os.environ)
    environment |= {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database}
    # The open pipe is the worker's sign that the bot lives: it closes however the bot ends.
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
        await asyncio.wait_for(process.wait(), GOODBYE)
    except TimeoutError:
        log.warning("The worker does not stop; it is killed. Its job goes on when its lease is over.")
        process.kill()
        await process.wait()
