"""What a person is told while they wait, and when it is worth telling. Pure words and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import Final

from bot.i18n import Texts
from engine.queue import JobStatus, State

BAR: Final = 12
"""Boxes of the progress bar."""
FEW: Final = 7
"""Up to here every place in the queue is told."""
STEP: Final = 1.25
"""From there on, each place that is told is so many times the one before."""
PACE: Final = 2.0
"""Seconds between two edits of one message; Telegram allows about one a second in a chat."""
QUEUED_PACE: Final = 10.0
"""Seconds between two edits of a message that waits, if only its time changes …"""
STREAMED_PACE: Final = 10.0
"""… and of one whose news are streamed beside it."""
DRAFT_PACE: Final = 3.0
"""Seconds between two versions of a draft."""
DRAFT_LIFE: Final = 20.0
"""Seconds after which a draft is sent again as it was: Telegram shows each for thirty."""


@dataclass(slots=True)
class Shown:
    """What a person sees of a job, as far as this process knows."""

    caption: str = ""
    state: State | None = None
    position: int | None = None
    preview: int = 0
    gone: bool = False
    """The message is not there any more."""
    edited: float = float("-inf")
    """When the message was edited last: a moment of the monotonic clock, like those below."""
    draft: str = ""
    drafted: float = float("-inf")
    hold: float = 0.0
    """Nothing before this moment."""
    failures: int = 0
    """Tries in a row that did not get through."""


def worth_telling(position: int, shown: int | None) -> bool:
    """Whether a place in the queue is news to somebody who was told another one.

    It is where it passes or reaches 0 to 7, 9, 11, 14, 18, 23, 29, 36, 45 and so on: far back, one place more
    or less tells nothing.
    """
    if shown is None:
        return True
    low, high = (position, shown - 1) if position < shown else (shown + 1, position)
    return low <= high and _milestone(low) <= high


def _milestone(position: int) -> int:
    """The first place from this one on that is worth telling."""
    if position <= FEW:
        return position
    place = FEW
    while place < position:
        place = int(place * STEP + 0.5)
    return place


def due(watch: JobStatus, caption: str, shown: Shown, now: float, *, streamed: bool) -> bool:
    """Whether the message of a live job is to be edited for its words' sake."""
    if shown.gone or caption == shown.caption:
        return False
    waited = now - shown.edited
    if watch.job.state is not shown.state:
        return waited >= PACE
    if watch.job.state is State.RUNNING:
        return waited >= (STREAMED_PACE if streamed else PACE)
    position = watch.forecast.position
    told = position is not None and worth_telling(position, shown.position)
    return waited >= (PACE if told else QUEUED_PACE)


def draft_due(text: str, shown: Shown, now: float) -> bool:
    """Whether the draft is to be sent anew."""
    waited = now - shown.drafted
    return waited >= DRAFT_LIFE or (waited >= DRAFT_PACE and text != shown.draft)


def draft_id(job_id: str) -> int:
    """A job's number as a draft: positive, 31 bits, always the same."""
    return int.from_bytes(blake2s(job_id.encode(), digest_size=4).digest(), "big") % (2**31 - 1) + 1


def progress_caption(say: Texts, watch: JobStatus, style: str) -> str:
    """Say where a live job stands."""
    job, forecast = watch.job, watch.forecast
    eta = "none" if forecast.eta is None else say.duration(forecast.eta)
    if job.state is State.RUNNING:
        filled = round(job.progress * BAR)
        bar = "▰" * filled + "▱" * (BAR - filled)
        return say("painting", bar=bar, percent=round(job.progress * 100), style=style, eta=eta)
    if forecast.eta is None:
        return say("waiting-for-painter", position=forecast.position or 0)
    return say("queued", position=forecast.position or 0, eta=eta)
