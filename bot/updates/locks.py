"""What happens in one chat happens in order and once; chats do not wait for each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from typing import Final
from weakref import WeakValueDictionary

DOUBLE: Final = 2.0
"""Seconds within which a second tap on one button is an accident."""


class Locks:
    """One lock a chat, which lives as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, chat: int) -> asyncio.Lock:
        """Give the chat's lock."""
        return self._locks.setdefault(chat, asyncio.Lock())


class Taps:
    """Tells a double tap from two."""

    def __init__(self, within: float = DOUBLE) -> None:
        self._within = within
        self._latest: dict[Hashable, tuple[str, float]] = {}

    def again(self, what: Hashable, tap: str) -> bool:
        """Note a tap on something; True if another one came a moment ago.

        ``tap`` names it: the first one, begun again because something failed, is no second.
        """
        now = time.monotonic()
        self._latest = {key: noted for key, noted in self._latest.items() if now - noted[1] < self._within}
        first, _ = self._latest.get(what, (tap, now))
        self._latest[what] = first, now
        return first != tap
