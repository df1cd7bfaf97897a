"""The inbox: the updates that Telegram has handed over, in the queue's database until they are handled.

Telegram forgets an update as soon as the bot asks for later ones, or has answered the webhook. So each is
stored here before that, and is finished in the transaction that saves its outcome. However the process ends
meanwhile, the next one finds the update here, or another replica does. The id of a finished update stays for
a while: Telegram may send the update again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, delete, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Update as UpdateStatement

from bot.metrics import count_updates
from bot.storage.claims import Claims, claims_for
from bot.storage.tables import inbox as _inbox
from engine.queue import in_slices, persist, single_select, single_statement, uninterrupted
from engine.queue.schema import Now, ago
from engine.queue.statements import insert_into

log = logging.getLogger(__name__)

RawUpdate = Mapping[str, Any]
"""An update as Telegram sent it."""

MAX_ATTEMPTS: Final = 11
"""Processes that may end while they have an update; then the update is taken for the cause and is discarded.
Fewer would blame the innocent: four discarded four updates of two bots that were killed 50 times each."""
RETENTION: Final = 2 * 86400.0
"""Seconds that the id of a finished update is kept. Telegram keeps an update for a day at most, and begins
with new ids only after a week without updates, so that no new update is taken for an old one."""
MAX_VARIABLES: Final = 500
"""Ids in one statement."""
PRUNED_AT_ONCE: Final = 5000
"""Updates whose ids one transaction deletes."""
POLL_INTERVAL: Final = 0.2
"""Seconds between two polls for what another replica has stored; an album takes a second to be complete."""
_COLUMNS: Final = (_inbox.c.update_id, _inbox.c.chat, _inbox.c.body, _inbox.c.attempts)


def finish_statement(*update_ids: int) -> UpdateStatement:
    """Return the statement that finishes updates, for the transaction that saves their outcome.

    It changes no row if all of them have been finished already.
    """
    waiting = _inbox.c.update_id.in_(update_ids), _inbox.c.body.is_not(None)
    return update(_inbox).where(*waiting).values(body=null(), chat="", received=Now())


def chat_of(raw: RawUpdate) -> str:
    """Return the id of an update's chat, or a key of its own if it has none."""
    for value in raw.values():
        if isinstance(value, dict):
            message = value.get("message")
            chat = value.get("chat") or (message.get("chat") if isinstance(message, dict) else None)
            if isinstance(chat, dict) and "id" in chat:
                return str(chat["id"])
    return f"update {raw['update_id']}"


