"""A worker's speed, measured by its own paintings."""

from __future__ import annotations

from typing import Final

KEPT: Final = 0.5
"""Of what was known before, with each job: machines change their pace, with whatever else they do."""
SELF_TEST: Final = 0.1
"""Seconds of painting that the self-test counts for: hardly any, for the first real picture tells more."""
EARLIER: Final = 10.0
"""Seconds of painting that an earlier life's rate counts for."""


class Throughput:
    """A rate in megapixel-iterations per second: the decayed sum of the work over that of the time.

    Not a mean of rates: a small job, most of whose time goes into other things, would count as a large one.
    """

    def __init__(self, rate: float, seconds: float = SELF_TEST) -> None:
        """Begin with a ``rate`` that counts like so many seconds of painting."""
        self._work, self._seconds = rate * seconds, seconds

    @property
    def rate(self) -> float:
        """Megapixel-iterations per second."""
        return self._work / self._seconds

    def learn(self, work: float, seconds: float) -> None:
        """Count ``work`` megapixel-iterations that took ``seconds``, reading and writing included."""
        self._work = KEPT * self._work + work
        self._seconds = KEPT * self._seconds + seconds
