"""Reports, and what admins decide: they read what has become of it, and nobody else is stopped by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.chat import reports, retries
from bot.playground.types import Json
from tests.support.chat import Chat
from tests.support.house import House, open_house
from tests.support.playground import Playground
from tests.support.processes import until

ME = "@atelier_bot"
THANKS = "Thank you. The people who run this bot will look at it."
STAYS = (
    "Telegram didn’t let me delete this painting, so it’s still there. In a group, an admin can delete it."
)
DELETE = "🗑 Delete the painting"
TOO_OLD = "Bad Request: message can't be deleted for everyone"


async def _group(house: House, *people: Chat) -> int:
    group = house.playground.add_group("Sunday painters", *(one.person for one in people))
    await house.quiet()
    return group


async def _reported(house: House, chat: Chat, painted: Json) -> Json:
    """Report a painting, and return the message that an admin gets."""
    assert "To confirm" in str((await chat.tap(painted, "⚑ Report")).text)
    assert (await chat.tap(painted, "⚑ Report")).text == THANKS
    return await Chat(house.playground, house.admin).heard("A painting was reported.")


async def test_a_painting_in_a_group_that_became_a_supergroup_stops_nobody_and_the_admin_reads_that_it_stays(
    house: House,
) -> None:
    you, admin = house.somebody(), Chat(house.playground, house.admin)
    here = Chat(house.playground, you.person, await _group(house, you))
    _, painted = await house.painting(here)
    told = await _reported(house, here, painted)
    await house.waits(admin)
    moved = Chat(house.playground, you.person, house.playground.upgrade_group(here.id))
    await house.quiet()
    await admin.tap(told, DELETE)
    await admin.heard(STAYS, after=told["message_id"])
    await admin.card(after=await admin.text("mosaic"))  # the photo waits where it was sent
    await moved.heard("1. Send a photo.", after=await moved.text(f"/help{ME}"))


async def test_what_the_bot_may_not_delete_is_not_called_deleted_and_can_be_tried_again(house: House) -> None:
    you, admin = house.somebody(), Chat(house.playground, house.admin)
    here = Chat(house.playground, you.person, await _group(house, you))
    _, painted = await house.painting(here)
    told = await _reported(house, here, painted)
    house.playground.kick(here.id)
    await admin.tap(told, DELETE)
    answer = await admin.heard(STAYS, after=told["message_id"])
    house.playground.kick(here.id, False)
    for method in ("deleteMessage", "editMessageMedia"):
        house.playground.fault(method, code=400, description=TOO_OLD)
    await admin.tap(told, DELETE)
    answer = await admin.heard(STAYS, after=answer["message_id"])
    await admin.tap(told, DELETE)
    answer = await admin.heard("Deleted.", after=answer["message_id"])
    await here.goes(painted)
    await admin.tap(told, DELETE)
    await admin.heard("I no longer have this painting.", after=answer["message_id"])


async def test_what_is_posted_in_a_chat_without_the_bot_is_not_called_deleted(house: House) -> None:
    you, admin = house.somebody(), Chat(house.playground, house.admin)
    _, painted = await house.painting(you, guest_message="AgAAAA")
    told = await _reported(house, you, painted)
    await admin.tap(told, DELETE)
    await admin.heard(STAYS, after=told["message_id"])
    await you.goes(painted)


@pytest.mark.parametrize("by", ["a tap", "a command"])
async def test_the_copy_that_was_reported_is_deleted_with_the_painting(house: House, by: str) -> None:
    you, admin = house.somebody(), Chat(house.playground, house.admin)
    job, painted = await house.painting(you)
    copy = house.offer(you, house.shown(you, text="In the style of Mosaic"), job)
    if by == "a tap":
        told = await _reported(house, you, copy)
    else:
        asked = await you.text("/report", reply_to=copy["message_id"])
        await you.tap(await you.heard("Report this painting?", after=asked), "⚑ Report")
        told = await admin.heard("A painting was reported.")
    await admin.tap(told, DELETE)
    await admin.heard("Deleted.", after=told["message_id"])
    for one in (painted, copy):
        await you.goes(one)


async def test_what_its_user_cannot_delete_is_not_called_deleted_and_what_is_too_old_is_blank(
    house: House,
) -> None:
    you = house.somebody()
    _, painted = await house.painting(you)
    await you.tap(painted, "🗑 Delete")
    await you.becomes(painted, "Delete this painting?")
    for method in ("deleteMessage", "editMessageMedia"):
        house.playground.fault(method, code=400, description=TOO_OLD)
    assert STAYS in str((await you.tap(painted, "🗑 Delete")).text)
    house.playground.fault("deleteMessage", code=400, description=TOO_OLD)
    assert (await you.tap(painted, "🗑 Delete")).text == "Deleted."
    low, high = you.image(await you.becomes(painted, "Deleted.")).convert("L").getextrema()
    assert low == high, "nothing is seen"


async def test_what_may_not_be_forwarded_may_not_be_forwarded_by_admins_either(house: House) -> None:
    you = house.somebody()
    _, painted = await house.painting(you, protected=True)
    assert (await _reported(house, you, painted)).get("has_protected_content")


async def test_who_replies_ban_to_the_question_about_a_report_means_the_user_of_the_painting(
    house: House,
) -> None:
    you, reporter, admin = house.somebody(), house.somebody(), Chat(house.playground, house.admin)
    group = await _group(house, you, reporter, admin)
    here, there, above = (Chat(house.playground, one.person, group) for one in (you, reporter, admin))
    _, painted = await house.painting(here)
    asked = await there.text("/report", reply_to=painted["message_id"])
    question = await there.heard("Report this painting?", after=asked)
    ban = await above.text(f"/ban{ME}", reply_to=question["message_id"])
    await above.heard(f"User {you.person} is banned.", after=ban)
    await there.tap(question, "⚑ Report")
    await there.becomes(question, THANKS)


@pytest.fixture
async def two_admins(
    quick: None, playground: Playground, tmp_path: Path, photo: Image.Image
) -> AsyncIterator[tuple[House, Chat, Chat]]:
    """A bot with two admins."""
    first, second = (playground.add_person(name) for name in ("Rosa", "Clara"))
    for one in (first, second):
        playground.users.mark(one, started=True)
    admins = frozenset({first, second})
    async with open_house(playground, tmp_path / "data", photo, bot_admins=admins) as house:
        yield house, Chat(playground, first), Chat(playground, second)


async def test_a_report_that_takes_its_time_asks_nothing_again_and_reaches_each_admin_once(
    two_admins: tuple[House, Chat, Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, first, second = two_admins
    you, other = house.somebody(), house.somebody()
    group = await _group(house, you, other)
    here, there = (Chat(house.playground, one.person, group) for one in (you, other))
    _, painted = await house.painting(here)
    assert "To confirm" in str((await here.tap(painted, "⚑ Report")).text)
    away = house.playground.fault("sendPhoto", chat_id=second.id, drop=True, times=None)
    sure = asyncio.create_task(here.tap(painted, "⚑ Report"))
    await first.heard("A painting was reported.")
    monkeypatch.setattr(reports, "CONFIRMATION", 0.0)  # the first tap is so long ago
    before = len(house.playground.calls)

    async def tried_again() -> bool:
        calls = [one.method for one in list(house.playground.calls)[before:]]
        return sure.done() or calls.count("sendPhoto") > 1

    await until(tried_again)
    house.playground.faults.active.remove(away)
    assert (await sure).text == THANKS
    await second.heard("A painting was reported.")
    monkeypatch.setattr(reports, "CONFIRMATION", 60.0)
    assert "To confirm" in str((await there.tap(painted, "⚑ Report")).text)
    assert (await there.tap(painted, "⚑ Report")).text == THANKS
    await house.quiet()
    assert [len(admin.pictures()) for admin in (first, second)] == [1, 1]


async def test_a_report_that_never_reaches_one_admin_does_not_reach_the_other_again(
    two_admins: tuple[House, Chat, Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, first, second = two_admins
    monkeypatch.setattr(retries, "MAX_ATTEMPTS", 2)
    you = house.somebody()
    _, painted = await house.painting(you)
    house.playground.fault("sendPhoto", chat_id=second.id, drop=True, times=None)
    for _ in range(3):
        await you.tap(painted, "⚑ Report")
        await house.quiet()
    assert len(first.pictures()) == 1
