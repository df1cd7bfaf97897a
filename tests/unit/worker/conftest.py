"""The worker's modules, with paintings that take few iterations."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from engine.painting import scales
from tests.support.pace import ITERATIONS


@pytest.fixture(scope="module", autouse=True)
def paced() -> Iterator[None]:
    """Paint drafts with as few iterations as the tests' workers."""
    with mock.patch.dict(scales._BUDGET, ITERATIONS):
        yield
