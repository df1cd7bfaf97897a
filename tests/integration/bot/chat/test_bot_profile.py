"""The commands and descriptions that Telegram shows: sent where they changed, each by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from telegram import Bot

from bot.chat import bot_profile
from bot.chat.bot_profile import publish_profile
from bot.i18n import LANGUAGES
from bot.playground import YOU, serve
from bot.playground.state.bot_profile import command_key
from tests.support.playground import Playground
from tests.support.telegram_client import connect

PARTS = 4 * len(LANGUAGES)
"""The commands everywhere and in groups, and two descriptions."""

OWN = {"settings", "language", "help", "privacy", "forget"}


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    monkeypatch.setattr(bot_profile, "DELAYS", (0.01,))
    made = Playground()
    yield made
    made.close()


@pytest.fixture
async def bot(playground: Playground) -> AsyncIterator[Bot]:
    async with await serve(playground) as server, connect(server) as made:
        yield made


def _sets(playground: Playground) -> list[str]:
    return [call.method for call in playground.calls if call.method.startswith("setMy")]


async def test_a_second_start_changes_nothing(playground: Playground, bot: Bot) -> None:
    await publish_profile(bot)
    assert len(_sets(playground)) == PARTS
    playground.profile.set("description", "zh", "old words")
    await publish_profile(bot)
    assert _sets(playground)[PARTS:] == ["setMyDescription"]
    assert playground.profile.text("description", "zh") != "old words"


@pytest.mark.parametrize("known", [True, False])
async def test_in_groups_the_commands_about_oneself_are_for_ones_own_eyes_where_the_server_knows_that(
    playground: Playground, bot: Bot, known: bool
) -> None:
    playground.ephemeral = known
    await publish_profile(bot, [YOU])
    group = playground.add_group("Sunday painters", YOU)
    commands = {each["command"]: each for each in playground.card(YOU, group)["commands"]}
    unseen = {name for name, each in commands.items() if each.get("is_ephemeral")}
    assert unseen == ({"status", "cancel", *OWN} if known else set())
    assert commands["report"]["description"] == "Report the painting you reply to"
    private = playground.card(YOU)["commands"]
    assert not any(each.get("is_ephemeral") or each["command"] == "report" for each in private)
    before = len(_sets(playground))
    await publish_profile(bot, [YOU])
    assert len(_sets(playground)) == before, "a second start changes nothing"


async def test_one_error_costs_the_others_nothing_and_is_tried_again(
    playground: Playground, bot: Bot
) -> None:
    playground.fault("setMyDescription", code=500, times=2)
    playground.fault("setMyShortDescription", code=400, description="Bad Request: no")
    await publish_profile(bot, [YOU])
    assert all(playground.profile.text("description", code) for code in LANGUAGES)
    assert all(
        playground.profile.get("commands", command_key("" if code == "en" else code, {"type": "default"}))
        for code in LANGUAGES
    )
    assert len(_sets(playground)) == PARTS + 2 + 1, "two are repeated, and the admin has commands"


async def test_an_admin_who_has_never_written_stops_nothing(playground: Playground, bot: Bot) -> None:
    playground.fault("setMyCommands", skip=8, code=400, description="Bad Request: chat not found")
    await publish_profile(bot, [YOU, YOU + 1])
    scope = {"type": "chat", "chat_id": YOU + 1}
    commands = playground.profile.get("commands", command_key("", scope))
    assert "ban" in [command["command"] for command in commands]
