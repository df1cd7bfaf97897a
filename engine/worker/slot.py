"""A worker's slot in its data folder: a name that survives restarts, and a readiness file."""

from __future__ import annotations

import contextlib
import logging
import platform
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from engine.files import write_whole
from engine.host_errors import make_data_folder

log = logging.getLogger(__name__)

LIVING: Final = 60
"""Seconds since the last touch of a readiness file, within which its worker lives."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One worker's slot in a data folder."""

    name: str
    """The worker's name in the queue. Unique, and the same after a restart, since it holds the leases."""
    number: int
    """From 0 on. The workers of one folder have the lowest free numbers."""
    ready: Path
    """The readiness file. It is touched at every announcement, and absent while the worker cannot paint."""

    @property
    def decoding(self) -> Path:
        """The file of the ids of the jobs that are decoded ahead; see :class:`LookAhead`."""
        return self.ready.with_suffix(".decoding")

    def share_device(self, device: str) -> None:
        """Tell the other workers of this folder which device this one paints on."""
        try:
            self.ready.with_suffix(".device").write_text(device)
        except OSError as error:  # as in :meth:`touch_ready`
            log.warning("%s cannot be written (%s).", self.ready.with_suffix(".device"), error.strerror)

    def sharers(self, device: str) -> int:
        """Return how many workers of this folder paint on a device, this one included."""
        others = 0
        for file in self.ready.parent.glob("worker-*.device"):
            ready = file.with_suffix(".ready")
            with contextlib.suppress(OSError):  # it has just stopped
                lives = ready != self.ready and time.time() - ready.stat().st_mtime < LIVING
                others += lives and file.read_text() == device
        return 1 + others

    def touch_ready(self) -> None:
        """Touch the readiness file. Its content, the host's name, tells containers of one folder apart."""
        content = f"{platform.node()}\n".encode()
        try:
            if self._ready_contains(content):
                self.ready.touch()  # needs no space on the disk
            else:
                write_whole(self.ready, content)
        except OSError as error:  # a full disk does not keep the worker from painting
            log.warning("%s cannot be written (%s).", self.ready, error.strerror)

    def _ready_contains(self, content: bytes) -> bool:
        try:
            return self.ready.read_bytes() == content
        except OSError:
            return False


@contextlib.contextmanager
def take_slot(folder: Path) -> Iterator[Slot]:
    """Lock the data folder's first slot that no running process holds. A restarted worker finds its own."""
    make_data_folder(folder)
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
    """Read the slot's name, or invent one: host names need not be unique, nor has a host one data folder."""
    name = file.read_text() if file.exists() else ""
    if not name:  # a new slot, or its worker was killed before the name was written
        name = f"{platform.node() or 'worker'}-{secrets.token_hex(3)}"
        file.write_text(name)
    return name
