"""How fast Telegram lets a bot speak: 1 message a second in a chat, 20 a minute in a group, 30 a second."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.errors import TooManyRequests


@dataclass
class Bucket:
    rate: float  # tokens per second
    burst: float  # tokens
    level: float
    at: float  # seconds, when `level` was right

    def missing(self, cost: float, now: float) -> float:
        """Seconds until `cost` can be paid; 0 where it can be paid now."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (min(cost, self.burst) - self.level) / self.rate)


@dataclass
class Flood:
    chat_rate: float = 1.0  # messages per second
    chat_burst: float = 20.0
    rate: float = 30.0
    burst: float = 30.0
    group_rate: float = 20 / 60
    group_burst: float = 20.0
    clock: Callable[[], float] = time.monotonic
    _chats: dict[int, Bucket] = field(default_factory=dict)
    _all: Bucket | None = None

    def take(self, chat: int, cost: int = 1) -> None:
        """Counts `cost` messages to the chat.

        Raises:
            TooManyRequests: they are too many; none of them is counted.
        """
        now = self.clock()
        self._all = self._all or Bucket(self.rate, self.burst, self.burst, now)
        bucket = self._chats.get(chat) or self._chats.setdefault(chat, self._bucket(chat, now))
        seconds = max(bucket.missing(cost, now), self._all.missing(cost, now))
        if seconds > 0:
            raise TooManyRequests(math.ceil(seconds))
        bucket.level -= cost
        self._all.level -= cost

    def _bucket(self, chat: int, now: float) -> Bucket:
        rate, burst = self.chat_rate, self.chat_burst
        if chat < 0:  # a group
            rate, burst = self.group_rate, self.group_burst
        return Bucket(rate, burst, burst, now)

    def reset(self) -> None:
        self._chats.clear()
        self._all = None
