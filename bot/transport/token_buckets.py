"""How fast a bot may speak, and to whom it may speak now. Arithmetic only: the time comes from the caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Chat = int | str

PRIVATE: Final = (1.0, 4.0)
"""Messages a second in one chat, and how many may come at once after a silence."""
GROUP: Final = (16 / 60, 4.0)
"""The same in a group: however they come, they are never more than 20 within a minute."""
ALL: Final = (29.0, 20.0)
"""The same for the whole bot: Telegram takes about 30 a second."""
SPARE: Final = 1.0
"""Messages that news of little weight leave to others in a chat …"""
SPARE_OF_ALL: Final = 5.0
"""… and in the whole bot."""
_NOTHING: Final = 1e-6
"""Messages, and seconds, that are only a rounding error."""


@dataclass(slots=True)
class TokenBucket:
    """Fills with time and is emptied by messages. An album may overdraw it; what comes next waits longer."""

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, speed: tuple[float, float], now: float) -> TokenBucket:
        """A bucket that nothing was taken from yet."""
        rate, burst = speed
        return cls(rate, burst, burst, now)

    def wait(self, cost: float, now: float) -> float:
        """Seconds until ``cost`` messages may be sent."""
        self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.rate)
        self.at = now
        missing = min(cost, self.burst) - self.level
        return missing / self.rate if missing > _NOTHING else 0.0

    def take(self, cost: float, now: float) -> None:
        """Note that so many messages are sent."""
        self.wait(0.0, now)
        self.level -= cost


@dataclass(slots=True)
class _ChatLimit:
    bucket: TokenBucket
    held: float = 0.0
    """Nothing goes there before this moment."""

    def idle(self, now: float) -> bool:
        return self.held <= now and self.bucket.wait(self.bucket.burst, now) == 0


@dataclass(slots=True)
class TokenBuckets:
    """One lane a chat, and a road that all of them share."""

    now: float
    _all: TokenBucket = field(init=False)
    _limits: dict[Chat, _ChatLimit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = TokenBucket.full(ALL, self.now)

    def __len__(self) -> int:
        return len(self._limits)

    def share(self, bots: int) -> None:
        """Leave room on the road: so many bots speak with one token, each in chats of its own."""
        self._all.rate = ALL[0] / bots

    def own_wait(self, chat: Chat, cost: float, now: float) -> float:
        """Seconds until the chat's own lane is free."""
        limit = self._limits.get(chat)
        return max(0.0, limit.held - now, limit.bucket.wait(cost, now)) if limit else 0.0

    def shared_wait(self, cost: float, now: float) -> float:
        """Seconds until the road is free."""
        return self._all.wait(cost, now)

    def spare(self, chat: Chat, cost: float, now: float) -> bool:
        """Whether there is room that nobody of more weight will miss in the next moment."""
        own, shared = self.own_wait(chat, cost + SPARE, now), self.shared_wait(cost + SPARE_OF_ALL, now)
        return own == 0 and shared == 0

    def take(self, chat: Chat, cost: float, now: float) -> None:
        """Note that so many messages are sent."""
        self._limit(chat, now).bucket.take(cost, now)
        self._all.take(cost, now)

    def hold(self, chat: Chat, until: float, now: float) -> None:
        """Telegram wants no more from this chat until then."""
        limit = self._limit(chat, now)
        limit.held = max(limit.held, until)

    def held(self, chat: Chat, now: float) -> float:
        """Seconds that Telegram wants no more from this chat."""
        limit = self._limits.get(chat)
        return max(0.0, limit.held - now) if limit else 0.0

    def tidy(self, now: float) -> None:
        """Forget chats that are as if nothing had ever been sent there."""
        self._limits = {chat: limit for chat, limit in self._limits.items() if not limit.idle(now)}

    def _limit(self, chat: Chat, now: float) -> _ChatLimit:
        limit = self._limits.get(chat)
        if limit is None:
            # A channel goes by its name.
            speed = PRIVATE if isinstance(chat, int) and chat > 0 else GROUP
            limit = self._limits[chat] = _ChatLimit(TokenBucket.full(speed, now))
        return limit
