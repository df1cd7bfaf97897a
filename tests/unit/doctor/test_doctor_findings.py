"""The doctor's findings and their report."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from bot.doctor.command import examined
from bot.doctor.settings import invalid, unknown
from bot.doctor.telegram import polling, refused, webhook
from bot.settings import Settings
from engine.doctor import Finding, Mark, as_json, database, machine, well
from engine.doctor.finding import duration, from_json, size
from engine.doctor.painting import of_device
from engine.queue import Condition, Health, Worker

GOOD = Finding("Disk", Mark.GOOD, "There is room.")
FAULT = Finding("Disk", Mark.FAULT, "It is full.", "Make room.")


def a_worker(name: str, state: Condition = Condition.IDLE, reason: str | None = None) -> Worker:
    return Worker(name, "cpu", "vgg16", 1.0, 97.0, state, reason, drain=False)


def a_queue(*workers: Worker, paused: bool = False) -> Health:
    return Health(2, 0, 0, 0, 0.0, paused, workers, 100.0)


def test_a_finding_is_one_line_and_what_to_do_stands_below_it() -> None:
    assert str(GOOD) == "✓ Disk         There is room."
    assert str(FAULT).splitlines() == ["✗ Disk         It is full.", "               → Make room."]


def test_only_a_fault_keeps_it_from_its_work() -> None:
    note = Finding("Clock", Mark.NOTE, "It is late.")
    assert well([GOOD, note])
    assert not well([GOOD, note, FAULT])


def test_findings_travel_as_one_line_of_json() -> None:
    line = json.dumps(as_json([GOOD, FAULT]))
    assert json.loads(line)["well"] is False
    assert from_json(line) == [GOOD, FAULT]


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", '{"findings": [{"name": "x"}]}', '{"findings": [{"mark": "bad"}]}']
)
def test_what_is_no_report_is_not_taken_for_one(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own is one, too
        from_json(line)


def test_an_engine_that_dies_is_a_fault_with_its_last_words() -> None:
    (finding,) = examined("", "Traceback:\nerror: there is no 'cuda:7' here.\n\n", -11)
    assert finding.mark is Mark.FAULT
    assert finding.said == "The engine's doctor ended with status -11: error: there is no 'cuda:7' here."


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (1500, "1.5 kB"), (123456789, "123 MB"), (2e12, "2 TB"), (5e15, "5e+03 TB")],
)
def test_bytes_are_said_in_words(count: float, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.2, "3 s"), (119, "119 s"), (180, "3 minutes"), (2e5, "2 days")]
)
def test_seconds_are_said_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# Settings


def test_a_slip_of_the_pen_in_env_is_told_with_what_was_meant(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BOT_TOKN=1:secret\nPAINT_SIZE=256\nNEXTDOOR=1\n")
    slip, other = unknown(file, {})
    assert (slip.said, slip.advice) == (
        "BOT_TOKN in .env is no setting of Atelier's.",
        "Did you mean BOT_TOKEN?",
    )
    assert "NEXTDOOR" in other.said
    assert "secret" not in f"{slip}{other}"


def test_what_compose_yaml_reads_is_no_slip_of_the_pen(repo: Path, tmp_path: Path) -> None:
    files = [repo / "compose.yaml", *(repo / "deploy").glob("compose*.yaml")]
    names = {name for file in files for name in re.findall(r"\$\{([A-Z_]+)", file.read_text("utf-8"))}
    assert len(names) > 5
    (tmp_path / ".env").write_text("".join(f"{name}=1\n" for name in names))
    assert unknown(tmp_path / ".env", {}) == []


def test_of_the_environment_only_what_is_like_a_setting_is_told(tmp_path: Path) -> None:
    environment = {"PATH": "/bin", "HOME": "/", "PAINT_SISE": "256", "DEVICE": "cpu", "paint_size": "128"}
    (finding,) = unknown(tmp_path / ".env", environment)
    assert (finding.said, finding.advice) == (
        "PAINT_SISE in the environment is no setting of Atelier's.",
        "Did you mean PAINT_SIZE?",
    )


def test_wrong_settings_are_all_told_and_their_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINT_SIZE", "77777")
    monkeypatch.setenv("ENGINE", "secret")
    with pytest.raises(ValidationError) as caught:
        Settings()
    found = invalid(caught.value)
    assert {finding.said.split(":")[0] for finding in found} == {"setting PAINT_SIZE", "setting ENGINE"}
    assert not any(word in str(finding) for finding in found for word in ("77777", "secret"))


# The machine


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    finding = machine.packages("The painter", ("pillow", "no-such-package-anywhere"), "engine")
    assert finding.mark is Mark.FAULT
    assert finding.said == "The painter needs no-such-package-anywhere."
    assert "'.[engine]'" in finding.advice
    assert machine.packages("The painter", ("pillow",), "engine").mark is Mark.GOOD


def test_a_data_folder_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    finding = machine.data_folder(tmp_path / "deep" / "data")
    assert finding.mark is not Mark.FAULT
    assert "made at the first start" in finding.said
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")
    file.chmod(0o777)
    assert machine.data_folder(file).said == f"DATA_DIR, {file}, is a file."
    below = machine.data_folder(file / "deep" / "data")
    assert below.mark is Mark.FAULT
    assert below.said == f"{file}, in DATA_DIR, is a file."


async def test_a_data_folder_that_is_closed_to_this_user_is_a_fault(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0)
    with somebody_else():
        folder = machine.data_folder(home / "data")
        (file,) = await database.database(f"sqlite:///{home / 'data' / 'atelier.db'}")
    assert (folder.mark, folder.said) == (Mark.FAULT, f"DATA_DIR, {home / 'data'}, is closed to this user.")
    assert (file.mark, file.advice) == (Mark.FAULT, folder.advice)
    assert "with sudo" in file.advice


@contextlib.contextmanager
def somebody_else() -> Iterator[None]:
    """Be nobody for a moment, whom modes concern."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


