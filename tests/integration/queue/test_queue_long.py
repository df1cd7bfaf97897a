"""A long queue and a long history: a look costs by what it shows, and nothing is read row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert, text, update

from engine.queue import Cursor, Forecast, Leases, Queue, QueueAdmin, State, forecaster, watch
from engine.queue.schema import job
from tests.integration.queue.conftest import LIMITS
from tests.integration.queue.steps import Add

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

WAITING = 400
"""Queued jobs."""
HISTORY = 5000
"""Painted jobs."""


async def fill(engine: AsyncEngine, count: int = WAITING, **fields: Any) -> None:
    """Queue jobs of different owners, in the order of their ids; so they were a while ago."""
    usual = {
        "priority": 0, "tag": 1, "state": State.QUEUED, "recipe": {"size": 512}, "shape": "512x384",
        "cost": 10.0, "attempts": 0, "cancel": False, "progress": 0.0, "previews": 0,
    }  # fmt: skip
    rows = [
        {
            **usual,
            "id": f"j{number:04}",
            "owner": f"o{number}",
            "address": {"chat": number},
            "created": 1e9 + number,
            **fields,
        }
        for number in range(count)
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(job), rows)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a look, and a head of the exact forecasts, that a few hundred jobs are long for."""
    monkeypatch.setattr(watch, "PAGE", 30)
    monkeypatch.setattr(watch, "FRONT", 20)
    monkeypatch.setattr(forecaster, "HEAD", 40)


@pytest.mark.usefixtures("small")
async def test_a_look_has_a_part_of_a_long_queue_and_a_round_has_all(
    queue: Queue, engine: AsyncEngine
) -> None:
    await fill(engine)
    seen: Counter[str] = Counter()
    cursor, looks = Cursor(), 0
    while not cursor.round:
        statuses, cursor = await queue.look(cursor)
        looks += 1
        assert len(statuses) <= 50
        assert [each.forecast.position for each in statuses] == [int(each.job.id[1:]) for each in statuses]
        seen.update(each.job.id for each in statuses)
    assert len(seen) == WAITING
    assert looks == 13  # of 380 behind the front, 30 a look
    assert {job_id for job_id, count in seen.items() if count > 1} == {
        f"j{number:04}" for number in range(20)
    }


@pytest.mark.usefixtures("small")
async def test_what_is_new_has_ended_or_runs_is_seen_at_once_however_many_wait(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add
) -> None:
    await fill(engine)
    await leases.claim("w")
    await add(queue, "new", address={"chat": 1})
    await queue.cancel("j0300", "o300")
    statuses, cursor = await queue.look(Cursor(queued=80))
    found = {each.job.id: each for each in statuses}
    assert found["new"].forecast.position == WAITING - 2
    assert found["j0300"].job.state is State.CANCELLED
    assert found["j0000"].job.state is State.RUNNING
    assert "j0200" not in found
    again, _ = await queue.look(cursor)
    assert "new" not in {each.job.id for each in again}


