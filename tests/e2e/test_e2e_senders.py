"""Every kind of sender and chat: whoever asks gets a painting, of their photo, where they asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bot.app import running
from bot.settings import Settings
from bot.transport import token_buckets
from tests.e2e.conftest import OpenBot
from tests.support.chat import PAINTED, STYLES, Chat, Json, keys, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.playground import Playground
from tests.support.processes import until

ME = "@atelier_bot"


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker."""
    async with running(settings()) as address:
        yield address


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_buckets, "GROUP_LIMIT", (100.0, 100.0))


@pytest.fixture
def group(playground: Playground, you: Chat, somebody_else: Chat) -> int:
    """A supergroup of two people and the bot."""
    return playground.upgrade_group(playground.add_group("Sunday painters", you.id, somebody_else.id))


@pytest.fixture
def here(playground: Playground, you: Chat, group: int) -> Chat:
    """What you say in the group, which is yours."""
    return Chat(playground, you.id, group)


@pytest.fixture
def there(playground: Playground, somebody_else: Chat, group: int) -> Chat:
    """What somebody else says in the group."""
    return Chat(playground, somebody_else.id, group)


def shows(chat: Chat, card: Json, photo: bytes, style: bytes | None = None) -> None:
    """Assert which photo, and which painting, stand side by side on a card."""
    left, right = halves(chat.image(chat.now(card)))
    assert correlation(left, decoded(photo)) > 0.8
    assert style is None or correlation(right, decoded(style)) > 0.8


def shows_painting(chat: Chat, message: Json, photo: bytes) -> None:
    """Assert that a message is the painting of a photo."""
    assert correlation(chat.image(message), decoded(photo)) > 0.8


async def test_an_anonymous_admins_painting_is_any_admins_and_nobody_elses(
    idle_bot: str, playground: Playground, here: Chat, there: Chat, group: int, small: bytes
) -> None:
    playground.speak_as(here.person, group, group)
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    answer = await there.tap(sheet, "Mosaic")
    assert answer.text == "Only the person who asked for this painting can do that."
    playground.promote(group, there.person)
    await there.tap(sheet, "Mosaic")
    await here.becomes(sheet, "The painter isn’t ready yet")
    shows(here, sheet, small)
    await here.tap(sheet, "✕ Stop")
    await here.becomes(sheet, "Stopped.")
    playground.speak_as(here.person, group, None)
    assert "no paintings in progress" in said(await here.heard("paintings", after=await here.text("/status")))


async def test_what_a_channel_asked_for_is_for_everybody_in_the_chat(
    idle_bot: str, playground: Playground, here: Chat, there: Chat, group: int, small: bytes, waves: bytes
) -> None:
    playground.speak_as(here.person, group, playground.add_channel("Our gallery"))
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    playground.speak_as(there.person, group, playground.add_channel("Their gallery"))
    other = await there.heard(STYLES, after=await there.photo(waves, ME))
    await there.tap(sheet, "Mosaic")  # a tap comes from the user, who is no channel
    await here.becomes(sheet, "The painter isn’t ready yet")
    shows(here, sheet, small)
    await here.tap(other, "Stained glass")
    await there.becomes(other, "The painter isn’t ready yet")
    shows(there, other, waves)
    # What erases something is for the group's administrators, who know the channel.
    sure = await here.heard("Erase all your data", after=await here.text("/forget"))
    answer = await there.tap(sure, "🗑 Erase everything")
    assert answer.text == "Only the person who asked for this painting can do that."
    assert "Mosaic" in said(await here.heard("Style: ", after=await here.text("/status")))


async def test_a_ban_of_one_channel_is_no_ban_of_another(
    settings: Callable[..., Settings],
    playground: Playground,
    here: Chat,
    there: Chat,
    group: int,
    small: bytes,
) -> None:
    playground.strict_privacy = True
    async with running(settings(bot_admins=frozenset({there.person}))):
        banned, welcome = playground.add_channel("Rude"), playground.add_channel("Kind")
        playground.speak_as(here.person, group, banned)
        photo = await here.photo(small)
        await there.heard(f"{banned} is banned", after=await there.text("/ban", reply_to=photo))
        await here.text("/paint mosaic", reply_to=photo)
        playground.speak_as(here.person, group, welcome)
        asked = await here.text("/paint stained glass", reply_to=photo)
        card = await here.card(after=asked)
        shows(here, card, small)
        status = await here.heard("1 painting in progress", after=await here.text("/status"))
        assert "Stained glass" in said(status)


