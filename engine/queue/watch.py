"""A look at the undelivered jobs: a part of them, so that it costs the same however many there are.

Few of those that wait in a long queue have news. A look reads the first ones, the new ones, and a page of the
others, of which the next look reads the next page; likewise a page each of the running and of the ended ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine.queue.forecast import JobStatus, Place
from engine.queue.forecaster import QUEUED, places, read_forecaster
from engine.queue.job import ENDED, Job, State
from engine.queue.schema import ORDER, ago, job
from engine.queue.statements import is_awaited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

PAGE: Final = 100
"""Jobs of each kind in one look."""
FRONT: Final = 50
"""Queued jobs that every look has: the first ones."""
NEW: Final = 20
"""Jobs in one look that were queued just now, at most."""
NEW_FOR: Final = 20.0
"""Seconds for which a queued job is new."""
CONVERTED_AT_ONCE: Final = 25
"""Rows between which the event loop does other things."""

Key = tuple[float, str]
"""The place of a job among those of its kind: when it was created, and its id."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a client has come in its rounds of the undelivered jobs."""

    running: Key | None = None
    """The last running job that was read; None at the beginning of a round."""
    ended: Key | None = None
    queued: int = 0
    """The position of the next queued job."""
    seen: frozenset[str] = frozenset()
    """Ids of the new jobs that were read."""
    rounds: tuple[int, int, int] = (0, 0, 0)
    """The completed rounds of the running, the ended and the queued jobs."""

    @property
    def round(self) -> int:
        """The number of rounds in which every job was read that has not changed its state."""
        return min(self.rounds)


async def read_part(
    connection: AsyncConnection, cursor: Cursor, running: int
) -> tuple[list[JobStatus], Cursor]:
    """Return the next part of the undelivered jobs, in the order of the claims, and the next cursor.

    Args:
        connection: a transaction that reads.
        cursor: how far the rounds have come.
        running: how many jobs of one owner may run at once.
    """
    under_way, next_running = await _page(connection, job.c.state == State.RUNNING, cursor.running)
    ended, next_ended = await _page(connection, job.c.state.in_(ENDED), cursor.ended)
    found, next_queued = await _queued(connection, max(cursor.queued, FRONT))
    new = await _new(connection)
    unseen = [each for each in new if each not in cursor.seen and each not in found][:NEW]
    found |= await places(connection, unseen)
    seen = frozenset(each for each in new if each in cursor.seen or each in found)
    jobs = {each.id: each for each in (*under_way, *ended)}
    wanted = [*(job_id for job_id in found if job_id not in jobs)]
    queued = await _jobs(connection, select(job).where(job.c.id.in_(wanted), is_awaited())) if wanted else []
    forecaster = await read_forecaster(connection, running)
    statuses = [
        JobStatus(each, forecaster.of(each, found.get(each.id) if each.state is State.QUEUED else None))
        for each in sorted((*jobs.values(), *queued), key=_order)
    ]
    ends = (next_running is None, next_ended is None, next_queued == 0)
    rounds = tuple(count + end for count, end in zip(cursor.rounds, ends, strict=True))
    return statuses, Cursor(next_running, next_ended, next_queued, seen, rounds)  # type: ignore[arg-type]


async def _page(
    connection: AsyncConnection, which: ColumnElement[bool], after: Key | None
) -> tuple[list[Job], Key | None]:
    """Return the next jobs of a kind, and the last one's key; None at the end of a round."""
    query = select(job).where(which, is_awaited()).order_by(job.c.created, job.c.id).limit(PAGE)
    if after is not None:
        created, job_id = after
        later = or_(job.c.created > created, and_(job.c.created == created, job.c.id > job_id))
        query = query.where(job.c.created >= created, later)
    found = await _jobs(connection, query)
    return found, (found[-1].created, found[-1].id) if len(found) == PAGE else None


async def _queued(connection: AsyncConnection, offset: int) -> tuple[dict[str, Place], int]:
    """Return the places of the first queued jobs and of those from an offset on, and the next offset.

    The offset is 0 at the end of a round.
    """
    line = select(job.c.id, job.c.cost).where(*QUEUED).order_by(*ORDER)
    found: dict[str, Place] = {}
    ahead, position, count = 0.0, 0, 0
    for begin, limit in ((0, FRONT), (offset, PAGE)):
        if begin > position:
            before = line.limit(begin).subquery()
            ahead = await connection.scalar(select(func.coalesce(func.sum(before.c.cost), 0.0))) or 0.0
            position = begin
        count = 0
        for job_id, cost in await connection.execute(line.offset(begin).limit(limit)):
            found[job_id] = Place(position, ahead)
            ahead, position, count = ahead + cost, position + 1, count + 1
        if count < limit:
            return found, 0
    return found, offset + PAGE


async def _new(connection: AsyncConnection) -> Sequence[str]:
    """Return the ids of the jobs that were queued just now, in their order."""
    new = (
        select(job.c.id)
        .where(job.c.state == State.QUEUED, job.c.created > ago(NEW_FOR), is_awaited())
        .order_by(job.c.created)
    )
    return (await connection.scalars(new)).all()


async def _jobs(connection: AsyncConnection, query: Select[Any]) -> list[Job]:
    """Return jobs; meanwhile the event loop does other things."""
    found: list[Job] = []
    rows = await connection.execute(query)
    for part in rows.mappings().partitions(CONVERTED_AT_ONCE):
        found += [Job(**row) for row in part]
        await asyncio.sleep(0)
    return found


def _order(one: Job) -> tuple[int, int, float, str]:
    """Return the key of ``ORDER``."""
    return -one.priority, one.tag, one.created, one.id
