"""A short run of ``make fuzz``, the same at all times; and that it would find something."""

from __future__ import annotations

import math
import signal
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz.samples import sample


def test_no_forged_file_harms_its_reader() -> None:
    report = fuzz.fuzz(iter(range(600)), math.inf)
    assert report.faults == {}
    assert report.count == 600
    assert report.decoded > 50
    assert report.refused > 100


def test_a_number_is_always_the_same_file() -> None:
    assert [sample(number) for number in range(20)] == [sample(number) for number in range(20)]
    assert len({sample(number) for number in range(20)}) == 20


def test_a_reader_that_dies_or_errs_is_noticed_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "fuzz.py").write_text(
        "import os, sys\n"
        "for line in sys.stdin:\n"
        f"    int(line) == 3 and os.kill(os.getpid(), {int(signal.SIGSEGV)})\n"
        "    print('fault KeyError: 5' if int(line) == 5 else 'refused', flush=True)\n"
    )
    monkeypatch.setattr(fuzz, "REPO", tmp_path)
    report = fuzz.fuzz(iter(range(8)), math.inf)
    assert report.faults == {3: "ended the process with status -11", 5: "KeyError: 5"}
    assert report.refused == 6
