"""Claims: rows in the database that say which replica of the bot handles which chat, and does which duty.

Several bots may share one PostgreSQL, behind one address. Telegram's requests reach any of them, and the one
that is reached stores the update in the inbox. A chat is handled by one replica at a time: by the one that
holds the chat's claim. That one alone handles the chat's updates in their order, gathers its albums, detects
double taps, edits its messages and keeps Telegram's limits for it, all of which it can do in its memory. The
claim is a row whose primary key is the chat, so that taking it needs no other lock. It is taken when
something happens in an unclaimed chat, and released when nothing has happened there for a moment.

A replica has a lease, which its heartbeats renew. When the lease expires, its claims go to the replica that
asks first. It knows the end of its lease itself, and starts nothing more in time. A replica whose own
heartbeats were late expires no others: after an outage of the database all heartbeats are old. Why not
advisory locks: they end with their connection while their holder still runs, and a connection pooler gives
them to another client.

With SQLite there is one bot, which holds everything and writes none of these rows.
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
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.tables import claim, inbox, replica
from engine.errors import AtelierError
from engine.queue import file_of, persist, uninterrupted
from engine.queue.schema import Now
from engine.queue.statements import insert_into

log = logging.getLogger(__name__)

LEASE: Final = 15.0
"""Seconds after the last heartbeat at which a replica's claims go to others."""
LEASE_MARGIN: Final = 0.2
"""Part of the lease before its end in which a replica starts nothing more by itself."""
HEARTBEAT_INTERVAL: Final = 1.0
"""Seconds between two heartbeats, at most."""
IDLE_TIMEOUT: Final = 5.0
"""Seconds after the last event in a chat at which its claim is released: longer than a double tap takes."""
CLOSE_TIMEOUT: Final = 5.0
"""Seconds that a replica which stops waits for the database."""
BROADCAST: Final = "broadcast"
"""The duty of sending announcements."""
HOUSEKEEPING: Final = "housekeeping"
"""The duty of deleting what is no longer needed."""
_MAX_VARIABLES: Final = 500
"""Values in one statement."""


class DatabaseInUseError(AtelierError):
    """Another bot uses this SQLite database."""

    code = "database-in-use"


class Claims:
    """The claims of the only bot of a database: it holds every chat and every duty.

    A claim is named by its key: a chat's id, or a duty.
    """

    shared = False
    """True if other bots may share the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.replicas = 1
        """The number of bots that share the database."""

    async def start(self) -> None:
        """Start; each update that an earlier process has left in the inbox counts as attempted once."""
        await persist(self._count_attempts, "looking for updates")

    async def run(self) -> None:
        """Keep the claims until cancelled."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Release all claims."""

    async def take(self, keys: Collection[str]) -> set[str]:
        """Claim those that no other replica holds; return those that this bot holds."""
        return set(keys)

    def keep(self, keys: Collection[str]) -> None:
        """Note that something is to happen there soon: those that this bot holds are not released yet."""

    def holds(self, key: str) -> bool:  # noqa: ARG002 - a subclass looks
        """Return whether this bot holds a claim, and will for the next moment."""
        return True

    def mark_busy(self, key: str) -> None:
        """Note that work begins there: the claim is not released before it ends."""

    def mark_idle(self, key: str) -> None:
        """Note that work has ended there."""

    @contextlib.contextmanager
    def busy(self, key: str) -> Iterator[None]:
        """Mark a claim as busy for a block."""
        self.mark_busy(key)
        try:
            yield
        finally:
            self.mark_idle(key)

    @uninterrupted
    async def _count_attempts(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(inbox).where(inbox.c.body.is_not(None), inbox.c.attempts == 0).values(attempts=1)
            )


