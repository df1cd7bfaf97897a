"""A watch over the file of a SQLite database, for the processes that have it open."""

from __future__ import annotations

import asyncio
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
        FileGoneError: it was.
    """
    file = file_of(database)
    if file is None:
        await asyncio.Event().wait()
        return
    opened = _identity(file)
    while True:
        await asyncio.sleep(INTERVAL)
        try:
            now = _identity(file)
        except OSError:  # a disk that does not answer is waited for, as everywhere
            continue
        if now != opened:
            raise FileGoneError(f"The database, {file}, was deleted or replaced while it was open.")


def _identity(file: Path) -> tuple[int, int] | None:
    """Return what a file is, whatever its name; None if there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