async def test_a_comment_below_a_channels_post_is_painted_among_the_comments(
    copying_bot: str, playground: Playground, here: Chat, group: int, small: bytes, waves: bytes
) -> None:
    post = await playground.post(playground.add_channel("Our gallery"), group, waves, "Look!")
    mine = await here.photo(small, f"mosaic {ME}", reply_to=post["message_id"])
    painted = await here.heard(PAINTED, after=mine)
    assert painted["reply_to_message"]["message_id"] == mine
    assert "message_thread_id" not in painted, "only a forum has topics"
    shows_painting(here, painted, small)


async def test_in_a_forum_all_stays_in_its_topic_also_where_general_is_closed(
    copying_bot: str, playground: Playground, here: Chat, group: int, china: bytes, small: bytes
) -> None:
    topic = playground.add_topic(group, "Paintings")
    playground.close_topic(group)
    playground.enter_topic(here.person, group, topic)
    asked = await here.text(f"/paint{ME}")
    answer = await here.heard("Reply to this message with a photo", after=asked)
    sheet = await here.heard(STYLES, after=await here.photo(small, reply_to=answer["message_id"]))
    photo = sheet["reply_to_message"]["message_id"]
    await here.tap(sheet, "Mosaic")
    playground.chats.remove(group, photo)  # the photo and the card are deleted meanwhile
    playground.chats.remove(group, sheet["message_id"])
    painted = await here.heard(PAINTED, after=sheet["message_id"])
    for message in (answer, sheet, painted):
        assert message["message_thread_id"] == topic
    assert "reply_to_message" not in painted
    shows_painting(here, painted, small)


async def test_a_topic_that_is_deleted_meanwhile_costs_no_painting(
    copying_bot: str, playground: Playground, here: Chat, group: int, small: bytes
) -> None:
    topic = playground.add_topic(group, "Paintings")
    playground.enter_topic(here.person, group, topic)
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    playground.groups.change(group, topics={"0": {"name": "General"}})
    for message in (sheet["reply_to_message"]["message_id"],):
        playground.chats.remove(group, message)
    await here.tap(sheet, "Mosaic")
    painted = await here.heard(PAINTED, after=sheet["message_id"])
    assert "message_thread_id" not in painted


async def test_a_group_learns_on_joining_how_to_speak_to_the_bot_and_that_works(
    idle_bot: str, playground: Playground, here: Chat, there: Chat, small: bytes, waves: bytes
) -> None:
    playground.strict_privacy = True  # only what Telegram promises comes to the bot
    hello = playground.from_bot(here.id)
    assert hello == [] or all("/paint@atelier_bot" in said(each) for each in hello)
    fresh = Chat(playground, here.person, playground.add_group("Monday painters", here.person, there.person))
    greeting = await fresh.heard("I turn photos into paintings.")
    assert "Reply to a photo with /paint@atelier_bot" in said(greeting)
    photo = await fresh.photo(small)
    sheet = await fresh.heard(STYLES, after=await fresh.text(f"/paint{ME}", reply_to=photo))
    assert "reply to this message with a painting" in said(sheet)
    asked = await there.playground.send_text(there.person, f"/paint{ME}", group=fresh.id)
    answer = await fresh.heard("Reply to this message with a photo", after=asked["message_id"])
    (call,) = [call for call in playground.calls if "force_reply" in str(call.values.get("reply_markup"))]
    assert '"selective": true' in call.values["reply_markup"], "for who asked alone"
    theirs = replace(there, group=fresh.id)
    sheet = await theirs.heard(STYLES, after=await theirs.photo(waves, reply_to=answer["message_id"]))
    card = await theirs.card(after=await theirs.text(f"/paint{ME} mosaic"))
    shows(theirs, card, waves)
    playground.kick(fresh.id)
    playground.privacy = False
    playground.kick(fresh.id, kicked=False)