class SharedClaims(Claims):
    """The claims of one of several bots."""

    shared = True

    def __init__(
        self, engine: AsyncEngine, lease: float = LEASE, on_replicas: Callable[[int], None] = lambda _: None
    ) -> None:
        """Start without any claim.

        Args:
            engine: the database.
            lease: seconds after its last heartbeat at which a bot loses its claims.
            on_replicas: called with the number of bots when it changes.
        """
        super().__init__(engine)
        self._lease = lease
        self.replica = f"{platform.node() or 'bot'}-{os.getpid()}-{secrets.token_hex(4)}"
        self._on_replicas = on_replicas
        self._held: dict[str, float] = {}
        """The moments of the last events there, of the monotonic clock, like those below."""
        self._busy: Counter[str] = Counter()
        self._lock = asyncio.Lock()
        self._last_heartbeat = float("-inf")
        self._in_time_since = float("-inf")
        """The first heartbeat of those that were made in time up to now."""

    async def start(self) -> None:
        """Start the lease."""
        await persist(self._heartbeat, "starting the lease")

    async def run(self) -> None:
        """Renew the lease, and expire those of others, until cancelled."""
        while True:
            await asyncio.sleep(min(HEARTBEAT_INTERVAL, self._lease * LEASE_MARGIN))
            await persist(self._heartbeat, "heartbeat", longest=HEARTBEAT_INTERVAL)
            if time.monotonic() - self._in_time_since > self._lease:
                await persist(self._expire_others, "expiring leases")
            await persist(self._release_idle, "releasing chats")

    async def close(self) -> None:
        """Release all claims, if the database answers in time."""
        task = asyncio.create_task(persist(self._release_all, "releasing claims"))
        done, _ = await asyncio.wait((task,), timeout=CLOSE_TIMEOUT)
        task.cancel()
        if not done:
            log.warning("The database does not answer. Others take over when this bot's lease expires.")

    async def take(self, keys: Collection[str]) -> set[str]:
        """Claim those that no other replica holds; return those that this bot holds."""
        async with self._lock:
            if not self._lease_valid():
                return set()
            if wanted := [each for each in keys if each not in self._held]:
                # Not waiting for long: heartbeats wait for the lock.
                got = await persist(lambda: self._claim(wanted), "claiming", longest=HEARTBEAT_INTERVAL)
                if not self._lease_valid():  # it took so long; the next heartbeat reads what is still held
                    return set()
                self._held.update(dict.fromkeys(got, 0.0))
            mine = set(keys) & self._held.keys()
            self._held.update(dict.fromkeys(mine, time.monotonic()))
            return mine

    def keep(self, keys: Collection[str]) -> None:
        """Note that something is to happen there soon: those that this bot holds are not released yet."""
        self._held.update(dict.fromkeys(self._held.keys() & keys, time.monotonic()))

    def holds(self, key: str) -> bool:
        """Return whether this bot holds a claim, and will for the next moment."""
        return key in self._held and self._lease_valid()

    def mark_busy(self, key: str) -> None:
        """Note that work begins there: the claim is not released before it ends."""
        self._busy[key] += 1

    def mark_idle(self, key: str) -> None:
        """Note that work has ended there."""
        self._busy[key] -= 1
        if self._busy[key] <= 0:
            del self._busy[key]
        if key in self._held:
            self._held[key] = time.monotonic()

    def _lease_valid(self) -> bool:
        return time.monotonic() - self._last_heartbeat < self._lease * (1 - LEASE_MARGIN)

    async def _heartbeat(self) -> None:
        async with self._lock:
            began = time.monotonic()
            held, replicas = await self._renew()
            if began - self._last_heartbeat > self._lease / 2:
                self._in_time_since = began
            self._last_heartbeat = began
            if lost := self._held.keys() - held:
                log.warning("Another bot has taken over %d chats or duties.", len(lost))
            self._held = {each: self._held.get(each, began) for each in held}
            if replicas != self.replicas:
                log.info("%d bots share the work.", replicas)
                self.replicas = replicas
                self._on_replicas(replicas)

    @uninterrupted
    async def _renew(self) -> tuple[set[str], int]:
        """Renew the lease; return the claims that this bot holds, and the number of bots."""
        new = insert_into(replica, self._engine.dialect).values(name=self.replica, seen=Now())
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
                    new = insert_into(claim, self._engine.dialect).values(
                        [{"what": each, "replica": self.replica} for each in sorted(free)]
                    )
                    mine |= set(
                        await connection.scalars(new.on_conflict_do_nothing().returning(claim.c.what))
                    )
        return mine

    @uninterrupted
    async def _expire_others(self) -> None:
        """Free the claims of replicas whose lease has expired; their updates count as attempted once."""
        stale = select(replica.c.name).where(replica.c.seen < Now() - self._lease)
        ahead = replica.c.seen > Now() + self._lease  # the database's clock was put back since
        orphaned = claim.c.replica.not_in(select(replica.c.name))
        async with self._engine.connect() as connection:
            if not await connection.scalar(
                select(or_(exists(stale), exists().where(ahead), exists().where(orphaned)))
            ):
                return
        async with self._engine.begin() as connection:
            # Its bot may well be alive: the lease begins anew.
            await connection.execute(update(replica).where(ahead).values(seen=Now()))
            # The lock delays a late heartbeat until this is over; its bot then finds that it holds nothing.
            expired = (await connection.scalars(stale.with_for_update(skip_locked=True))).all()
            theirs = or_(claim.c.replica.in_(expired), orphaned)
            places = select(claim.c.what).where(theirs)
            await connection.execute(
                update(inbox)
                .where(inbox.c.body.is_not(None), inbox.c.attempts == 0, inbox.c.chat.in_(places))
                .values(attempts=1)
            )
            freed = await connection.execute(delete(claim).where(theirs))
            await connection.execute(delete(replica).where(replica.c.name.in_(expired)))
        for name in expired:
            log.warning("The lease of bot %s has expired; others take over.", name)
        if freed.rowcount:
            log.info("%d chats or duties are free again.", freed.rowcount)

    async def _release_idle(self) -> None:
        """Release the chats where nothing happens; one with an unfinished update stays."""
        async with self._lock:
            now = time.monotonic()
            idle = [
                each for each, at in self._held.items() if now - at > IDLE_TIMEOUT and not self._busy[each]
            ]
            for part in _parts(idle):
                for each in await self._release(part):
                    del self._held[each]

    @uninterrupted
    async def _release(self, idle: Collection[str]) -> list[str]:
        left = exists(select(literal(1)).where(inbox.c.chat == claim.c.what, inbox.c.body.is_not(None)))
        async with self._engine.begin() as connection:
            released = await connection.scalars(
                delete(claim)
                .where(and_(claim.c.replica == self.replica, claim.c.what.in_(idle), ~left))
                .returning(claim.c.what)
            )
            return list(released)

    @uninterrupted
    async def _release_all(self) -> None:
        async with self._lock, self._engine.begin() as connection:
            self._held.clear()
            self._last_heartbeat = float("-inf")
            await connection.execute(delete(claim).where(claim.c.replica == self.replica))
            await connection.execute(delete(replica).where(replica.c.name == self.replica))


def claims_for(
    engine: AsyncEngine, lease: float = LEASE, on_replicas: Callable[[int], None] = lambda _: None
) -> Claims:
    """Return the claims for a database: several bots may share a PostgreSQL, but no SQLite file."""
    return Claims(engine) if engine.dialect.name == "sqlite" else SharedClaims(engine, lease, on_replicas)


@contextlib.contextmanager
def sqlite_lock(engine: AsyncEngine) -> Iterator[None]:
    """Hold the lock of a SQLite file for a block; it is released however the process ends.

    Raises:
        DatabaseInUseError: another bot holds it.
    """
    path = file_of(engine)  # by a link, too, it is one file
    if path is None:
        yield
        return
    lock = FileLock(path.with_name(f"{path.name}.bot-lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise DatabaseInUseError(
            "Another bot uses this database. SQLite is for one bot; for several set DATABASE_URL to "
            "a PostgreSQL and BOT_WEBHOOK_URL to their common address."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    listed = list(values)
    for at in range(0, len(listed), _MAX_VARIABLES):
        yield listed[at : at + _MAX_VARIABLES]
