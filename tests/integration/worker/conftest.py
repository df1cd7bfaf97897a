"""Workers in processes of their own, at the pace of tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.painting import scales
from engine.painting.network import Network
from engine.worker.slot import take_slot
from tests.support.pace import ITERATIONS
from tests.support.stage import Stage, stage
from tests.support.workers import DataFolder, make_data_folder


@pytest.fixture(autouse=True)
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan paintings as the tests' workers do."""
    for quality, iterations in ITERATIONS.items():
        monkeypatch.setitem(scales._BUDGET, quality, iterations)


@pytest.fixture
def data_folder(tmp_path: Path, weights_cache: Path, repo: Path) -> DataFolder:
    """A data folder without a worker."""
    return make_data_folder(tmp_path, weights_cache, repo)


@pytest.fixture
async def on_stage(tmp_path: Path, network: Network) -> AsyncIterator[Stage]:
    with take_slot(tmp_path) as slot:
        async with stage(tmp_path, network, slot) as made:
            yield made
