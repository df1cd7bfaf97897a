"""Albums: Telegram sends their messages as separate updates with one group id, in any order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from telegram import Message

from bot.updates.batch import UpdateBatch

QUIET_PERIOD: Final = 1.0
"""Seconds after an album's latest message until it counts as complete."""


@dataclass(slots=True, eq=False)
class Album(UpdateBatch):
    """The messages of one group so far."""

    messages: list[Message] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the handling of the album has ended."""
    handled: bool = False
    """True if the album was handled by then, and not interrupted."""


class Albums:
    """The albums that are being gathered, by chat and group.

    Each message joins when it arrives, not when its turn comes in its chat. The first one's handler gathers
    the album and handles it; the updates of the others only wait until that has ended.
    """

    def __init__(self, quiet_period: float = QUIET_PERIOD) -> None:
        self._quiet_period = quiet_period
        self._open: dict[tuple[int, str], Album] = {}

    def join(self, message: Message, update_id: int) -> tuple[Album, bool]:
        """Add a message; return its album, and whether it is the album's first."""
        album = self._open.setdefault(_key(message), Album([]))
        album.messages.append(message)
        album.update_ids.append(update_id)
        return album, len(album.messages) == 1

    async def gather(self, first: Message) -> list[Message]:
        """Wait until the album is complete; return its messages in their order.

        A message that arrives later begins another album.
        """
        messages, known = self._open[_key(first)].messages, 0
        try:
            while known < len(messages):
                known = len(messages)
                await asyncio.sleep(self._quiet_period)
        finally:
            del self._open[_key(first)]
        return sorted(messages, key=lambda message: message.message_id)

    def close(self, album: Album) -> None:
        """Wake the updates that wait for the album: its handling has ended."""
        album.closed.set()
        key = _key(album.messages[0])
        if self._open.get(key) is album:  # it was never gathered
            del self._open[key]


def _key(message: Message) -> tuple[int, str]:
    return message.chat_id, message.media_group_id or ""
