"""What cannot be done is said kindly, and nothing that was said before is lost."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import running
from bot.chat.bot_profile import COMMANDS
from bot.settings import Settings
from engine.queue import Queue, open_database
from tests.support.chat import QUESTION, STYLES, Chat, job_of, keys, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.playground import Playground
from tests.support.sample_media import jpeg


@pytest.fixture
async def idle_bot(settings: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot without a worker; one person may have two paintings under way."""
    async with running(settings(jobs_per_person=2)) as address:
        yield address


async def test_start_and_help_explain_themselves(profile: None, idle_bot: str, you: Chat) -> None:
    await you.heard("Hi, Ada! Send me a photo", after=await you.text("/start"))
    await you.heard("1. Send a photo.", after=await you.text("/help"))
    await you.playground.wait_for(lambda: you.playground.card().get("description"))
    commands = you.playground.card()["commands"]
    assert [one["command"] for one in commands] == list(COMMANDS)
    assert you.playground.card()["description"].startswith("Send me a photo, pick a style")


@pytest.mark.parametrize("text", ["hello", "😀", "a" * 4096])
async def test_words_alone_are_answered_with_the_way_on(idle_bot: str, you: Chat, text: str) -> None:
    await you.heard("Send me a photo and I’ll paint it.", after=await you.text(text))


async def test_a_command_that_there_is_not_is_answered_with_those_that_there_are(
    idle_bot: str, you: Chat
) -> None:
    await you.heard("1. Send a photo.", after=await you.text("/unknown"))


async def test_words_after_a_photo_are_answered_with_what_is_missing(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    await you.asked_for_style(small)
    await you.heard("I don’t know a style called “and now?”.", after=await you.text("and now?"))
    painting = await you.photo(small)
    await you.heard(QUESTION, after=painting)
    await you.heard("Tap 🖌 Paint", after=await you.text("and now?"))


def _reactions(chat: Chat, message: int) -> list[list[str]]:
    """The bot's reactions to a message, one after the other."""
    return [
        [reaction["emoji"] for reaction in entry["reaction"]]
        for entry in chat.playground.transcript(chat.id)
        if entry["event"] == "reaction" and entry["message_id"] == message
    ]


def _narrow() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2600, 100), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"Dear Sir or Madam", "letter.txt", "I couldn’t open this as an image."),
        (jpeg(800, 600)[:2000], "half.jpg", "Only 16% of this picture arrived. Please send it again."),
        (jpeg(40, 40), "tiny.jpg", "This picture is too small"),
        (_narrow(), "strip.png", "This picture is too long and narrow"),
        (jpeg(40, 40) + bytes(21 * 2**20), "large.jpg", "This picture is too large: 20 MB"),
    ],
    ids=["text", "cut off", "tiny", "narrow", "large"],
)
async def test_a_file_that_cannot_be_painted_is_refused_and_the_photo_before_it_stays(
    idle_bot: str, you: Chat, small: bytes, waves: bytes, data: bytes, name: str, sentence: str
) -> None:
    await you.asked_for_style(small)
    await you.heard(sentence, after=await you.document(data, name))
    await you.heard(QUESTION, after=await you.photo(waves))


async def test_with_a_local_server_a_file_may_have_more_bytes_and_that_is_what_is_said(
    settings: Callable[..., Settings], you: Chat
) -> None:
    you.playground.local = True
    async with running(settings(bot_api_local=True)):
        large = await you.document(jpeg(40, 40) + bytes(51 * 2**20), "large.jpg")
        await you.heard("This picture is too large: 50 MB and 80 megapixels at most", after=large)


