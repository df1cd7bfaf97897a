"""Groups that become supergroups: Telegram tells of the new chat as if the bot had joined it."""

from __future__ import annotations

import asyncio
from typing import Final

from telegram import Message

NEWS_TIMEOUT: Final = 1.0
"""Seconds that a supergroup waits for the news that it was a group before: they may come after it."""
LIFETIME: Final = 60.0
"""Seconds that such news are remembered; who joins later does so anew."""


class Migrations:
    """The supergroups that were groups of the bot's a moment ago, as far as this process has heard.

    If other bots share the token, the news may reach one that does not handle the supergroup.
    """

    def __init__(self) -> None:
        self._known: dict[int, asyncio.Event] = {}

    def hear(self, message: Message) -> None:
        """Note the supergroup that a group has become, if the message tells of that.

        To be called when it arrives: its turn in the group may come when the supergroup waits no more.
        """
        if message.migrate_from_chat_id:
            self._of(message.chat_id).set()
        if message.migrate_to_chat_id:
            self._of(message.migrate_to_chat_id).set()

    async def has(self, supergroup: int) -> bool:
        """Return whether a supergroup was a group before."""
        try:
            await asyncio.wait_for(self._of(supergroup).wait(), NEWS_TIMEOUT)
        except TimeoutError:
            return False
        return True

    def _of(self, supergroup: int) -> asyncio.Event:
        if supergroup not in self._known:
            self._known[supergroup] = asyncio.Event()
            asyncio.get_running_loop().call_later(LIFETIME, self._known.pop, supergroup)
        return self._known[supergroup]
