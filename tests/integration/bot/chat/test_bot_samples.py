"""Samples: what a bot keeps in memory, asks its workers for, and forgets."""

from __future__ import annotations

import gc
import io
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, InlineKeyboardMarkup

from bot.chat import samples as module
from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads, Picture
from bot.chat.samples import AT_ONCE, Page, Samples
from bot.conversation import CatalogueStyle, Sent, Session
from bot.playground import serve
from bot.storage import tables
from bot.storage.claims import Claims
from bot.storage.inbox import Inbox
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates.intake import make_bot
from bot.views.images import in_image_thread
from engine.queue import Leases, Queue, QueueAdmin, create_schema
from engine.styles.style import presets
from tests.support.pictures import jpeg
from tests.support.playground import Playground
from tests.support.processes import until

STYLES = presets()[:2]
PHOTO = jpeg(Image.radial_gradient("L").resize((160, 120)).convert("RGB"))


class Photo(bytearray):
    """A photo's bytes, of which a test may know whether anybody has them still."""


class Photos(Downloads):
    """Downloads that a test counts. None of them is cached."""

    def __init__(self) -> None:
        super().__init__(capacity=0)
        self.fetched: list[weakref.ref[Photo]] = []

    async def fetch(self, bot: Bot, picture: Sent | CatalogueStyle) -> Picture:
        """Return a picture of its own for each call."""
        found = await super().fetch(bot, picture)
        data: Any = Photo(found.data)
        self.fetched.append(weakref.ref(data))
        return Picture(data)


@dataclass
class House:
    """A bot without a conversation, its queue, and a worker that does what the test wants."""

    playground: Playground
    bot: Any
    queue: Queue
    leases: Leases
    sessions: Sessions
    people: People
    photos: Photos
    samples: Samples
    drawing: list[int]
    """Calls in image threads for samples that were under way as each one began."""

    def chat(self, person: int, group: int | None = None) -> ChatContext:
        """Return a user's chat."""
        return ChatContext(self.bot, group or person, person, "Ada", "en")

    async def look(self, person: int) -> tuple[ChatContext, Session, Page]:
        """Let somebody send a photo, and look at styles for it."""
        sent = await self.playground.send_photo(person, PHOTO)
        sheet = await self.bot.send_photo(person, PHOTO, caption="Pick a style")
        photo = Sent(file_id=sent["photo"][-1]["file_id"], message=sent["message_id"])
        session = Session(photo=photo, shown=sheet.message_id)
        await self.sessions.save(person, person, Session(), session)
        page = Page(STYLES, 1, sheet.message_id, "Pick a style", InlineKeyboardMarkup([]))
        self.samples.begin(self.chat(person), session, page)
        return self.chat(person), session, page

    async def queued(self, count: int) -> None:
        """Wait until so many samples are in the queue."""

        async def are_queued() -> bool:
            return len(await self.queue.jobs()) == count

        await until(are_queued)

    async def downloaded(self, count: int) -> None:
        """Wait until so many photos were downloaded."""
        await _met(lambda: len(self.photos.fetched) == count)

    async def finish(self) -> None:
        """Let the worker paint the next samples."""
        (job,) = await self.leases.claim("w")
        strip = io.BytesIO()
        Image.new("RGB", (96, 72 * len(STYLES)), "#a04020").save(strip, "JPEG")
        assert await self.leases.finish(job.id, "w", strip.getvalue(), {})

    async def over(self) -> None:
        """Wait until nothing is done for samples any more."""

        async def nothing() -> bool:
            return not self.samples._tasks and await self.queue.jobs() == []

        await until(nothing)


@pytest.fixture
async def house(connect: Callable[[], AsyncEngine], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.02)
    drawing, under_way = [], set()

    async def watched(function: Callable[..., Any], *args: Any) -> Any:
        under_way.add(call := object())
        drawing.append(len(under_way))
        try:
            return await in_image_thread(function, *args)
        finally:
            under_way.remove(call)

    monkeypatch.setattr(module, "in_image_thread", watched)
    database = connect()
    await create_schema(database)
    await tables.create(database)
    playground, queue, leases = Playground(), Queue(database), Leases(database)
    await leases.announce("w", "cpu", "vgg16", 1.0)
    async with await serve(playground) as server:
        inbox = Inbox(database, Claims(database))
        async with make_bot(inbox, playground.token, server.url, ApiConnection(), RateLimiter()) as bot:
            sessions, photos = Sessions(database), Photos()
            samples = Samples(queue, sessions, photos, wanted=True)
            yield House(playground, bot, queue, leases, sessions, People(database), photos, samples, drawing)
            await samples.close()
    playground.close()


