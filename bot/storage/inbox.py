"""The inbox: what Telegram handed over stays in the queue's database until it was dealt with.

Telegram forgets an update as soon as the bot asks for later ones, or has answered the webhook. So each is
kept here before that, and is finished in the transaction that saves what came of it. Whatever ends the
process meanwhile, the next one finds the update here, or another replica does. Finished ones leave their
number for a while: Telegram may bring them once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import Row, delete, func, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Update as UpdateStatement
from telegram import Bot, Update

from bot.metrics import count_updates
from bot.storage.claims import Claims, claims_for
from bot.storage.tables import inbox as _inbox
from engine.queue import persist, single_select, uninterrupted
from engine.queue.schema import Now

log = logging.getLogger(__name__)

Raw = Mapping[str, Any]
"""An update as Telegram sent it."""

REPLAYS: Final = 11
"""Lives of a bot that an update may have been in when they ended; by then it is what ends them.
Fewer would blame the innocent: four put aside four updates of two bots that were killed 50 times each."""
REMEMBERED: Final = 2 * 86400.0
"""Seconds that the number of a finished update is known. Telegram keeps an update for a day at most, and
begins with new numbers only after a week of silence, so that none of them is taken for an old one."""
VARIABLES: Final = 500
"""Numbers in one statement."""
LOOK: Final = 0.2
"""Seconds between two looks for what another replica has kept: an album is not complete before a second."""
_COLUMNS: Final = (_inbox.c.update_id, _inbox.c.chat, _inbox.c.body, _inbox.c.attempts)

settled: ContextVar[set[int]] = ContextVar("settled")
"""The numbers of the updates that were finished by the transaction which keeps what came of them."""


def finished(*update_ids: int) -> UpdateStatement:
    """The statement that finishes updates: for the transaction that saves what came of them.

    It meets no row if somebody else has finished them all.
    """
    waiting = _inbox.c.update_id.in_(update_ids), _inbox.c.body.is_not(None)
    return update(_inbox).where(*waiting).values(body=null(), chat="", received=Now())


def chat_of(raw: Raw) -> str:
    """The number of the chat where an update happens, or something that is its own if it has none."""
    for value in raw.values():
        if isinstance(value, dict):
            chat = value.get("chat") or (value.get("message") or {}).get("chat")
            if isinstance(chat, dict) and "id" in chat:
                return str(chat["id"])
    return f"update {raw['update_id']}"


class Inbox:
    """The updates that nobody has dealt with yet: of all bots that share the database."""

    def __init__(self, engine: AsyncEngine, claims: Claims | None = None) -> None:
        self._engine = engine
        self._glancing = single_select(engine)
        self._claims = claims or claims_for(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._handed: dict[int, str] = {}
        """What this process is dealing with, and where."""
        self._replayed: dict[int, int] = {}
        """What an earlier process left, and how often it was begun."""
        self._looking = asyncio.Lock()
        self._news = asyncio.Event()

    async def keep(self, updates: Sequence[Raw]) -> list[int]:
        """Store a batch in one transaction, however long the database is away; gives the numbers of the new.

        What was stored before, or was dealt with not long ago, is left as it is.
        """
        if not updates:
            return []
        new = await persist(lambda: self._store(updates), "keeping updates")
        self._news.set()
        count_updates(updates, new)
        return new

    async def news(self) -> None:
        """Wait until this bot has kept something, or for a moment if others may have."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), LOOK if self._claims.shared else None)

    async def next(self, bot: Bot) -> tuple[list[Update], list[Update]]:
        """What is this bot's to deal with, in its order, each once: of chats that no other replica has.

        Gives, apart, what was begun too often: that is put aside, and whoever sent it should hear of it.
        """
        async with self._looking:
            self._news.clear()
            # One statement for one bot, but for when it would have to name too many.
            if self._claims.shared or len(self._handed) > VARIABLES:
                rows = await self._claimed()
            else:
                rows = await persist(self._new, "looking for updates")
            for row in rows:
                self._handed[row.update_id] = row.chat
                self._claims.enter(row.chat)
                if row.attempts:
                    self._replayed[row.update_id] = row.attempts
        hopeless = {row.update_id for row in rows if row.attempts >= REPLAYS}
        for number in sorted(hopeless):
            log.error("update %d ended the bot %d times; it is put aside", number, REPLAYS)
        await self.done(hopeless)  # first: nothing that is done with it now may end the bot once more
        read = await self.parsed([json.loads(row.body) for row in rows], bot)
        return (
            [each for each in read if each.update_id not in hopeless],
            [each for each in read if each.update_id in hopeless],
        )

    @uninterrupted
    async def count(self) -> int:
        """How many wait or are under way."""
        query = select(func.count()).select_from(_inbox).where(_inbox.c.body.is_not(None))
        async with self._glancing.connect() as connection:
            return await connection.scalar(query) or 0

    def holds(self, update_id: int) -> bool:
        """Whether an update is still this bot's to deal with."""
        return update_id not in self._handed or self._claims.holds(self._handed[update_id])

    def let_go(self, update_ids: Collection[int]) -> None:
        """Forget updates here: they stay in the inbox if they were not finished."""
        for number in update_ids:
            self._replayed.pop(number, None)
            if number in self._handed:
                self._claims.leave(self._handed.pop(number))

    async def parsed(self, updates: Sequence[Raw], bot: Bot) -> list[Update]:
        """Read updates. One that cannot be read is dropped alone: it must not keep the others away."""
        read, unread = [], []
        for each in updates:
            try:
                read.append(Update.de_json(dict(each), bot))
            except Exception as error:  # noqa: BLE001 - whatever a field that is not as it was may cause
                number = int(each["update_id"])
                log.error("update %d cannot be read (%s); it is dropped", number, type(error).__name__)  # noqa: TRY400 - the traceback would hold what a person wrote
                unread.append(number)
        await self.done(unread)
        return read

    async def done(self, update_ids: int | Collection[int]) -> None:
        """Note that updates were dealt with, however long the database is away."""
        numbers = [update_ids] if isinstance(update_ids, int) else list(update_ids)
        for part in _parts(numbers):
            await persist(lambda part=part: self._finish(part), "finishing updates")  # type: ignore[misc]
        self.let_go(numbers)

    def suspect(self, update_id: int) -> bool:
        """Whether two processes ended that had this update: over it, or over one beside it."""
        return self._replayed.get(update_id, 0) > 1

    async def begin(self, update_id: int) -> None:
        """Count the attempt before it is made, if an earlier process has left the update."""
        if update_id in self._replayed:
            await persist(lambda: self._count(update_id, 1), "counting attempts")

    async def put_back(self, update_id: int) -> None:
        """Take the attempt back: it was cut short in good order."""
        if update_id in self._replayed:
            await self._count(update_id, -1)

    @uninterrupted
    async def _store(self, updates: Sequence[Raw]) -> list[int]:
        """Store what is not there; gives the numbers of that."""
        rows = [
            {
                "update_id": each["update_id"],
                "body": json.dumps(each),
                "received": Now(),
                "attempts": 0,
                "chat": chat_of(each),
            }
            for each in updates
        ]
        new = self._insert(_inbox).values(rows).on_conflict_do_nothing().returning(_inbox.c.update_id)
        async with self._engine.begin() as connection:
            return list(await connection.scalars(new))

    @uninterrupted
    async def _waiting(self) -> list[tuple[int, str]]:
        """The unfinished ones and their chats."""
        # By their time first: after a week of silence the numbers may begin lower.
        query = (
            select(_inbox.c.update_id, _inbox.c.chat)
            .where(_inbox.c.body.is_not(None))
            .order_by(_inbox.c.received, _inbox.c.update_id)
        )
        async with self._glancing.connect() as connection:
            return [(number, chat) for number, chat in await connection.execute(query)]

    @uninterrupted
    async def _new(self) -> Sequence[Row[Any, Any, Any, Any]]:
        """What waits and is not handed out, of all chats."""
        new = _inbox.c.body.is_not(None), _inbox.c.update_id.not_in(self._handed)
        query = select(*_COLUMNS).where(*new).order_by(_inbox.c.received, _inbox.c.update_id)
        async with self._glancing.connect() as connection:
            return (await connection.execute(query)).all()

    async def _claimed(self) -> Sequence[Row[Any, Any, Any, Any]]:
        """The same, of those chats that no other replica has."""
        waiting = await persist(self._waiting, "looking for updates")
        mine = await self._claims.take({chat for _, chat in waiting})
        # Read after the claim: until then another replica may have finished some.
        numbers = [number for number, chat in waiting if chat in mine and number not in self._handed]
        return [row for part in _parts(numbers) for row in await self._bodies(part)]

    async def _bodies(self, numbers: Sequence[int]) -> Sequence[Row[Any, Any, Any, Any]]:
        query = select(*_COLUMNS).where(_inbox.c.update_id.in_(numbers), _inbox.c.body.is_not(None))

        @uninterrupted
        async def read() -> Sequence[Row[Any, Any, Any, Any]]:
            async with self._glancing.connect() as connection:
                return (await connection.execute(query)).all()

        place = {number: at for at, number in enumerate(numbers)}
        return sorted(await persist(read, "reading updates"), key=lambda row: place[row.update_id])

    @uninterrupted
    async def _finish(self, numbers: Sequence[int]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(finished(*numbers))

    @uninterrupted
    async def sweep(self) -> None:
        """Forget the numbers of what was finished so long ago that Telegram does not bring it again."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(_inbox).where(_inbox.c.body.is_(None), _inbox.c.received < Now() - REMEMBERED)
            )

    @uninterrupted
    async def _count(self, update_id: int, change: int) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(_inbox)
                .where(_inbox.c.update_id == update_id)
                .values(attempts=_inbox.c.attempts + change)
            )


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), VARIABLES):
        yield numbers[at : at + VARIABLES]
