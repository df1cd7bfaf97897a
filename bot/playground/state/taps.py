"""Callback queries: a user taps a button, and the app waits for the bot's answer."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import NamedTuple

from bot.playground.errors import QUERY_TOO_OLD, BadRequest

MAX_ANSWER = 200
"""Characters of an answer."""
LIFETIME = 15.0
"""Seconds for which Telegram accepts an answer."""


class Answer(NamedTuple):
    """The bot's answer to a tap, or that there was none."""

    answered: bool
    text: str | None = None
    show_alert: bool = False


@dataclass
class Tap:
    """A callback query that waits for its answer."""

    id: str
    chat: int
    answer: asyncio.Future[Answer]
    expires: float
    """Seconds, by the monotonic clock."""


class Taps:
    """The waiting callback queries, in memory only: after a restart all of them are too old."""

    def __init__(self, lifetime: float = LIFETIME) -> None:
        """Accept answers for `lifetime` seconds."""
        self.lifetime = lifetime
        self._taps: dict[str, Tap] = {}

    def new(self, chat: int) -> Tap:
        """Add a query."""
        self._forget_old()
        tap = Tap(
            id=str(10**17 + secrets.randbelow(10**17)),
            chat=chat,
            answer=asyncio.get_running_loop().create_future(),
            expires=time.monotonic() + self.lifetime,
        )
        self._taps[tap.id] = tap
        return tap

    def answer(self, query_id: str, text: str | None, *, show_alert: bool) -> None:
        """Answer a query; a second answer is accepted and changes nothing.

        Raises:
            BadRequest: the query is unknown or too old, or the text too long.
        """
        self._forget_old()
        if query_id not in self._taps:
            raise BadRequest(QUERY_TOO_OLD)
        if text and len(text) > MAX_ANSWER:
            raise BadRequest("MESSAGE_TOO_LONG")
        answer = self._taps[query_id].answer
        if not answer.done():
            answer.set_result(Answer(answered=True, text=text, show_alert=show_alert))

    def is_of(self, query_id: str, person: int) -> bool:
        """Return whether a query is this user's, and not too old."""
        self._forget_old()
        return query_id in self._taps and self._taps[query_id].chat == person

    def expire(self) -> None:
        """Make every waiting query too old."""
        for tap in self._taps.values():
            tap.expires = 0.0
        self._forget_old()

    def _forget_old(self) -> None:
        now = time.monotonic()
        for tap in [tap for tap in self._taps.values() if tap.expires <= now]:
            del self._taps[tap.id]
            if not tap.answer.done():
                tap.answer.set_result(Answer(answered=False))
