"""Each chat's updates are handled in their order, albums as one, and finished with their outcome."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, Update, User

from bot.chat.dispatcher import Dispatcher
from bot.chat.samples import Samples
from bot.conversation import Session
from bot.storage.claims import claims_for
from bot.storage.inbox import MAX_ATTEMPTS, Inbox
from bot.storage.people import People
from bot.storage.refusals import Refusals
from bot.storage.sessions import Sessions
from bot.transport.capabilities import Capabilities
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates import handlers
from bot.updates.albums import Albums
from bot.updates.intake import make_bot, parse
from bot.updates.migrations import Migrations
from bot.updates.processor import ChatLocks, ChatOrderedProcessor
from tests.support.updates import raw_update

BOT = Bot("1:a")


async def _begun(database: AsyncEngine) -> Inbox:
    """A process begins."""
    claims = claims_for(database)
    await claims.start()
    return Inbox(database, claims)


async def _fetched(inbox: Inbox) -> list[Update]:
    """Return the updates to handle, as objects."""
    return await parse(inbox, BOT, (await inbox.fetch())[0])


async def _waiting(database: AsyncEngine) -> list[int]:
    """Return the updates that another process would find."""
    return [each.update_id for each in await _fetched(await _begun(database))]


class CountingInbox(Inbox):
    """An inbox that counts the transactions that only finish updates."""

    finishing = 0

    async def _finish(self, numbers: Sequence[int]) -> None:
        self.finishing += 1
        await super()._finish(numbers)


class Handlers:
    """What handlers do here: note that they begin, wait if told so, note that they end."""

    def __init__(self, inbox: Inbox, albums: Albums | None = None) -> None:
        self.inbox, self.albums = inbox, albums or Albums(quiet_period=0.01)
        self.processor = ChatOrderedProcessor(inbox, self.albums, Migrations())
        self.seen: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.together: list[tuple[int, ...]] = []

    async def come(self, *raw: dict[str, Any]) -> list[asyncio.Task[None]]:
        """Updates arrive."""
        await self.inbox.store(raw)
        return [self.start(update) for update in await _fetched(self.inbox)]

    def start(self, update: Update) -> asyncio.Task[None]:
        """As the library does it."""
        return asyncio.create_task(self.processor.process_update(update, self._handle(update)))

    async def _handle(self, update: Update) -> None:
        self.seen.append(f"{update.update_id} begins")
        await self.gate.wait()
        if update.message and update.message.media_group_id:
            await self.albums.gather(update.message)
        self.together.append(tuple(self.processor.batch(update).update_ids))
        self.seen.append(f"{update.update_id} ends")

    async def begun(self, number: int) -> None:
        """Wait until a handler has begun."""
        async with asyncio.timeout(10):
            while f"{number} begins" not in self.seen:  # noqa: ASYNC110 - one event a number is no clearer
                await asyncio.sleep(0)


async def test_a_chat_keeps_its_order_and_the_inbox_is_empty_afterwards(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    await asyncio.gather(*await bot.come(raw_update(1), raw_update(2), raw_update(3)))
    assert bot.seen == [f"{number} {what}" for number in (1, 2, 3) for what in ("begins", "ends")]
    assert bot.together == [(1,), (2,), (3,)]
    assert await _waiting(database) == []


async def test_chats_do_not_wait_for_each_other(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(*(raw_update(number, chat=1) for number in range(1, 300)), raw_update(900, chat=2))
    await bot.begun(900)
    bot.gate.set()
    await asyncio.gather(*tasks)


async def test_what_the_session_s_transaction_has_finished_is_not_finished_once_more(
    database: AsyncEngine,
) -> None:
    inbox = CountingInbox(database)
    bot, sessions = Handlers(inbox), Sessions(database)
    await inbox.store([raw_update(1), raw_update(2)])
    first, second = await _fetched(inbox)

    async def handle() -> None:
        batch = bot.processor.batch(first)
        await sessions.save(1, 1, Session(), Session(draft_id="d"), updates=batch.update_ids)
        batch.finished = True

    await bot.processor.process_update(first, handle())
    assert inbox.finishing == 0
    await bot.start(second)  # this one saves nothing
    assert inbox.finishing == 1
    assert await _waiting(database) == []


@pytest.mark.parametrize("group", [None, "g"], ids=["a message", "an album"])
async def test_the_application_finishes_updates_with_the_session(
    database: AsyncEngine, group: str | None
) -> None:
    inbox, people = CountingInbox(database), People(database)
    nothing: Any = SimpleNamespace()
    await people.ban(1)  # so that the outcome is an unchanged session
    samples = Samples(nothing, Sessions(database), nothing, wanted=False)
    stores = nothing, Sessions(database), people
    others = nothing, nothing, nothing, nothing
    dispatcher = Dispatcher(*stores, *others, Refusals(database), Capabilities(), samples)
    bot = make_bot(inbox, "1:a", "http://127.0.0.1:1", ApiConnection(), RateLimiter())
    bot._bot_user = User(7, "Atelier", is_bot=True, username="atelier_bot")
    application = handlers.build(dispatcher, nothing, bot, inbox)
    application._initialized = True  # without a call of getMe
    await inbox.store([raw_update(number, group=group) for number in (1, 2)])
    updates = await parse(inbox, bot, (await inbox.fetch())[0])
    processor = application.update_processor
    async with asyncio.timeout(10):
        await asyncio.gather(
            *(processor.process_update(update, application.process_update(update)) for update in updates)
        )
    assert inbox.finishing == 0
    assert await _waiting(database) == []


async def test_an_update_whose_handling_breaks_is_over_too(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.albums.gather = None  # type: ignore[assignment,method-assign]
    await asyncio.gather(*await bot.come(raw_update(1, group="g"), raw_update(2)))
    assert "1 ends" not in bot.seen
    assert "2 ends" in bot.seen
    assert await _waiting(database) == []


async def test_an_album_is_one_affair_and_all_of_it_is_over_together(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(
        raw_update(1),
        raw_update(2, group="g"),
        raw_update(3, group="g"),
        raw_update(4, group="g"),
        raw_update(5),
    )
    await bot.begun(1)
    assert await _waiting(database) == [1, 2, 3, 4, 5]
    bot.gate.set()
    await asyncio.gather(*tasks)
    assert bot.together == [(1,), (2, 3, 4), (5,)]
    assert bot.seen[-4:] == ["2 begins", "2 ends", "5 begins", "5 ends"]
    assert await _waiting(database) == []


async def test_a_stop_leaves_what_is_not_over_for_the_next_start(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(
        raw_update(1), raw_update(2), raw_update(3, chat=2, group="g"), raw_update(4, chat=2, group="g")
    )
    await bot.begun(1)
    await bot.begun(3)
    await bot.processor.stop(grace=0)
    await asyncio.wait(tasks)
    assert "2 begins" not in bot.seen
    assert await _waiting(database) == [1, 2, 3, 4]


async def test_a_stop_waits_for_what_is_nearly_over(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(raw_update(1), raw_update(2))
    await bot.begun(1)
    stopping = asyncio.create_task(bot.processor.stop(grace=60))
    await asyncio.sleep(0)
    bot.gate.set()
    await asyncio.gather(stopping, *tasks)
    assert await _waiting(database) == [2]


async def test_a_stop_in_good_order_counts_as_no_attempt(database: AsyncEngine) -> None:
    await Inbox(database).store([raw_update(1)])
    for _ in range(MAX_ATTEMPTS + 2):
        bot = Handlers(await _begun(database))
        bot.gate.clear()
        (update,) = await _fetched(bot.inbox)
        task = bot.start(update)
        await bot.begun(1)
        await bot.processor.stop(grace=0)
        await asyncio.wait([task])


async def test_suspects_are_dealt_with_one_by_one(database: AsyncEngine) -> None:
    first = Inbox(database)
    await first.store([raw_update(1, chat=1), raw_update(2, chat=2)])
    second = await _begun(database)
    await second.fetch()
    await second.begin_attempt(1)
    await second.begin_attempt(2)
    bot = Handlers(await _begun(database))
    tasks = [bot.start(update) for update in await _fetched(bot.inbox)]
    await asyncio.gather(*tasks)
    assert bot.seen == ["1 begins", "1 ends", "2 begins", "2 ends"]


async def test_in_one_chat_things_happen_one_after_the_other_in_order() -> None:
    locks, order = ChatLocks(), list[str]()

    async def happen(name: str) -> None:
        async with locks.of(1):
            order.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(*(happen(name) for name in "abc"))
    assert order == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


async def test_the_locks_of_two_chats_are_apart() -> None:
    locks, other = ChatLocks(), asyncio.Event()

    async def slow() -> None:
        async with locks.of(1):
            await other.wait()

    async def quick() -> None:
        async with locks.of(2):
            other.set()

    async with asyncio.timeout(10):
        await asyncio.gather(slow(), quick())


async def test_a_lock_that_nobody_holds_is_forgotten() -> None:
    locks = ChatLocks()
    for chat in range(1000):
        async with locks.of(chat):
            pass
    gc.collect()
    assert len(locks._locks) == 0