async def test_a_photo_too_small_to_paint_is_refused_and_the_next_one_counts(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    sent = await you.photo(jpeg(50, 50))
    await you.heard("This picture is too small", after=sent)
    await you.playground.wait_for(lambda: _reactions(you, sent)[-1:] == [[]])
    assert ["👀"] in _reactions(you, sent), "it was seen, and that was taken back"
    await you.asked_for_style(small)


async def test_a_file_that_takes_its_time_keeps_its_place_in_the_order(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    you.playground.fault("getFile", latency=1.0)
    await you.document(small, "photo.jpg")
    await you.photo(waves)
    left, right = halves(you.image(await you.heard(QUESTION)))
    assert correlation(left, decoded(small)) > 0.8
    assert correlation(right, decoded(waves)) > 0.8


async def test_an_album_with_something_unreadable_is_refused_as_a_whole(
    idle_bot: str, you: Chat, small: bytes
) -> None:
    files = [small, b"Dear Sir or Madam"]
    await you.playground.send_album(you.id, files, as_photos=False)
    await you.heard("I couldn’t open this as an image.")
    await you.asked_for_style(small)


async def test_more_pictures_than_can_be_blended_are_left_aside(
    idle_bot: str, you: Chat, small: bytes, waves: bytes, flower: bytes
) -> None:
    await you.playground.send_album(you.id, [small, waves, flower, waves, flower])
    await you.heard("I skipped the rest")
    await you.heard(QUESTION)


async def test_a_button_of_an_earlier_painting_is_answered_kindly(
    idle_bot: str, you: Chat, small: bytes, waves: bytes, flower: bytes
) -> None:
    first = await you.ready(small, waves)
    paint = keys(first)[0][0]["callback_data"]
    second = await you.heard(QUESTION, after=await you.photo(flower))
    assert second["message_id"] != first["message_id"]
    await you.playground.wait_for(lambda: keys(you.now(first)) == [])
    answer = await you.tap_old(first, paint)
    assert answer.text is not None
    assert answer.text.startswith("This button is out of date.")
    assert answer.show_alert
    assert you.now(second) == second, "a dead tap changes nothing"
    await you.tap(second, "⚙ Adjust")
    await you.becomes(second, "Style: the painting you sent")


async def test_a_dead_button_is_taken_off_when_it_is_tapped(idle_bot: str, you: Chat, small: bytes) -> None:
    hello = await you.heard("1. Send a photo.", after=await you.text("/help"))
    dead = {"inline_keyboard": [[{"text": "+ Stronger", "callback_data": "stronger:long-ago"}]]}
    you.playground.chats.replace(hello | {"reply_markup": dead})
    answer = await you.tap(hello, "Stronger")
    assert answer.text is not None
    assert answer.text.startswith("This button is out of date.")
    await you.playground.wait_for(lambda: keys(you.now(hello)) == [])
    assert said(you.now(hello)) == said(hello)


async def test_cancelling_forgets_the_pictures_and_keeps_the_choices(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    await you.tap(ready, "⚙ Adjust")
    await you.becomes(ready, "Medium strength ·")
    await you.tap(ready, "Strength")
    await you.becomes(ready, "Full strength")
    await you.heard("Cleared.", after=await you.text("/cancel"))
    await you.playground.wait_for(lambda: keys(you.now(ready)) == [])
    again = await you.ready(small, waves)
    await you.tap(again, "⚙ Adjust")
    await you.becomes(again, "Full strength")


async def test_a_second_picture_may_be_the_photo_or_a_new_one(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    asked = await you.ready(small, waves)
    await you.tap(asked, "New photo")
    sheet = await you.becomes(asked, STYLES)
    await you.tap(sheet, "Mosaic")
    card = await you.card(after=sheet["message_id"] - 1)
    assert correlation(halves(you.image(card))[0], decoded(waves)) > 0.8


async def test_too_many_paintings_are_refused_and_the_buttons_come_back(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    for _ in range(2):
        ready = await you.ready(small, waves)
        await you.tap(ready, "🖌 Paint")
        await you.becomes(ready, "The painter isn’t ready yet")
    third = await you.ready(small, waves)
    await you.tap(third, "🖌 Paint")
    await you.heard("You already have 2 paintings in progress")
    assert QUESTION in said(you.now(third))
    # One is stopped, and the same button paints.
    await you.tap(ready, "Stop")
    await you.becomes(ready, "Stopped.")
    await you.tap(third, "🖌 Paint")
    await you.becomes(third, "The painter isn’t ready yet")


async def test_without_a_worker_one_is_told_that_the_painter_is_getting_ready(
    idle_bot: str, you: Chat, somebody_else: Chat, small: bytes, waves: bytes
) -> None:
    first = await you.ready(small, waves)
    await you.tap(first, "🖌 Paint")
    await you.becomes(first, "The painter isn’t ready yet; your painting will wait. You’re next.")
    second = await somebody_else.ready(small, waves)
    await somebody_else.tap(second, "🖌 Paint")
    await somebody_else.becomes(second, "1 painting ahead of yours.")
    assert you.playground.labels(you.now(first)) == ["✕ Stop"]


async def test_a_picture_that_telegram_has_forgotten_is_asked_for_again(
    idle_bot: str, you: Chat, small: bytes, waves: bytes
) -> None:
    await you.asked_for_style(small)
    you.playground.clear(you.id)
    await you.photo(waves)
    await you.heard("I no longer have that picture. Please send it again.")
    ready = await you.ready(small, waves)
    assert QUESTION in said(ready)


async def test_somebody_elses_buttons_do_nothing(
    idle_bot: str, playground: Playground, you: Chat, somebody_else: Chat, small: bytes, waves: bytes
) -> None:
    mine = await you.ready(small, waves)
    await you.tap(mine, "🖌 Paint")
    mine = await you.becomes(mine, "The painter isn’t ready yet")
    await somebody_else.text("/start")
    # A message that was passed on by somebody who knows how: the same buttons in another chat.
    theirs = await somebody_else.heard("Send me a photo")
    playground.chats.replace(theirs | {"reply_markup": mine["reply_markup"]})
    answer = await somebody_else.tap(theirs, "Stop")
    assert answer.text == "Only the person who asked for this painting can do that."
    assert answer.show_alert


async def test_somebody_who_blocks_the_bot_stops_nobody_else(
    bot: str, queue: Queue, you: Chat, somebody_else: Chat, small: bytes, waves: bytes, china: bytes
) -> None:
    gone = await somebody_else.ready(china, waves)
    await somebody_else.tap(gone, "🖌 Paint")
    await job_of(queue, somebody_else.id)
    you.playground.block(somebody_else.id)
    ready = await you.ready(small, waves)
    await you.tap(ready, "🖌 Paint")
    await you.painted(ready)


@pytest.fixture
async def cramped_bot(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[int]]:
    """A bot whose database may grow to so many pages of 4 KiB: SQLite itself says that the disk is full."""
    pages = [2**30]

    def open_cramped(url: str) -> AsyncEngine:
        database = open_database(url)

        def limit(connection: Any, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}").close()

        event.listen(database.sync_engine, "checkout", limit)
        return database

    monkeypatch.setattr("bot.app.open_database", open_cramped)
    async with running(settings()):
        yield pages


async def test_on_a_full_disk_a_painting_is_refused_kindly_and_can_be_asked_for_again(
    cramped_bot: list[int], settings: Callable[..., Settings], you: Chat, small: bytes, waves: bytes
) -> None:
    ready = await you.ready(small, waves)
    cramped_bot[0] = 1
    await you.tap(ready, "🖌 Paint")
    await you.heard("My storage is full.", after=ready["message_id"])
    database = open_database(settings().database)
    assert await Queue(database).jobs() == []
    await database.dispose()
    cramped_bot[0] = 2**30
    await you.tap(ready, "🖌 Paint")
    await you.becomes(ready, "The painter isn’t ready yet")
