"""Sessions in the queue's own database: a row for a person in a chat, and one for the person."""

from __future__ import annotations

import logging
from collections.abc import Collection

from sqlalchemy import Executable, Table, delete, exists, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversation import Person, Session
from bot.storage.inbox import finished, settled
from bot.storage.tables import ban
from bot.storage.tables import person as people
from bot.storage.tables import session as sessions
from engine.queue import single_select, uninterrupted
from engine.queue.schema import Now

log = logging.getLogger(__name__)


class Sessions:
    """The store of sessions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._glancing = single_select(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    @uninterrupted
    async def load(self, chat: int, person: int) -> Session | None:
        """Give the session, a new one if there is none yet; None if the person is shut out."""
        here = select(sessions.c.body).where(sessions.c.key == _key(chat, person))
        everywhere = select(people.c.body).where(people.c.id == person)
        banned = exists().where(ban.c.person == person)
        query = select(here.scalar_subquery(), everywhere.scalar_subquery(), banned)
        async with self._glancing.connect() as connection:
            said, known, shut_out = (await connection.execute(query)).one()
        if shut_out:
            return None
        session = Session() if said is None else Session.model_validate_json(said)
        return session if known is None else session.now(person=Person.model_validate_json(known))

    @uninterrupted
    async def save(
        self,
        chat: int,
        person: int,
        before: Session,
        after: Session,
        *also: Executable,
        updates: Collection[int] = (),
    ) -> None:
        """Keep what has changed, and carry out ``also``, all of it or nothing.

        Args:
            chat: where.
            person: who.
            before: what was so.
            after: what is so.
            also: statements.
            updates: the numbers of what this came of, which are finished by it. Nothing is kept if none
                of them waits any more: another bot, which took this one for dead, was quicker.
        """
        if before == after and not also and not updates:
            return
        async with self._engine.begin() as connection:
            if updates and not (await connection.execute(finished(*updates))).rowcount:
                log.warning("what came of an update is not kept: another bot has dealt with it")
                settled.get(set()).update(updates)
                return
            if _body(before) != _body(after):
                row: dict[str, object] = {sessions.c.key.name: _key(chat, person)}
                await self._put(connection, sessions, row, _body(after), empty=_body(Session()))
            if before.person != after.person:
                query = select(people.c.body).where(people.c.id == person).with_for_update()
                known = await connection.scalar(query)
                now = Person() if known is None else Person.model_validate_json(known)
                body = now.changed(before.person, after.person).model_dump_json()
                await self._put(connection, people, {people.c.id.name: person}, body)
            for statement in also:
                await connection.execute(statement)
        settled.get(set()).update(updates)

    @uninterrupted
    async def meet(self, person: int) -> None:
        """Note that somebody has been here."""
        async with self._engine.begin() as connection:
            new = self._insert(people).values(id=person, body=Person().model_dump_json(), updated=Now())
            await connection.execute(new.on_conflict_do_nothing())

    @uninterrupted
    async def forget(self, person: int) -> int:
        """Erase a person; gives the number of rows that are left of them, which is none."""
        mine = sessions.c.key.like(f"%:{person}")
        async with self._engine.begin() as connection:
            await connection.execute(delete(sessions).where(mine))
            await connection.execute(delete(people).where(people.c.id == person))
            return sum(
                [
                    await connection.scalar(select(func.count()).select_from(table).where(whose)) or 0
                    for table, whose in ((sessions, mine), (people, people.c.id == person))
                ]
            )

    @uninterrupted
    async def move(self, chat: int, to: int) -> None:
        """Carry the sessions of a group over into the supergroup that it has become.

        Made again it changes nothing: a session goes only where another takes its place.
        """
        theirs = sessions.c.key.like(f"{chat}:%")
        new = literal(f"{to}:") + func.substr(sessions.c.key, len(f"{chat}:") + 1)
        async with self._engine.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.key.in_(select(new).where(theirs))))
            await connection.execute(update(sessions).where(theirs).values(key=new))

    async def _put(
        self, connection: AsyncConnection, table: Table, row: dict[str, object], body: str, empty: str = ""
    ) -> None:
        key = table.c[next(iter(row))]
        if body == empty:
            await connection.execute(delete(table).where(key == row[key.name]))
            return
        new = self._insert(table).values(**row, body=body, updated=Now())
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=[key],
                set_={"body": new.excluded.body, "updated": new.excluded.updated},
            )
        )


def _body(session: Session) -> str:
    return session.model_dump_json(exclude={"person"})


def _key(chat: int, person: int) -> str:
    return f"{chat}:{person}"
