"""Workers in processes of their own, at the pace of tests."""

from __future__ import annotations

import pytest

from engine.painting import scales
from tests.support.pace import ITERATIONS


@pytest.fixture(autouse=True)
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan paintings as the tests' workers do."""
    for quality, iterations in ITERATIONS.items():
        monkeypatch.setitem(scales._BUDGET, quality, iterations)
