"""Who is here: everybody who ever was, those who are shut out, and what everybody is told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Insert

from bot.storage.tables import ban, broadcast, person
from engine.queue import read_only, single_select, uninterrupted


@dataclass(frozen=True, slots=True)
class Message:
    """What is being told to everybody."""

    id: int
    text: str
    admin: int
    """Who says it, and is told when all have heard it."""
    after: int
    """The number of whom it was told last."""
    told: int
    gone: int
    """How many were not there to hear it."""


def announcement(text: str, admin: int) -> Insert:
    """The statement that begins to tell everybody: for the transaction that notes that it was asked for."""
    return insert(broadcast).values(text=text, admin=admin, after=0, told=0, gone=0)


class People:
    """The store of people, apart from what they say."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading, self._glancing = read_only(engine), single_select(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    @uninterrupted
    async def count(self) -> int:
        """How many there are."""
        async with self._reading.connect() as connection:
            return await connection.scalar(select(func.count()).select_from(person)) or 0

    @uninterrupted
    async def after(self, number: int, count: int) -> list[int]:
        """The next ``count`` people by their numbers, without those who are shut out."""
        async with self._reading.connect() as connection:
            found = await connection.scalars(
                select(person.c.id)
                .where(person.c.id > number, person.c.id.not_in(select(ban.c.person)))
                .order_by(person.c.id)
                .limit(count)
            )
            return list(found)

    @uninterrupted
    async def banned(self, number: int) -> bool:
        """Whether somebody is shut out."""
        async with self._glancing.connect() as connection:
            return await connection.scalar(select(ban.c.person).where(ban.c.person == number)) is not None

    @uninterrupted
    async def ban(self, number: int) -> None:
        """Shut somebody out."""
        async with self._engine.begin() as connection:
            await connection.execute(self._insert(ban).values(person=number).on_conflict_do_nothing())

    @uninterrupted
    async def unban(self, number: int) -> None:
        """Let somebody in again."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(ban).where(ban.c.person == number))

    # What everybody is told

    @uninterrupted
    async def announced(self) -> Message | None:
        """The oldest message that not everybody has heard."""
        async with self._reading.connect() as connection:
            row = (await connection.execute(select(broadcast).order_by(broadcast.c.id).limit(1))).mappings()
            found = row.one_or_none()
            return None if found is None else Message(**found)

    @uninterrupted
    async def heard(self, message: Message) -> None:
        """Note how far it has come."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(broadcast)
                .where(broadcast.c.id == message.id)
                .values(after=message.after, told=message.told, gone=message.gone)
            )

    @uninterrupted
    async def over(self, message: Message) -> None:
        """Note that everybody has heard it."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(broadcast).where(broadcast.c.id == message.id))
