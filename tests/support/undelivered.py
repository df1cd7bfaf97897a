"""All undelivered jobs at once."""

from __future__ import annotations

from engine.queue import Cursor, JobStatus, Queue


async def undelivered(queue: Queue) -> list[JobStatus]:
    """Return all jobs with an address and no delivery yet, live or ended, by one round of looks."""
    found: dict[str, JobStatus] = {}
    cursor = Cursor()
    while not cursor.round:
        statuses, cursor = await queue.look(cursor)
        found |= {each.job.id: each for each in statuses}
    return list(found.values())
