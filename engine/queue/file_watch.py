"""A watch over the file of a SQLite database, for the processes that have it open."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from engine.queue.database import DatabaseError, file_of

INTERVAL: Final = 10.0
"""Seconds between two looks at the file."""


class FileGoneError(DatabaseError):
    """The database's file is not the one that was opened."""


async def watch_file(database: AsyncEngine) -> None:
    """Fail when the database's file is deleted or replaced: what is stored from then on would be lost.

    A database without a file is watched for ever.

    Raises:
        FileGoneError: it was, or is not there when the watch begins.
    """
    file = file_of(database)
    if file is None:
        await asyncio.Event().wait()
        return
    opened = None
    while True:
        with contextlib.suppress(OSError):  # a disk that does not answer is waited for, as everywhere
            now = _identity(file)
            opened = opened or now
            if now is None or now != opened:
                raise FileGoneError(f"The database, {file}, was deleted or replaced while it was open.")
        await asyncio.sleep(INTERVAL)


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what a file is, whatever its name; None if there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
