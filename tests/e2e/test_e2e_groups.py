"""In a group the bot speaks when it is spoken to, and each button acts for one person alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from bot.app import running
from bot.settings import Settings
from bot.storage.sessions import Sessions
from bot.transport import token_buckets
from engine.queue import Queue, open_database
from tests.support.chat import PAINTED, QUESTION, STYLES, Chat, job_of, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.playground import Playground
from tests.support.processes import until

ME = "@atelier_bot"


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_buckets, "GROUP_LIMIT", (100.0, 100.0))


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker."""
    async with running(settings()) as address:
        yield address


@pytest.fixture
def group(playground: Playground, you: Chat, somebody_else: Chat) -> int:
    """A group of two people and the bot."""
    return playground.add_group("Sunday painters", you.id, somebody_else.id)


@pytest.fixture
def here(playground: Playground, you: Chat, group: int) -> Chat:
    """What you say in the group."""
    return Chat(playground, you.id, group)


@pytest.fixture
def there(playground: Playground, somebody_else: Chat, group: int) -> Chat:
    """What somebody else says in the group."""
    return Chat(playground, somebody_else.id, group)


@pytest.mark.parametrize("privacy", [True, False])
async def test_what_is_not_said_to_the_bot_is_not_answered(
    idle_bot: str, playground: Playground, here: Chat, small: bytes, privacy: bool
) -> None:
    playground.privacy = privacy  # without it, the bot hears everything and has to hold its tongue
    await here.text("lovely weather")
    await here.photo(small, "our cat")
    await here.text("/start@another_bot")
    await here.text("/status@another_bot")
    asked = await here.text(f"hello {ME}")
    answer = await here.heard("Reply to this message with a photo", after=asked)
    assert answer["reply_to_message"]["message_id"] == asked
    replies = [each for each in playground.from_bot(here.id) if "I turn photos" not in said(each)]
    assert replies == [answer]


async def test_a_picture_is_taken_by_a_command_by_name_and_in_answer_to_the_bot(
    idle_bot: str, here: Chat, small: bytes, waves: bytes
) -> None:
    photo = await here.photo(small)
    sheet = await here.heard(STYLES, after=await here.text("/paint", reply_to=photo))
    await here.heard(QUESTION, after=await here.photo(waves, reply_to=sheet["message_id"]))
    for ask, style in (
        (partial(here.text, f"{ME} mosaic", reply_to=photo), "Mosaic"),
        (partial(here.photo, small, f"stained glass {ME}"), "Stained glass"),
        (partial(here.photo, small, f"/paint{ME} mosaic"), "Mosaic"),
    ):
        card = await here.card(after=await ask())
        status = await here.heard("in progress", after=await here.text(f"/status{ME}"))
        assert f"Style: {style}. " in said(status)
        assert "reply_to_message" in card


async def test_somebody_elses_buttons_say_so_to_who_tapped_alone(
    idle_bot: str, playground: Playground, here: Chat, there: Chat, small: bytes
) -> None:
    await here.heard(STYLES, after=await here.photo(small, ME))
    ready = await here.heard(QUESTION, after=await here.photo(small, ME))
    before = len(playground.from_bot(here.id))
    for label in ("🖌 Paint", "Swap", "New photo", "⚙ Adjust"):
        answer = await there.tap(ready, label)
        assert answer.text == "Only the person who asked for this painting can do that."
        assert answer.show_alert
    assert len(playground.from_bot(here.id)) == before
    assert here.now(ready) == ready
    await here.tap(ready, "⚙ Adjust")
    await here.becomes(ready, "Style: the painting you sent")
    answer = await there.tap(ready, "Strength")
    assert answer.text == "Only the person who asked for this painting can do that."
    await here.tap(ready, "Strength")
    await here.becomes(ready, "Full strength")


