"""The log of what keeps updates from arriving: a line, where the library would log a page at every poll."""

from __future__ import annotations

import logging
import time
from typing import Final

from telegram.error import Conflict, TelegramError

from bot.transport.errors import reason

log = logging.getLogger(__name__)

INTERVAL: Final = 600.0
"""Seconds until the same trouble is told again."""
CONFLICT: Final = (
    "Another program fetches this bot's messages, too, and each takes some of the other's. "
    "End one of them, or give each a bot of its own."
)


class PollingErrors:
    """The failures of polls that were logged lately."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def log(self, error: TelegramError) -> None:
        """Log why a poll failed, unless that was said within the last minutes; the library polls again."""
        said = (
            CONFLICT
            if isinstance(error, Conflict)
            else f"Polling Telegram for updates failed ({reason(error)}); retrying."
        )
        now = time.monotonic()
        if now - self._told.get(said, -INTERVAL) >= INTERVAL:
            self._told[said] = now
            log.warning("%s", said)