def _people(house: House, count: int) -> list[int]:
    people = [house.playground.add_person("Ada") for _ in range(count)]
    for person in people:
        house.playground.users.mark(person, started=True)
    return people


async def _met(condition: Callable[[], bool]) -> None:
    """Wait until a condition is met."""

    async def is_met() -> bool:
        return condition()

    await until(is_met)


pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


async def test_photos_are_not_in_memory_while_their_samples_wait(house: House) -> None:
    """And one image thread is always left to the deliveries."""
    for person in _people(house, AT_ONCE):
        await house.look(person)
    await house.queued(AT_ONCE)
    gc.collect()
    assert len(house.photos.fetched) == AT_ONCE
    assert [photo() for photo in house.photos.fetched] == [None] * AT_ONCE
    assert house.drawing == [1] * AT_ONCE * (1 + len(STYLES))


async def test_of_many_sheets_at_once_a_few_are_in_the_queue_and_the_others_follow(house: House) -> None:
    everybody = AT_ONCE + 2
    looks = [await house.look(person) for person in _people(house, everybody)]
    for done in range(everybody):
        begun = min(AT_ONCE + done, everybody)
        await house.downloaded(begun)
        await house.queued(begun - done)
        assert len(house.photos.fetched) == begun, "the others' photos are not even downloaded"
        await house.finish()
    await house.over()
    shown = [house.samples.of(context, session, page.styles) for context, session, page in looks]
    assert all(shown), "everybody has seen their photo"


@pytest.mark.parametrize("why", ["a painting waits", "nobody works", "the queue is drained"])
async def test_no_samples_are_begun_that_nobody_would_paint(
    house: House, engine: AsyncEngine, why: str
) -> None:
    (person,) = _people(house, 1)
    waiting = []
    match why:
        case "a painting waits":
            waiting = [
                await house.queue.enqueue(
                    id="A1", owner="A", recipe={}, cost=1.0, shape="any", blobs={"content": PHOTO}
                )
            ]
        case "nobody works":
            await house.leases.retire("w")
        case _:
            await QueueAdmin(engine).drain()
    await house.look(person)
    await _met(lambda: not house.samples._tasks)
    assert await house.queue.jobs() == waiting
    assert house.photos.fetched == [], "not even a photo is downloaded for them"


async def test_forget_in_a_group_ends_the_samples_of_the_private_chat(house: House) -> None:
    ada, bob = _people(house, 2)
    context, session, page = await house.look(ada)
    await house.look(bob)
    await house.queued(2)
    await house.people.forget(ada)
    await house.samples.forget(house.chat(ada, group=-77).person)
    assert [job.owner for job in await house.queue.jobs()] == [f"samples:telegram:{bob}"]
    assert list(house.samples._tasks) == [bob], "nothing goes on"
    assert house.samples.of(context, session, page.styles) is None


async def test_what_somebody_says_in_a_group_leaves_the_samples_of_the_private_chat_alone(
    house: House,
) -> None:
    (ada,) = _people(house, 1)
    await house.look(ada)
    await house.queued(1)
    house.samples.drop(house.chat(ada, group=-77))
    await house.finish()
    await house.over()
    sheet = house.playground.from_bot(ada)[-1]
    assert "edit_date" in sheet, "the sheet shows them"


@pytest.mark.parametrize("when", ["before they are queued", "before they are shown"])
async def test_no_samples_are_queued_or_kept_of_somebody_whom_another_bot_has_forgotten(
    house: House, when: str
) -> None:
    (ada,) = _people(house, 1)
    if when == "before they are queued":
        async with house.samples._drawing:  # as long as the photo is decoded
            context, session, page = await house.look(ada)
            await house.downloaded(1)
            await house.people.forget(ada)
        await _met(lambda: not house.samples._tasks)
        assert await house.leases.claim("w") == [], "no worker gets the photo"
    else:
        context, session, page = await house.look(ada)
        await house.queued(1)
        await house.people.forget(ada)
        await house.finish()
        await house.over()
    assert house.samples.of(context, session, page.styles) is None
    assert "edit_date" not in house.playground.from_bot(ada)[-1]
