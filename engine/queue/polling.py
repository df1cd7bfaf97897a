"""How often an idle worker looks for work: the more of them are idle, the less often each."""

from __future__ import annotations

import random
from typing import Final

SHORTEST: Final = 0.3
"""Seconds between two looks of a worker that idles alone."""
LONGEST: Final = 10.0
"""Seconds between two looks at most."""
LOOKS: Final = 20.0
"""Looks a second of all idle workers together: so a new job waits for some 50 ms until one of them comes by,
however many they are, and 200 of them are no load for a database."""


def pause(idle: int) -> float:
    """Choose the seconds until a worker's next look; at random, so that the workers' looks are spread.

    Args:
        idle: idle workers, itself included; see ``Queue.announce``.
    """
    usual = min(max(SHORTEST, idle / LOOKS), LONGEST)
    return usual * random.uniform(0.5, 1.5)  # noqa: S311
