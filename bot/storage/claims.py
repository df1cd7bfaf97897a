"""Which replica of the bot deals with what: a claim in the database for each chat, and for each duty.

Several bots may share one PostgreSQL, behind one address. Telegram's requests reach any of them; whichever it
is keeps the update in the inbox, and a chat is dealt with by one of them at a time: by the one that has the
chat's claim. That one alone deals with the chat's updates, in their order, gathers its albums, tells double
taps, edits its messages and keeps Telegram's limits for it, all of which it can do in its memory. The claim
is a row whose primary key is the chat, so that taking it needs no other lock. It is taken when something
happens in a chat that nobody has, and given up when nothing has happened there for a moment.

A replica shows that it lives by a row that it touches; one that has not done so for a lease has lost its
claims to whoever asks first. It knows that itself, and begins nothing more in time. Whoever was out of touch
with the database lately blames nobody: after an outage all rows are old. Why not advisory locks: they are
gone with their connection while their holder still lives, and a pooler in between gives them to somebody
else.

With SQLite there is one bot, which has everything and writes none of these rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.tables import claim, inbox, replica
from engine.errors import AtelierError
from engine.queue import persist, uninterrupted
from engine.queue.schema import Now

log = logging.getLogger(__name__)

LEASE: Final = 15.0
"""Seconds without a sign of life after which a replica's chats go to others."""
MARGIN: Final = 0.2
"""Part of the lease that is left when a replica without signs of life begins nothing more by itself."""
BEAT: Final = 1.0
"""Seconds between two signs of life, at most."""
STAY: Final = 5.0
"""Seconds that a chat stays with a replica after the last that happened there: longer than a double tap."""
GRACE: Final = 5.0
"""Seconds that a replica which stops waits for the database."""
BROADCAST: Final = "broadcast"
HOUSEKEEPING: Final = "housekeeping"
"""Duties: what one of them does for all."""
_VARIABLES: Final = 500
"""Values in one statement."""


class NotAloneError(AtelierError):
    """Another bot has this SQLite database."""

    code = "database-in-use"


class Claims:
    """What this bot may deal with. This is the bot that shares its database with no other: everything."""

    shared = False
    """Whether there may be others."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.replicas = 1
        """How many bots there are."""

    async def start(self) -> None:
        """Begin; what an earlier life has left in the inbox counts as begun once."""
        await persist(self._mark, "looking for updates")

    async def run(self) -> None:
        """Keep what is claimed, until cancelled."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Leave everything to others."""

    async def take(self, what: Collection[str]) -> set[str]:
        """Claim of these what nobody has; gives those that are this bot's."""
        return set(what)

    def holds(self, what: str) -> bool:  # noqa: ARG002 - others look
        """Whether it is this bot's, for the next moment at least."""
        return True

    def enter(self, what: str) -> None:
        """Note that something is under way there."""

    def leave(self, what: str) -> None:
        """Note that it is over."""

    @contextlib.contextmanager
    def at_work(self, what: str) -> Iterator[None]:
        """The same for a block."""
        self.enter(what)
        try:
            yield
        finally:
            self.leave(what)

    @uninterrupted
    async def _mark(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(inbox).where(inbox.c.body.is_not(None), inbox.c.attempts == 0).values(attempts=1)
            )


