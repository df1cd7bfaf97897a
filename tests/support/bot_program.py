"""A real bot in a quick chat: it sends, and the playground takes, ten times as much a second.

No test waits for a bucket to fill; the bot keeps within the playground's limits as within Telegram's.
"""

from __future__ import annotations

import runpy
from typing import Final

from bot import app
from bot.playground import FloodLimits
from bot.transport import token_buckets

QUICKER: Final = 10.0


def quick_limits() -> dict[str, tuple[float, float]]:
    """Return the bot's limits with a higher rate and the same burst."""
    limits = {name: getattr(token_buckets, name) for name in ("PRIVATE_LIMIT", "GROUP_LIMIT", "GLOBAL_LIMIT")}
    return {name: (QUICKER * rate, burst) for name, (rate, burst) in limits.items()}


def quick_flood() -> FloodLimits:
    """Return Telegram's limits in the same way."""
    slow = FloodLimits()
    return FloodLimits(
        chat_rate=QUICKER * slow.chat_rate, group_rate=QUICKER * slow.group_rate, rate=QUICKER * slow.rate
    )


if __name__ == "__main__":
    for name, limit in quick_limits().items():
        setattr(token_buckets, name, limit)
    setattr(app, "FloodLimits", quick_flood)  # noqa: B010 - to mypy it is a class
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
