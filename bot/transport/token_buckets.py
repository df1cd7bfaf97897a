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
class Bucket:
    """Fills with time and is emptied by messages. An album may overdraw it; what comes next waits longer."""

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, speed: tuple[float, float], now: float) -> Bucket:
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
class _Lane:
    bucket: Bucket
    held: float = 0.0
    """Nothing goes there before this moment."""

    def idle(self, now: float) -> bool:
        return self.held <= now and self.bucket.wait(self.bucket.burst, now) == 0


@dataclass(slots=True)
class Lanes:
    """One lane a chat, and a road that all of them share."""

    now: float
    _all: Bucket = field(init=False)
    _lanes: dict[Chat, _Lane] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Bucket.full(ALL, self.now)

    def __len__(self) -> int:
        return len(self._lanes)

    def share(self, bots: int) -> None:
        """Leave room on the road: so many bots speak with one token, each in chats of its own."""
        self._all.rate = ALL[0] / bots

    def own_wait(self, chat: Chat, cost: float, now: float) -> float:
        """Seconds until the chat's own lane is free."""
        lane = self._lanes.get(chat)
        return max(0.0, lane.held - now, lane.bucket.wait(cost, now)) if lane else 0.0

    def shared_wait(self, cost: float, now: float) -> float:
        """Seconds until the road is free."""
        return self._all.wait(cost, now)

    def spare(self, chat: Chat, cost: float, now: float) -> bool:
        """Whether there is room that nobody of more weight will miss in the next moment."""
        own, shared = self.own_wait(chat, cost + SPARE, now), self.shared_wait(cost + SPARE_OF_ALL, now)
        return own == 0 and shared == 0

    def take(self, chat: Chat, cost: float, now: float) -> None:
        """Note that so many messages are sent."""
        self._lane(chat, now).bucket.take(cost, now)
        self._all.take(cost, now)

    def hold(self, chat: Chat, until: float, now: float) -> None:
        """Telegram wants no more from this chat until then."""
        lane = self._lane(chat, now)
        lane.held = max(lane.held, until)

    def held(self, chat: Chat, now: float) -> float:
        """Seconds that Telegram wants no more from this chat."""
        lane = self._lanes.get(chat)
        return max(0.0, lane.held - now) if lane else 0.0

    def tidy(self, now: float) -> None:
        """Forget chats that are as if nothing had ever been sent there."""
        self._lanes = {chat: lane for chat, lane in self._lanes.items() if not lane.idle(now)}

    def _lane(self, chat: Chat, now: float) -> _Lane:
        lane = self._lanes.get(chat)
        if lane is None:
            # A channel goes by its name.
            speed = PRIVATE if isinstance(chat, int) and chat > 0 else GROUP
            lane = self._lanes[chat] = _Lane(Bucket.full(speed, now))
        return lane
