"""Several bots on one database: each chat is at one of them, and no longer than that one lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage import claims, tables
from bot.storage.claims import DatabaseInUseError, SharedClaims, sqlite_lock
from bot.storage.inbox import Inbox
from engine.queue import open_database
from engine.queue.schema import Now
from tests.support.processes import until

LONG = 3600.0


@pytest.fixture
async def database(connect: Callable[[], AsyncEngine]) -> AsyncEngine:
    """An empty database of each kind."""
    engine = connect()
    await tables.create(engine)
    return engine


async def _born(engine: AsyncEngine, lease: float = LONG) -> SharedClaims:
    made = SharedClaims(engine, lease)
    await made.start()
    return made


def _raw(number: int, chat: int = 1, group: str | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {
        "message_id": number,
        "date": 1,
        "chat": {"id": chat, "type": "private"},
        "text": "a",
    }
    return {"update_id": number, "message": message | ({"media_group_id": group} if group else {})}


async def _numbers(inbox: Inbox) -> list[int]:
    return [int(each["update_id"]) for each in (await inbox.fetch())[0]]


async def test_what_one_has_no_other_gets(database: AsyncEngine) -> None:
    first, second = await _born(database), await _born(database)
    assert await first.take({"1", "2"}) == {"1", "2"}
    assert await second.take({"2", "3"}) == {"3"}
    assert await first.take({"1", "2", "3"}) == {"1", "2"}
    assert (first.holds("1"), second.holds("1")) == (True, False)


async def test_however_many_ask_at_once_one_gets_it(database: AsyncEngine) -> None:
    bots = [await _born(database) for _ in range(5)]
    what = {str(number) for number in range(40)}
    got = await asyncio.gather(*(each.take(what) for each in bots))
    assert sorted(number for each in got for number in each) == sorted(what)


async def test_where_nothing_happens_any_more_anybody_may_go_on(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "IDLE_TIMEOUT", 0.0)
    first, second = await _born(database), await _born(database)
    inbox = Inbox(database, first)
    await inbox.store([_raw(1, chat=1)])
    await first.take({"1", "2", "3"})
    first.mark_busy("2")
    await first._release_idle()
    assert await second.take({"1", "2", "3"}) == {"3"}, "one waits for an update, one is at work"
    first.mark_idle("2")
    await inbox.finish(1)
    await first._release_idle()
    assert await second.take({"1", "2"}) == {"1", "2"}


async def test_who_leaves_in_good_order_leaves_everything(database: AsyncEngine) -> None:
    first, second = await _born(database), await _born(database)
    await first.take({"1"})
    await first.close()
    assert not first.holds("1")
    assert await second.take({"1"}) == {"1"}
    await second._heartbeat()
    assert second.replicas == 1


async def test_after_the_clock_was_put_back_the_leases_begin_anew(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "HEARTBEAT_INTERVAL", 0.02)
    other, living = await _born(database), SharedClaims(database, LONG)
    await other.take({"1"})
    await living.start()
    living._in_time_since -= 2 * LONG
    async with database.begin() as connection:
        silent = update(tables.replica).where(tables.replica.c.name == other.replica)
        await connection.execute(silent.values(seen=Now() + 3600 + 2 * LONG))
    task = asyncio.create_task(living.run())
    left = select(tables.replica.c.seen + LONG - Now()).where(tables.replica.c.name == other.replica)

    async def within_a_lease() -> bool:
        async with database.connect() as connection:
            return bool((await connection.scalar(left) or 0) <= LONG)

    await until(within_a_lease)
    task.cancel()
    await asyncio.wait([task])
    await other._heartbeat()
    assert other.holds("1"), "it was alive"


async def test_what_the_dead_had_goes_to_others_and_counts_as_begun(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "HEARTBEAT_INTERVAL", 0.02)
    dead, living = await _born(database), SharedClaims(database, LONG)
    inbox = Inbox(database, dead)
    await inbox.store([_raw(1, chat=1), _raw(2, chat=2)])
    assert await _numbers(inbox) == [1, 2]
    heard: list[int] = []
    living._on_replicas = heard.append
    await living.start()
    living._in_time_since -= 2 * LONG
    async with database.begin() as connection:  # as if both had begun long ago, and one had fallen silent
        silent = update(tables.replica).where(tables.replica.c.name == dead.replica)
        await connection.execute(silent.values(seen=Now() - 2 * LONG))
    task = asyncio.create_task(living.run())
    other = Inbox(database, living)
    async with asyncio.timeout(20):
        while not (found := await _numbers(other)):  # noqa: ASYNC110 - the database tells no news
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert found == [1, 2]
    assert not other.is_suspect(1)
    async with database.connect() as connection:
        assert set(await connection.scalars(select(tables.inbox.c.attempts))) == {1}
        assert (await connection.scalars(select(tables.replica.c.name))).all() == [living.replica]
    assert heard == [2, 1]


async def test_who_gave_no_sign_of_life_has_nothing_and_takes_nothing(database: AsyncEngine) -> None:
    late = await _born(database)
    await late.take({"1"})
    late._last_heartbeat -= LONG
    assert not late.holds("1")
    assert await late.take({"1", "2"}) == set()
    await late._heartbeat()
    assert await late.take({"1", "2"}) == {"1", "2"}, "nobody had taken it over"


async def test_who_waited_too_long_for_the_database_has_nothing_until_it_has_looked(
    database: AsyncEngine,
) -> None:
    late = await _born(database)

    def age(*_: object) -> None:
        late._last_heartbeat = float("-inf")

    event.listen(database.sync_engine, "commit", age)
    assert await late.take({"1"}) == set()
    event.remove(database.sync_engine, "commit", age)
    assert not late.holds("1")
    await late._heartbeat()
    assert late.holds("1"), "nobody had taken it over"


async def test_who_was_taken_for_dead_learns_of_it(
    database: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    late, other = await _born(database, 0.0), await _born(database)
    late._lease = LONG
    await late.take({"1", "2"})
    other._lease = 0.0
    await other._expire_others()
    other._lease = LONG
    assert await other.take({"1"}) == {"1"}
    await late._heartbeat()
    assert (late.holds("1"), late.holds("2")) == (False, False)
    assert "Another bot has taken over 2 chats or duties" in caplog.text


async def test_a_claim_that_nobody_has_is_free_in_the_end(database: AsyncEngine) -> None:
    bot = await _born(database)
    async with database.begin() as connection:
        await connection.execute(insert(tables.claim).values(what="1", replica="gone"))
    assert await bot.take({"1"}) == set()
    await bot._expire_others()
    assert await bot.take({"1"}) == {"1"}


async def test_after_an_outage_nobody_is_blamed(database: AsyncEngine) -> None:
    bot = await _born(database, 10.0)
    began = bot._in_time_since
    await bot._heartbeat()
    assert bot._in_time_since == began
    bot._last_heartbeat -= 6.0  # as if it had not got through for so long
    await bot._heartbeat()
    assert bot._in_time_since > began


async def test_a_chat_is_dealt_with_in_one_place_wherever_its_updates_arrive(database: AsyncEngine) -> None:
    first, second = Inbox(database, await _born(database)), Inbox(database, await _born(database))
    await first.store([_raw(1, group="g")])
    assert await _numbers(first) == [1]
    await second.store([_raw(2, group="g"), _raw(3, chat=2)])
    await first.store([_raw(4, chat=2)])
    assert await _numbers(second) == [3, 4]
    assert await _numbers(first) == [2]
    assert await second.store([_raw(1)]) == []
    await first.finish(1)
    assert await second.store([_raw(1)]) == [], "brought once more to another bot"
    assert await _numbers(second) == []


async def test_what_is_not_this_bots_any_more_is_let_go_and_can_come_back(database: AsyncEngine) -> None:
    mine = await _born(database)
    inbox = Inbox(database, mine)
    await inbox.store([_raw(1)])
    assert await _numbers(inbox) == [1]
    mine._lease = 0.0
    assert not inbox.holds(1)
    inbox.release([1])
    mine._lease = LONG
    assert await _numbers(inbox) == [1]


async def test_the_tables_are_created_once_however_many_bots_start_together(
    connect: Callable[[], AsyncEngine],
) -> None:
    engine = connect()
    await asyncio.gather(*(tables.create(each) for each in (engine, connect())))
    async with engine.connect() as connection:
        indexes = await connection.run_sync(lambda sync: inspect(sync).get_indexes("inbox"))
    assert {index["name"] for index in indexes} == {"inbox_waiting", "inbox_forgettable"}


async def test_a_look_for_what_waits_does_not_read_what_was_dealt_with(database: AsyncEngine) -> None:
    seen: list[str] = []
    event.listen(database.sync_engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    inbox = Inbox(database, await _born(database))
    seen.clear()
    await inbox._waiting()
    query = next(each for each in seen if each.startswith("SELECT"))
    async with database.connect() as connection:
        if database.dialect.name == "sqlite":
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
        else:
            await connection.execute(text("SET enable_seqscan = off"))  # of an empty table it would be right
            plan = await connection.exec_driver_sql(f"EXPLAIN {query}")
        assert "inbox_waiting" in str(plan.all())


async def test_one_bot_has_a_sqlite_file_and_the_second_is_told_so(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    with (
        sqlite_lock(engine),
        pytest.raises(DatabaseInUseError, match="Another bot uses this database"),
        sqlite_lock(engine),
    ):
        pass
    with sqlite_lock(engine):
        pass
    await engine.dispose()


async def test_by_a_link_it_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "atelier.db")
    (tmp_path / "folder").symlink_to(tmp_path)
    engines = [
        open_database(f"sqlite:///{tmp_path / name}")
        for name in ("atelier.db", "link.db", "folder/atelier.db")
    ]
    with sqlite_lock(engines[0]):
        for other in engines[1:]:
            with pytest.raises(DatabaseInUseError), sqlite_lock(other):
                pass
    for engine in engines:
        await engine.dispose()
