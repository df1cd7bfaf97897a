"""Albums come as separate updates with one group id, in any order; this puts them together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from telegram import Message

WAIT: Final = 1.0
"""Seconds after an album's newest picture until it counts as complete."""


class Albums:
    """Gathers messages by chat and group, and hands each album on once, in the order of its messages."""

    def __init__(self, complete: Callable[[list[Message]], Awaitable[None]], wait: float = WAIT) -> None:
        self._complete = complete
        self._wait = wait
        self._gathering: dict[tuple[int, str], list[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, message: Message) -> None:
        """Add one message of an album."""
        key = (message.chat_id, message.media_group_id or "")
        if key in self._gathering:
            self._gathering[key].append(message)
            return
        self._gathering[key] = [message]
        task = asyncio.create_task(self._gather(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _gather(self, key: tuple[int, str]) -> None:
        known = 0
        while known < len(self._gathering[key]):
            known = len(self._gathering[key])
            await asyncio.sleep(self._wait)
        messages = self._gathering.pop(key)
        await self._complete(sorted(messages, key=lambda message: message.message_id))

    async def close(self) -> None:
        """Wait for the albums under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
