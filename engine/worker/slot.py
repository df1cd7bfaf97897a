"""A worker's slot in its data folder: a name that outlives the process, and a readiness file."""

from __future__ import annotations

import contextlib
import logging
import platform
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from engine.files import write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slot:
    """One worker's place in a data folder."""

    name: str
    """Unique, and found again after a restart: the leases are held by it."""
    number: int
    """From 0 on: workers of one folder have the first numbers, one each."""
    ready: Path
    """Written at every sign of life; it is not there while the worker cannot paint."""

    def well(self) -> None:
        """Give a sign of life, with the host's name: containers that share a folder know their own."""
        said = f"{platform.node()}\n".encode()
        try:
            if self._says(said):
                self.ready.touch()  # needs no room on the disk
            else:
                write_whole(self.ready, said)
        except OSError as error:  # a full disk has room again some day, and the worker can paint meanwhile
            log.warning("%s cannot be written (%s).", self.ready, error.strerror)

    def _says(self, said: bytes) -> bool:
        try:
            return self.ready.read_bytes() == said
        except OSError:
            return False


@contextlib.contextmanager
def take_slot(folder: Path) -> Iterator[Slot]:
    """Take this data folder's first place that no living process holds: a restart finds its own."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        lock = FileLock(folder / f"worker-{number}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            number += 1
            continue
        slot = Slot(_name(folder / f"worker-{number}.name"), number, folder / f"worker-{number}.ready")
        slot.ready.unlink(missing_ok=True)
        try:
            yield slot
        finally:
            slot.ready.unlink(missing_ok=True)
            lock.release()
        return


def _name(file: Path) -> str:
    """Hosts may be namesakes, and one host may have several data folders: a name is made up and kept."""
    name = file.read_text() if file.exists() else ""
    if not name:  # new, or killed before it was written
        name = f"{platform.node() or 'worker'}-{secrets.token_hex(3)}"
        file.write_text(name)
    return name
