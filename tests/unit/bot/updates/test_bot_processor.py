"""No update is lost and none is dealt with twice, whatever ends the bot whenever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, Update

from bot.conversation import Session
from bot.storage import tables
from bot.storage.claims import claims_for
from bot.storage.inbox import REMEMBERED, REPLAYS, Inbox, finished
from bot.storage.sessions import Sessions
from bot.updates.albums import Albums
from bot.updates.processor import ChatOrderedProcessor, handled
from engine.queue import open_database

BOT = Bot("1:a")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An inbox's database."""
    engine = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    await tables.create(engine)
    yield engine
    await engine.dispose()


def _raw(number: int, chat: int = 1, group: str | None = None, person: int | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"},
        "from": {"id": person or chat, "is_bot": False, "first_name": "Ada"},
        "text": "a",
        "new_in_11": {"deep": [1]},
    }
    return {"update_id": number, "message": message | ({"media_group_id": group} if group else {})}


def _numbers(updates: list[Update]) -> list[int]:
    return [each.update_id for each in updates]


async def _begun(database: AsyncEngine) -> Inbox:
    """A process begins."""
    claims = claims_for(database)
    await claims.start()
    return Inbox(database, claims)


async def _found(inbox: Inbox) -> list[list[int]]:
    """What is to be dealt with, and what is put aside."""
    return [_numbers(each) for each in await inbox.next(BOT)]


async def _waiting(database: AsyncEngine) -> list[int]:
    """What another process would find."""
    return (await _found(await _begun(database)))[0]


