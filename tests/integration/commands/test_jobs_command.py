"""``python -m engine jobs``: the operators' command, on a queue with something in it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from sqlalchemy import update

from engine.__main__ import main
from engine.queue import (
    Condition,
    Job,
    Leases,
    Limits,
    Queue,
    QueueAdmin,
    State,
    create_schema,
    open_database,
)
from engine.queue.schema import Now
from engine.queue.schema import job as table

Engine = Callable[..., "subprocess.Popen[str]"]
Do = Callable[[Callable[[Queue, Leases, QueueAdmin], Awaitable[Any]]], Any]
Say = Callable[..., tuple[int, str, str]]

IDS = ("done", "failed", "cancelled", "running", "next", "last")


@pytest.fixture
def do(surroundings: dict[str, str], data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Do:
    """Do something with the queue that the command will look at."""
    monkeypatch.setenv("COLUMNS", "80")

    def do(what: Callable[[Queue, Leases, QueueAdmin], Awaitable[Any]]) -> Any:
        async def opened() -> Any:
            database = open_database(f"sqlite:///{data_dir / 'atelier.db'}")
            try:
                await create_schema(database)
                limits = Limits(live=100, running=100, lease=600.0)
                return await what(Queue(database, limits), Leases(database, limits), QueueAdmin(database))
            finally:
                await database.dispose()

        return asyncio.run(opened())

    return do


@pytest.fixture
def say(do: Do, capsys: pytest.CaptureFixture[str]) -> Say:
    """Give the command; its status, what it printed and what it complained about."""

    def say(*arguments: str) -> tuple[int, str, str]:
        status = main(["jobs", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return say


@pytest.fixture
def parsed(say: Say) -> Callable[..., Any]:
    """Give the command, for programs."""

    def parsed(*arguments: str, status: int = 0) -> Any:
        was, out, _ = say(*arguments, "--json")
        assert was == status
        (line,) = out.splitlines()
        return json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))

    return parsed


async def enqueue(queue: Queue, job_id: str, owner: str = "telegram:401234567") -> Job:
    """Add a job as the bot does."""
    return await queue.enqueue(
        id=job_id, owner=owner, recipe={"size": 512, "title": "Wellen 🌊"}, cost=12.5, shape="592x443-normal",
        blobs={"content": b"c" * 2_340_000, "style0": b"s" * 456}, address={"chat": 5},
    )  # fmt: skip


async def busy(queue: Queue, leases: Leases, _: QueueAdmin) -> None:
    """A job in every state, and workers in every condition."""
    await leases.announce("atelier-7f3a9c", "cuda:0", "vgg19", 2.5, Condition.BUSY)
    await leases.announce("attic-99d0aa", "cuda:1", "vgg19", None, Condition.BROKEN, "it painted NaN")
    await leases.announce("garage-01bc44", "cpu", "vgg16", 0.31, Condition.BUSY)
    for job_id in ("done", "failed", "cancelled"):
        await enqueue(queue, job_id)
        await leases.claim("atelier-7f3a9c")
    await leases.finish("done", "atelier-7f3a9c", b"r" * 9, {"width": 592})
    await leases.fail(
        "failed", "atelier-7f3a9c", "out-of-memory", "There are 8 GB.\nIt \x1b[31mneeds\x1b[0m 14."
    )
    await queue.cancel("cancelled", "telegram:401234567")
    await leases.stop("cancelled", "atelier-7f3a9c")
    await enqueue(queue, "running")
    await leases.claim("atelier-7f3a9c")
    await leases.heartbeat("running", "atelier-7f3a9c", progress=0.42, stage="painting", preview=b"p")
    await enqueue(queue, "next")
    await enqueue(queue, "last", "telegram:77")


def state_of(do: Do, job_id: str) -> State | None:
    """Where a job stands."""

    async def look(queue: Queue, *_: object) -> State | None:
        job = await queue.get(job_id)
        return None if job is None else job.state

    state: State | None = do(look)
    return state


def narrow(text: str, width: int = 80) -> bool:
    """Whether nothing is wider than the terminal."""
    return all(cell_len(line) <= width for line in text.splitlines())


# The list


def test_the_jobs_of_a_new_queue_are_none(say: Say, parsed: Callable[..., Any], data_dir: Path) -> None:
    status, out, err = say()
    assert (status, err) == (0, "")
    assert out.splitlines() == ["0 running · 0 queued · 0 to be delivered · 0 living workers",
                                "No worker is running."]  # fmt: skip
    assert (data_dir / "atelier.db").is_file()
    listed = parsed()
    assert (listed["jobs"], listed["workers"], listed["healthy"]) == ([], [], False)


def test_the_list_shows_live_jobs_first_then_the_workers_then_the_counts(do: Do, say: Say) -> None:
    do(busy)
    status, out, err = say()
    assert (status, err) == (0, "")
    assert narrow(out)
    lines = out.splitlines()
    assert lines[0].split() == ["job", "owner", "state", "at", "left", "age", "try", "worker,", "error"]
    assert [line.split()[0] for line in lines[1:7]] == [
        "running", "next", "last", "cancelled", "failed", "done"
    ]  # fmt: skip
    assert lines[1].split() == [
        "running", "telegram:401234567", "running", "42%", "0:03", *lines[1].split()[5:6], "1",
        "atelier-7f3a9c",
    ]  # fmt: skip
    assert lines[2].split()[2:4] == ["queued", "#1"]
    assert lines[3].split()[2:4] == ["queued", "#2"]
    assert lines[5].split()[-1] == "out-of-memory"
    assert lines[8].split() == ["worker", "state", "device", "network", "MP·it/s", "seen", "reason"]
    assert [line.split()[0] for line in lines[9:12]] == ["atelier-7f3a9c", "attic-99d0aa", "garage-01bc44"]
    assert lines[10].split()[1:5] == ["broken", "cuda:1", "vgg19", "–"]
    assert lines[10].endswith("it painted NaN")
    assert lines[13].startswith("1 running · 2 queued, the oldest for 0:")
    assert lines[13].endswith(" · 3 to be delivered · 3 living workers")
    assert lines[14:] == ["Worker attic-99d0aa is broken: it painted NaN"]


def test_on_a_wide_terminal_the_worker_and_the_error_stand_side_by_side(
    do: Do, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(busy)
    monkeypatch.setenv("COLUMNS", "140")
    _, out, _ = say()
    lines = out.splitlines()
    assert lines[0].split()[-2:] == ["worker", "error"]
    assert lines[5].split()[-2:] == ["atelier-7f3a9c", "out-of-memory"]


def test_long_and_strange_names_are_shown_whole_and_harmlessly_within_80_columns(do: Do, say: Say) -> None:
    owner = "[red]" + "o" * 50 + "\x1b]0;title\x07"

    async def strange(queue: Queue, leases: Leases, queue_admin: QueueAdmin) -> None:
        await enqueue(queue, "f" * 18, owner)
        await leases.announce("w" * 60, "cuda:0 " * 4, "vgg19", 1.0, Condition.BROKEN, "r " * 60)
        await leases.claim("w" * 60)

    do(strange)
    status, out, _ = say()
    assert status == 0
    *tables, _, reason = out.splitlines()
    assert narrow("\n".join(tables))
    assert reason == f"Worker {'w' * 60} is broken: {'r ' * 60}"
    assert "f" * 18 in out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[red]" in "".join(line[18:40].strip() for line in out.splitlines())
    assert out.count("w") >= 120
    assert out.count("o") >= 50


def test_the_list_for_programs_has_every_field_and_the_outlook(do: Do, parsed: Callable[..., Any]) -> None:
    do(busy)
    listed = parsed()
    jobs = {job["id"]: job for job in listed["jobs"]}
    assert [job["id"] for job in listed["jobs"]][:3] == ["running", "next", "last"]
    assert jobs.keys() == set(IDS)
    assert set(Job.__dataclass_fields__) | {"position", "eta"} == jobs["next"].keys()
    assert (jobs["next"]["position"], jobs["running"]["position"], jobs["done"]["eta"]) == (0, None, None)
    assert jobs["running"]["eta"] == pytest.approx(12.5 * 0.58 / 2.5)
    assert jobs["failed"]["error_detail"].startswith("There are 8 GB.")
    assert [worker["state"] for worker in listed["workers"]] == ["busy", "broken", "busy"]
    assert (listed["queued"], listed["running"], listed["undelivered"]) == (2, 1, 3)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--state", "queued"], ["next", "last"]),
        (["--state", "failed", "running"], ["running", "failed"]),
        (["--owner", "telegram:77"], ["last"]),
        (["--owner", "telegram:77", "--state", "done"], []),
        (["--owner", "nobody"], []),
        (["--count", "2"], ["running", "next"]),
    ],
)
def test_the_list_can_be_shortened(
    do: Do, parsed: Callable[..., Any], arguments: list[str], expected: list[str]
) -> None:
    do(busy)
    listed = parsed(*arguments)
    assert [job["id"] for job in listed["jobs"]] == expected
    # Positions are those in the whole queue, and so are the counts.
    assert {job["id"]: job["position"] for job in listed["jobs"]}.get("last", 1) == 1
    assert listed["queued"] == 2


def test_a_job_that_is_to_stop_and_a_drained_worker_are_shown_as_such(do: Do, say: Say) -> None:
    async def stopping(queue: Queue, leases: Leases, queue_admin: QueueAdmin) -> None:
        await busy(queue, leases, queue_admin)
        await queue.cancel("running", "telegram:401234567")
        await queue_admin.drain("garage-01bc44")

    do(stopping)
    _, out, _ = say()
    assert out.splitlines()[1].split()[2:4] == ["running", "stopping"]
    assert "busy, drained" in out
    assert narrow(out)


# One job


def test_everything_about_a_job_is_shown(do: Do, say: Say) -> None:
    do(busy)
    status, out, err = say("--show", "failed")
    assert (status, err) == (0, "")
    assert narrow(out)
    lines = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in out.splitlines()}
    assert lines["state"] == "failed"
    assert lines["painting"] == "592x443-normal, 12.5 MP·it"
    assert lines["recipe"] == '{"size": 512, "title": "Wellen 🌊"}'
    assert lines["error"] == "out-of-memory"
    assert lines["detail"] == "There are 8 GB."
    assert lines["It"] == "\ufffd[31mneeds\ufffd[0m 14."
    assert lines["address"] == '{"chat": 5}'
    assert lines["pictures"] == "content 2.34 MB, style0 456 bytes"
    created = datetime.fromisoformat(lines["created"])
    assert created.tzinfo is not None
    assert abs(created.timestamp() - time.time()) < 60.0
    assert lines["delivered"] == "–"
    assert "lease" not in lines


def test_a_live_jobs_place_time_and_lease_are_shown(do: Do, say: Say) -> None:
    do(busy)
    _, out, _ = say("--show", "running")
    lines = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in out.splitlines()}
    assert (lines["state"], lines["left"], lines["stage"]) == ("running 42%", "0:03", "painting")
    assert lines["lease"].startswith("for ")
    _, out, _ = say("--show", "last")
    assert "queued #2" in out


def test_everything_about_a_job_is_json_too(do: Do, parsed: Callable[..., Any]) -> None:
    do(busy)
    job = parsed("--show", "done")
    assert (job["id"], job["state"], job["facts"], job["blobs"]) == (
        "done", "done", {"width": 592}, {"result": 9}
    )  # fmt: skip


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_job_that_is_not_there_cannot_be_shown(say: Say, option: list[str]) -> None:
    assert say("--show", "nothing", *option) == (1, "", "error: There is no job 'nothing'.\n")


# Cancel and retry


def test_jobs_are_cancelled_whosever_they_are(do: Do, say: Say) -> None:
    do(busy)
    status, out, err = say("--cancel", "last", "running", "done")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "last: cancelled", "running: cancelling, its worker stops", "done: done already"
    ]  # fmt: skip
    assert [state_of(do, job_id) for job_id in ("last", "running", "done")] == [
        State.CANCELLED, State.RUNNING, State.DONE
    ]  # fmt: skip


def test_a_job_that_is_not_there_cannot_be_cancelled_but_the_others_are(do: Do, say: Say) -> None:
    assert say("--cancel", "nothing") == (1, "", "error: There is no job 'nothing'.\n")
    do(busy)
    status, out, err = say("--cancel", "nothing", "last")
    assert (status, out, err) == (1, "last: cancelled\n", "error: There is no job 'nothing'.\n")
    assert state_of(do, "last") is State.CANCELLED


def test_failed_jobs_are_queued_again_and_what_cannot_be_is_told(do: Do, say: Say) -> None:
    do(busy)
    status, out, err = say("--retry", "failed", "done", "nothing", "failed")
    assert (status, out) == (1, "failed: queued again\n")
    assert err.splitlines() == [
        "error: Job done is done; only a failed job can be retried.",
        "error: There is no job 'nothing'.",
    ]
    assert state_of(do, "failed") is State.QUEUED
    assert state_of(do, "done") is State.DONE


def test_cancel_and_retry_answer_programs_too(do: Do, parsed: Callable[..., Any]) -> None:
    do(busy)
    assert parsed("--retry", "failed") == {"jobs": [{"id": "failed", "state": "queued"}]}
    assert parsed("--cancel", "failed", "running") == {
        "jobs": [{"id": "failed", "state": "cancelled"}, {"id": "running", "state": "running"}]
    }
    assert parsed("--retry", "done", status=1) == {
        "jobs": [
            {
                "id": "done",
                "error": "job-impossible",
                "message": "Job done is done; only a failed job can be retried.",
            }
        ]
    }


# Drain and resume


def test_the_queue_is_drained_and_resumed(do: Do, say: Say) -> None:
    do(busy)
    assert say("--drain") == (0, "No more jobs start; 1 painting is still running.\n", "")

    async def claim(_queue: Queue, leases: Leases, _: QueueAdmin) -> int:
        return len(await leases.claim("garage-01bc44"))

    assert do(claim) == 0
    _, out, _ = say()
    assert "The queue is drained: nothing starts until it is resumed." in out
    status, out, err = say("--resume")
    assert (status, err) == (0, "")
    assert out.splitlines() == ["The queue is resumed.", "Worker attic-99d0aa is broken: it painted NaN"]
    assert do(claim) == 1


def test_a_worker_is_drained_and_resumed(do: Do, say: Say) -> None:
    do(busy)
    assert say("--drain", "garage-01bc44") == (
        0, "Worker garage-01bc44 starts no more jobs; 0 paintings are still running.\n", ""
    )  # fmt: skip
    _, out, _ = say("--health")
    assert "Worker garage-01bc44 is drained." in out
    status, out, _ = say("--resume", "garage-01bc44")
    assert (status, out.splitlines()[0]) == (0, "Worker garage-01bc44 is resumed.")
    for option in ("--drain", "--resume"):
        assert say(option, "nobody") == (1, "", "error: There is no worker 'nobody'.\n")


def test_drain_and_resume_answer_programs_too(do: Do, parsed: Callable[..., Any]) -> None:
    do(busy)
    assert parsed("--drain") == {"drained": None, "running": 1}
    assert parsed("--drain", "atelier-7f3a9c") == {"drained": "atelier-7f3a9c", "running": 1}
    broken = "Worker attic-99d0aa is broken: it painted NaN"
    assert parsed("--resume") == {
        "resumed": None, "problems": ["Worker atelier-7f3a9c is drained.", broken]
    }  # fmt: skip
    assert parsed("--resume", "atelier-7f3a9c") == {"resumed": "atelier-7f3a9c", "problems": [broken]}


# Prune


async def delivered(queue: Queue, leases: Leases, queue_admin: QueueAdmin) -> None:
    """Ended jobs that were delivered 0, 3 and 9 days ago, with much in them."""
    for days in (0, 3, 9):
        for number in range(3):
            job_id = f"{days}-{number}"
            await queue.enqueue(
                id=job_id, owner=job_id, recipe={}, cost=1.0, shape="s", blobs={"content": b"c"}, address={}
            )
            await leases.claim("w")
            await leases.finish(job_id, "w", b"r" * 4_000_000, {})
            await queue.delivered(job_id)
            async with queue._engine.begin() as connection:
                mine = update(table).where(table.c.id == job_id)
                await connection.execute(mine.values(delivered=Now() - 86400.0 * days))


@pytest.mark.parametrize(
    ("arguments", "forgotten"), [([], 3), (["2"], 6), (["0.5"], 6), (["30"], 0), (["0"], 9)]
)
def test_jobs_are_forgotten_so_many_days_after_their_delivery(
    do: Do, say: Say, parsed: Callable[..., Any], arguments: list[str], forgotten: int
) -> None:
    do(delivered)
    assert say("--prune", *arguments) == (0, f"{forgotten} jobs deleted.\n", "")
    assert parsed("--prune", *arguments) == {"forgotten": 0}
    assert len(parsed()["jobs"]) == 9 - forgotten


def test_the_space_of_what_is_forgotten_is_given_back(do: Do, say: Say, data_dir: Path) -> None:
    do(delivered)
    file = data_dir / "atelier.db"
    assert file.stat().st_size > 36_000_000
    assert say("--prune", "0") == (0, "9 jobs deleted.\n", "")
    assert file.stat().st_size < 10_000_000


# Health


def test_a_healthy_queue_exits_with_0_and_an_unhealthy_one_with_1(do: Do, say: Say) -> None:
    status, out, err = say("--health")
    assert (status, err) == (1, "")
    assert out.splitlines() == [
        "The queue is not healthy.",
        "0 running · 0 queued · 0 to be delivered · 0 living workers",
        "No worker is running.",
    ]
    do(busy)
    status, out, _ = say("--health")
    lines = out.splitlines()
    assert (status, lines[0], lines[2:]) == (
        0, "The queue is healthy.", ["Worker attic-99d0aa is broken: it painted NaN"]
    )  # fmt: skip
    say("--drain")
    assert say("--health")[0] == 1


def test_health_is_json_too(do: Do, parsed: Callable[..., Any]) -> None:
    found = parsed("--health", status=1)
    assert found.keys() == {
        *("healthy", "problems", "queued", "running", "undelivered", "expired", "waiting", "paused"),
        *("workers", "now"),
    }
    assert (found["healthy"], found["problems"]) == (False, ["No worker is running."])
    do(busy)
    found = parsed("--health")
    assert (found["healthy"], found["queued"], found["running"], found["undelivered"]) == (True, 2, 1, 3)
    assert {worker["name"]: worker["reason"] for worker in found["workers"]}[
        "attic-99d0aa"
    ] == "it painted NaN"


# What goes wrong


ACTIONS: tuple[list[str], ...] = (
    *([], ["--health"], ["--show", "a"], ["--cancel", "a"], ["--retry", "a"]),
    *(["--drain"], ["--resume"], ["--prune"]),
)


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["people", "programs"])
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: " ".join(action) or "list")
def test_a_database_that_does_not_answer_is_one_clear_line_without_its_password(
    say: Say, monkeypatch: pytest.MonkeyPatch, action: list[str], option: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:s3cret@127.0.0.1:1/atelier")
    status, out, err = say(*action, *option)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("error: The queue's database cannot be reached: ")
    assert "s3cret" not in err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///folder", "The database, folder, is a folder."),
        ("sqlite:///file/queue.db", "The folder of the database, file, cannot be made (Not a directory)."),
        ("sqlite:///file", "The database cannot be used: file is not a database."),
        ("mysql://someone:s3cret@host/name", "The database can be sqlite or postgresql, not mysql."),
        ("s3cret", "The database's URL should look like "),
    ],
)
def test_a_database_that_cannot_be_one_is_one_clear_line(
    say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"Dear sir or madam, this is no database. " * 99)
    monkeypatch.setenv("DATABASE_URL", url)
    status, out, err = say("--health")
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith(f"error: {message}")
    assert "s3cret" not in err


def test_a_full_disk_is_one_clear_line(do: Do, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    do(busy)

    async def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("engine.queue.queue.shrink", full)
    status, out, err = say("--prune")
    assert (status, out) == (1, "")
    assert err == "error: The database's disk is full: nothing more can be stored.\n"


def test_the_database_of_a_newer_program_is_one_clear_line(do: Do, say: Say, data_dir: Path) -> None:
    do(busy)
    with sqlite3.connect(data_dir / "atelier.db") as connection:
        connection.execute("UPDATE atelier_schema SET version = 99")
    connection.close()
    status, _, err = say()
    assert (status, len(err.splitlines())) == (1, 1)
    assert err.startswith("error: The database is of version 99; ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["extra"],
        ["--show"],
        ["--show", "a", "b"],
        ["--cancel"],
        ["--retry"],
        ["--cancel", "a", "--retry", "b"],
        ["--health", "--drain"],
        ["--state", "lost"],
        ["--state"],
        ["--count", "0"],
        ["--count", "many"],
        ["--prune", "soon"],
        ["--prune", "-1"],
        ["--prune", "nan"],
        ["--prune", "inf"],
        ["--health", "--state", "done"],
        ["--cancel", "a", "--owner", "b"],
        ["--prune", "0", "--count", "3"],
    ],
)
def test_wrong_usage_is_told_apart(
    surroundings: dict[str, str], data_dir: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["jobs", *arguments])
    assert caught.value.code == 2
    assert "usage: python -m engine" in capsys.readouterr().err
    assert not (data_dir / "atelier.db").exists()


def test_every_action_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["jobs", "--help"])
    told = capsys.readouterr().out
    for option in ("--show", "--cancel", "--retry", "--drain", "--resume", "--prune", "--health", "--state"):
        assert f"\n  {option} " in told
    assert narrow(told)


def test_in_a_process_of_its_own_health_is_an_exit_status(do: Do, engine: Engine) -> None:
    process = engine("jobs", "--health", "--json")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (1, "")
    assert json.loads(stdout)["healthy"] is False
    do(busy)
    process = engine("jobs", "--health")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.startswith("The queue is healthy.\n")
