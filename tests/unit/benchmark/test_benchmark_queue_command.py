"""``python -m tests.benchmarks.queue``, with measurements that take no time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.queue import backlog, eta, queue
from tests.benchmarks.queue.__main__ import main
from tests.benchmarks.queue.eta import Eta, Promise
from tests.benchmarks.queue.findings import Findings


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but these, and nothing to wait for."""
    for name in ("DEVICE", "VGG_WEIGHTS", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(queue, "measure", lambda folder, plan, **_: Findings(2, plan, [], [str(folder)]))
    calls = [backlog.Call("claim", 2.0, 1.0, 0.5, 0.25)]
    found = [backlog.Backlog("SQLite", backlog.Size(), calls)]
    monkeypatch.setattr(backlog, "measure", lambda folder, database, **_: found)
    monkeypatch.setattr(eta, "measure", lambda data: Eta([Promise(9.0, 10.0), Promise(12.0, 10.0)]))


def test_queue_and_forecasts_are_measured_in_one_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", "--repeat", "1", "--output", str(tmp_path / "out")]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert found["queue"]["plan"]["repeat"] == 1
    assert [each["database"] for each in found["backlogs"]] == ["SQLite"]
    assert found["eta"] == {"jobs": 2, "error": 0.15, "bias": 0.05}
    assert json.loads((tmp_path / "out" / "queue.json").read_text()) == found
    assert main(["--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "10000 jobs wait, 100000 are done, on SQLite" in said
    assert "off by 15.0% in the median (+5.0% with sign)" in said


def test_the_queue_alone_needs_no_painter_and_is_measured_where_the_results_will_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--only", "queue", "--weights", "nowhere", "--repeat", "2", "--json"]
    assert main([*command, "--output", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"load", "repeat", "queue"}
    assert found["queue"]["plan"]["repeat"] == 2
    (folder,) = found["queue"]["notes"]
    assert Path(folder).parent == tmp_path / "out"
    assert not Path(folder).exists()
    assert json.loads((tmp_path / "out" / "queue.json").read_text()) == found


def test_the_forecasts_alone_measure_no_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "eta", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == {"load", "repeat", "eta"}


def test_a_wrong_number_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--repeat", "0"]) == 1
    assert capsys.readouterr().err == "error: Every number must be 1 or more.\n"
