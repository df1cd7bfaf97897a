"""An empty database for one storm."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.postgresql import PostgreSQL, installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("sqlite", "postgresql")


class NotInstalledError(Exception):
    """The database's server is not on this machine."""


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield an empty database's URL; a server that runs for it ends with it.

    Raises:
        NotInstalledError: there is no such server.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'queue.db'}"
        return
    programs = installed()
    if programs is None:
        raise NotInstalledError("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs)
    try:
        server.start()
        yield server.create()
    finally:
        server.remove()
