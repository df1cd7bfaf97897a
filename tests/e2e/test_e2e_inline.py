"""Inline mode: a painting, or a style, is posted in any chat; whose it is decides who finds it."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import OpenBot
from tests.support.chat import PAINTED, Chat, keys, said
from tests.support.pictures import correlation, decoded
from tests.support.playground import Playground


@pytest.fixture(autouse=True)
def playground(playground: Playground) -> Playground:
    """A playground where inline mode is on."""
    playground.inline = True
    return playground


async def test_a_painting_is_shared_by_its_button_and_paint_mine_brings_its_style(
    copying_bot: str, playground: Playground, you: Chat, somebody_else: Chat, small: bytes, waves: bytes
) -> None:
    first = await you.heard(PAINTED, after=await you.photo(small, "mosaic"))
    second = await you.heard(PAINTED, after=await you.photo(waves, "stained glass"))
    await you.more(first)
    (share,) = [key for row in keys(you.now(first)) for key in row if key["text"] == "↗ Share"]
    query = share["switch_inline_query_chosen_chat"]["query"]
    answer = await playground.ask_inline(you.id, query)
    assert (answer["cache_time"], answer["is_personal"]) == (0, True)
    group = playground.add_group("Friends", you.id, somebody_else.id)
    (mine,) = [one for one in answer["results"] if one.get("title") == "Mosaic" and one["type"] == "photo"]
    posted = playground.choose_inline(you.id, answer, mine["id"], group)
    assert said(posted) == "Painted in the style of Mosaic"
    assert correlation(you.image(posted), decoded(small)) > 0.8
    ((button,),) = keys(posted)
    assert button["text"] == "🖌 Paint mine"
    await playground.start(somebody_else.id, button["url"].partition("?start=")[2])
    await somebody_else.heard("Style: Mosaic. Now send me a photo.")

    everything = await playground.ask_inline(you.id)
    titles = [one["title"] for one in everything["results"]]
    assert titles[:2] == ["Stained glass", "Mosaic"], "the newest first"
    assert "Woodblock waves" in titles, "and the styles"
    theirs = await playground.ask_inline(somebody_else.id)
    assert {one["type"] for one in theirs["results"]} == {"article"}, "nobody finds another's paintings"
    assert [one["title"] for one in (await playground.ask_inline(you.id, "stained"))["results"]] == [
        *("Stained glass", "Stained glass"),
    ]
    seen = len(playground.from_bot(you.id))
    for result in (everything["results"][0], everything["results"][-1]):
        playground.choose_inline(you.id, everything, result["id"])
    gone = await you.text("/forget")
    sure = await you.heard("Erase all your data", after=gone)
    assert len(playground.from_bot(you.id)) == seen + 1, "what was posted is no order"
    await you.tap(sure, "Erase everything")
    await you.becomes(sure, "nothing is left")
    after = await playground.ask_inline(you.id)
    assert {one["type"] for one in after["results"]} == {"article"}
    assert second["message_id"] > first["message_id"]


async def test_a_covered_painting_is_not_shared(
    copying_bot: str, playground: Playground, you: Chat, small: bytes
) -> None:
    await playground.send_photo(you.id, small, "mosaic", spoiler=True)
    await you.heard(PAINTED)
    answer = await playground.ask_inline(you.id)
    assert {one["type"] for one in answer["results"]} == {"article"}


async def test_who_is_banned_is_offered_nothing(
    copying_bot_with: OpenBot, playground: Playground, you: Chat, somebody_else: Chat, small: bytes
) -> None:
    async with copying_bot_with(bot_admins=frozenset({somebody_else.id})):
        await you.heard(PAINTED, after=await you.photo(small, "mosaic"))
        assert (await playground.ask_inline(you.id))["results"]
        await somebody_else.heard("is banned", after=await somebody_else.text(f"/ban {you.id}"))
        assert (await playground.ask_inline(you.id))["results"] == []
