"""Token buckets for Telegram's limits: one a chat, and one that all chats share.

Arithmetic only: the caller gives the time, in seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Chat = int | str
"""The id of a chat, or the name of a channel."""

PRIVATE_LIMIT: Final = (1.0, 4.0)
"""Messages a second in a private chat, and the most that are sent at once after a pause."""
GROUP_LIMIT: Final = (16 / 60, 4.0)
"""The same for a group: never more than 20 messages within a minute."""
GLOBAL_LIMIT: Final = (29.0, 20.0)
"""The same for the whole bot: Telegram takes about 30 messages a second."""
CHAT_RESERVE: Final = 1.0
"""Messages that updates which may be dropped leave to others in a chat."""
_EPSILON: Final = 1e-6
"""Messages, and seconds, that are only a rounding error."""


@dataclass(slots=True)
class TokenBucket:
    """One bucket: time fills it, messages empty it. An album may overdraw it, at the next one's cost."""

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, limit: tuple[float, float], now: float) -> TokenBucket:
        """Return a full bucket of a limit's rate and burst."""
        rate, burst = limit
        return cls(rate, burst, burst, now)

    def wait(self, cost: float, now: float) -> float:
        """Return the seconds until ``cost`` messages may be sent."""
        self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now
        missing = min(cost, self.burst) - self.level
        return missing / self.rate if missing > _EPSILON else 0.0

    def take(self, cost: float, now: float) -> None:
        """Take the tokens of ``cost`` messages."""
        self.wait(0.0, now)
        self.level -= cost


@dataclass(slots=True)
class _ChatLimit:
    bucket: TokenBucket
    held_until: float = 0.0
    """The moment before which nothing is sent."""

    def is_idle(self, now: float) -> bool:
        return self.held_until <= now and self.bucket.wait(self.bucket.burst, now) == 0


@dataclass(slots=True)
class TokenBuckets:
    """The buckets of all chats that something was sent to lately, and the one that they share."""

    now: float
    _shared: TokenBucket = field(init=False)
    _limits: dict[Chat, _ChatLimit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._shared = TokenBucket.full(GLOBAL_LIMIT, self.now)

    def __len__(self) -> int:
        return len(self._limits)

    def share(self, replicas: int) -> None:
        """Divide the global rate between replicas, which use one token in different chats."""
        self._shared.rate = GLOBAL_LIMIT[0] / replicas

    def chat_wait(self, chat: Chat, cost: float, now: float) -> float:
        """Return the seconds until the chat's own limit admits ``cost`` messages."""
        limit = self._limits.get(chat)
        return max(0.0, limit.held_until - now, limit.bucket.wait(cost, now)) if limit else 0.0

    def shared_wait(self, cost: float, now: float) -> float:
        """Return the seconds until the global limit admits ``cost`` messages."""
        return self._shared.wait(cost, now)

    def has_spare(self, chat: Chat, cost: float, reserve: float, now: float) -> bool:
        """Return whether ``cost`` messages would leave the chat's reserve, and this one of the whole bot."""
        own = self.chat_wait(chat, cost + CHAT_RESERVE, now)
        return own == 0 and self.shared_wait(cost + reserve, now) == 0

    def take(self, chat: Chat, cost: float, now: float) -> None:
        """Take the tokens of ``cost`` messages from the chat's bucket and the shared one."""
        self._limit(chat, now).bucket.take(cost, now)
        self._shared.take(cost, now)

    def hold(self, chat: Chat, until: float, now: float) -> None:
        """Send nothing to the chat until a moment: Telegram's flood control asked for that."""
        limit = self._limit(chat, now)
        limit.held_until = max(limit.held_until, until)

    def hold_wait(self, chat: Chat, now: float) -> float:
        """Return the seconds for which flood control still holds the chat."""
        limit = self._limits.get(chat)
        return max(0.0, limit.held_until - now) if limit else 0.0

    def prune(self, now: float) -> None:
        """Forget the chats whose buckets are full."""
        self._limits = {chat: limit for chat, limit in self._limits.items() if not limit.is_idle(now)}

    def _limit(self, chat: Chat, now: float) -> _ChatLimit:
        limit = self._limits.get(chat)
        if limit is None:
            # A channel goes by its name.
            rates = PRIVATE_LIMIT if isinstance(chat, int) and chat > 0 else GROUP_LIMIT
            limit = self._limits[chat] = _ChatLimit(TokenBucket.full(rates, now))
        return limit
