"""Guest mode: the bot is named below a photo in a chat where it is no member, and paints there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.app import running
from bot.playground.errors import QUERY_TOO_OLD
from bot.settings import Settings
from tests.e2e.conftest import OpenBot
from tests.support.chat import PAINTED, Chat, keys, said
from tests.support.pictures import correlation, decoded
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT

ME = "@atelier_bot"


@pytest.fixture(autouse=True)
def playground(playground: Playground) -> Playground:
    """A playground where guest mode is on."""
    playground.guests = True
    return playground


@pytest.fixture
def there(playground: Playground, you: Chat, somebody_else: Chat) -> Chat:
    """A group without the bot; Ada, who writes, has a private chat with it."""
    playground.users.mark(you.id, started=True)
    return Chat(playground, you.id, playground.add_group_without_bot("Friends", you.id, somebody_else.id))


async def summon(there: Chat, photo: bytes, words: str) -> tuple[int, dict[str, Any]]:
    """Let Émile send a photo and the chat's user name the bot below it; return the reply and the answer."""
    people = [one for one in there.playground.groups.require(there.id)["people"] if one != there.person]
    sent = await there.playground.send_photo(people[0], photo, group=there.id)
    asked = await there.text(f"{ME} {words}".strip(), reply_to=sent["message_id"])
    return asked, await there.heard("", after=asked)


async def counted(admin: Chat, refusal: str) -> None:
    """Wait until the admins' figures tell of a refusal."""
    async with asyncio.timeout(TIMEOUT):
        while refusal not in said(await admin.heard("Queued", after=await admin.text("/stats"))):
            pass


@pytest.mark.parametrize(
    ("language", "words", "card", "done", "mine"),
    [
        (
            "en",
            "mosaic",
            "I’ll paint this in the style of Mosaic.",
            "Painted in the style of Mosaic",
            "Paint mine",
        ),
        ("ru", "мозаика", "Нарисую это в стиле «Мозаика».", "Нарисовано в стиле «Мозаика»", "Хочу так же"),
    ],
)
async def test_a_painting_is_shown_in_a_chat_without_the_bot_and_sent_in_private(
    copying_bot: str,
    playground: Playground,
    you: Chat,
    there: Chat,
    small: bytes,
    language: str,
    words: str,
    card: str,
    done: str,
    mine: str,
) -> None:
    del you
    person = playground.add_person("Инна", language)
    playground.users.mark(person, started=True)
    playground.join(there.id, person)
    asking = Chat(playground, person, there.id)
    _, answer = await summon(asking, small, words)
    assert said(there.versions(answer)[0]) == card
    shown = await there.becomes(answer, done)
    assert correlation(there.image(shown), decoded(small)) > 0.8
    ((button,),) = keys(shown)
    assert mine in button["text"]
    assert button["url"].endswith("?start=style_mosaic")
    (private,) = [one for one in playground.from_bot(person) if "photo" in one]
    assert correlation(Chat(playground, person).image(private), decoded(small)) > 0.8
    assert "reply_to_message" not in private, "the photo is in another chat"
    assert len(keys(private)) > 1, "its buttons are here"
    assert len(playground.from_bot(there.id)) == 1


async def test_a_photo_that_mentions_the_bot_itself_is_painted_too(
    copying_bot: str, there: Chat, small: bytes
) -> None:
    sent = await there.photo(small, f"{ME} mosaic")
    shown = await there.heard("Painted in the style of Mosaic", after=sent)
    assert correlation(there.image(shown), decoded(small)) > 0.8


async def test_a_photo_that_comes_covered_stays_so(
    copying_bot: str, playground: Playground, there: Chat, small: bytes
) -> None:
    await playground.send_photo(there.person, small, f"{ME} mosaic", group=there.id, spoiler=True)
    shown = await there.heard("Painted in the style of Mosaic")
    assert shown["has_media_spoiler"]
    playground.inline = True
    answer = await playground.ask_inline(there.person)
    assert {one["type"] for one in answer["results"]} == {"article"}, "and is not shared elsewhere"