async def test_a_covered_photo_stays_covered_down_to_the_painting(
    copying_bot: str, playground: Playground, you: Chat, small: bytes, waves: bytes
) -> None:
    photo = await playground.send_photo(you.id, small, spoiler=True)
    await you.heard(STYLES, after=photo["message_id"])
    question = await you.heard("Paint this in the style of", after=await you.photo(waves))
    shows(you, question, small, waves)
    await you.tap(question, "🖌 Paint")
    painted = await you.painted(question)
    shown = [*you.versions(question), *you.versions(painted)]
    assert [one for one in shown if "photo" in one and not one.get("has_media_spoiler")] == []
    await you.more(painted)
    await you.tap(painted, "↔ Compare")
    await you.playground.wait_for(lambda: "‹ Back" in playground.labels(you.now(painted)))
    assert you.now(painted)["has_media_spoiler"]


async def test_in_a_protected_chat_the_painting_is_protected_wherever_it_is_shown(
    copying_bot: str, playground: Playground, here: Chat, you: Chat, group: int, small: bytes
) -> None:
    playground.protect(group)
    mine = await here.photo(small, f"mosaic {ME}")
    painted = await here.heard(PAINTED, after=mine)
    assert painted["has_protected_content"]
    shows_painting(here, painted, small)
    sent = [call.values for call in playground.calls if call.method in ("sendLivePhoto", "sendPhoto")]
    assert [values for values in sent if values.get("protect_content") != "true"] == []


async def test_status_in_a_group_tells_nothing_of_the_private_chat(
    idle_bot: str, you: Chat, here: Chat, small: bytes
) -> None:
    await you.begun(small, "stained glass")
    await here.card(after=await here.photo(small, f"mosaic {ME}"))
    status = said(await here.heard("in progress", after=await here.text(f"/status{ME}")))
    assert "Mosaic" in status
    assert "Stained glass" not in status
    assert "1 painting in progress" in status
    both = said(await you.heard("in progress", after=await you.text("/status")))
    assert "Mosaic" in both
    assert "Stained glass" in both


async def test_where_no_photos_may_be_sent_it_is_said_in_words_and_a_named_style_comes_as_a_file(
    copying_bot: str, playground: Playground, here: Chat, group: int, small: bytes
) -> None:
    playground.forbid(group, "photo", "live_photo")
    asked = await here.photo(small, ME)
    refusal = await here.heard("not allowed to send photos here", after=asked)
    assert [button["text"] for row in keys(refusal) for button in row] == ["💬 Private chat"]
    asked = await here.text(f"/paint{ME} mosaic", reply_to=asked)
    painted = await here.heard(PAINTED, after=asked)
    assert "document" in painted
    shows_painting(here, painted, small)
    assert "Something went wrong" not in str(playground.from_bot(group))


async def test_where_no_picture_may_be_sent_the_painting_waits_and_comes_in_private(
    copying_bot: str, playground: Playground, here: Chat, you: Chat, group: int, small: bytes
) -> None:
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    playground.forbid(group, "photo", "live_photo", "document")
    await here.tap(sheet, "Mosaic")
    told = await here.heard("is finished, but I’m not allowed to send pictures", after=sheet["message_id"])
    await here.goes(sheet)
    assert here.paintings() == [], "nothing counts as shown"
    (again,), (link,) = keys(told)
    assert again["text"] == "🖼 Send it here"
    await playground.start(you.id, link["url"].partition("?start=")[2])
    painted = await you.heard(PAINTED)
    shows_painting(you, painted, small)
    await here.heard("no paintings", after=await here.text(f"/status{ME}"))
    # The link is still there: it says what has become of the painting.
    again = await playground.start(you.id, link["url"].partition("?start=")[2])
    await you.heard("I’ve already sent this painting.", after=again["message_id"])
    gone = await playground.start(you.id, "get_0123456789abcdef01")
    await you.heard("I no longer have this painting.", after=gone["message_id"])
    assert len(you.paintings()) == 1


