"""A clock in the place of a module's ``time``."""

from __future__ import annotations


class Clock:
    """A monotonic clock that a test moves."""

    now = 1000.0

    def monotonic(self) -> float:
        """Return the time."""
        return self.now
