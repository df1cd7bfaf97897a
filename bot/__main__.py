"""``python -m bot``: run the bot with its worker. Without BOT_TOKEN the chat is in the browser."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys

from bot.app import running
from bot.ops.exhaustion import report_exhaustion
from bot.settings import Settings
from engine import logs
from engine.console import accept_any_encoding
from engine.host_errors import line_about


async def run(settings: Settings) -> int:
    """Run the bot until SIGINT or SIGTERM, also during the start; return the exit status."""
    task = asyncio.current_task()
    stopping = False

    def close() -> None:
        nonlocal stopping
        if not stopping and task:
            stopping = True
            _say("Closing …")
            task.cancel()

    report_exhaustion(asyncio.get_running_loop())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, close)
    try:
        async with running(settings) as address:
            # The objects of the start live as long as the process. Without this the garbage collector walks
            # them again and again, 0.1 s each time, and all users wait.
            gc.freeze()
            _say(f"\n  Atelier is open: {address}\n  Ctrl-C closes it.\n")
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        pass
    return 0 if stopping else 1


def _say(words: str) -> None:
    """Print a line for who watches. Where nobody reads it, or the disk is full, the bot goes on."""
    try:
        print(words, flush=True)
    except (OSError, ValueError):  # also words that the terminal has no letters for
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end of the process


def main() -> int:
    """Read the settings and run the bot; return the exit status."""
    accept_any_encoding()
    try:
        settings = Settings()
        logs.configure(settings.log_level, settings.log_format)
        return asyncio.run(run(settings))
    except Exception as error:
        if (line := line_about(error)) is None:
            raise
        print(f"error: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