@pytest.mark.usefixtures("small")
async def test_many_new_jobs_of_others_hide_none_for_longer_than_they_take_to_read(
    queue: Queue, engine: AsyncEngine, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a client cares for few of them: other bots deliver the rest."""
    monkeypatch.setattr(watch, "NEW", 3)
    await fill(engine)
    for number in range(8):
        await add(queue, f"new{number}", owner=f"of{number}", address={"chat": number})
    found, cursor = [], Cursor(queued=80)
    for _ in range(3):
        statuses, cursor = await queue.look(cursor)
        found.append([each.job.id for each in statuses if each.job.id.startswith("new")])
    assert [sorted(ids) for ids in found] == [
        ["new0", "new1", "new2"], ["new3", "new4", "new5"], ["new6", "new7"]
    ]  # fmt: skip


@pytest.mark.usefixtures("small")
async def test_many_that_ended_come_in_pages(queue: Queue, engine: AsyncEngine) -> None:
    await fill(engine, 100, state=State.DONE, finished=1e9, created=1e9)
    parts, cursor = [], Cursor()
    while not cursor.round:
        statuses, cursor = await queue.look(cursor)
        parts.append([each.job.id for each in statuses])
    assert [len(part) for part in parts] == [30, 30, 30, 10]
    assert sorted(each for part in parts for each in part) == [f"j{number:04}" for number in range(100)]


@pytest.mark.usefixtures("small")
async def test_an_owner_deep_in_a_long_queue_is_told_nearly_what_the_whole_schedule_says(
    queue: Queue, leases: Leases, engine: AsyncEngine
) -> None:
    await fill(engine)
    for name, rate in (("slow", 1.0), ("quick", 4.0), ("idle", 2.0)):
        await leases.announce(name, "cuda", "vgg19", rate)
    await leases.claim("slow")
    await leases.claim("quick")
    await leases.heartbeat("j0001", "quick", progress=0.5)
    exact = await QueueAdmin(engine).forecasts(LIMITS.running)
    for number in (1, 2, 30, 100, 399):
        (mine,) = await queue.live(f"o{number}")
        told = exact[f"j{number:04}"]
        assert mine.forecast.position == told.position
        assert mine.forecast.eta == pytest.approx(told.eta, abs=10.0)  # the slowest paints one for as long
    (mine,) = await queue.live("o30")
    assert mine.forecast == exact["j0030"]


@pytest.mark.usefixtures("small")
async def test_nobody_is_told_a_time_deep_in_a_queue_that_nobody_paints(
    queue: Queue, engine: AsyncEngine
) -> None:
    await fill(engine)
    (mine,) = await queue.live("o300")
    assert mine.forecast == Forecast(300, None)


async def test_a_batch_is_found_among_the_first_of_a_long_queue(
    queue: Queue, leases: Leases, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queue.order.BATCH_SEARCHED", 5)
    await fill(engine, 3)
    async with engine.begin() as connection:
        await connection.execute(update(job).where(job.c.id == "j0001").values(shape="other"))
    assert [each.id for each in await leases.upcoming("w", 4)] == ["j0000", "j0002"]
    assert [each.id for each in await leases.claim("w", 4)] == ["j0000", "j0002"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_no_plan_of_postgresql_is_for_any_state(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        mode = await connection.scalar(text("SELECT current_setting('plan_cache_mode')"))
    assert mode == "force_custom_plan"


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[tuple[str, Any]]]:
    """Gather the statements of a block, with their parameters."""
    found: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        found.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


READ_WHOLE = re.compile(r"SCAN (job|blob)\w*(?! USING)\b")
"""In a plan of SQLite's: every row of a table is read, and no index."""


@pytest.mark.parametrize(
    "name", ["look", "live", "order", "claim", "upcoming", "awaited", "statistics", "health", "prune"]
)
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_no_call_reads_all_rows(
    queue: Queue, leases: Leases, engine: AsyncEngine, add: Add, name: str
) -> None:
    queue_admin = QueueAdmin(engine)

    async def order() -> None:
        await queue.backlog()
        await add(queue, "new")

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "look": lambda: queue.look(Cursor(ended=(1.0, "j"), queued=100)),
        "live": lambda: queue.live("o300"),
        "order": order,
        "claim": lambda: leases.claim("w", 2),
        "upcoming": lambda: leases.upcoming("w", 2),
        "awaited": lambda: leases.is_awaited("w"),
        "statistics": queue_admin.statistics,
        "health": queue_admin.health,
        "prune": lambda: queue.prune(3600.0),
    }
    await fill(engine)
    async with engine.begin() as connection:
        ended = job.c.id < "j0200"
        await connection.execute(
            update(job).where(ended).values(state=State.DONE, finished=2e9, delivered=2e9)
        )
        await connection.execute(text("ANALYZE"))
    with statements(engine) as found:
        await calls[name]()
    assert found
    plans = []
    async with engine.connect() as connection:
        for statement, parameters in found:
            if not statement.startswith(("BEGIN", "PRAGMA", "ANALYZE")):
                rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [(row.detail, statement) for row in rows]
    assert [plan for plan in plans if READ_WHOLE.search(plan[0])] == []
    if name == "health":
        assert any("job_awaited" in plan for plan, _ in plans)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_pruning_reads_no_whole_table_on_postgresql_either(queue: Queue, engine: AsyncEngine) -> None:
    """A history so long that PostgreSQL takes an index unasked; by fewer rows it would read them all."""
    await fill(engine, HISTORY, state=State.DONE, finished=2e9, delivered=2e9)
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE job"))
    with statements(engine) as found:
        await queue.prune(3600.0)
    plans = []
    async with engine.connect() as connection:
        for statement, parameters in found:
            if statement.startswith(("SELECT job", "DELETE FROM job", "UPDATE job")):
                rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                plans += [(line, statement) for (line,) in rows]
    used = " ".join(line for line, _ in plans)
    assert "job_delivered" in used
    assert "job_unaddressed" in used
    assert [plan for plan in plans if "Seq Scan on job" in plan[0]] == []