async def test_a_database_below_a_file_and_a_driver_that_is_not_installed_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").touch()
    (finding,) = await database.database(f"sqlite:///{tmp_path / 'data' / 'atelier.db'}")
    assert finding.mark is Mark.FAULT
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    (finding,) = await database.database("postgresql://db.example/atelier")
    assert finding.mark is Mark.FAULT
    assert "PostgreSQL needs asyncpg." in finding.said
    assert "DATABASE_URL" not in finding.advice


def test_a_disk_that_is_nearly_full_is_told_and_a_full_one_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LOW_DISK", 10**18)
    assert machine.data_folder(tmp_path).mark is Mark.NOTE
    monkeypatch.setattr(machine, "MIN_DISK", 10**18)
    assert machine.data_folder(tmp_path).mark is Mark.FAULT


# The queue


@pytest.mark.parametrize(
    ("shape", "mark"),
    [(database.NEWEST, Mark.GOOD), (database.NEWEST - 1, Mark.NOTE), (database.NEWEST + 1, Mark.FAULT)],
)
def test_an_older_database_is_brought_up_to_date_and_a_newer_one_is_a_fault(shape: int, mark: Mark) -> None:
    assert database.version("SQLite", shape).mark is mark


@pytest.mark.parametrize(
    ("health", "mark", "words"),
    [
        (a_queue(a_worker("a"), a_worker("b")), Mark.GOOD, ["2 workers live", "3 s ago", "2 paintings wait"]),
        (a_queue(), Mark.NOTE, ["No worker is running.", "heard of 40 s ago"]),
        (a_queue(a_worker("a"), paused=True), Mark.NOTE, ["drained"]),
        (a_queue(a_worker("a", Condition.BROKEN, "no GPU")), Mark.NOTE, ["a is broken: no GPU"]),
        (
            a_queue(a_worker("a"), a_worker("b", Condition.BROKEN)),
            Mark.NOTE,
            ["2 workers live", "b is broken"],
        ),
    ],
)
def test_it_is_told_who_would_paint(health: Health, mark: Mark, words: Sequence[str]) -> None:
    finding = database.workers(health, 60.0)
    assert finding.mark is mark
    for word in words:
        assert word in finding.said
    assert bool(finding.advice) is (mark is not Mark.GOOD)


@pytest.mark.parametrize(
    ("here", "words"), [(1004.0, "goes as"), (1020.0, "20 s ahead of"), (400.0, "10 minutes behind")]
)
def test_clocks_that_differ_by_more_than_seconds_are_told(here: float, words: str) -> None:
    finding = database.clocks(here, 1000.0, "the database")
    assert words in finding.said
    assert (finding.mark is Mark.GOOD) is ("goes as" in words)


# The device


def test_a_gpu_that_lies_idle_is_told() -> None:
    cpu = torch.device("cpu")
    assert of_device(cpu, "cpu Some Processor", None).said == "Some Processor (cpu)."
    finding = of_device(cpu, "cpu Some Processor", ("It sees no GPU.", "Update the driver."))
    assert (finding.mark, finding.said, finding.advice) == (
        Mark.NOTE,
        "It sees no GPU.",
        "Update the driver.",
    )


# Telegram's answers


def test_a_second_poller_is_told_apart_from_a_bot_api_that_is_unwell() -> None:
    assert polling({"ok": True, "result": []}, 0).mark is Mark.GOOD
    assert "waiting for us: 3" in polling({"ok": True, "result": []}, 3).said
    assert polling({"ok": False, "error_code": 409}, 0).mark is Mark.NOTE
    assert polling({"ok": False, "error_code": 502}, 0).mark is Mark.FAULT
    assert "@BotFather" in refused({"ok": False, "error_code": 401}).advice
    assert "@BotFather" not in refused({"ok": False, "error_code": 502}).advice


OURS = "https://bot.example.org/telegram"


@pytest.mark.parametrize(
    ("info", "ours", "mark", "words"),
    [
        ({"url": OURS}, OURS, Mark.GOOD, "set, to bot.example.org"),
        ({"url": ""}, OURS, Mark.NOTE, "No webhook is set yet"),
        ({"url": "https://elsewhere.org/secret"}, OURS, Mark.NOTE, "but to elsewhere.org"),
        ({"url": OURS, "last_error_message": "Connection refused"}, OURS, Mark.NOTE, "Connection refused"),
        ({"url": "https://elsewhere.org/secret"}, "", Mark.NOTE, "goes to elsewhere.org"),
    ],
)
def test_it_is_told_where_telegram_brings_what_people_write(
    info: dict[str, str], ours: str, mark: Mark, words: str
) -> None:
    finding = webhook(info, ours)
    assert finding.mark is mark
    assert words in finding.said
    assert "secret" not in str(finding)
    assert "/telegram" not in str(finding)
