"""What befalls a storm's database and disk, one after the other: each for longer than a lease.

====================  ===================================================================================
clock                 the database's clock jumps by hours, forward or back, and stays so
locked                SQLite: another program holds the writers' lock
full disk             SQLite: nothing that a worker writes reaches the disk
read-only             PostgreSQL: the server refuses to write, as a standby does
crashed               PostgreSQL: the server is down after a crash
lost disk             the disk with the workers' folders, and with SQLite's file, is gone, and comes back.
                      Whoever has the file open says so and ends. Until it is back nothing is started, as
                      by a supervisor that waits for a mount
====================  ===================================================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.chaos.actors import LEASE, POLL_INTERVAL, pause

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tests.chaos.actors import Actor, Worker
    from tests.chaos.databases import Database

HOURS: Final = 12
"""The clock jumps to somewhere within so many hours of the true time, never twice to the same."""
LITTLE: Final = 4096
"""Bytes of a file that fit on a full disk: enough for a log, too little for a page of SQLite's."""
BETWEEN: Final = (1.0, 6.0)
"""Seconds between two troubles."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that befell, in seconds after the storm began."""

    what: str
    begin: float
    end: float

    def __str__(self) -> str:
        lasted = f" for {self.end - self.begin:.1f} s" if self.end - self.begin > 0.05 else ""
        return f"{self.what} at {self.begin:.1f} s{lasted}"


@dataclass(slots=True)
class Troubles:
    """All that befalls one storm."""

    database: Database
    disk: Path
    workers: Sequence[Worker]
    everyone: Sequence[Actor]
    usable: asyncio.Event
    """Set while processes may be started."""
    told: list[Trouble] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """Everything that can befall."""
        of_files = ["full disk"] if self.database.clock_file else []
        return ["clock", *self.database.faults, *of_files, "lost disk"]

    async def befall(self, chance: random.Random, order: Sequence[str], calm: asyncio.Event) -> None:
        """Let one thing after the other befall, until it is calm.

        Args:
            chance: of when, how long, and, without an order, what.
            order: what befalls, again and again in this order; all kinds in orders of chance if empty.
            calm: ends it, once what has begun is over.
        """
        began = time.monotonic()
        offsets = [3600.0 * hours for hours in range(-HOURS, HOURS + 1) if hours]
        chance.shuffle(offsets)
        for what in itertools.cycle(order) if order else _shuffled(self.kinds, chance):
            if await pause(calm, chance.uniform(*BETWEEN)):
                return
            begin, name, seconds = time.monotonic() - began, what, chance.uniform(1.2 * LEASE, 2.0 * LEASE)
            if what == "clock":
                before = self.database.clock.offset
                await asyncio.to_thread(self.database.clock.jump, offsets.pop())
                name = f"clock {(self.database.clock.offset - before) / 3600:+.0f} h"
            else:
                async with self._trouble(what):
                    await pause(calm, seconds)
            self.told.append(Trouble(name, begin, time.monotonic() - began))

    @contextlib.asynccontextmanager
    async def _trouble(self, what: str) -> AsyncIterator[None]:
        if what == "lost disk":
            await self._let_all_be_up()
        fault = {"lost disk": self._lost_disk, "full disk": self._full_disk}.get(what) or (
            self.database.faults[what]
        )
        entered = fault()
        await asyncio.to_thread(entered.__enter__)
        try:
            yield
        finally:
            await asyncio.to_thread(entered.__exit__, None, None, None)
            self.usable.set()

    async def _let_all_be_up(self) -> None:
        """Start nothing more, and wait until nothing is about to make its folder and database."""
        self.usable.clear()
        while not all(actor.up() for actor in self.everyone):  # noqa: ASYNC110 - processes tell no news
            await asyncio.sleep(POLL_INTERVAL)

    @contextlib.contextmanager
    def _lost_disk(self) -> Iterator[None]:
        away = self.disk.with_name("away")
        self.disk.rename(away)
        yield
        away.rename(self.disk)

    @contextlib.contextmanager
    def _full_disk(self) -> Iterator[None]:
        for worker in self.workers:
            worker.limit_files(LITTLE)
        yield
        for worker in self.workers:
            worker.limit_files(resource.RLIM_INFINITY)


def _shuffled(kinds: Sequence[str], chance: random.Random) -> Iterator[str]:
    while True:
        yield from chance.sample(kinds, len(kinds))
