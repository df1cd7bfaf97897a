"""A group that becomes a supergroup is known there."""

from __future__ import annotations

import pytest

from bot.updates import migrations
from tests.support.chat import STYLES, Chat, said
from tests.support.house import House
from tests.support.processes import until


async def test_a_group_that_is_busy_while_it_becomes_a_supergroup_is_not_greeted_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "NEWS_TIMEOUT", 0.4)
    you = house.somebody()
    here = Chat(house.playground, you.person, house.playground.add_group("Sunday painters", you.person))
    await here.heard("I turn photos into paintings.")
    fault = house.playground.fault("sendPhoto", latency=1.0)
    await here.photo(house.photo, "@atelier_bot")

    async def under_way() -> bool:
        return fault not in house.playground.faults.active

    await until(under_way)
    moved = Chat(house.playground, you.person, house.playground.upgrade_group(here.id))
    await moved.heard(STYLES)
    await house.quiet()
    assert [one for one in house.playground.from_bot(moved.id) if STYLES not in said(one)] == []
