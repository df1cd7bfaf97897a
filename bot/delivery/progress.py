"""The times at which an edit of a job's card is due. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.conversation import Style
from engine.queue import Job, JobStatus, State

NEAR_POSITIONS: Final = 7
"""The last position in the queue up to which each one is shown."""
POSITION_RATIO: Final = 1.25
"""From there on, the ratio of two positions that are shown one after the other."""
EDIT_INTERVAL: Final = 2.0
"""Seconds between two edits of one card; Telegram allows about one a second in a chat.

A preview is shown no sooner either, however often ``engine.worker`` makes one (``PREVIEW_INTERVAL``)."""
QUEUED_INTERVAL: Final = 10.0
"""Seconds between two edits of a queued job's card, if only its time changes."""


@dataclass(slots=True)
class Shown:
    """The state of a job's card, as far as this process knows."""

    caption: str = ""
    state: State | None = None
    position: int | None = None
    preview: int = 0
    styles: tuple[Style, ...] = ()
    """The styles of its picture: a message that becomes a card has another one, and styles are corrected."""
    stopped: bool = False
    """True if it says that the painting was stopped."""
    gone: bool = False
    """True if the card does not exist any more, or is not known."""
    edited: float = float("-inf")
    """The moment of its last edit, of the monotonic clock, like the one below."""
    hold: float = 0.0
    """The moment before which nothing is sent."""
    refusals: int = 0
    """Times that Telegram refused the result in every form, or its server failed at it."""
    failures: int = 0
    """Failed attempts in a row."""
    seen: int = 0
    """The round of looks in which its job was seen last."""
    chat: str = ""
    """Its chat, as the name of a claim."""


def is_worth_showing(position: int, shown: int | None) -> bool:
    """Return whether a position in the queue is worth an edit of a message that shows another one.

    It is if it reaches or passes one of 0 to 7, 9, 11, 14, 18, 23, 29, 36, 45 and so on: far back in the
    queue, one position more or less tells nothing.
    """
    if shown is None:
        return True
    low, high = (position, shown - 1) if position < shown else (shown + 1, position)
    return low <= high and _milestone(low) <= high


def _milestone(position: int) -> int:
    """Return the first position from this one on that is worth showing."""
    if position <= NEAR_POSITIONS:
        return position
    milestone = NEAR_POSITIONS
    while milestone < position:
        milestone = int(milestone * POSITION_RATIO + 0.5)
    return milestone


def caption_due(status: JobStatus, caption: str, shown: Shown, now: float) -> bool:
    """Return whether the card of an unfinished job is to get a new caption now."""
    return caption != shown.caption and caption_may_change(status, shown, now)


def caption_may_change(status: JobStatus, shown: Shown, now: float) -> bool:
    """Return whether the time has come for a new caption, if there is one."""
    if shown.gone:
        return False
    elapsed = now - shown.edited
    if status.job.state is not shown.state or status.job.state is State.RUNNING:
        return elapsed >= EDIT_INTERVAL
    position = status.forecast.position
    moved = position is not None and is_worth_showing(position, shown.position)
    return elapsed >= (EDIT_INTERVAL if moved else QUEUED_INTERVAL)


def preview_due(job: Job, shown: Shown, now: float) -> bool:
    """Return whether the card of an unfinished job is to get a new preview now."""
    return job.previews > shown.preview and not shown.gone and now - shown.edited >= EDIT_INTERVAL
