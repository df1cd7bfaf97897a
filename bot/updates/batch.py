"""The unit of work of the update processor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class UpdateBatch:
    """The updates that are handled together: a single one, or all of an album."""

    update_ids: list[int]
    tap_answered: bool = False
    """True if the tap was answered while it waited for its turn."""
    answers: set[asyncio.Task[None]] = field(default_factory=set)
    """Answers to the tap on their way: the chat does not wait for them."""
    finished: bool = False
    """True once the transaction that saves the outcome has finished the updates in the inbox."""
