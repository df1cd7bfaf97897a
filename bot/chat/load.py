"""Under load a painting gets smaller rather than refused."""

from __future__ import annotations

import math
from typing import Final

SMALLEST: Final = 0.5
"""Least part of the size that is left."""
STEP: Final = 32
"""Sizes are multiples of this."""


def eased(size: int, backlog: float | None, busy_after: float) -> int:
    """Give the size to paint at: the area shrinks as the wait grows beyond what is busy.

    Args:
        size: what was asked for.
        backlog: seconds until all that is queued now is done; None if nobody knows.
        busy_after: seconds of waiting from which on paintings get smaller; 0 for never.
    """
    if not busy_after or backlog is None or backlog <= busy_after:
        return size
    scale = max(SMALLEST, math.sqrt(busy_after / backlog))
    return min(size, max(STEP, round(size * scale / STEP) * STEP, round(size * SMALLEST)))