class Inbox:
    """The updates that are not finished yet, of all bots that share the database."""

    def __init__(self, engine: AsyncEngine, claims: Claims | None = None) -> None:
        self._engine = engine
        self._single_select, self._single_statement = single_select(engine), single_statement(engine)
        self._claims = claims or claims_for(engine)
        self._chats: dict[int, str] = {}
        """The chats of the updates that this process is handling."""
        self._attempts: dict[int, int] = {}
        """The attempts of earlier processes at those updates."""
        self._fetching = asyncio.Lock()
        self._stored = asyncio.Event()

    async def store(self, updates: Sequence[RawUpdate]) -> list[int]:
        """Store a batch in one transaction, once the database is available; return the ids of the new ones.

        An update that is stored already, or was finished not long ago, is left as it is.
        """
        if not updates:
            return []
        new = await persist(lambda: self._store(updates), "storing updates")
        self._stored.set()
        count_updates(updates, new)
        return new

    async def wait(self) -> None:
        """Wait until this bot has stored an update, or for a moment if another replica may have."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stored.wait(), POLL_INTERVAL if self._claims.shared else None)

    async def fetch(self) -> tuple[list[RawUpdate], list[RawUpdate]]:
        """Return the new updates for this bot in their order, each once: of chats that no other replica has.

        The second list has those of too many attempts. They are finished, and their senders should be told.
        """
        async with self._fetching:
            self._stored.clear()
            # One statement for one bot, but for when it would have to name too many.
            if self._claims.shared or len(self._chats) > MAX_VARIABLES:
                rows = await self._claimed()
            else:
                rows = await persist(self._new, "looking for updates")
            for row in rows:
                self._chats[row.update_id] = row.chat
                self._claims.mark_busy(row.chat)
                if row.attempts:
                    self._attempts[row.update_id] = row.attempts
        hopeless = {row.update_id for row in rows if row.attempts >= MAX_ATTEMPTS}
        for number in sorted(hopeless):
            log.error("update %d: discarded after %d attempts that ended the bot", number, MAX_ATTEMPTS)
        await self.finish(hopeless)  # first: nothing that is done with it now may end the bot once more
        return (
            [json.loads(row.body) for row in rows if row.update_id not in hopeless],
            [json.loads(row.body) for row in rows if row.update_id in hopeless],
        )

    @uninterrupted
    async def count(self) -> int:
        """Return the number of unfinished updates."""
        query = select(func.count()).select_from(_inbox).where(_inbox.c.body.is_not(None))
        async with self._single_select.connect() as connection:
            return await connection.scalar(query) or 0

    def holds(self, update_id: int) -> bool:
        """Return whether an update's chat is still this bot's."""
        return update_id not in self._chats or self._claims.holds(self._chats[update_id])

    def release(self, update_ids: Collection[int]) -> None:
        """Forget updates in this process; unfinished ones stay in the inbox."""
        for number in update_ids:
            self._attempts.pop(number, None)
            if number in self._chats:
                self._claims.mark_idle(self._chats.pop(number))

    async def finish(self, update_ids: int | Collection[int]) -> None:
        """Finish updates, once the database is available."""
        numbers = [update_ids] if isinstance(update_ids, int) else list(update_ids)
        for part in _parts(numbers):
            await persist(lambda part=part: self._finish(part), "finishing updates")  # type: ignore[misc]
        self.release(numbers)

    def is_suspect(self, update_id: int) -> bool:
        """Return whether two processes ended that had this update: over it, or over another one beside it."""
        return self._attempts.get(update_id, 0) > 1

    async def begin_attempt(self, update_id: int) -> None:
        """Count an attempt before it is made, if an earlier process has left the update."""
        if update_id in self._attempts:
            await persist(lambda: self._add_attempts(update_id, 1), "counting attempts")

    async def revert_attempt(self, update_id: int) -> None:
        """Take back an attempt that was cancelled in good order."""
        if update_id in self._attempts:
            await self._add_attempts(update_id, -1)

    async def prune(self) -> None:
        """Forget the ids of updates that were finished so long ago that Telegram does not send them again."""
        await in_slices(self._prune_some)

    @uninterrupted
    async def _prune_some(self) -> int:
        """Do so with some of them, and return their number."""
        over = (
            select(_inbox.c.update_id)
            .where(_inbox.c.body.is_(None), _inbox.c.received < ago(RETENTION))
            .limit(PRUNED_AT_ONCE)
        )
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(_inbox).where(_inbox.c.update_id.in_(over)))).rowcount

    @uninterrupted
    async def _store(self, updates: Sequence[RawUpdate]) -> list[int]:
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
        new = (
            insert_into(_inbox, self._engine.dialect)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(_inbox.c.update_id)
        )
        async with self._single_statement.begin() as connection:
            return list(await connection.scalars(new))

    @uninterrupted
    async def _waiting(self) -> list[tuple[int, str]]:
        """Return the unfinished updates and their chats."""
        # By their time first: after a week without updates the ids may begin lower.
        query = (
            select(_inbox.c.update_id, _inbox.c.chat)
            .where(_inbox.c.body.is_not(None))
            .order_by(_inbox.c.received, _inbox.c.update_id)
        )
        async with self._single_select.connect() as connection:
            return [(number, chat) for number, chat in await connection.execute(query)]

    @uninterrupted
    async def _new(self) -> Sequence[Row[Any, Any, Any, Any]]:
        """Return the unfinished updates of all chats that this process does not handle yet."""
        new = _inbox.c.body.is_not(None), _inbox.c.update_id.not_in(self._chats)
        query = select(*_COLUMNS).where(*new).order_by(_inbox.c.received, _inbox.c.update_id)
        async with self._single_select.connect() as connection:
            return (await connection.execute(query)).all()

    async def _claimed(self) -> Sequence[Row[Any, Any, Any, Any]]:
        """Return the same of the chats that no other replica has."""
        waiting = await persist(self._waiting, "looking for updates")
        mine = await self._claims.take({chat for _, chat in waiting})
        # Read after the claim: until then another replica may have finished some.
        numbers = [number for number, chat in waiting if chat in mine and number not in self._chats]
        return [row for part in _parts(numbers) for row in await self._bodies(part)]

    async def _bodies(self, numbers: Sequence[int]) -> Sequence[Row[Any, Any, Any, Any]]:
        query = select(*_COLUMNS).where(_inbox.c.update_id.in_(numbers), _inbox.c.body.is_not(None))

        @uninterrupted
        async def read() -> Sequence[Row[Any, Any, Any, Any]]:
            async with self._single_select.connect() as connection:
                return (await connection.execute(query)).all()

        place = {number: at for at, number in enumerate(numbers)}
        return sorted(await persist(read, "reading updates"), key=lambda row: place[row.update_id])

    @uninterrupted
    async def _finish(self, numbers: Sequence[int]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(finish_statement(*numbers))

    @uninterrupted
    async def _add_attempts(self, update_id: int, change: int) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(_inbox)
                .where(_inbox.c.update_id == update_id)
                .values(attempts=_inbox.c.attempts + change)
            )


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), MAX_VARIABLES):
        yield numbers[at : at + MAX_VARIABLES]
