"""In a group settings, status and refusals are seen by the one who asked, where the server knows how."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from bot.app import running
from bot.playground.errors import Refusal
from bot.playground.state.bot_profile import command_key
from bot.settings import Settings
from bot.transport import token_buckets
from tests.support.chat import Chat, said
from tests.support.playground import Playground

ME = "@atelier_bot"
HELLO = "I turn photos into paintings."

RunBot = Callable[[], contextlib.AbstractAsyncContextManager[None]]


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_buckets, "GROUP_LIMIT", (100.0, 100.0))


@pytest.fixture
def here(playground: Playground, you: Chat, somebody_else: Chat) -> Chat:
    """What you say and see in a group of two people and the bot."""
    return Chat(playground, you.id, playground.add_group("Sunday painters", you.id, somebody_else.id))


@pytest.fixture
def there(playground: Playground, somebody_else: Chat, here: Chat) -> Chat:
    """What somebody else says and sees there."""
    return Chat(playground, somebody_else.id, here.id)


@pytest.fixture
def run_bot(settings: Callable[..., Settings], playground: Playground, here: Chat, profile: None) -> RunBot:
    """Return what runs a bot without a worker; the group was greeted, and has its menu of commands."""
    in_groups = command_key("", {"type": "all_group_chats"})

    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with running(settings()):
            await here.heard(HELLO)
            await playground.wait_for(lambda: playground.profile.get("commands", in_groups))
            yield

    return run


def _new(chat: Chat) -> list[str]:
    """The first lines that somebody sees, but for the bot's greeting."""
    return [words.partition("\n")[0] for words in chat.sees() if words and HELLO not in words]


@pytest.mark.parametrize("known", [True, False])
async def test_settings_are_for_the_one_who_asks(
    run_bot: RunBot, playground: Playground, here: Chat, there: Chat, known: bool
) -> None:
    playground.ephemeral = known
    async with run_bot():
        asked = f"/settings{ME}"
        settings = await here.heard("", after=await here.text(asked))
        first = said(settings).partition("\n")[0]
        assert _new(here) == [asked, first]
        assert _new(there) == ([] if known else [asked, first])
        assert settings["reply_to_message"]["text"] == asked
        await here.tap(settings, "Strength")
        await playground.wait_for(lambda: here.now(settings)["reply_markup"] != settings["reply_markup"])
        assert _new(there) == ([] if known else [asked, first])
        if known:
            with pytest.raises(Refusal):
                await there.tap(settings, "Strength")


@pytest.mark.parametrize(("known", "administrator"), [(True, True), (True, False), (False, True)])
async def test_a_refusal_is_for_the_one_who_asks_where_the_bot_is_an_administrator(
    run_bot: RunBot, playground: Playground, here: Chat, there: Chat, known: bool, administrator: bool
) -> None:
    playground.ephemeral = known
    playground.promote(here.id, playground.bot["id"], administrator)
    async with run_bot():
        await here.text(f"hello {ME}")
        awaited = await here.heard("Reply to this message with a photo")
        for _ in range(2):
            asked = await playground.send_document(
                here.person, b"no picture", "a.jpg", reply_to=awaited["message_id"], group=here.id
            )
            refusal = await here.heard("", after=asked["message_id"])
        words = said(refusal)
        assert here.sees().count(words) == 2
        assert there.sees().count(words) == (0 if known and administrator else 2)
        calls = [one for one in playground.calls if "ephemeral_message_parameters" in one.values]
        assert len(calls) == (known and (2 if administrator else 1)), (
            "a chat that refuses it is not asked again"
        )


async def test_a_picture_that_only_the_bot_sees_is_not_painted_for_all(
    run_bot: RunBot, playground: Playground, here: Chat, there: Chat, small: bytes
) -> None:
    async with run_bot():
        status = await here.heard("", after=await here.text(f"/status{ME}"))
        photo = await here.photo(small, "mosaic", reply_to=status["message_id"])
        await here.heard("I don’t paint what only I can see", after=photo)
        assert _new(there) == []
        assert not here.pictures()


async def test_the_erasure_of_ones_data_is_nobody_elses_business(
    run_bot: RunBot, playground: Playground, here: Chat, there: Chat
) -> None:
    async with run_bot():
        sure = await here.heard("", after=await here.text(f"/forget{ME}"))
        await here.tap(sure, playground.labels(sure)[0])
        await playground.wait_for(lambda: not playground.labels(here.now(sure)))
        assert "left" in said(here.now(sure)) or "nothing" in said(here.now(sure)).lower()
        assert _new(there) == []
