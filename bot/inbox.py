"""The inbox: what Telegram handed over stays in the queue's database until it was dealt with.

Telegram forgets an update as soon as the bot asks for later ones. So each is kept here before that, and is
finished in the transaction that saves what came of it. Whatever ends the process meanwhile, the next one
finds the update here. Finished ones leave their number for a while: Telegram may bring them once more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    delete,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Update as UpdateStatement
from telegram import Bot, Update
from telegram.ext import ExtBot

from bot.tables import inbox as _inbox
from engine.queue import persist, reading, uninterrupted
from engine.queue.schema import Now

log = logging.getLogger(__name__)

Raw = Mapping[str, Any]
"""An update as Telegram sent it."""

REPLAYS: Final = 10
"""Times that an update is begun anew after its process ended; by then it is what ends the process.
Fewer would blame the innocent: three put aside four updates of two bots that were killed 50 times each."""
REMEMBERED: Final = 2 * 86400.0
"""Seconds that the number of a finished update is known. Telegram keeps an update for a day at most, and
begins with new numbers only after a week of silence, so that none of them is taken for an old one."""
SWEEP: Final = 1000
"""Updates between two times that old numbers are forgotten."""
VARIABLES: Final = 500
"""Numbers in one statement."""


def finished(*update_ids: int) -> UpdateStatement:
    """The statement that finishes updates: for the transaction that saves what came of them."""
    return update(_inbox).where(_inbox.c.update_id.in_(update_ids)).values(body=null(), received=Now())


class Inbox:
    """The updates that nobody has dealt with yet."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._handed: set[int] = set()
        """What this process is dealing with. The table alone cannot tell: an update may have been stored
        although the answer to that was lost, and then it is for this process to deal with, once."""
        self._replayed: dict[int, int] = {}
        """What an earlier process left, and how often it was begun anew."""
        self._kept = 0

    async def keep(self, updates: Sequence[Raw]) -> list[Raw]:
        """Store a batch in one transaction, however long the database is away; gives those that are new.

        What it does not give is being dealt with already, or was not long ago.
        """
        if not updates:
            return []
        known = await persist(lambda: self._store(updates), "keeping updates")
        new = []
        for each in updates:
            number = int(each["update_id"])
            if number not in known and number not in self._handed:
                self._handed.add(number)
                new.append(each)
        self._kept += len(new)
        if self._kept >= SWEEP:
            self._kept = 0
            await persist(self._forget, "forgetting updates")
        return new

    async def waiting(self, bot: Bot) -> tuple[list[Update], list[Update]]:
        """What an earlier process has left, in its order: to be dealt with before anything new is asked for.

        Gives, apart, what was begun anew too often: that is put aside, and whoever sent it should hear of it.
        """
        rows = await persist(self._left, "looking for updates")
        begun = {number: attempts for number, _, attempts in rows}
        hopeless = [number for number in begun if begun[number] >= REPLAYS]
        for number in hopeless:
            log.error("update %d ended the bot %d times; it is put aside", number, begun[number])
        await self.done(hopeless)  # first: nothing that is done with it now may end the bot once more
        await persist(self._forget, "forgetting updates")
        read = await self.parsed([json.loads(body) for _, body, _ in rows], bot)
        updates = [each for each in read if each.update_id not in hopeless]
        self._replayed = {each.update_id: begun[each.update_id] for each in updates}
        self._handed.update(self._replayed)
        return updates, [each for each in read if each.update_id in hopeless]

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
        for at in range(0, len(numbers), VARIABLES):
            part = numbers[at : at + VARIABLES]
            await persist(lambda part=part: self._finish(part), "finishing updates")  # type: ignore[misc]
        self._handed.difference_update(numbers)
        for number in numbers:
            self._replayed.pop(number, None)

    def suspect(self, update_id: int) -> bool:
        """Whether a process ended that had begun this update anew: over it, or over one beside it."""
        return self._replayed.get(update_id, 0) > 0

    async def begin(self, update_id: int) -> None:
        """Count the attempt before it is made, if an earlier process has left the update."""
        if update_id in self._replayed:
            await persist(lambda: self._count(update_id, 1), "counting attempts")

    async def put_back(self, update_id: int) -> None:
        """Take the attempt back: it was cut short in good order."""
        if update_id in self._replayed:
            await self._count(update_id, -1)

    @uninterrupted
    async def _store(self, updates: Sequence[Raw]) -> set[int]:
        """Store what is not there; gives the numbers that are finished."""
        rows = [
            {"update_id": each["update_id"], "body": json.dumps(each), "received": Now(), "attempts": 0}
            for each in updates
        ]
        numbers = [each["update_id"] for each in updates]
        async with self._engine.begin() as connection:
            await connection.execute(self._insert(_inbox).values(rows).on_conflict_do_nothing())
            known = await connection.scalars(
                select(_inbox.c.update_id).where(_inbox.c.update_id.in_(numbers), _inbox.c.body.is_(None))
            )
            return set(known)

    @uninterrupted
    async def _left(self) -> list[tuple[int, str, int]]:
        # By their time first: after a week of silence the numbers may begin lower.
        order = (_inbox.c.received, _inbox.c.update_id)
        columns = (_inbox.c.update_id, _inbox.c.body, _inbox.c.attempts)
        async with self._reading.connect() as connection:
            rows = await connection.execute(
                select(*columns).where(_inbox.c.body.is_not(None)).order_by(*order)
            )
            return [(number, body, attempts) for number, body, attempts in rows]

    @uninterrupted
    async def _finish(self, numbers: Sequence[int]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(finished(*numbers).where(_inbox.c.body.is_not(None)))

    @uninterrupted
    async def _forget(self) -> None:
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


class KeepingBot(ExtBot[str]):
    """A bot whose updates are in the inbox before anybody sees them, and before Telegram forgets them."""

    def __init__(self, inbox: Inbox, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = inbox
        self._next: int | None = None
        self._batch: list[Raw] = []

    async def get_updates(self, offset: int | None = None, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Ask for updates; the Updater forgets what it had only at its next call, and so does Telegram.

        The offset is this bot's own: the Updater does not see what came twice, and would ask for it for ever.
        """
        # An Updater that stops asks once more without waiting, to confirm, and ignores what it gets. So that
        # is not kept: it was not confirmed, and comes again. A database that is away does not keep the stop.
        last = kwargs.get("timeout") in (0, timedelta())
        await super().get_updates(offset if self._next is None else self._next, *args, **kwargs)
        batch, self._batch = self._batch, []
        if last or not batch:
            return ()
        new = await self._inbox.keep(batch)
        self._next = int(batch[-1]["update_id"]) + 1
        return tuple(await self._inbox.parsed(new, self))

    async def _do_post(self, endpoint: str, *args: Any, **kwargs: Any) -> Any:
        result = await super()._do_post(endpoint, *args, **kwargs)
        if endpoint != "getUpdates" or not isinstance(result, list):
            return result
        self._batch = list(result)
        return []  # read one by one, above
