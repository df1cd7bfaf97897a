"""A bot for some chats: users whom it serves share their paintings; others get nothing, whatever fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.storage import tables
from tests.support.chat import Chat, keys, said
from tests.support.house import House, open_house
from tests.support.playground import Playground

ELSEWHERE = "I only paint in the chats that my host has chosen."


@pytest.fixture
async def restricted(
    quick: None, playground: Playground, tmp_path: Path, photo: Image.Image
) -> AsyncIterator[tuple[House, Chat]]:
    """A bot for one user and its admin."""
    you = Chat(playground, playground.add_person("Ada"))
    playground.users.mark(you.person, started=True)
    async with open_house(playground, tmp_path / "data", photo, bot_chats=str(you.person)) as house:
        yield house, you


async def test_whom_the_bot_serves_in_private_shares_a_painting_and_whom_not_finds_nothing(
    restricted: tuple[House, Chat],
) -> None:
    house, you = restricted
    stranger, admin = house.somebody(), Chat(house.playground, house.admin)
    before = said(await admin.heard("Queued:", after=await admin.text("/stats")))
    _, painted = await house.painting(you)
    await you.tap(painted, "‹ Back")
    await house.quiet()
    offered = [key for row in keys(await you.more(painted)) for key in row if key["text"] == "↗ Share"]
    query = offered[0]["switch_inline_query_chosen_chat"]["query"]
    answer = await house.playground.ask_inline(you.person, query)
    assert [one["title"] for one in answer["results"]] == ["Mosaic"]
    await house.painting(stranger)
    for typed in ("m", "mo", "mos"):
        with pytest.raises(TimeoutError):  # it is not answered
            await house.playground.ask_inline(stranger.person, typed, 0.1)
    await house.quiet()
    assert "Refused in the last 24 hours:\n• messages in other chats: 1" in before  # the house's own picture
    assert said(await admin.heard("Queued:", after=await admin.text("/stats"))).endswith(
        "• messages in other chats: 1"
    )


async def test_a_stranger_is_stopped_also_if_that_cannot_be_counted(restricted: tuple[House, Chat]) -> None:
    house, _ = restricted
    stranger = house.somebody()
    async with house.database.begin() as connection:
        await connection.run_sync(tables.refusal.drop)
    await stranger.text("/start")
    await stranger.photo(house.photo, "mosaic")
    await house.quiet()
    assert [said(one) for one in house.playground.from_bot(stranger.id)] == [ELSEWHERE] * 2
    assert await house.queue.jobs(f"telegram:{stranger.person}") == []
