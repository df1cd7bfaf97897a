"""How the bot waits its turn at Telegram, and which calls it makes again when an answer is lost.

No chat waits for another: each has a lane of its own, and when Telegram asks for silence, it is one chat that
falls silent. In a chat results go first, then replies; news of progress never wait, they are dropped.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.transport.errors import seconds
from bot.transport.token_buckets import Chat, TokenBuckets

log = logging.getLogger(__name__)

PROGRESS: Final = "progress"
"""For ``rate_limit_args``: news that is soon old, so that it is better dropped than late."""
RESULT: Final = "result"
"""For ``rate_limit_args``: what somebody waited for all the time."""
SPEAKING: Final = ("send", "edit", "copy", "forward")
"""How the methods begin whose calls Telegram counts …"""
SILENT: Final = frozenset({"sendChatAction"})
"""… but for these."""
REPEATABLE: Final = ("edit", "get", "set", "answer")
"""How methods begin that leave the same behind when they are called twice."""
TRIES: Final = 4
LEAST: Final = 1.0
"""Messages that the smallest call is which is counted at all."""
LONGEST: Final = 60.0
"""Seconds that a call waits because Telegram says so; for longer it fails."""
PAUSE: Final = 1.0
"""Seconds before a call is repeated whose answer was lost."""
SLACK: Final = 0.1
"""Seconds more than Telegram asked for: its clock is not ours."""
TIDY: Final = 60.0
"""Seconds between two times that idle chats are forgotten."""

Reply = bool | dict[str, Any] | list[dict[str, Any]]


class Postponed(TelegramError):  # noqa: N818 - meant to happen
    """There is no room for news of progress now; the next ones will say more anyway."""


@dataclass(order=True, slots=True)
class _Waiter:
    weight: int
    number: int
    chat: Chat = field(compare=False)
    cost: float = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class RateLimiter(BaseRateLimiter[str]):
    """Keeps Telegram's limits, repeats what it put off, and what is repeatable when its answer was lost."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """``clock``: seconds, monotonic; the event loop's own if None."""
        self._clock = clock
        self._limits: TokenBuckets | None = None
        self._bots = 1
        self._waiting: dict[Chat, list[_Waiter]] = {}
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._tidied = 0.0

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Let nobody wait for a turn any more that may never come."""
        if self._timer:
            self._timer.cancel()
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.turn.cancel()
        self._waiting.clear()

    def share(self, bots: int) -> None:
        """Keep to one bot's part of what Telegram allows all of them together."""
        self._bots = bots
        if self._limits:
            self._limits.share(bots)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Reply]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Reply:
        """Make the call when its turn has come.

        Raises:
            Postponed: it is progress, and there is no room for it now.
            TelegramError: what waiting did not mend; for progress, whatever came first.
        """
        chat, cost = _chat(data), _cost(endpoint, data)
        progress = rate_limit_args == PROGRESS
        lost = False
        number = next(self._numbers)
        for left in reversed(range(1 if progress else TRIES)):
            await self._admitted(rate_limit_args, number, chat, cost)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                wait = self._flooded(chat, error)
                if progress:
                    raise Postponed(f"{endpoint}: flood control, {wait:.0f} s") from error
                if not left or wait > LONGEST:
                    raise
                log.info("%s: Telegram asks for %.1f s", endpoint, wait)
                if chat is None:
                    await asyncio.sleep(wait)
            except BadRequest as error:
                if lost and "not modified" in str(error).lower():
                    return True  # the call whose answer was lost had taken effect
                raise
            except NetworkError:
                if not left or not endpoint.startswith(REPEATABLE):
                    raise
                lost = True
                log.info("%s: again in %.1f s", endpoint, PAUSE)
                await asyncio.sleep(PAUSE)
        raise AssertionError("unreachable")

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    def _roads(self) -> TokenBuckets:
        """The lanes, without those of chats that have been silent for long."""
        now = self._now()
        if self._limits is None:
            self._limits, self._tidied = TokenBuckets(now), now
            self._limits.share(self._bots)
        elif now - self._tidied > TIDY:
            self._limits.tidy(now)
            self._tidied = now
        return self._limits

    async def _admitted(self, pace: str | None, number: int, chat: Chat | None, cost: float) -> None:
        if chat is None:
            return
        if pace == PROGRESS:
            self._take_spare(chat, cost)
        else:
            await self._turn(0 if pace == RESULT else 1, number, chat, cost)

    def _take_spare(self, chat: Chat, cost: float) -> None:
        buckets, now = self._roads(), self._now()
        if self._waiting.get(chat) or not buckets.spare(chat, cost, now):
            raise Postponed("No room for news of progress")
        buckets.take(chat, cost, now)

    async def _turn(self, weight: int, number: int, chat: Chat, cost: float) -> None:
        """Wait for a chat's lane and for the road; what is not counted waits only for Telegram's own word."""
        buckets, now = self._roads(), self._now()
        if (held := buckets.held(chat, now)) > LONGEST:
            raise RetryAfter(round(held))
        if not cost:
            await asyncio.sleep(held)
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting.setdefault(chat, []), _Waiter(weight, number, chat, cost, turn))
        self._let_go()
        try:
            await turn
        finally:
            if turn.cancelled():  # whoever is behind may be next now
                self._let_go()

    def _flooded(self, chat: Chat | None, error: RetryAfter) -> float:
        """Silence the chat for as long as Telegram says; gives that time in seconds."""
        wait, now = seconds(error) + SLACK, self._now()
        if chat is not None:
            self._roads().hold(chat, now + wait, now)
            if wait > LONGEST:
                for waiter in self._waiting.pop(chat, ()):
                    if not waiter.turn.done():
                        waiter.turn.set_exception(RetryAfter(round(wait)))
        return wait

    def _let_go(self) -> None:
        """Give everybody their turn whose time has come, the weightiest first, and come back for the next."""
        buckets, now = self._roads(), self._now()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting and (full := buckets.shared_wait(LEAST, now)):  # nobody needs to be looked at
            self._timer = asyncio.get_running_loop().call_later(full, self._let_go)
            return
        ready = [head for chat in list(self._waiting) if (head := self._head(chat)) and self._free(head, now)]
        heapq.heapify(ready)
        while ready and buckets.shared_wait(ready[0].cost, now) == 0:
            waiter = heapq.heappop(ready)
            heapq.heappop(self._waiting[waiter.chat])
            buckets.take(waiter.chat, waiter.cost, now)
            waiter.turn.set_result(None)
            if (head := self._head(waiter.chat)) and self._free(head, now):
                heapq.heappush(ready, head)
        waits = [
            max(buckets.own_wait(chat, heap[0].cost, now), buckets.shared_wait(heap[0].cost, now))
            for chat, heap in self._waiting.items()
        ]
        if waits:
            self._timer = asyncio.get_running_loop().call_later(min(waits), self._let_go)

    def _free(self, waiter: _Waiter, now: float) -> bool:
        return self._roads().own_wait(waiter.chat, waiter.cost, now) == 0

    def _head(self, chat: Chat) -> _Waiter | None:
        """The chat's first waiter; those that were cancelled are forgotten."""
        waiters = self._waiting[chat]
        while waiters and waiters[0].turn.done():
            heapq.heappop(waiters)
        if waiters:
            return waiters[0]
        del self._waiting[chat]
        return None


def _chat(data: dict[str, Any]) -> Chat | None:
    chat = data.get("chat_id")
    try:
        return None if chat is None else int(chat)
    except ValueError:
        return str(chat)


def _cost(endpoint: str, data: dict[str, Any]) -> float:
    """How many messages Telegram counts."""
    if not endpoint.startswith(SPEAKING) or endpoint in SILENT:
        return 0.0
    return float(len(data["media"])) if endpoint == "sendMediaGroup" else 1.0
