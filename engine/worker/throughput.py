"""A worker's rate, measured by its finished jobs."""

from __future__ import annotations

from typing import Final

DECAY: Final = 0.5
"""Weight that earlier measurements keep with each new one: a machine's speed changes with its load."""
SELF_TEST_SECONDS: Final = 0.1
"""Seconds of painting that the self-test counts as. Few, since the first real job tells more."""
EARLIER_SECONDS: Final = 10.0
"""Seconds of painting that the rate from before a restart counts as."""


class Throughput:
    """A rate in megapixel-iterations per second: the decayed sum of the work over that of the time.

    Not a mean of rates, in which a small job would count like a large one, although most of its time goes
    into other things.
    """

    def __init__(self, rate: float, seconds: float = SELF_TEST_SECONDS) -> None:
        """Begin with a rate in MP·it/s that counts like ``seconds`` of painting."""
        self._work, self._seconds = rate * seconds, seconds

    @property
    def rate(self) -> float:
        """Megapixel-iterations per second."""
        return self._work / self._seconds

    def add(self, work: float, seconds: float) -> None:
        """Count ``work`` megapixel-iterations that took ``seconds``, with reading.

        Encoding does not count: others are painted meanwhile.
        """
        self._work = DECAY * self._work + work
        self._seconds = DECAY * self._seconds + seconds
