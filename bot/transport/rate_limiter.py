"""The rate limiter: it delays calls to keep Telegram's limits, and retries those that are safe to retry.

Chats do not wait for each other: each has a token bucket of its own, and flood control holds one chat alone.
In a chat results go first, then replies. What shows progress never waits: it is dropped, and the sooner the
less it says (:data:`RESERVES`).
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

from bot.transport.errors import is_not_modified, retry_delay
from bot.transport.token_buckets import Chat, TokenBuckets

log = logging.getLogger(__name__)

PROGRESS: Final = "progress"
"""For ``rate_limit_args``: a progress update in words, which is better dropped than late."""
SAMPLES: Final = "samples"
"""For ``rate_limit_args``: a photo in several styles; likewise."""
PREVIEW: Final = "preview"
"""For ``rate_limit_args``: a preview of a painting; likewise."""
RESERVES: Final = {PROGRESS: 11.0, SAMPLES: 8.0, PREVIEW: 5.0}
"""Messages of the whole bot that each of these leaves to others, of the 20 that may be sent at once. So under
overload progress is dropped first, then samples, then previews."""
RESULT: Final = "result"
"""For ``rate_limit_args``: the result of a job, which goes before replies."""
COUNTED_PREFIXES: Final = ("send", "edit", "copy", "forward")
"""The beginnings of the methods whose calls Telegram counts as messages …"""
UNCOUNTED: Final = frozenset({"sendChatAction"})
"""… and the exceptions."""
IDEMPOTENT_PREFIXES: Final = ("edit", "get", "set", "answer")
"""The beginnings of the methods that may be called twice without harm."""
MAX_ATTEMPTS: Final = 4
"""Attempts at one call."""
MIN_COST: Final = 1.0
"""Messages: the cost of the smallest call that is counted."""
MAX_WAIT: Final = 60.0
"""Seconds that a call waits for flood control; for longer it fails."""
RETRY_DELAY: Final = 1.0
"""Seconds before a call is retried whose answer was lost."""
FLOOD_MARGIN: Final = 0.1
"""Seconds added to each wait that Telegram asks for: its clock is not ours."""
PRUNE_INTERVAL: Final = 60.0
"""Seconds between two times that idle chats are forgotten."""

Reply = bool | dict[str, Any] | list[dict[str, Any]]
"""The result of a call of the Bot API."""


class Postponed(TelegramError):  # noqa: N818 - meant to happen
    """A progress update was dropped, for the limits leave no room; the next one says more anyway."""


@dataclass(order=True, slots=True)
class _Waiter:
    priority: int
    number: int
    chat: Chat = field(compare=False)
    cost: float = field(compare=False)
    granted: asyncio.Future[None] = field(compare=False)


class RateLimiter(BaseRateLimiter[str]):
    """python-telegram-bot's rate limiter for several chats and replicas."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """``clock``: seconds, monotonic; the event loop's own if None."""
        self._clock = clock
        self._limits: TokenBuckets | None = None
        self._replicas = 1
        self._waiting: dict[Chat, list[_Waiter]] = {}
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._pruned = 0.0

    async def initialize(self) -> None:
        """Do nothing; the library asks for it."""

    async def shutdown(self) -> None:
        """Cancel all calls that wait for their turn."""
        if self._timer:
            self._timer.cancel()
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.granted.cancel()
        self._waiting.clear()

    def share(self, replicas: int) -> None:
        """Use one replica's share of what Telegram allows one token."""
        self._replicas = replicas
        if self._limits:
            self._limits.share(replicas)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Reply]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Reply:
        """Make the call when the limits admit it, and retry it where that is safe.

        Raises:
            Postponed: it is a progress update, and the limits leave no room for it now.
            TelegramError: the error of the last attempt; for a progress update, of the first.
        """
        chat, cost = _chat(data), _cost(endpoint, data)
        progress = rate_limit_args in RESERVES
        answer_lost = False
        number = next(self._numbers)
        for left in reversed(range(1 if progress else MAX_ATTEMPTS)):
            await self._acquire(rate_limit_args, number, chat, cost)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                wait = self._hold(chat, error)
                if progress:
                    raise Postponed(f"{endpoint}: flood control, {wait:.0f} s") from error
                if not left or wait > MAX_WAIT:
                    raise
                log.info("%s: flood control, retrying in %.1f s", endpoint, wait)
                if chat is None:
                    await asyncio.sleep(wait)
            except BadRequest as error:
                if answer_lost and is_not_modified(error):
                    return True  # the call whose answer was lost had taken effect
                raise
            except NetworkError:
                if not left or not endpoint.startswith(IDEMPOTENT_PREFIXES):
                    raise
                answer_lost = True
                log.info("%s: no answer, retrying in %.1f s", endpoint, RETRY_DELAY)
                await asyncio.sleep(RETRY_DELAY)
        raise AssertionError("unreachable")

    def _now(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()

    def _buckets(self) -> TokenBuckets:
        """Return the buckets, now and then without those of idle chats."""
        now = self._now()
        if self._limits is None:
            self._limits, self._pruned = TokenBuckets(now), now
            self._limits.share(self._replicas)
        elif now - self._pruned > PRUNE_INTERVAL:
            self._limits.prune(now)
            self._pruned = now
        return self._limits

    async def _acquire(self, kind: str | None, number: int, chat: Chat | None, cost: float) -> None:
        if chat is None:
            return
        if reserve := RESERVES.get(kind or ""):
            self._acquire_spare(chat, cost, reserve)
        else:
            await self._wait_turn(0 if kind == RESULT else 1, number, chat, cost)

    def _acquire_spare(self, chat: Chat, cost: float, reserve: float) -> None:
        buckets, now = self._buckets(), self._now()
        if self._waiting.get(chat) or not buckets.has_spare(chat, cost, reserve, now):
            raise Postponed("No room for a progress update")
        buckets.take(chat, cost, now)

    async def _wait_turn(self, priority: int, number: int, chat: Chat, cost: float) -> None:
        """Wait until the limits admit the call. An uncounted one waits for flood control alone."""
        buckets, now = self._buckets(), self._now()
        if (held := buckets.hold_wait(chat, now)) > MAX_WAIT:
            raise RetryAfter(round(held))
        if not cost:
            await asyncio.sleep(held)
            return
        granted = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting.setdefault(chat, []), _Waiter(priority, number, chat, cost, granted))
        self._grant()
        try:
            await granted
        finally:
            if granted.cancelled():  # the next one may be ready now
                self._grant()

    def _hold(self, chat: Chat | None, error: RetryAfter) -> float:
        """Send nothing to the chat for as long as Telegram asks; return that time in seconds."""
        wait, now = retry_delay(error) + FLOOD_MARGIN, self._now()
        if chat is not None:
            self._buckets().hold(chat, now + wait, now)
            if wait > MAX_WAIT:
                for waiter in self._waiting.pop(chat, ()):
                    if not waiter.granted.done():
                        waiter.granted.set_exception(RetryAfter(round(wait)))
        return wait

    def _grant(self) -> None:
        """Grant all calls that the limits admit, by their priority, and set a timer for the next."""
        buckets, now = self._buckets(), self._now()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting and (wait := buckets.shared_wait(MIN_COST, now)):  # no chat needs to be looked at
            self._timer = asyncio.get_running_loop().call_later(wait, self._grant)
            return
        ready = [
            head for chat in list(self._waiting) if (head := self._head(chat)) and self._ready(head, now)
        ]
        heapq.heapify(ready)
        while ready and buckets.shared_wait(ready[0].cost, now) == 0:
            waiter = heapq.heappop(ready)
            heapq.heappop(self._waiting[waiter.chat])
            buckets.take(waiter.chat, waiter.cost, now)
            waiter.granted.set_result(None)
            if (head := self._head(waiter.chat)) and self._ready(head, now):
                heapq.heappush(ready, head)
        waits = [
            max(buckets.chat_wait(chat, heap[0].cost, now), buckets.shared_wait(heap[0].cost, now))
            for chat, heap in self._waiting.items()
        ]
        if waits:
            self._timer = asyncio.get_running_loop().call_later(min(waits), self._grant)

    def _ready(self, waiter: _Waiter, now: float) -> bool:
        return self._buckets().chat_wait(waiter.chat, waiter.cost, now) == 0

    def _head(self, chat: Chat) -> _Waiter | None:
        """Return the chat's first waiter that was not cancelled."""
        waiters = self._waiting[chat]
        while waiters and waiters[0].granted.done():
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
    """Return the number of messages that Telegram counts for a call."""
    if not endpoint.startswith(COUNTED_PREFIXES) or endpoint in UNCOUNTED:
        return 0.0
    return float(len(data["media"])) if endpoint == "sendMediaGroup" else 1.0
