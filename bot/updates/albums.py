"""Albums come as separate updates with one group id, in any order; this puts them together."""

from __future__ import annotations

import asyncio
from typing import Final

from telegram import Message

WAIT: Final = 1.0
"""Seconds after an album's newest picture until it counts as complete."""


class Album:
    """The messages of one group so far, and whether they were dealt with."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.updates: list[int] = []
        """The ids of the updates that brought them."""
        self.over = asyncio.Event()
        """Set when nobody deals with the album any more."""
        self.dealt_with = False
        """Whether somebody had, by then."""


class Albums:
    """Gathers messages by chat and group.

    Each message joins when it comes, not when its turn comes in its chat. The first one's handler gathers the
    album and deals with it; the others' updates only wait until that is over.
    """

    def __init__(self, wait: float = WAIT) -> None:
        self._wait = wait
        self._open: dict[tuple[int, str], Album] = {}

    def join(self, message: Message, update_id: int = 0) -> tuple[Album, bool]:
        """Add one message; gives its album, and whether it is the album's first."""
        album = self._open.setdefault(_key(message), Album())
        album.messages.append(message)
        album.updates.append(update_id)
        return album, len(album.messages) == 1

    def add(self, message: Message) -> bool:
        """Join, for whoever wants to know no more than whether it is the first."""
        return self.join(message)[1]

    async def gather(self, first: Message) -> list[Message]:
        """Wait until nothing more comes; gives the album in the order of its messages.

        What comes later begins another album.
        """
        gathered, known = self._open[_key(first)].messages, 0
        try:
            while known < len(gathered):
                known = len(gathered)
                await asyncio.sleep(self._wait)
        finally:
            del self._open[_key(first)]
        return sorted(gathered, key=lambda message: message.message_id)

    def close(self, album: Album) -> None:
        """Let go of those who wait for the album: it was dealt with, or nobody will."""
        album.over.set()
        key = _key(album.messages[0])
        if self._open.get(key) is album:  # nobody gathered it
            del self._open[key]


def _key(message: Message) -> tuple[int, str]:
    return message.chat_id, message.media_group_id or ""
