"""What happens in one chat happens in order; chats do not wait for each other."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """One lock a chat, which lives as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, chat: int) -> asyncio.Lock:
        """Give the chat's lock."""
        return self._locks.setdefault(chat, asyncio.Lock())