async def test_two_people_of_a_group_do_not_mix(
    idle_bot: str, here: Chat, there: Chat, small: bytes, waves: bytes
) -> None:
    await here.heard(STYLES, after=await here.photo(small, ME))
    await there.heard("Reply to this message with a photo", after=await there.text(f"well, {ME}?"))
    await there.card(after=await there.photo(waves, f"stained glass {ME}"))
    card = await here.card(after=await here.text(f"mosaic, {ME}"))
    assert correlation(halves(here.image(card))[0], decoded(small)) > 0.8


async def test_a_painting_arrives_in_the_group_also_when_that_becomes_a_supergroup(
    bot: str, queue: Queue, playground: Playground, here: Chat, china: bytes, small: bytes
) -> None:
    painted = await here.heard(PAINTED, after=await here.photo(small, f"mosaic {ME}"))
    assert "effect_id" not in painted, "that is for private chats"
    await here.photo(china, f"mosaic {ME}")

    async def ordered() -> bool:
        return len(await queue.jobs(f"telegram:{here.person}")) == 2

    await until(ordered)
    moved = Chat(playground, here.person, playground.upgrade_group(here.id))
    await moved.heard(PAINTED)
    assert len(moved.paintings()) == 1


async def test_a_group_that_becomes_a_supergroup_is_not_greeted_again(
    idle_bot: str, playground: Playground, you: Chat
) -> None:
    hello = "I turn photos into paintings."
    group = Chat(playground, you.id, playground.add_group("Monday painters", you.id))
    await group.heard(hello)
    moved = Chat(playground, you.id, playground.upgrade_group(group.id))
    await moved.heard("1. Send a photo.", after=await moved.text(f"/help{ME}"))
    assert [one for one in playground.from_bot(moved.id) if hello in said(one)] == []
    assert len([one for one in playground.from_bot(group.id) if hello in said(one)]) == 1


async def test_a_group_that_throws_the_bot_out_stops_nobody_else(
    bot: str,
    queue: Queue,
    playground: Playground,
    here: Chat,
    you: Chat,
    china: bytes,
    small: bytes,
    waves: bytes,
) -> None:
    await here.photo(china, f"mosaic {ME}")
    await job_of(queue, here.person)
    playground.kick(here.id)
    mine = await you.ready(small, waves)
    await you.tap(mine, "🖌 Paint")
    await you.painted(mine)


async def test_a_request_that_meets_the_groups_migration_is_answered_in_the_supergroup(
    idle_bot: str,
    settings: Callable[..., Settings],
    playground: Playground,
    here: Chat,
    small: bytes,
) -> None:
    fault = playground.fault("sendPhoto", latency=1.0)
    await here.photo(small, ME)

    async def under_way() -> bool:
        return fault not in playground.faults.active

    await until(under_way)
    moved = Chat(playground, here.person, playground.upgrade_group(here.id))
    sheet = await moved.heard(STYLES)
    database = open_database(settings().database)

    async def saved() -> bool:  # the two chats do not wait for each other
        session = await Sessions(database).load(moved.id, here.person)
        return session is not None and session.photo is not None

    await until(saved)
    await database.dispose()
    await moved.tap(sheet, "Mosaic")
    await moved.becomes(sheet, "The painter isn’t ready yet")
    assert correlation(halves(moved.image(moved.now(sheet)))[0], decoded(small)) > 0.8


async def test_pictures_in_a_group_and_in_the_supergroup_it_becomes_are_of_one_conversation(
    settings: Callable[..., Settings], playground: Playground, here: Chat, small: bytes, waves: bytes
) -> None:
    await here.photo(small, ME)
    moved = Chat(playground, here.person, playground.upgrade_group(here.id))
    playground.fault("sendPhoto", chat_id=moved.id, latency=1.0)
    await moved.photo(waves, ME)
    async with running(settings()):  # the updates of both chats are there when it starts
        question = await moved.heard("Paint this in the style of the painting you sent?")
    pictures = halves(moved.image(question))
    for picture in (small, waves):
        assert max(correlation(one, decoded(picture)) for one in pictures) > 0.8, "neither is lost"
