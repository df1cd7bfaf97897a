"""An empty database for one storm, and what befalls it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.moved_clock import MovedClock, shared_offset
from tests.support.postgresql import PostgreSQL, installed

KINDS: Final = ("sqlite", "postgresql")

Fault = Callable[[], AbstractContextManager[None]]
"""Befalls the database for a block."""


class NotInstalledError(Exception):
    """The database's server is not on this machine."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database whose clock can be moved."""

    url: str
    clock: MovedClock
    clock_file: Path | None
    """The file that each process has to follow for that; None: the server does."""
    faults: Mapping[str, Fault]


@contextmanager
def database(kind: str, disk: Path) -> Iterator[Database]:
    """Yield an empty database; a server that runs for it ends with it.

    Args:
        kind: one of ``KINDS``.
        disk: the folder for a file; that of the clock is beside it.

    Raises:
        NotInstalledError: there is no such server.
    """
    if kind == "sqlite":
        file, clock_file = disk / "queue.db", disk.with_name("clock")
        clock = MovedClock(shared_offset(clock_file))
        yield Database(f"sqlite:///{file}", clock, clock_file, {"locked": lambda: _locked(file)})
        return
    programs = installed()
    if programs is None:
        raise NotInstalledError("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs)
    try:
        server.start()
        url = server.create()
        clock = MovedClock(server.move_clock(url))
        yield Database(
            url, clock, None, {"read-only": lambda: _read_only(server), "crashed": lambda: _crashed(server)}
        )
    finally:
        server.remove()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Let another program hold the lock of the writers, as a slow backup does."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA busy_timeout = 60000")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _read_only(server: PostgreSQL) -> Iterator[None]:
    """Let the server refuse to write, as a standby does after a failover."""
    server.read_only(True)
    yield
    server.read_only(False)


@contextmanager
def _crashed(server: PostgreSQL) -> Iterator[None]:
    """Let the server be down after a crash; the next start recovers."""
    server.stop()
    yield
    server.start()