class SharedClaims(Claims):
    """The same for one of several bots."""

    shared = True

    def __init__(
        self, engine: AsyncEngine, lease: float = LEASE, changed: Callable[[int], None] = lambda _: None
    ) -> None:
        """Begin without any.

        Args:
            engine: the database.
            lease: seconds without a sign of life after which what a bot had goes to others.
            changed: hears of how many bots there are when that has changed.
        """
        super().__init__(engine)
        self._lease = lease
        self.replica = f"{platform.node() or 'bot'}-{os.getpid()}-{secrets.token_hex(4)}"
        self._changed = changed
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._held: dict[str, float] = {}
        """When something happened there last: moments of the monotonic clock, like those below."""
        self._busy: Counter[str] = Counter()
        self._lock = asyncio.Lock()
        self._beaten = self._steady = float("-inf")
        """When the last sign of life was given, and since when they have been given without a gap."""

    async def start(self) -> None:
        """Begin to live."""
        await persist(self._beat, "beginning")

    async def run(self) -> None:
        """Give signs of life, and take over from those who give none, until cancelled."""
        while True:
            await asyncio.sleep(min(BEAT, self._lease * MARGIN))
            await persist(self._beat, "a sign of life", longest=BEAT)
            if time.monotonic() - self._steady > self._lease:
                await persist(self._bury, "looking after other bots")
            await persist(self._give_up_idle, "giving up chats")

    async def close(self) -> None:
        """Leave everything to others at once, if the database answers in time."""
        task = asyncio.create_task(persist(self._depart, "leaving"))
        done, _ = await asyncio.wait((task,), timeout=GRACE)
        task.cancel()
        if not done:
            log.warning("The database does not answer; others take over when this bot's lease is over.")

    async def take(self, what: Collection[str]) -> set[str]:
        """Claim of these what nobody has; gives those that are this bot's."""
        async with self._lock:
            if not self._lives():
                return set()
            if wanted := [each for each in what if each not in self._held]:
                # Not waiting for long: signs of life wait for the lock.
                got = await persist(lambda: self._claim(wanted), "claiming", longest=BEAT)
                if not self._lives():  # it took so long; the next sign of life tells what is still this bot's
                    return set()
                self._held.update(dict.fromkeys(got, 0.0))
            mine = set(what) & self._held.keys()
            self._held.update(dict.fromkeys(mine, time.monotonic()))
            return mine

    def holds(self, what: str) -> bool:
        """Whether it is this bot's, for the next moment at least."""
        return what in self._held and self._lives()

    def enter(self, what: str) -> None:
        """Note that something is under way there."""
        self._busy[what] += 1

    def leave(self, what: str) -> None:
        """Note that it is over."""
        self._busy[what] -= 1
        if self._busy[what] <= 0:
            del self._busy[what]
        if what in self._held:
            self._held[what] = time.monotonic()

    def _lives(self) -> bool:
        return time.monotonic() - self._beaten < self._lease * (1 - MARGIN)

    async def _beat(self) -> None:
        async with self._lock:
            began = time.monotonic()
            held, count = await self._touch()
            if began - self._beaten > self._lease / 2:
                self._steady = began
            self._beaten = began
            if lost := self._held.keys() - held:
                log.warning("%d chats or duties were taken over by another bot", len(lost))
            self._held = {each: self._held.get(each, began) for each in held}
            if count != self.replicas:
                log.info("%d bots share the work", count)
                self.replicas = count
                self._changed(count)

    @uninterrupted
    async def _touch(self) -> tuple[set[str], int]:
        """Show that this bot lives; gives what is its own, and how many live."""
        new = self._insert(replica).values(name=self.replica, seen=Now())
        async with self._engine.begin() as connection:
            await connection.execute(
                new.on_conflict_do_update(index_elements=[replica.c.name], set_={"seen": Now()})
            )
            mine = await connection.scalars(select(claim.c.what).where(claim.c.replica == self.replica))
            living = select(func.count()).select_from(replica).where(replica.c.seen > Now() - self._lease)
            return set(mine), await connection.scalar(living) or 1

    @uninterrupted
    async def _claim(self, wanted: Collection[str]) -> set[str]:
        mine: set[str] = set()
        for part in _parts(wanted):
            async with self._engine.begin() as connection:
                rows = (await connection.execute(select(claim).where(claim.c.what.in_(part)))).all()
                # This bot's own: an earlier answer may have been lost.
                mine |= {row.what for row in rows if row.replica == self.replica}
                if free := set(part) - {row.what for row in rows}:
                    new = self._insert(claim).values(
                        [{"what": each, "replica": self.replica} for each in sorted(free)]
                    )
                    mine |= set(
                        await connection.scalars(new.on_conflict_do_nothing().returning(claim.c.what))
                    )
        return mine

    @uninterrupted
    async def _bury(self) -> None:
        """Free what those have who are dead; what they left in the inbox counts as begun once."""
        stale = select(replica.c.name).where(replica.c.seen < Now() - self._lease)
        orphaned = claim.c.replica.not_in(select(replica.c.name))
        async with self._engine.connect() as connection:
            if not await connection.scalar(
                select(or_(exists(stale), exists(select(claim.c.what).where(orphaned))))
            ):
                return
        async with self._engine.begin() as connection:
            # The lock holds off a sign of life until this is over; whoever gives one then finds nothing left.
            dead = (await connection.scalars(stale.with_for_update(skip_locked=True))).all()
            theirs = or_(claim.c.replica.in_(dead), orphaned)
            places = select(claim.c.what).where(theirs)
            await connection.execute(
                update(inbox)
                .where(inbox.c.body.is_not(None), inbox.c.attempts == 0, inbox.c.chat.in_(places))
                .values(attempts=1)
            )
            freed = await connection.execute(delete(claim).where(theirs))
            await connection.execute(delete(replica).where(replica.c.name.in_(dead)))
        for name in dead:
            log.warning("bot %s has fallen silent; others take over", name)
        if freed.rowcount:
            log.info("%d chats or duties are free again", freed.rowcount)

    async def _give_up_idle(self) -> None:
        """Let go of chats where nothing happens; one with an update that nobody has dealt with stays."""
        async with self._lock:
            now = time.monotonic()
            idle = [each for each, at in self._held.items() if now - at > STAY and not self._busy[each]]
            for part in _parts(idle):
                for each in await self._release(part):
                    del self._held[each]

    @uninterrupted
    async def _release(self, idle: Collection[str]) -> list[str]:
        left = exists(select(literal(1)).where(inbox.c.chat == claim.c.what, inbox.c.body.is_not(None)))
        async with self._engine.begin() as connection:
            gone = await connection.scalars(
                delete(claim)
                .where(and_(claim.c.replica == self.replica, claim.c.what.in_(idle), ~left))
                .returning(claim.c.what)
            )
            return list(gone)

    @uninterrupted
    async def _depart(self) -> None:
        async with self._lock, self._engine.begin() as connection:
            self._held.clear()
            self._beaten = float("-inf")
            await self._delete_all(connection)

    async def _delete_all(self, connection: AsyncConnection) -> None:
        await connection.execute(delete(claim).where(claim.c.replica == self.replica))
        await connection.execute(delete(replica).where(replica.c.name == self.replica))


def claims_for(
    engine: AsyncEngine, lease: float = LEASE, changed: Callable[[int], None] = lambda _: None
) -> Claims:
    """Give the claims that suit a database: several bots may share a PostgreSQL, but no SQLite file."""
    return Claims(engine) if engine.dialect.name == "sqlite" else SharedClaims(engine, lease, changed)


@contextlib.contextmanager
def sole(engine: AsyncEngine) -> Iterator[None]:
    """Be the only bot of a SQLite file; the lock is gone however the process ends.

    Raises:
        NotAloneError: another bot has it.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        yield
        return
    path = Path(engine.url.database)
    lock = FileLock(path.with_name(f"{path.name}.bot-lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise NotAloneError(
            "Another bot is at work with this database. SQLite is for one; for several set DATABASE_URL to "
            "a PostgreSQL and BOT_WEBHOOK_URL to their common address."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    listed = list(values)
    for at in range(0, len(listed), _VARIABLES):
        yield listed[at : at + _VARIABLES]