async def test_what_cannot_be_painted_there_is_answered_in_words(
    copying_bot: str, playground: Playground, you: Chat, there: Chat, somebody_else: Chat, small: bytes
) -> None:
    asked = await there.text(f"{ME} mosaic")
    help_ = await there.heard("Reply to a photo with my name and a style", after=asked)
    assert said(help_).endswith(f": {ME} mosaic")
    ((button,),) = keys(help_)
    assert button["url"] == "https://t.me/atelier_bot"
    _, answer = await summon(there, small, "")
    assert "Reply to a photo with my name and a style" in said(answer)
    _, answer = await summon(there, small, "watercolr of the moon")
    assert said(answer).startswith("I don’t know a style called “watercolr of the moon”. The nearest: ")
    assert "Watercolour" in said(answer)
    tiny = Chat(playground, somebody_else.id, there.id)
    sent = await playground.send_document(you.id, b"GIF89a", "a.gif", group=there.id)
    asked = await there.text(f"{ME} mosaic", reply_to=sent["message_id"])
    refused = await there.heard("This picture file is damaged", after=asked)
    assert [button["text"] for row in keys(refused) for button in row] == ["💬 Private chat"]
    _, answer = await summon(tiny, small, "mosaic")
    assert said(answer).startswith("To paint here, I need a chat with you.")
    ((button,),) = keys(answer)
    await playground.start(somebody_else.id, button["url"].partition("?start=")[2])
    await somebody_else.heard("Style: Mosaic. Now send me a photo.")
    _, answer = await summon(tiny, small, "mosaic")
    await there.becomes(answer, "Painted in the style of Mosaic")
    playground.block(somebody_else.id)
    _, answer = await summon(tiny, small, "mosaic")
    assert said(answer).startswith("To paint here, I need a chat with you.")
    playground.speak_as(you.id, there.id, there.id)
    _, answer = await summon(there, small, "mosaic")
    assert said(answer) == "I can’t paint here for someone who writes as a group or a channel."


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker: what is ordered waits."""
    async with running(settings(jobs_per_person=1)) as address:
        yield address


async def test_what_is_stopped_or_erased_in_private_says_so_there(
    idle_bot: str, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    _, answer = await summon(there, small, "mosaic")
    card = await you.card()
    _, second = await summon(there, small, "mosaic")
    await there.becomes(second, "You already have 1 painting in progress")
    await you.tap(card, "✕ Stop")
    await there.becomes(answer, "Stopped.")
    _, answer = await summon(there, small, "mosaic")
    await you.card(after=card["message_id"])
    sure = await you.heard("Erase all your data", after=await you.text("/forget"))
    await you.tap(sure, "Erase everything")
    await you.becomes(sure, "nothing is left")
    await there.becomes(answer, "Stopped.")


async def test_a_user_who_blocks_the_bot_meanwhile_stops_the_painting_there(
    idle_bot: str, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    playground.fault("sendPhoto", code=403, description="Forbidden: bot was blocked by the user")
    _, answer = await summon(there, small, "mosaic")
    await there.becomes(answer, "Stopped.")


async def test_a_painting_that_telegram_takes_as_a_file_alone_stays_in_private(
    copying_bot: str, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    def refuse() -> None:
        refused = {"code": 400, "description": "Bad Request: PHOTO_INVALID_DIMENSIONS"}
        playground.fault("sendPhoto", times=2, **refused)

    refuse()
    _, answer = await summon(there, small, "mosaic")
    await there.becomes(answer, "Your painting in the style of Mosaic is in our private chat.")
    (private,) = you.paintings()
    assert correlation(you.image(private), decoded(small)) > 0.8


async def test_an_answer_that_comes_too_late_leaves_the_painting_to_the_private_chat(
    copying_bot: str, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    old = {"code": 400, "description": f"Bad Request: {QUERY_TOO_OLD}"}
    playground.fault("answerGuestQuery", **old)
    await there.photo(small, f"{ME} mosaic")
    painted = await you.heard(PAINTED)
    assert correlation(you.image(painted), decoded(small)) > 0.8
    assert playground.from_bot(there.id) == []


async def test_a_lost_edit_is_made_again(
    copying_bot: str, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    playground.fault("editMessageMedia", drop=True, times=5)
    _, answer = await summon(there, small, "mosaic")
    shown = await there.becomes(answer, "Painted in the style of Mosaic")
    assert correlation(there.image(shown), decoded(small)) > 0.8
    assert len(you.paintings()) == 1, "nothing is sent twice"


async def test_the_limits_of_a_day_hold_for_guests(
    copying_bot_with: OpenBot, there: Chat, small: bytes
) -> None:
    async with copying_bot_with(jobs_per_day=1):
        _, answer = await summon(there, small, "mosaic")
        await there.becomes(answer, "Painted in the style of Mosaic")
        _, answer = await summon(there, small, "mosaic")
        await there.becomes(answer, "You’ve reached the limit of 1 painting in 24 hours.")


async def test_who_is_banned_is_not_answered(
    copying_bot_with: OpenBot, playground: Playground, there: Chat, somebody_else: Chat, small: bytes
) -> None:
    async with copying_bot_with(bot_admins=frozenset({somebody_else.id})):
        await somebody_else.heard("is banned", after=await somebody_else.text(f"/ban {there.person}"))
        await there.photo(small, f"{ME} mosaic")
        await counted(somebody_else, "banned users")
        assert playground.from_bot(there.id) == []


async def test_a_bot_for_some_chats_answers_no_guests(
    copying_bot_with: OpenBot, playground: Playground, you: Chat, there: Chat, small: bytes
) -> None:
    async with copying_bot_with(bot_chats=f"-1001,{there.id}", bot_admins=frozenset({you.id})):
        await there.photo(small, f"{ME} mosaic")
        await counted(you, "other chats")
        privacy = await you.heard("What I keep", after=await you.text("/privacy"))
        assert "a chat I’m not in" not in said(privacy)
        assert playground.from_bot(there.id) == []


async def test_privacy_tells_of_guests_in_the_users_language(
    copying_bot: str, playground: Playground
) -> None:
    for language, words in (
        ("en", "in a chat I’m not in"),
        ("es", "en un chat en el que no estoy"),
        ("ru", "в чате, где меня нет"),
        ("zh", "在我没加入的聊天里"),
    ):
        chat = Chat(playground, playground.add_person("Ada", language))
        await chat.heard(words, after=await chat.text("/privacy"))
