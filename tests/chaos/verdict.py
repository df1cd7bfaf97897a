"""The check after a storm: one line for each fault."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image

from engine.queue import CHECKPOINT, Job, Queue, State
from tests.chaos.submitter import SubmitterFolder, message_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.plan import Order

SPENT: Final = ("content", "style0", CHECKPOINT)
"""Blobs that a finished job does not need. A failed one may keep them: an operator may retry it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The jobs and files after a storm."""

    queue: Queue
    folder: SubmitterFolder
    planned: Sequence[Order]
    jobs: Sequence[Job]

    async def faults(self) -> list[str]:
        """Return all faults."""
        faults = [*self._missing(), *self._messages()]
        for job in self.jobs:
            faults += [f"{job.id} {fault}" for fault in [*self._state(job), *await self._blobs(job)]]
        return faults

    def _missing(self) -> list[str]:
        there, planned = {job.id for job in self.jobs}, {order.id for order in self.planned}
        accepted = {job_id for (job_id,) in self.folder.accepted.read()}
        faults = [f"{job_id} was accepted and is lost" for job_id in sorted(accepted - there)]
        faults += [f"{job_id} was never accepted" for job_id in sorted(planned - accepted)]
        return faults + [f"{job_id} was never sent" for job_id in sorted(there - planned)]

    def _state(self, job: Job) -> list[str]:
        faults = []
        if not job.state.terminal:
            faults.append(f"is still {job.state}")
        if job.lease is not None:
            faults.append(f"still has a lease, of {job.worker}")
        if job.delivered is None:
            faults.append("was not delivered")
        if job.state is State.FAILED and (job.error, job.attempts) != (
            "worker-lost",
            self.queue.limits.attempts,
        ):
            faults.append(f"failed with {job.error} after {job.attempts} attempts: {job.error_detail}")
        if job.state is State.CANCELLED:
            faults.append("was cancelled by nobody")
        if not 1 <= job.attempts <= self.queue.limits.attempts:
            faults.append(f"took {job.attempts} attempts")
        return faults

    def _messages(self) -> list[str]:
        sent = {file.name for file in self.folder.messages.iterdir() if not file.name.startswith(".")}
        faults = [f"{job_id} has a message and is no job" for job_id in sent - {job.id for job in self.jobs}]
        contents: dict[str, str] = {}
        for job_id, digest in self.folder.deliveries.read():
            if contents.setdefault(job_id, digest) != digest:
                faults.append(f"{job_id} was delivered with two results")
        return faults

    async def _blobs(self, job: Job) -> list[str]:
        file = self.folder.messages / job.id
        if not job.state.terminal or not file.exists():
            return ["has no message"]
        message, digest = file.read_bytes(), dict(self.folder.deliveries.read()).get(job.id)
        faults = []
        if message != await message_of(self.queue, job) or hashlib.sha256(message).hexdigest() != digest:
            faults.append("has a message that is not its result")
        if job.state is State.DONE:
            faults += _picture_faults(job, message)
            kept = [name for name in SPENT if await self.queue.read(job.id, name) is not None]
            faults += [f"still keeps {name}" for name in kept]
        return faults


def _picture_faults(job: Job, message: bytes) -> list[str]:
    """Return the faults of a painting's message."""
    try:
        with Image.open(io.BytesIO(message)) as image:
            image.load()
            size = image.size
    except OSError as error:
        return [f"has a message that is no picture: {message[:40]!r} ({error})"]
    if job.facts is None or size != (job.facts["width"], job.facts["height"]):
        return [f"is {size}, which its facts do not say: {job.facts}"]
    return []
