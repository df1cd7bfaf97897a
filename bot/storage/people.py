"""The users of the bot: added and erased, counted, banned, and told the announcements to all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Insert

from bot.conversation import Person
from bot.storage.tables import ban, broadcast, person, session
from engine.queue import in_slices, read_only, single_select, uninterrupted
from engine.queue.schema import Now, ago
from engine.queue.statements import insert_into

PERSON_TTL: Final = 365 * 86400.0
"""Seconds after a user's last action at which they are deleted. The text ``privacy`` says so to users."""
PRUNED_AT_ONCE: Final = 1000
"""Users that one transaction deletes."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """An admin's message to all users, and how far it has been sent."""

    id: int
    text: str
    admin: int
    """The admin, who is told when it has been sent to all."""
    after: int
    """The id of the user to whom it was sent last; it goes in the order of ids."""
    told: int
    """The number of users who have received it."""
    gone: int
    """The number of users who have blocked the bot or are gone."""


def insert_announcement(text: str, admin: int) -> Insert:
    """Return the statement that begins an announcement, for the transaction that finishes the update."""
    return insert(broadcast).values(text=text, admin=admin, after=0, told=0, gone=0)


class People:
    """The store of users; ``bot.storage.sessions`` reads and saves what a conversation knows of one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._read_only, self._single_select = read_only(engine), single_select(engine)

    @uninterrupted
    async def add(self, user: int) -> None:
        """Store a new user; a known one stays as they are."""
        async with self._engine.begin() as connection:
            new = insert_into(person, self._engine.dialect).values(
                id=user, body=Person().model_dump_json(), updated=Now()
            )
            await connection.execute(new.on_conflict_do_nothing())

    @uninterrupted
    async def forget(self, user: int) -> int:
        """Delete a user's data, sessions included; return the number of rows that are left, which is none."""
        mine = session.c.key.like(f"%:{user}")
        async with self._engine.begin() as connection:
            await connection.execute(delete(session).where(mine))
            await connection.execute(delete(person).where(person.c.id == user))
            return sum(
                [
                    await connection.scalar(select(func.count()).select_from(table).where(whose)) or 0
                    for table, whose in ((session, mine), (person, person.c.id == user))
                ]
            )

    async def prune(self) -> None:
        """Delete the users who have done nothing for long, with all that is kept of them; bans stay."""
        await in_slices(self._prune_some)

    @uninterrupted
    async def _prune_some(self) -> int:
        """Delete some of them, and return their number."""
        idle = select(person.c.id).where(person.c.updated < ago(PERSON_TTL)).limit(PRUNED_AT_ONCE)
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(person).where(person.c.id.in_(idle)))).rowcount

    @uninterrupted
    async def count(self) -> int:
        """Return the number of users, without the chats in whose names some speak."""
        async with self._read_only.connect() as connection:
            users = select(func.count()).select_from(person).where(person.c.id > 0)
            return await connection.scalar(users) or 0

    @uninterrupted
    async def after(self, user: int, count: int) -> list[int]:
        """Return the ids of the next ``count`` users after one, without those who are banned."""
        async with self._read_only.connect() as connection:
            found = await connection.scalars(
                select(person.c.id)
                .where(person.c.id > user, person.c.id.not_in(select(ban.c.person)))
                .order_by(person.c.id)
                .limit(count)
            )
            return list(found)

    @uninterrupted
    async def is_banned(self, user: int) -> bool:
        """Return whether a user is banned."""
        async with self._single_select.connect() as connection:
            return await connection.scalar(select(ban.c.person).where(ban.c.person == user)) is not None

    @uninterrupted
    async def ban(self, user: int) -> None:
        """Ban a user."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert_into(ban, self._engine.dialect).values(person=user).on_conflict_do_nothing()
            )

    @uninterrupted
    async def unban(self, user: int) -> None:
        """Lift a user's ban."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(ban).where(ban.c.person == user))

    @uninterrupted
    async def announcement(self) -> Announcement | None:
        """Return the oldest announcement that has not been sent to all users."""
        async with self._read_only.connect() as connection:
            rows = await connection.execute(select(broadcast).order_by(broadcast.c.id).limit(1))
            found = rows.mappings().one_or_none()
            return None if found is None else Announcement(**found)

    @uninterrupted
    async def save_progress(self, announcement: Announcement) -> None:
        """Save how far an announcement has been sent."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(broadcast)
                .where(broadcast.c.id == announcement.id)
                .values(after=announcement.after, told=announcement.told, gone=announcement.gone)
            )

    @uninterrupted
    async def complete(self, announcement: Announcement) -> None:
        """Delete an announcement that has been sent to all users."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(broadcast).where(broadcast.c.id == announcement.id))
