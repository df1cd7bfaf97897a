"""The next jobs, decoded while others are painted. They stay in the queue: nothing is claimed or changed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.files import write_whole
from engine.painting.commission import Commission
from engine.queue import Job, Leases, Queue

log = logging.getLogger(__name__)

INTERVAL: Final = 1.0
"""Seconds between two looks at the queue."""
FIRST: Final = 0.1
"""Seconds from a claim to the first look: the claimed jobs come first."""

Prepare = Callable[[Job, Mapping[str, bytes]], Commission]
"""Decodes a job's pictures, given by the names of their blobs."""


def picture_names(job: Job) -> list[str]:
    """Return the names of the blobs that a job is painted from."""
    styles = job.samples or job.recipe.get("style_weights") or (1.0,)
    return ["content", *(f"style{number}" for number in range(len(styles)))]


@dataclass(frozen=True, slots=True)
class _Decoded:
    blobs: Mapping[str, bytes]
    commission: Commission


@dataclass(frozen=True, slots=True)
class Ahead:
    """A job's pictures, as they are decoded ahead."""

    recipe: dict[str, Any]
    decoding: asyncio.Task[_Decoded]


class LookAhead:
    """Decodes the jobs that this worker would claim next.

    Any of them may be cancelled, revised or painted by others before it is claimed. So :meth:`commission`
    compares the queue's pictures with those that were decoded, to the byte.
    """

    def __init__(self, queue: Queue, leases: Leases, worker: str, prepare: Prepare, note: Path) -> None:
        """Look ahead for a worker.

        Args:
            queue: of the jobs.
            leases: likewise.
            worker: its name.
            prepare: called in a thread.
            note: file that has the ids of the jobs that are being decoded. Those that a killed process has
                left in it are not decoded ahead: a picture that kills its worker does so after its job was
                claimed, where attempts are counted.
        """
        self._queue, self._leases, self._worker = queue, leases, worker
        self._prepare, self._note = prepare, note
        self._avoided = frozenset(_read(note))
        self._noted_ids, self._lock = set(self._avoided), threading.Lock()
        self._ahead: dict[str, Ahead] = {}

    async def keep_looking(self, count: int) -> None:
        """Decode the next ``count`` jobs, whichever these are from time to time, until cancelled."""
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.look(count)
            except Exception as error:  # noqa: BLE001 - the job is then decoded when it is claimed
                log.debug("No look ahead: %r", error)
            await asyncio.sleep(INTERVAL)

    async def look(self, count: int) -> None:
        """Begin to decode the next ``count`` jobs, and drop those that are not among them any more."""
        found = {job.id: job for job in await self._leases.upcoming(self._worker, count)}
        for job_id, ahead in [*self._ahead.items()]:
            if job_id not in found or found[job_id].recipe != ahead.recipe:
                self._drop(job_id)
        for job in found.values():
            if job.id not in self._ahead and job.id not in self._avoided:
                self._ahead[job.id] = Ahead(job.recipe, asyncio.create_task(self._decode(job)))

    def pop(self, job_id: str) -> Ahead | None:
        """Return a claimed job's pictures, if there are any. They are not dropped by the next look."""
        return self._ahead.pop(job_id, None)

    async def commission(self, job: Job, ahead: Ahead) -> Commission | None:
        """Return a claimed job's commission, if it was decoded from the pictures that the job has now."""
        if ahead.recipe != job.recipe:
            return None
        try:
            decoded = await ahead.decoding
            same = await self._queue.holds(job.id, decoded.blobs)
        except Exception as error:  # noqa: BLE001 - decoding the job again says what is wrong
            log.debug("job %s was not decoded ahead: %r", job.id, error)
            return None
        return decoded.commission if same else None

    def close(self) -> None:
        """Drop everything."""
        for job_id in [*self._ahead]:
            self._drop(job_id)

    def _drop(self, job_id: str) -> None:
        self._ahead.pop(job_id).decoding.cancel()

    async def _decode(self, job: Job) -> _Decoded:
        blobs = {}
        for name in picture_names(job):
            found = await self._queue.read(job.id, name)
            if found is None:
                raise LookupError(name)
            blobs[name] = found
        return await asyncio.to_thread(self._noted, job, blobs)

    def _noted(self, job: Job, blobs: Mapping[str, bytes]) -> _Decoded:
        """Decode, with a note of the job for as long as that takes; if none can be made, it is not done."""
        self._change_note({job.id}, set())
        try:
            return _Decoded(blobs, self._prepare(job, blobs))
        finally:
            self._change_note(set(), {job.id})

    def _change_note(self, begun: set[str], done: set[str]) -> None:
        with self._lock:
            self._noted_ids = (self._noted_ids | begun) - done
            write_whole(self._note, " ".join(sorted(self._noted_ids)).encode())


def _read(note: Path) -> set[str]:
    try:
        return {*note.read_text().split()}
    except OSError:
        return set()
