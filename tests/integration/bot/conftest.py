"""A bot without a worker, whose pauses are short."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image

from bot.chat import job_actions, retries
from bot.transport import token_buckets
from bot.updates import processor
from tests.support.house import House, open_house
from tests.support.playground import Playground


@pytest.fixture
def playground() -> Iterator[Playground]:
    """A playground where taps wait for their answers."""
    made = Playground(tap_lifetime=60.0)
    made.inline = True
    yield made
    made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bot wait for nothing that people would not see."""
    monkeypatch.setattr(retries, "DELAYS", (0.05,))
    monkeypatch.setattr(processor, "TAP_TIMEOUT", 600.0)
    monkeypatch.setattr(job_actions.DoubleTaps.__init__, "__defaults__", (0.0,))
    for limit in ("PRIVATE_LIMIT", "GROUP_LIMIT"):
        monkeypatch.setattr(token_buckets, limit, (1000.0, 1000.0))


@pytest.fixture
async def house(
    quick: None, playground: Playground, tmp_path: Path, photo: Image.Image
) -> AsyncIterator[House]:
    """A bot with an admin and without a worker."""
    async with open_house(playground, tmp_path / "data", photo) as made:
        yield made
