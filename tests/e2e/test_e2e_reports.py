"""A painting is reported to the admins, by whoever sees it; they delete it, and ban who asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.chat import job_actions, reports
from bot.chat.job_actions import DoubleTaps
from tests.e2e.conftest import OpenBot
from tests.support.chat import PAINTED, Chat, keys, said
from tests.support.pictures import correlation, decoded
from tests.support.playground import Playground

THANKS = "Thank you. The people who run this bot will look at it."
ME = "@atelier_bot"


@pytest.fixture
def admin(playground: Playground) -> Chat:
    """The chat of who runs the bot."""
    person = playground.add_person("Rosa")
    playground.users.mark(person, started=True)
    return Chat(playground, person)


@pytest.fixture
async def bot(copying_bot_with: OpenBot, admin: Chat, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A bot with two admins, of whom one has never written to it, and for which no two taps are one."""
    monkeypatch.setattr(job_actions, "DoubleTaps", lambda: DoubleTaps(within=0.0))
    monkeypatch.setattr("bot.app.DoubleTaps", lambda: DoubleTaps(within=0.0))
    monkeypatch.setattr(reports, "MAX_REPORTS", 2)
    async with copying_bot_with(bot_admins=frozenset({1, admin.id})) as address:
        yield address


@pytest.fixture
def group(playground: Playground, you: Chat, somebody_else: Chat) -> int:
    """A supergroup of two people and the bot."""
    return playground.upgrade_group(playground.add_group("Sunday painters", you.id, somebody_else.id))


async def test_in_a_group_anybody_reports_and_an_admin_deletes_and_bans(
    bot: str, playground: Playground, admin: Chat, you: Chat, somebody_else: Chat, group: int, small: bytes
) -> None:
    here, there = (Chat(playground, chat.id, group) for chat in (you, somebody_else))
    painted = await here.heard(PAINTED, after=await here.photo(small, f"mosaic {ME}"))
    answer = await there.tap(painted, "More…")
    assert "To report the painting, reply to it with /report." in str(answer.text)
    await here.more(painted)
    as_it_was = here.now(painted)
    assert "tap ⚑ Report again" in str((await there.tap(painted, "⚑ Report")).text)
    assert admin.pictures() == [], "one tap reports nothing"
    assert (await there.tap(painted, "⚑ Report")).text == THANKS
    assert here.now(painted) == as_it_was, "the painting in the group stays as it is"
    told = await admin.heard("A painting was reported. Style: Mosaic.")
    assert correlation(admin.image(told), decoded(small)) > 0.8
    for fact in (f"Asked for by user {you.id} in chat {group}", f"Reported by user {somebody_else.id}"):
        assert fact in said(told)
    assert [key["text"] for row in keys(told) for key in row] == [
        *("🗑 Delete the painting", f"✕ Ban user {you.id}"),
    ]
    # Others may report it as well; it is sent once.
    asked = await here.text("/report", reply_to=painted["message_id"])
    sure = await here.heard("Report this painting?", after=asked)
    await here.tap(sure, "⚑ Report")
    await here.becomes(sure, THANKS)
    assert len(admin.pictures()) == 1
    # What an admin decides is done.
    await admin.tap(told, "🗑 Delete the painting")
    await admin.heard("Deleted.", after=told["message_id"])
    await here.goes(painted)
    await admin.tap(told, "✕ Ban")
    await admin.heard(f"User {you.id} is banned.", after=told["message_id"])
    await here.text("/help")
    await there.heard("1. Send a photo.", after=await there.text("/help"))
    unbanned = await admin.text("/unban", reply_to=told["message_id"])
    await admin.heard(f"User {you.id} is no longer banned.", after=unbanned)
    await there.heard("Reply to a painting of mine", after=await there.text(f"/report{ME}"))


async def test_a_covered_painting_is_covered_for_the_admins_too_and_reports_have_an_end(
    bot: str, playground: Playground, admin: Chat, you: Chat, small: bytes
) -> None:
    shown = []
    for number in range(3):
        photo = await playground.send_photo(you.id, small, "mosaic", spoiler=number == 0)
        shown.append(await you.heard(PAINTED, after=photo["message_id"]))
    for number, painted in enumerate(shown):
        await you.more(painted)
        await you.tap(painted, "⚑ Report")
        answer = await you.tap(painted, "⚑ Report")
        assert answer.text == (
            THANKS if number < 2 else "You’ve reported several paintings today. Please wait until tomorrow."
        )
    first, second = admin.pictures()
    assert first["has_media_spoiler"]
    assert "has_media_spoiler" not in second
    await you.heard("Anyone who sees one of your paintings can report it.", after=await you.text("/privacy"))


async def test_what_is_too_old_to_be_deleted_loses_its_picture(
    bot: str, playground: Playground, admin: Chat, you: Chat, small: bytes
) -> None:
    painted = await you.heard(PAINTED, after=await you.photo(small, "mosaic"))
    await you.more(painted)
    for _ in range(2):
        await you.tap(painted, "⚑ Report")
    told = await admin.heard("A painting was reported.")
    old = "Bad Request: message can't be deleted for everyone"
    playground.fault("deleteMessage", code=400, description=old, times=1)
    await admin.tap(told, "🗑 Delete the painting")
    await you.becomes(painted, "Removed by the people who run this bot.")
    assert keys(you.now(painted)) == []
    low, high = you.image(you.now(painted)).convert("L").getextrema()
    assert low == high, "nothing is seen"


async def test_without_admins_there_is_nobody_to_report_to(copying_bot: str, you: Chat, small: bytes) -> None:
    painted = await you.heard(PAINTED, after=await you.photo(small, "mosaic"))
    await you.more(painted)
    assert "⚑ Report" not in you.playground.labels(you.now(painted))
    await you.heard("1. Send a photo.", after=await you.text("/report", reply_to=painted["message_id"]))
    assert "report" not in said(await you.heard("What I keep", after=await you.text("/privacy")))
