"""No update is lost and none is handled twice, however and whenever the bot ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot

from bot.storage import tables
from bot.storage.claims import claims_for
from bot.storage.inbox import MAX_ATTEMPTS, RETENTION, Inbox, RawUpdate, finish_statement
from bot.updates.intake import parse
from tests.support.updates import raw_update

BOT = Bot("1:a")


def _numbers(updates: Sequence[RawUpdate]) -> list[int]:
    return [int(each["update_id"]) for each in updates]


async def _begun(database: AsyncEngine) -> Inbox:
    """A process begins."""
    claims = claims_for(database)
    await claims.start()
    return Inbox(database, claims)


async def _found(inbox: Inbox) -> list[list[int]]:
    """Return the updates to handle, and the discarded ones."""
    return [_numbers(each) for each in await inbox.fetch()]


async def _waiting(database: AsyncEngine) -> list[int]:
    """Return the updates that another process would find."""
    return (await _found(await _begun(database)))[0]


async def test_what_was_kept_is_there_for_the_next_process_in_its_order(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    await inbox.store([raw_update(7), raw_update(8)])
    await inbox.store([raw_update(3)])  # after a week of silence the numbers begin anew
    found, _ = await (await _begun(database)).fetch()
    assert _numbers(found) == [7, 8, 3]
    (first, *_) = await parse(inbox, BOT, found)
    assert first.message is not None
    assert first.message.api_kwargs["new_in_11"] == {"deep": [1]}


async def test_what_was_finished_is_not(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    await inbox.store([raw_update(1), raw_update(2), raw_update(3), raw_update(4)])
    await inbox.finish(1)
    await inbox.finish([2])
    async with database.begin() as connection:
        await connection.execute(finish_statement(3))
    assert await _waiting(database) == [4]


async def test_what_comes_twice_is_new_once(database: AsyncEngine) -> None:
    inbox = Inbox(database)
    assert await inbox.store([raw_update(1), raw_update(2)]) == [1, 2]
    assert await inbox.store([raw_update(2), raw_update(3)]) == [3]
    assert await _found(inbox) == [[1, 2, 3], []]
    await inbox.finish([1, 2])
    assert await inbox.store([raw_update(1), raw_update(2), raw_update(3)]) == []
    assert await _found(inbox) == [[], []]


async def test_what_a_killed_process_left_and_telegram_brings_again_is_dealt_with_once(
    database: AsyncEngine,
) -> None:
    first = Inbox(database)
    await first.store([raw_update(1), raw_update(2)])
    await first.finish(1)
    second = await _begun(database)
    assert await _found(second) == [[2], []]
    assert await second.store([raw_update(1), raw_update(2), raw_update(3)]) == [3]
    assert await _found(second) == [[3], []]


async def test_an_update_that_was_stored_although_the_answer_was_lost_is_dealt_with(
    database: AsyncEngine,
) -> None:
    inbox = Inbox(database)
    await inbox._store([raw_update(1)])
    assert await inbox.store([raw_update(1)]) == []
    assert await _found(inbox) == [[1], []]


async def test_an_update_that_ends_the_bot_time_and_again_is_put_aside(database: AsyncEngine) -> None:
    await Inbox(database).store([raw_update(1), raw_update(2)])
    for _ in range(MAX_ATTEMPTS - 1):  # and the life that kept it
        inbox = await _begun(database)
        assert await _found(inbox) == [[1, 2], []]
        await inbox.begin_attempt(1)
    assert await _found(await _begun(database)) == [[2], [1]]
    assert await _found(await _begun(database)) == [[2], []], "and it is said once"
    assert await Inbox(database).store([raw_update(1)]) == []


async def test_an_update_that_cannot_be_read_does_not_keep_the_others_away(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Inbox(database)
    broken = {"update_id": 1, "message": {"message_id": 1, "date": "secret", "chat": {"id": 1}}}
    await inbox.store([broken, raw_update(2)])
    assert [each.update_id for each in await parse(inbox, BOT, [broken, raw_update(2)])] == [2]
    assert await _waiting(database) == [2]
    assert "secret" not in caplog.text


async def test_however_many_are_under_way_what_is_new_is_found(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.inbox.MAX_VARIABLES", 3)
    inbox = Inbox(database)
    await inbox.store([raw_update(number) for number in range(1, 9)])
    assert await _found(inbox) == [[*range(1, 9)], []]
    await inbox.store([raw_update(9), raw_update(10)])
    assert await _found(inbox) == [[9, 10], []]


async def test_what_was_finished_long_ago_is_swept_and_nothing_tells_whose_it_was(
    database: AsyncEngine,
) -> None:
    inbox = Inbox(database)
    await inbox.store([raw_update(1), raw_update(2), raw_update(3)])
    await inbox.finish([1, 2])
    async with database.begin() as connection:
        rows = (await connection.execute(select(tables.inbox.c.update_id, tables.inbox.c.chat))).all()
        assert {tuple(row) for row in rows} == {(1, ""), (2, ""), (3, "1")}
        old = update(tables.inbox).where(tables.inbox.c.update_id.in_((2, 3)))
        await connection.execute(old.values(received=tables.inbox.c.received - RETENTION - 1))
    await inbox.prune()
    async with database.connect() as connection:
        assert set(await connection.scalars(select(tables.inbox.c.update_id))) == {1, 3}


async def test_many_are_swept_in_short_transactions(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.inbox.PRUNED_AT_ONCE", 2)
    inbox = Inbox(database)
    await inbox.store([raw_update(number) for number in range(1, 6)])
    await inbox.finish([1, 2, 3, 4, 5])
    async with database.begin() as connection:
        await connection.execute(update(tables.inbox).values(received=1.0))
    deleted: list[int] = []

    @event.listens_for(database.sync_engine, "after_cursor_execute")
    def note(_: object, cursor: Any, statement: str, *__: object) -> None:
        if statement.startswith("DELETE"):
            deleted.append(cursor.rowcount)

    await inbox.prune()
    assert deleted == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "body",
    [
        {"message": "words"},
        {"message": {"chat": "here"}},
        {"message": {"chat": {"id": {}}}},
        {"callback_query": {"message": "words"}},
        {"callback_query": {"message": ["words"], "chat": 7}},
        {"message": None},
    ],
)
async def test_an_update_of_no_known_form_is_passed_over_and_stops_no_other(
    database: AsyncEngine, body: dict[str, object]
) -> None:
    inbox = await _begun(database)
    odd: RawUpdate = {"update_id": 1, **body}
    assert await inbox.store([odd, raw_update(2)]) == [1, 2]
    found, _ = await inbox.fetch()
    parsed = await parse(inbox, BOT, found)
    assert 2 in [each.update_id for each in parsed]
    assert await _waiting(database) == sorted(each.update_id for each in parsed)