async def test_of_two_paintings_that_wait_each_has_a_button_of_its_own(
    copying_bot: str, playground: Playground, here: Chat, group: int, small: bytes, waves: bytes
) -> None:
    photos = [await here.photo(data) for data in (small, waves)]
    playground.forbid(group, "photo", "live_photo", "document")
    told = 0
    for photo, style in zip(photos, ("mosaic", "stained glass"), strict=True):
        await here.text(f"/paint{ME} {style}", reply_to=photo)
        told = (await here.heard("is finished, but", after=told))["message_id"]

    async def both_held() -> Json | None:  # that is stored a moment after it is said
        status = await here.heard("You have no paintings", after=await here.text(f"/status{ME}"))
        return status if "2. " in said(status) else None

    status = await until(both_held)
    assert status is not None
    mine = next(line[0] for line in said(status).splitlines() if "Stained glass" in line)
    assert sorted(playground.labels(status)) == ["🖼 Send 1", "🖼 Send 2"]
    playground.forbid(group)
    await here.tap(status, f"Send {mine}")
    painted = await here.heard(PAINTED, after=status["message_id"])
    assert "Stained glass" in said(painted)
    shows_painting(here, painted, waves)
    left = await here.becomes(status, "1. Style: Mosaic. Finished")
    assert playground.labels(left) == ["🖼 Send 1"]


async def test_a_host_of_named_chats_offers_nothing_that_leads_elsewhere(
    copying_bot_with: OpenBot, playground: Playground, here: Chat, you: Chat, group: int, small: bytes
) -> None:
    playground.inline = True
    async with copying_bot_with(bot_chats=str(group)):
        asked = await here.photo(small, f"mosaic {ME}")
        painted = await here.heard(PAINTED, after=asked)
        await here.more(painted)
        assert "↗ Share" not in playground.labels(here.now(painted))
        playground.forbid(group, "photo", "live_photo")
        refusal = await here.heard("not allowed to send photos here", after=await here.photo(small, ME))
        assert "private" not in said(refusal)
        assert keys(refusal) == []
        playground.forbid(group, "photo", "live_photo", "document")
        asked = await here.text(f"/paint{ME} mosaic", reply_to=asked)
        told = await here.heard("is finished, but I’m not allowed", after=asked)
        assert playground.labels(told) == ["🖼 Send it here"]
        # Where not even that can be said, it is said in private; it is sent in the group.
        playground.forbid(group, "photo", "live_photo", "document", "text")
        await you.heard("I only paint in the chats", after=await you.text("/start"))
        await here.text(f"/paint{ME} stained glass", reply_to=asked - 1)
        told = await you.heard("is finished, but I’m not allowed")
        assert keys(told) == []
        playground.forbid(group)
        await here.heard("Finished, but", after=await here.text(f"/status{ME}"))


async def test_an_admin_who_allows_pictures_gets_the_painting_by_a_tap(
    copying_bot: str, playground: Playground, here: Chat, group: int, small: bytes
) -> None:
    sheet = await here.heard(STYLES, after=await here.photo(small, ME))
    playground.forbid(group, "photo", "live_photo", "document", "text")
    await here.tap(sheet, "Mosaic")
    await here.goes(sheet)
    playground.forbid(group)
    status = await here.heard("Finished, but I couldn’t send it", after=await here.text(f"/status{ME}"))
    await here.tap(status, "🖼 Send 1")
    painted = await here.heard(PAINTED, after=status["message_id"])
    shows_painting(here, painted, small)
    left = await here.becomes(status, "You have no paintings in progress.")
    assert "Finished" not in said(left), "the status stays, and tells what is so now"
    assert keys(left) == []


async def test_a_host_may_keep_the_bot_to_one_topic(
    settings: Callable[..., Settings],
    playground: Playground,
    here: Chat,
    there: Chat,
    you: Chat,
    group: int,
    small: bytes,
) -> None:
    topic = playground.add_topic(group, "Paintings")
    admin = frozenset({there.person})
    async with running(settings(bot_chats=f"{group}/{topic}", bot_admins=admin)):
        await here.photo(small, f"mosaic {ME}")  # in General
        await you.heard("I only paint in the chats that my host has chosen.", after=await you.photo(small))
        playground.enter_topic(here.person, group, topic)
        card = await here.card(after=await here.photo(small, f"stained glass {ME}"))
        assert card["message_thread_id"] == topic
        shows(here, card, small)
        status = await here.heard("1 painting in progress", after=await here.text(f"/status{ME}"))
        assert "Stained glass" in said(status)
        private = replace(there, group=None)
        await private.heard(STYLES, after=await private.photo(small))
