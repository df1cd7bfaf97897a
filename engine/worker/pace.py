"""How fast a worker is, as measured by what it painted."""

from __future__ import annotations

from typing import Final

KEPT: Final = 0.8
"""Of what was known before, with each job."""
TRUST: Final = 5.0
"""Seconds of painting that the first measurement counts for."""


class Pace:
    """A rate in megapixel-iterations per second: the decayed sum of the work over that of the time.

    Not a mean of rates: a small job, most of whose time goes into other things, would count as a large one.
    """

    def __init__(self, rate: float) -> None:
        self._work, self._seconds = rate * TRUST, TRUST

    @property
    def rate(self) -> float:
        """Megapixel-iterations per second."""
        return self._work / self._seconds

    def learn(self, work: float, seconds: float) -> None:
        """Count ``work`` megapixel-iterations that took ``seconds``, reading and writing included."""
        self._work = KEPT * self._work + work
        self._seconds = KEPT * self._seconds + seconds
