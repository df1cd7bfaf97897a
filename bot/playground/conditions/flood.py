"""Telegram's flood limits: 1 message a second in a chat, 20 a minute in a group, 30 a second in all.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.errors import TooManyRequests


@dataclass
class TokenBucket:
    """A token bucket that refills at a constant rate."""

    rate: float
    """Tokens per second."""
    burst: float
    """Tokens that it holds when full."""
    level: float
    """Tokens in it at the time `at`."""
    at: float
    """Seconds, by the clock of the limits."""

    def delay(self, cost: float, now: float) -> float:
        """Refill the bucket and return the seconds until `cost` tokens can be taken; 0 if they can be now."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (min(cost, self.burst) - self.level) / self.rate)


@dataclass
class FloodLimits:
    """A bucket for each chat, and one for all of them; rates are messages per second."""

    chat_rate: float = 1.0
    chat_burst: float = 20.0
    rate: float = 30.0
    burst: float = 30.0
    group_rate: float = 20 / 60
    group_burst: float = 20.0
    clock: Callable[[], float] = time.monotonic
    _chats: dict[int, TokenBucket] = field(default_factory=dict)
    _all: TokenBucket | None = None

    def take(self, chat: int, cost: int = 1) -> None:
        """Count `cost` messages to the chat.

        Raises:
            TooManyRequests: they exceed a limit; none of them is counted.
        """
        now = self.clock()
        self._all = self._all or TokenBucket(self.rate, self.burst, self.burst, now)
        bucket = self._chats.get(chat) or self._chats.setdefault(chat, self._bucket(chat, now))
        seconds = max(bucket.delay(cost, now), self._all.delay(cost, now))
        if seconds > 0:
            raise TooManyRequests(math.ceil(seconds))
        bucket.level -= cost
        self._all.level -= cost

    def _bucket(self, chat: int, now: float) -> TokenBucket:
        rate, burst = self.chat_rate, self.chat_burst
        if chat < 0:  # a group
            rate, burst = self.group_rate, self.group_burst
        return TokenBucket(rate, burst, burst, now)

    def reset(self) -> None:
        """Fill all buckets."""
        self._chats.clear()
        self._all = None
