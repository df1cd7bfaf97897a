"""The measurement of ETAs: real workers, a few small jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import AtelierError
from tests.benchmarks.queue import eta
from tests.benchmarks.queue.eta import Eta, Promise
from tests.support.forked import ForkedProcess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` in reach, the smallest jobs, and no hurry on a busy machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.delenv("VGG_WEIGHTS", raising=False)
    monkeypatch.setattr(eta, "JOB_TIMEOUT", 300.0)
    monkeypatch.setattr(eta, "STOP_TIMEOUT", 300.0)
    monkeypatch.setattr(eta, "SIZES", (128,))
    monkeypatch.setattr(eta, "QUALITIES", ("draft",))


def start_narrow(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> ForkedProcess:
    """Start a worker that paints with a quarter of the network's channels."""
    with (folder / "log").open("ab") as output:
        return ForkedProcess(["narrow", *words], env=environment, cwd=folder, output=output)


def test_every_job_of_every_worker_is_measured(data_dir: Path) -> None:
    found = eta.measure(data_dir, jobs=3, owners=2, workers=2, start=start_narrow)
    assert found.count == 3
    assert all(promise.told > 0 and promise.kept > 0 for promise in found.promises)


def test_a_worker_that_ends_ends_the_measurement(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVICE", "nonsense")
    with pytest.raises(AtelierError, match="A worker ended with status 1"):
        eta.measure(data_dir, jobs=1)


def test_errors_are_relative_to_the_truth() -> None:
    found = Eta([Promise(12.0, 10.0), Promise(5.0, 10.0), Promise(9.0, 10.0)])
    assert found.count == 3
    assert found.error == pytest.approx(0.2)
    assert found.bias == pytest.approx(-0.1)
