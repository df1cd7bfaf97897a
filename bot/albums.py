"""Albums come as separate updates with one group id, in any order; this puts them together."""

from __future__ import annotations

import asyncio
from typing import Final

from telegram import Message

WAIT: Final = 1.0
"""Seconds after an album's newest picture until it counts as complete."""


class Albums:
    """Gathers messages by chat and group."""

    def __init__(self, wait: float = WAIT) -> None:
        self._wait = wait
        self._open: dict[tuple[int, str], list[Message]] = {}

    def add(self, message: Message) -> bool:
        """Add one message of an album; True for the first, whose handler then gathers the album."""
        gathered = self._open.setdefault(_key(message), [])
        gathered.append(message)
        return len(gathered) == 1

    async def gather(self, first: Message) -> list[Message]:
        """Wait until nothing more comes; gives the album in the order of its messages."""
        gathered, known = self._open[_key(first)], 0
        try:
            while known < len(gathered):
                known = len(gathered)
                await asyncio.sleep(self._wait)
        finally:
            del self._open[_key(first)]
        return sorted(gathered, key=lambda message: message.message_id)


def _key(message: Message) -> tuple[int, str]:
    return message.chat_id, message.media_group_id or ""
