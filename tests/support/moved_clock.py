"""A database's clock that is put forward and back, as by an empty battery or a restored image.

Nobody may set the clock of the machine that tests run on. So the function by which the queue asks its
database for the time is replaced by one that adds an offset, which all processes share.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH: Final = 2440587.5
"""The Julian day on which Unix time begins."""
EDGE: Final = 2.0
"""Seconds around a jump, within which a statement may still have read the time before."""
OFFSET: Final = struct.Struct("d")


@dataclass(slots=True)
class MovedClock:
    """The offsets of a database's clock, and since when each holds.

    Any two of them differ by more than a test lasts, so a moment by this clock tells which of them held.
    """

    put: Callable[[float], None]
    """Sets the offset in seconds."""
    jumps: list[tuple[float, float]] = field(default_factory=lambda: [(time.time(), 0.0)])
    """Moments and offsets. The first is that of the beginning."""

    @property
    def offset(self) -> float:
        """Seconds by which the clock is ahead now."""
        return self.jumps[-1][1]

    def jump(self, offset: float) -> None:
        """Put the clock to so many seconds ahead of the true time."""
        self.jumps.append((time.time(), offset))
        self.put(offset)

    def true(self, moment: float) -> float:
        """Return when it was, by the machine's clock, that this one showed a moment."""
        ends = [since for since, _ in self.jumps[1:]] + [float("inf")]
        for (since, offset), end in zip(self.jumps, ends, strict=True):
            if since - EDGE <= moment - offset <= end + EDGE:
                return moment - offset
        raise ValueError(f"the clock never showed {moment}: {self.jumps}")


def shared_offset(file: Path) -> Callable[[float], None]:
    """Make a file of an offset, and return the function that sets it."""
    file.write_bytes(OFFSET.pack(0.0))

    def put(offset: float) -> None:
        with file.open("r+b") as handle:
            handle.write(OFFSET.pack(offset))

    return put


def follow(file: Path, opener: Any = Pool) -> None:
    """Let the SQLite databases that this process opens have the clock of a file.

    Args:
        file: one of ``shared_offset``.
        opener: the engine or pool of one database (all).
    """
    with file.open("rb") as handle:
        shared = mmap.mmap(handle.fileno(), OFFSET.size, access=mmap.ACCESS_READ)

    def julian_day(_: str) -> float:
        (offset,) = OFFSET.unpack_from(shared)
        return float(time.time() + offset) / 86400.0 + EPOCH

    def replace(connection: Any, _record: object) -> None:
        connection.create_function("julianday", 1, julian_day)

    event.listen(opener, "connect", replace)
