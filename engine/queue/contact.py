"""A process's contact with the database: whether it may take other workers' leases for expired."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLING: Final = 5.0
"""Seconds after a gap, within which every living worker renews its lease: it tries once a second."""
SLOW: Final = 1.0
"""Seconds of one call after which others' heartbeats may have waited, too."""
JUMP: Final = 1.0
"""Seconds by which the database's clock and the monotonic one may differ from look to look …"""
DRIFT: Final = 0.001
"""… and for each second between them."""


class Contact:
    """The gaps in a process's contact with the database.

    While the database is away, or when its clock jumps forward, the leases of living workers expire. They
    renew them as soon as they can. Until then they should not be taken over by who happens to ask first.
    """

    def __init__(self, settling: float, *, new: bool = False) -> None:
        """Begin.

        Args:
            settling: seconds that the workers have after a gap.
            new: whether there may just have been one, as for a process that has seen nothing yet.
        """
        self._settling = settling
        self._settled = time.monotonic() + settling if new else -math.inf
        self._slow_since = -math.inf
        self._last: tuple[float, float] | None = None

    @property
    def settled(self) -> bool:
        """True if the last gap was long enough ago."""
        return time.monotonic() >= self._settled

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """Note a gap if the body, a call of the database, fails or is slow."""
        began = time.monotonic()
        try:
            yield
        except Exception:
            self._begin_settling()
            raise
        self.waited(began)

    def waited(self, began: float) -> None:
        """Note a gap if a call that began then, by the monotonic clock, is slow.

        Of calls that are slow for long only the first ones count: jobs of the dead do not wait for ever.
        """
        now = time.monotonic()
        if now - began <= SLOW:
            return
        if now - self._slow_since > 4 * self._settling:
            self._slow_since = now
        if now - self._slow_since < self._settling:
            self._begin_settling()

    def look(self, moment: float) -> None:
        """Note the time that the database tells, in seconds since 1970; a gap if its clock has jumped."""
        now = time.monotonic()
        if self._last is not None:
            passed, told = now - self._last[0], moment - self._last[1]
            if abs(told - passed) > JUMP + DRIFT * passed:
                self._begin_settling()
        self._last = now, moment

    def _begin_settling(self) -> None:
        self._settled = time.monotonic() + self._settling
