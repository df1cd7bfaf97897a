"""The queue's benchmark, so small that the numbers mean little; and what many idle workers really ask."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from engine.errors import AtelierError
from engine.queue import Queue, create_schema, open_database
from tests.benchmarks.queue import backlog, queue, scale
from tests.benchmarks.queue.findings import Plan
from tests.benchmarks.queue.idle_worker import settings
from tests.benchmarks.queue.processes import cpu_seconds, filesystem
from tests.support.postgresql import PostgreSQL, installed

if TYPE_CHECKING:
    from pathlib import Path

TINY = Plan(
    repeat=1, lives=2, picture=2000, preview=1000, waits=1, waiting=(2,), idle=2, watch=0.1, crowds=(2,),
    burst=300.0,
)  # fmt: skip
STEPS = ["enqueue", "claim", "heartbeat", "heartbeat with a preview", "finish"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience until the server's statistics are right. A burst is over when its few jobs are."""
    monkeypatch.setattr(scale, "STATISTICS_DELAY", 0.3)
    monkeypatch.setattr(scale, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(scale, "JOBS", dict.fromkeys(scale.JOBS, 0.05))


async def schema(url: str) -> None:
    """Create the tables."""
    engine = open_database(url)
    await create_schema(engine)
    await engine.dispose()


@pytest.mark.usefixtures("impatient")
def test_both_databases_are_measured(postgresql: PostgreSQL, tmp_path: Path) -> None:
    said: list[str] = []
    findings = queue.measure(tmp_path, TINY, database=postgresql.create(), report=said.append)
    assert [database.name.split()[0] for database in findings.databases] == ["SQLite", "PostgreSQL"]
    for database in findings.databases:
        assert [step.name for step in database.steps] == STEPS
        assert all(step.milliseconds > 0 and step.floor > 0 for step in database.steps)
        assert all(step.late >= step.milliseconds for step in database.steps)
        assert database.painted > 0
        assert [(wait.idle, wait.jobs) for wait in database.waits] == [(2, 1)]
        assert all(wait.longest >= wait.median >= 0 for wait in database.waits)
        assert database.worker is None
    sqlite, server = findings.databases
    assert (sqlite.idling, sqlite.crowds) == (None, ())
    assert server.idling is not None
    assert server.idling.statements is None
    assert [(crowd.workers, crowd.given) for crowd in server.crowds] == [(2, 0), (2, 2000)]
    assert all(crowd.rate > 0 for crowd in server.crowds)
    assert findings.notes == ["A real worker's idling was not measured: there are no weights here."]
    assert any("jobs a second" in line for line in said)


def test_without_a_server_sqlite_is_measured_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "installed", lambda: None)
    findings = queue.measure(tmp_path, TINY)
    assert len(findings.databases) == 1
    assert any("it is not installed (Debian: apt-get install postgresql)" in note for note in findings.notes)


async def test_a_database_with_a_queue_in_it_is_left_alone(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.create()
    await schema(url)
    with pytest.raises(AtelierError, match="name an empty one"):
        await asyncio.to_thread(queue.measure, tmp_path, TINY, database=url)
    engine = open_database(url)
    assert await Queue(engine).jobs() == []
    await engine.dispose()
    with pytest.raises(AtelierError, match="should be a PostgreSQL"):
        await asyncio.to_thread(queue.measure, tmp_path, TINY, database=f"sqlite:///{tmp_path / 'a.db'}")


async def test_idle_workers_ask_less_than_fifty_statements_a_second(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the server's own log, signs of life included; 40 look as often together as 200 do."""
    monkeypatch.setattr(scale, "STATISTICS_DELAY", 1.0)
    url = postgresql.create()
    await schema(url)
    asked = await scale.idling(url, postgresql, Plan(repeat=1, idle=40, watch=2.0))
    assert asked.statements is not None
    assert 0 < asked.statements < 50


def test_a_private_server_waits_for_the_disk_and_leaves_nothing_behind(tmp_path: Path) -> None:
    if (programs := installed()) is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs, fsync=True, parent=tmp_path)
    try:
        server.start()
        assert (cpu_seconds(server.pid, family=True) or 0) > 0
        server.create()
    finally:
        server.remove()
    assert server.pid == 0
    assert not server.home.exists()


def test_a_workers_settings_fetch_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, None, "cpu") is None
    (tmp_path / "weights").mkdir()
    for network in ("vgg16", "vgg19"):
        (tmp_path / "weights" / f"{network}-abc.safetensors").touch()
    found = settings(tmp_path, None, "cpu")
    assert found is not None
    assert found["VGG_WEIGHTS"].endswith("vgg16-abc.safetensors")
    named = settings(tmp_path, tmp_path / "mine.pth", "cuda")
    assert named is not None
    assert (named["VGG_WEIGHTS"], named["DEVICE"]) == (str(tmp_path / "mine.pth"), "cuda")


def test_a_process_that_is_gone_costs_nothing_that_can_be_told(tmp_path: Path) -> None:
    assert cpu_seconds(2**22 + 1) is None
    assert filesystem(tmp_path)


def test_a_queue_of_some_length_is_measured_on_both_databases(
    postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for repeats in ("LOOKS", "TIMES"):
        monkeypatch.setattr(backlog, repeats, 1)
    size = backlog.Size(queued=30, done=30, running=2)
    found = backlog.measure(tmp_path, postgresql.create(), size)
    assert [each.database.split()[0] for each in found] == ["SQLite", "PostgreSQL"]
    for each in found:
        assert {"look at deliveries", "claim and release", "/status"} <= {call.name for call in each.calls}
        assert all(call.cpu > 0 for call in each.calls)