async def test_what_was_kept_is_there_for_the_next_process_in_its_order(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    await inbox.keep([_raw(7), _raw(8)])
    await inbox.keep([_raw(3)])  # after a week of silence the numbers begin anew
    found, _ = await (await _begun(database)).next(BOT)
    assert _numbers(found) == [7, 8, 3]
    assert found[0].message is not None
    assert found[0].message.api_kwargs["new_in_11"] == {"deep": [1]}


async def test_what_was_finished_is_not(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    await inbox.keep([_raw(1), _raw(2), _raw(3), _raw(4)])
    await inbox.done(1)
    await inbox.done([2])
    async with database.begin() as connection:
        await connection.execute(finished(3))
    assert await _waiting(database) == [4]


async def test_what_comes_twice_is_new_once(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    assert await inbox.keep([_raw(1), _raw(2)]) == [1, 2]
    assert await inbox.keep([_raw(2), _raw(3)]) == [3]
    assert await _found(inbox) == [[1, 2, 3], []]
    await inbox.done([1, 2])
    assert await inbox.keep([_raw(1), _raw(2), _raw(3)]) == []
    assert await _found(inbox) == [[], []]


async def test_what_a_killed_process_left_and_telegram_brings_again_is_dealt_with_once(
    database: AsyncEngine,
) -> None:
    first = Inbox(database)
    await first.keep([_raw(1), _raw(2)])
    await first.done(1)
    second = await _begun(database)
    assert await _found(second) == [[2], []]
    assert await second.keep([_raw(1), _raw(2), _raw(3)]) == [3]
    assert await _found(second) == [[3], []]


async def test_an_update_that_was_stored_although_the_answer_was_lost_is_dealt_with(
    database: AsyncEngine,
) -> None:
    inbox = Inbox(database)
    await inbox._store([_raw(1)])
    assert await inbox.keep([_raw(1)]) == []
    assert await _found(inbox) == [[1], []]


async def test_an_update_that_ends_the_bot_time_and_again_is_put_aside(database: AsyncEngine) -> None:
    await Inbox(database).keep([_raw(1), _raw(2)])
    for _ in range(REPLAYS - 1):  # and the life that kept it
        inbox = await _begun(database)
        assert await _found(inbox) == [[1, 2], []]
        await inbox.begin(1)
    assert await _found(await _begun(database)) == [[2], [1]]
    assert await _found(await _begun(database)) == [[2], []], "and it is said once"
    assert await Inbox(database).keep([_raw(1)]) == []


async def test_an_update_that_cannot_be_read_does_not_keep_the_others_away(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(database)
    broken = {"update_id": 1, "message": {"message_id": 1, "date": "secret", "chat": {"id": 1}}}
    await inbox.keep([broken, _raw(2)])
    assert _numbers(await inbox.parsed([broken, _raw(2)], BOT)) == [2]
    assert await _waiting(database) == [2]
    assert "secret" not in caplog.text


class Handlers:
    """What handlers do here: note that they begin, wait if told so, note that they end."""

    def __init__(self, inbox: Inbox, albums: Albums | None = None) -> None:
        self.inbox, self.albums = inbox, albums or Albums(wait=0.01)
        self.processor = ChatOrderedProcessor(inbox, self.albums)
        self.seen: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.together: list[tuple[int, ...]] = []

    async def come(self, *raw: dict[str, Any]) -> list[asyncio.Task[None]]:
        """Updates arrive."""
        await self.inbox.keep(raw)
        return [self.start(update) for update in (await self.inbox.next(BOT))[0]]

    def start(self, update: Update) -> asyncio.Task[None]:
        """As the library does it."""
        return asyncio.create_task(self.processor.process_update(update, self._handle(update)))

    async def _handle(self, update: Update) -> None:
        self.seen.append(f"{update.update_id} begins")
        await self.gate.wait()
        if update.message and update.message.media_group_id:
            await self.albums.gather(update.message)
        self.together.append(handled())
        self.seen.append(f"{update.update_id} ends")

    async def begun(self, number: int) -> None:
        """Wait until a handler has begun."""
        async with asyncio.timeout(10):
            while f"{number} begins" not in self.seen:  # noqa: ASYNC110 - one event a number is no clearer
                await asyncio.sleep(0)


async def test_a_chat_keeps_its_order_and_the_inbox_is_empty_afterwards(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    await asyncio.gather(*await bot.come(_raw(1), _raw(2), _raw(3)))
    assert bot.seen == [f"{number} {what}" for number in (1, 2, 3) for what in ("begins", "ends")]
    assert bot.together == [(1,), (2,), (3,)]
    assert await _waiting(database) == []


async def test_chats_do_not_wait_for_each_other(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(*(_raw(number, chat=1) for number in range(1, 300)), _raw(900, chat=2))
    await bot.begun(900)
    bot.gate.set()
    await asyncio.gather(*tasks)


async def test_however_many_are_under_way_what_is_new_is_found(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.inbox.VARIABLES", 3)
    inbox = Inbox(database)
    await inbox.keep([_raw(number) for number in range(1, 9)])
    assert await _found(inbox) == [[*range(1, 9)], []]
    await inbox.keep([_raw(9), _raw(10)])
    assert await _found(inbox) == [[9, 10], []]


async def test_what_the_session_s_transaction_has_finished_is_not_finished_once_more(
    database: AsyncEngine,
) -> None:
    class Counting(Inbox):
        finishing = 0

        async def _finish(self, numbers: Sequence[int]) -> None:
            self.finishing += 1
            await super()._finish(numbers)

    inbox = Counting(database)
    bot, sessions = Handlers(inbox), Sessions(database)
    await inbox.keep([_raw(1), _raw(2)])
    first, second = (await inbox.next(BOT))[0]

    async def handle() -> None:
        await sessions.save(1, 1, Session(), Session(draft_id="d"), updates=handled())

    await bot.processor.process_update(first, handle())
    assert inbox.finishing == 0
    await bot.start(second)  # this one keeps nothing
    assert inbox.finishing == 1
    assert await _waiting(database) == []


async def test_what_was_finished_long_ago_is_swept_and_nothing_tells_whose_it_was(
    database: AsyncEngine,
) -> None:
    inbox = Inbox(database)
    await inbox.keep([_raw(1), _raw(2), _raw(3)])
    await inbox.done([1, 2])
    async with database.begin() as connection:
        rows = (await connection.execute(select(tables.inbox.c.update_id, tables.inbox.c.chat))).all()
        assert {tuple(row) for row in rows} == {(1, ""), (2, ""), (3, "1")}
        old = update(tables.inbox).where(tables.inbox.c.update_id.in_((2, 3)))
        await connection.execute(old.values(received=tables.inbox.c.received - REMEMBERED - 1))
    await inbox.sweep()
    async with database.connect() as connection:
        assert set(await connection.scalars(select(tables.inbox.c.update_id))) == {1, 3}


async def test_an_update_whose_handling_breaks_is_over_too(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.albums.gather = None  # type: ignore[assignment,method-assign]
    await asyncio.gather(*await bot.come(_raw(1, group="g"), _raw(2)))
    assert "1 ends" not in bot.seen
    assert "2 ends" in bot.seen
    assert await _waiting(database) == []


async def test_an_album_is_one_affair_and_all_of_it_is_over_together(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(_raw(1), _raw(2, group="g"), _raw(3, group="g"), _raw(4, group="g"), _raw(5))
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
    tasks = await bot.come(_raw(1), _raw(2), _raw(3, chat=2, group="g"), _raw(4, chat=2, group="g"))
    await bot.begun(1)
    await bot.begun(3)
    await bot.processor.stop(grace=0)
    await asyncio.wait(tasks)
    assert "2 begins" not in bot.seen
    assert await _waiting(database) == [1, 2, 3, 4]


async def test_a_stop_waits_for_what_is_nearly_over(database: AsyncEngine) -> None:
    bot = Handlers(Inbox(database))
    bot.gate.clear()
    tasks = await bot.come(_raw(1), _raw(2))
    await bot.begun(1)
    stopping = asyncio.create_task(bot.processor.stop(grace=60))
    await asyncio.sleep(0)
    bot.gate.set()
    await asyncio.gather(stopping, *tasks)
    assert await _waiting(database) == [2]


async def test_a_stop_in_good_order_counts_as_no_attempt(database: AsyncEngine) -> None:
    await Inbox(database).keep([_raw(1)])
    for _ in range(REPLAYS + 2):
        bot = Handlers(await _begun(database))
        bot.gate.clear()
        ((update,), _) = await bot.inbox.next(BOT)
        task = bot.start(update)
        await bot.begun(1)
        await bot.processor.stop(grace=0)
        await asyncio.wait([task])


async def test_suspects_are_dealt_with_one_by_one(database: AsyncEngine) -> None:
    first = Inbox(database)
    await first.keep([_raw(1, chat=1), _raw(2, chat=2)])
    second = await _begun(database)
    await second.next(BOT)
    await second.begin(1)
    await second.begin(2)
    bot = Handlers(await _begun(database))
    tasks = [bot.start(update) for update in (await bot.inbox.next(BOT))[0]]
    await asyncio.gather(*tasks)
    assert bot.seen == ["1 begins", "1 ends", "2 begins", "2 ends"]
