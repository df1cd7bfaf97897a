"""A tap on a control asks the database for little: each statement waits its turn behind all others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.delivery import deliveries
from bot.ops import broadcast, housekeeping
from bot.playground.types import Json
from tests.support.chat import keys
from tests.support.house import open_house
from tests.support.playground import Playground
from tests.support.sample_media import jpeg


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All statements of this process."""
    found: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def labels(message: Json) -> list[str]:
    """Return the texts of a message's buttons."""
    return [key["text"] for row in keys(message) for key in row]


@pytest.mark.usefixtures("quick")
async def test_a_tap_is_four_statements_before_its_answer_and_five_after_it(
    playground: Playground,
    tmp_path: Path,
    photo: Image.Image,
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for poller in (deliveries, broadcast):
        monkeypatch.setattr(poller, "POLL_INTERVAL", 3600.0)
    monkeypatch.setattr(housekeeping, "FIRST_DELAY", 3600.0)
    async with open_house(playground, tmp_path / "data", photo) as house:
        you = house.somebody()
        asked = await you.ready(jpeg(color="red"), jpeg(color="navy"))
        await you.tap(asked, "Adjust")
        await house.quiet()
        before = labels(you.now(asked))
        statements.clear()
        await you.tap(you.now(asked), before[0])
        await house.quiet()
        counts = [each for each in statements if "count(*) AS count_1 \nFROM inbox" not in each]
        assert before[0].startswith("Strength")
        assert labels(you.now(asked))[0] != before[0]
    assert len(counts) <= 9, counts
    assert sum(each.startswith("BEGIN") for each in counts) == 1
