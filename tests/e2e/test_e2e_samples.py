"""Styles to choose from, shown on one's own photo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from PIL import Image

from bot.app import running
from bot.i18n import texts
from bot.settings import Settings
from engine.queue import Queue
from tests.support.chat import Chat, Json, keys
from tests.support.pictures import correlation, decoded
from tests.support.playground import Playground
from tests.support.processes import until


@pytest.fixture
async def sampling(queue: Queue, painting_bot: Callable[..., Settings]) -> AsyncIterator[str]:
    """A bot that has samples painted."""
    async with running(painting_bot(samples=True)) as address:
        yield address


async def _offered(you: Chat, photo: bytes) -> Json:
    """Send a photo, and return the sheet that asks for a style, as it was sent."""
    message = await you.photo(photo)
    return await you.playground.wait_for_message(lambda sent: bool(keys(sent)), you.id, message, 30)


def _tiles(sheet: Image.Image) -> list[Image.Image]:
    """The six tiles of a sheet, without the corners that have their numbers."""
    width, height = sheet.width // 3, sheet.height // 2
    return [
        sheet.crop((x * width, y * height, (x + 1) * width, (y + 1) * height))
        for y in range(2)
        for x in range(3)
    ]


def _shows(sheet: Image.Image, photo: bytes) -> bool:
    """Whether each tile of a sheet shows the photo."""
    picture = decoded(photo)
    middle = (picture.width - picture.height) // 2
    square = picture.crop((middle, 0, middle + picture.height, picture.height))
    return all(correlation(tile, square) > 0.4 for tile in _tiles(sheet))


async def _sampled(you: Chat, sheet: Json, photo: bytes) -> Image.Image:
    await you.playground.wait_for(lambda: _shows(you.image(you.now(sheet)), photo))
    return you.image(you.now(sheet))


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_sheet_becomes_ones_own_photo_in_each_style(
    sampling: str, queue: Queue, playground: Playground, china: bytes, language: str
) -> None:
    say = texts(language)
    you = Chat(playground, playground.add_person("Ada", language))
    sheet = await _offered(you, china)
    assert not _shows(you.image(sheet), china), "the styles are there at once"
    sampled = await _sampled(you, sheet, china)
    assert you.now(sheet)["caption"] == sheet["caption"] == say("ask-style")
    assert keys(you.now(sheet)) == keys(sheet)
    assert await queue.jobs() == [], "the photo is kept nowhere"

    first, last = (label for label in playground.labels(sheet) if " / " in label)
    await you.tap(sheet, last)  # another page, and the way back: there it is at once
    await playground.wait_for(lambda: not _shows(you.image(you.now(sheet)), china))
    back = next(label for label in playground.labels(you.now(sheet)) if label.startswith("‹"))
    await you.tap(sheet, back)
    await playground.wait_for(lambda: keys(you.now(sheet)) == keys(sheet))
    assert correlation(you.image(you.now(sheet)), sampled) > 0.99
    assert first != last

    await you.tap(sheet, say("style-mosaic") if language != "en" else "Mosaic")
    await playground.wait_for_message(lambda sent: "live_photo" in sent, you.id)
    assert (await queue.usage(f"telegram:{you.id}")).today == 1
    assert (await queue.usage(f"samples:telegram:{you.id}")).today == 0
    privacy = await playground.send_text(you.id, "/privacy")
    said = await playground.wait_for_message(lambda sent: "text" in sent, you.id, privacy["message_id"], 30)
    assert said["text"] == "\n\n".join(map(say, ("privacy", "privacy-count", "privacy-samples")))


async def test_a_tap_drops_the_samples(sampling: str, queue: Queue, you: Chat, china: bytes) -> None:
    sheet = await _offered(you, china)
    await you.tap(sheet, "Mosaic")
    painted = await you.painted(sheet)
    assert "live_photo" in painted
    assert [job.owner for job in await queue.jobs()] == [f"telegram:{you.id}"]
    assert not any(_tile_count(you.image(version)) for version in you.versions(sheet)[1:])


def _tile_count(image: Image.Image) -> bool:
    """Whether a picture has a sheet's shape."""
    return image.width / image.height == pytest.approx(1080 / 718, rel=0.001)


async def test_groups_and_hosts_that_want_none_have_no_samples(
    queue: Queue, painting_bot: Callable[..., Settings], playground: Playground, you: Chat, small: bytes
) -> None:
    async def nothing_is_queued() -> None:
        for _ in range(10):  # as long as a bot takes to queue them
            assert await queue.jobs() == []
            await asyncio.sleep(0.1)

    async with running(painting_bot(samples=True)):
        group = playground.add_group("Sunday painters", you.id)
        here = Chat(playground, you.id, group)
        await here.photo(small, "@atelier_bot")
        await playground.wait_for_message(lambda sent: bool(keys(sent)), group, 0, 30)
        await nothing_is_queued()
    async with running(painting_bot(samples=False)):
        await _offered(you, small)
        await nothing_is_queued()


async def test_what_is_kept_of_samples_is_forgotten(
    sampling: str, queue: Queue, you: Chat, china: bytes
) -> None:
    sheet = await _offered(you, china)
    await you.text("/forget")
    asked = await you.playground.wait_for_message(
        lambda sent: "Erase all your data" in sent.get("text", ""), you.id, sheet["message_id"], 30
    )
    await you.tap(asked, "Erase everything")
    await you.becomes(asked, "I checked: nothing is left.")

    async def nothing_is_left() -> bool:
        return await queue.jobs() == []

    await until(nothing_is_left)
