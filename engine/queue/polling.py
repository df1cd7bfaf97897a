"""The poll interval of an idle worker: the more of them are idle, the longer it is."""

from __future__ import annotations

import random
from typing import Final

MIN_INTERVAL: Final = 0.3
"""Seconds between two polls of a worker that idles alone."""
MAX_INTERVAL: Final = 10.0
"""Seconds between two polls at most."""
POLLS_PER_SECOND: Final = 20.0
"""Polls a second of all idle workers together: so a new job waits for some 50 ms until one of them comes by,
however many they are, and 200 of them are no load for a database."""


def poll_interval(idle: int) -> float:
    """Return the seconds until a worker's next poll, with jitter that spreads the workers.

    Args:
        idle: number of idle workers, this one included; see ``Leases.announce``.
    """
    usual = min(max(MIN_INTERVAL, idle / POLLS_PER_SECOND), MAX_INTERVAL)
    return usual * random.uniform(0.5, 1.5)  # noqa: S311
