"""Callback queries: a person taps a button, and waits for the bot to answer."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import NamedTuple

from bot.playground.errors import QUERY_TOO_OLD, BadRequest

MAX_TEXT = 200  # characters
LIFETIME = 15.0  # seconds that Telegram waits for an answer


class Answer(NamedTuple):
    answered: bool
    text: str | None = None
    show_alert: bool = False


@dataclass
class Tap:
    id: str
    chat: int
    answer: asyncio.Future[Answer]
    expires: float  # by the monotonic clock


class Taps:
    """Queries live in memory only: after a restart all of them are too old, as they would be."""

    def __init__(self, lifetime: float = LIFETIME) -> None:
        self.lifetime = lifetime
        self._taps: dict[str, Tap] = {}

    def new(self, chat: int) -> Tap:
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
        """A second answer is accepted and changes nothing."""
        self._forget_old()
        if query_id not in self._taps:
            raise BadRequest(QUERY_TOO_OLD)
        if text and len(text) > MAX_TEXT:
            raise BadRequest("MESSAGE_TOO_LONG")
        answer = self._taps[query_id].answer
        if not answer.done():
            answer.set_result(Answer(answered=True, text=text, show_alert=show_alert))

    def expire(self) -> None:
        """Every query that waits is too old from now on."""
        for tap in self._taps.values():
            tap.expires = 0.0
        self._forget_old()

    def _forget_old(self) -> None:
        now = time.monotonic()
        for tap in [tap for tap in self._taps.values() if tap.expires <= now]:
            del self._taps[tap.id]
            if not tap.answer.done():
                tap.answer.set_result(Answer(answered=False))
