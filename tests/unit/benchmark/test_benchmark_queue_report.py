"""The report of the queue's benchmark."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.queue.eta import Eta, Promise
from tests.benchmarks.queue.findings import Crowd, Database, Findings, Idling, Plan, Step, Wait
from tests.benchmarks.queue.report import Results, as_dict, markdown


@pytest.fixture
def results() -> Results:
    sqlite = Database(
        "SQLite 3.50",
        "ext4",
        [Step("enqueue", 12.0, 30.0, 8.0)],
        50.0,
        [Wait(1, 0.15, 0.4, 39)],
        worker=0.005,
    )
    postgresql = Database(
        "PostgreSQL 17.5",
        "",
        [Step("claim", 6.0, 7.0, 1.5)],
        75.2,
        [Wait(20, 0.04, 0.2, 39)],
        idling=Idling(200, 33.3, 33.1, 0.02),
        crowds=[
            Crowd(1, 20, 0, 120.0, 0.25, 0.5, 0.9),
            Crowd(8, 1_000_000, 1_000_000, 70.0, 0.9, 0.95, 1.99),
            Crowd(8, 20, 0, 80.0, 0.4, 0.6, 2.0),
            Crowd(64, 20, 0, 90.0, 0.4, 0.6, 1.1),
            Crowd(64, 1_000_000, 1_000_000, 60.0, None, None, None),
        ],
    )
    findings = Findings(2, Plan(), [sqlite, postgresql], ["The moon was full."])
    return Results(0.25, 3, queue=findings)


def test_people_read_tables_of_the_queue(results: Results) -> None:
    text = markdown(results)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert text.startswith("Load 0.2 before the run.\n\n## The queue\n")
    assert "### SQLite 3.50, its files on ext4\n" in text
    assert "### PostgreSQL 17.5\n" in text
    assert ["enqueue", "12.0", "30.0", "8.0", "**1.5 ×**"] in rows
    assert ["20", "40", "200", "39"] in rows
    assert "A real worker that idles takes 0.5% of a core." in text
    assert "200 idle workers ask the server 33.3 statements a second (33.1 transactions" in text
    assert ["1", "next to nothing", "**120**", "–", "0.25", "0.50", "0.90", "one at a time"] in rows
    assert ["8", "1 MB + 1 MB", "**70**", "140", "0.90", "0.95", "1.99", "processor"] in rows
    assert ["64", "1 MB + 1 MB", "**60**", "120", "–", "–", "–", "unknown"] in rows
    assert "Note: The moon was full." in text


def test_the_columns_of_the_queues_tables_stand_under_each_other(results: Results) -> None:
    tables = [block for block in markdown(results).split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    assert all(len({len(line) for line in table.splitlines()}) == 1 for table in tables)


def test_programs_read_the_queues_json(results: Results) -> None:
    found = json.loads(json.dumps(as_dict(results)))
    assert (found["load"], found["repeat"]) == (0.25, 3)
    queue = found["queue"]
    assert (queue["cores"], queue["notes"]) == (2, ["The moon was full."])
    sqlite, postgresql = queue["databases"]
    assert sqlite["steps"] == [
        {"name": "enqueue", "milliseconds": 12.0, "late": 30.0, "floor": 8.0, "ratio": 1.5}
    ]
    assert (sqlite["worker"], sqlite["idling"], sqlite["crowds"]) == (0.005, None, [])
    assert postgresql["worker"] is None
    assert postgresql["idling"]["statements"] == 33.3
    assert [crowd["limit"] for crowd in postgresql["crowds"]] == [
        "one at a time", "processor", "other programs", "disk and turns", "unknown",
    ]  # fmt: skip


def test_statements_that_cannot_be_counted_are_told_by_the_transactions(results: Results) -> None:
    assert results.queue is not None
    idle = Database("PostgreSQL", "", [], 1.0, [], idling=Idling(200, None, 31.0, None))
    results.queue.databases = [idle]
    assert "200 idle workers ask the server 31.0 statements a second; counted for 15 s." in markdown(results)


def test_without_the_queue_nothing_is_said_of_it(results: Results) -> None:
    results.queue = None
    assert "queue" not in as_dict(results)
    assert "queue" not in markdown(results)


def test_people_and_programs_read_the_error_of_the_forecasts(results: Results) -> None:
    results.eta = Eta([Promise(9.0, 10.0), Promise(12.0, 10.0)])
    assert as_dict(results)["eta"] == {"jobs": 2, "error": 0.15, "bias": 0.05}
    assert "off by 15.0% in the median (+5.0% with sign)" in markdown(results)
