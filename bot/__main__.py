"""``python -m bot``: everything. Without BOT_TOKEN the chat is in the browser."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

from pydantic import ValidationError

from bot.app import running
from bot.settings import Settings
from engine import logs
from engine.errors import AtelierError


async def run(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM, which may come at any moment, the start included."""
    task = asyncio.current_task()
    asked = False

    def close() -> None:
        nonlocal asked
        if not asked and task:
            asked = True
            print("Closing …", flush=True)
            task.cancel()

    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, close)
    try:
        async with running(settings) as address:
            # What is here now stays. Looking through all of it for garbage took 0.1 s, time and again, and
            # everybody waited.
            gc.freeze()
            print(f"\n  Atelier is open: {address}\n  Ctrl-C closes it.\n", flush=True)
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        pass
    return 0 if asked else 1


def main() -> int:
    """Run the bot and give the exit status."""
    try:
        settings = Settings()
        logs.configure(settings.log_level, settings.log_format)
        return asyncio.run(run(settings))
    except AtelierError as error:
        print(f"error: {error}", file=sys.stderr)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        print(f"error: setting {str(first['loc'][0]).upper()}: {first['msg']}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
