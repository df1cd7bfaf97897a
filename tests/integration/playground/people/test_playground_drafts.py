"""Drafts that the bot streams and a user stops."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from telegram import (
    Bot,
)
from telegram.error import (
    BadRequest,
)

from bot.playground import YOU
from bot.playground.errors import Refusal
from tests.support.playground import Playground


@pytest.fixture
def somebody(playground: Playground) -> int:
    return playground.add_person("Émile")


@pytest.fixture
def group(playground: Playground, somebody: int) -> int:
    made = playground.add_group("Sunday painters", YOU, somebody)
    playground.updates.clear()
    return made


async def test_drafts_are_for_private_chats(bot: Bot, group: int) -> None:
    with pytest.raises(BadRequest, match="private chats"):
        await bot.send_message_draft(group, 7, "thinking")


async def test_a_draft_is_there_until_it_is_stopped_or_something_is_said(
    playground: Playground, bot: Bot
) -> None:
    await bot.send_message_draft(YOU, 7, "thinking", api_kwargs={"can_stop": True})
    draft = playground.draft(YOU)
    assert draft is not None
    assert (draft["text"], draft["draft_id"]) == ("thinking", 7)
    playground.stop_draft(YOU)
    assert playground.draft(YOU) is None
    (update,) = await bot.get_updates(timeout=0)
    stopped = update.api_kwargs["stopped_message_generation"]
    assert (stopped["chat"]["id"], stopped["draft_id"]) == (YOU, 7)
    await bot.send_message_draft(YOU, 8, "thinking again")
    with pytest.raises(Refusal, match="nothing to stop"):
        playground.stop_draft(YOU)
    await bot.send_message(YOU, "There.")
    assert playground.draft(YOU) is None


async def test_the_page_stops_a_draft(bot: Bot, page: aiohttp.ClientSession) -> None:
    async with page.post(f"/api/chats/{YOU}/draft/stop") as answer:
        assert answer.status == 409
    await bot.send_message_draft(YOU, 7, "thinking", api_kwargs={"can_stop": True})
    async with page.post(f"/api/chats/{YOU}/draft/stop") as answer:
        assert answer.status == 200
    (update,) = await bot.get_updates(timeout=0)
    assert update.api_kwargs["stopped_message_generation"]["draft_id"] == 7


async def test_a_draft_is_shown_and_never_stored(bot: Bot, playground: Playground) -> None:
    with playground.events.subscribe(YOU) as events:
        await bot.send_message_draft(YOU, 7, "Painting <b>…</b>", parse_mode="HTML")
        event = await asyncio.wait_for(events.get(), 5)
    assert event
    assert (event.name, event.data["text"]) == ("draft", "Painting …")
    assert playground.from_bot() == []
