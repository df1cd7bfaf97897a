"""Under overload progress is shed first, then previews; never the answer to a tap, nor a painting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.delivery import deliveries, progress
from bot.transport import rate_limiter, token_buckets
from bot.transport.rate_limiter import PREVIEW, PROGRESS, RESERVES
from engine.imaging.encoding import encode_lossless
from engine.queue import Leases, State
from tests.support.chat import said
from tests.support.house import House
from tests.support.pictures import jpeg, small_photo
from tests.support.processes import until

FACTS = {"width": 64, "height": 64, "seconds": 1.0, "notes": []}


class Buckets(token_buckets.TokenBuckets):
    """Those of the bot: time does not fill the one that all chats share, and each refusal is noted."""

    made: list[Buckets]
    dropped: set[float]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.made.append(self)

    def has_spare(self, chat: int | str, cost: float, reserve: float, now: float) -> bool:
        spare = super().has_spare(chat, cost, reserve, now)
        if not spare:
            self.dropped.add(reserve)
        return spare

    def leave(self, messages: float) -> None:
        """Let there be room for so many messages of the whole bot, and no more come."""
        self._shared.rate, self._shared.level = 1e-9, messages
        self.dropped.clear()


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> type[Buckets]:
    """The bot's buckets, before the bot is there."""
    Buckets.made, Buckets.dropped = [], set()
    monkeypatch.setattr(rate_limiter, "TokenBuckets", Buckets)
    monkeypatch.setattr(progress, "EDIT_INTERVAL", 0.05)
    monkeypatch.setattr(deliveries, "POLL_INTERVAL", 0.05)
    return Buckets


async def test_progress_goes_first_then_previews_and_never_an_answer_or_a_painting(
    buckets: type[Buckets], house: House
) -> None:
    you, leases = house.somebody(), Leases(house.database)
    _, painted = await house.painting(you)
    card = house.shown(you, text="Mosaic")
    job_id = await house.job(you, card, State.QUEUED)
    await leases.claim("w")
    (room,) = buckets.made

    async def beat(share: float, preview: bytes | None = None) -> None:
        assert await leases.heartbeat(job_id, "w", progress=share, preview=preview) is False

    def words() -> str:
        return said(you.now(card))

    await beat(0.2)
    await _met(lambda: "20%" in words())

    room.leave(RESERVES[PROGRESS])
    await beat(0.4)
    await _met(lambda: RESERVES[PROGRESS] in room.dropped)
    assert "20%" in words(), "the words stay"
    await beat(0.4, jpeg(small_photo()))
    await _met(lambda: "40%" in words())
    assert RESERVES[PREVIEW] not in room.dropped, "a preview is shown, with its words"

    room.leave(RESERVES[PREVIEW])
    await beat(0.6, jpeg(small_photo(flipped=True)))
    await _met(lambda: RESERVES[PREVIEW] in room.dropped)
    assert "40%" in words(), "nor is a preview shown now"
    await you.tap(painted, "File")  # which waits for its answer
    assert await leases.finish(job_id, "w", encode_lossless(small_photo()), FACTS)
    await _met(lambda: any(each["message_id"] > card["message_id"] for each in you.paintings()))


async def _met(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""

    async def look() -> bool:
        return condition()

    await until(look)
