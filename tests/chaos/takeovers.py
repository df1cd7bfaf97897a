"""The check that a job is taken from a worker only if that worker was killed, suspended, or lost its disk.

An outage of the database, or a jump of its clock, ends no lease of a worker that lives: an attempt that it
costs is one of the few after which a job counts as one that kills workers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from engine.queue import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.fairness import Suspension
    from tests.chaos.recording import Phase, Snapshot

SLACK: Final = 0.5
"""Seconds by which a start may come after the kill of its worker: the database had heard its claim."""


def taken_from_the_living(
    phases: Mapping[str, Sequence[Phase]], absences: Mapping[str, Sequence[Suspension]]
) -> list[str]:
    """Return a line for each attempt that was taken from a worker without an absence of that worker."""
    faults = []
    for job, story in phases.items():
        for old, new in pairwise(story):
            worker, began = old.snapshot.worker, old.snapshot.started
            if worker is None or began is None or not _was_taken(old.snapshot, new.snapshot):
                continue
            gone = absences.get(worker, ())
            if not any(each.begin < new.first and each.end > began - SLACK for each in gone):
                faults.append(
                    f"{job} was taken from {worker}, which lived, between {old.last:.3f} and {new.first:.3f}"
                )
    return faults


def _was_taken(old: Snapshot, new: Snapshot) -> bool:
    if old.state is not State.RUNNING:
        return False
    again = new.attempts > old.attempts or (new.state is State.QUEUED and new.attempts == old.attempts)
    return again or (new.state is State.FAILED and new.error == "worker-lost")
