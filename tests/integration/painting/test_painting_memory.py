"""The memory that a painting is predicted to take, against what it does take."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.painting.device import fast_precision
from tests.support.forked import ForkedProcess

PEAK = Path(__file__).with_name("peak.py")
MIB = 2**20

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process its peak"
)

FAST = str(fast_precision(torch.device("cpu"))).removeprefix("torch.")


def paint(repo: Path, cache: Path, **case: Any) -> dict[str, Any]:
    """Paint in a process of its own and give what it reports."""
    with tempfile.TemporaryFile() as output:
        process = ForkedProcess(
            [json.dumps({"cache": str(cache), **case})],
            env=dict(os.environ),
            cwd=repo,
            output=output,
            program=PEAK,
        )
        status = process.wait()
        output.seek(0)
        said = output.read().decode()
    assert status == 0, said
    report: dict[str, Any] = json.loads(said)
    return report


@pytest.mark.parametrize(
    ("precision", "tile", "optimizer"),
    [(FAST, None, "lbfgs"), (FAST, 256, "lbfgs"), ("float32", None, "lbfgs"), ("float32", 256, "adam")],
)
def test_the_peak_is_within_a_quarter_of_what_was_predicted(
    precision: str, tile: int | None, optimizer: str, repo: Path, weights_cache: Path
) -> None:
    history = 1 if optimizer == "adam" else 2
    case = {"precision": precision, "tile": tile, "optimizer": optimizer, "history": history}
    report = paint(repo, weights_cache, size=384 if tile else 320, **case)
    assert report["measured"] > 64 * MIB, "nothing was measured"
    assert report["measured"] == pytest.approx(report["predicted"], rel=0.25)


def test_a_run_keeps_to_the_memory_that_it_was_given(repo: Path, weights_cache: Path) -> None:
    room = 400 * MIB
    report = paint(repo, weights_cache, size=512, precision=FAST, memory=room, masked=True, history=1)
    assert report["tile"] is not None
    assert report["predicted"] <= room
    assert report["measured"] <= room
