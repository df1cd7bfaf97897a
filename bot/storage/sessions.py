"""Sessions in the queue's database: a user's conversation in a chat, saved with the user's data in all chats.

``bot.storage.people`` adds users and erases them.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from sqlalchemy import Executable, Table, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.conversation import Person, Session
from bot.storage.inbox import finish_statement
from bot.storage.tables import ban, inbox
from bot.storage.tables import person as people
from bot.storage.tables import session as sessions
from engine.queue import in_slices, single_select, uninterrupted
from engine.queue.schema import Now, ago
from engine.queue.statements import insert_into

log = logging.getLogger(__name__)

SESSION_TTL: Final = 90 * 86400.0
"""Seconds after its last change at which a session is deleted. The text ``privacy`` says so to users."""
PRUNED_AT_ONCE: Final = 1000
"""Sessions that one transaction deletes."""
SEEN_INTERVAL: Final = 86400.0
"""Seconds between two notes that a user does something."""
LANGUAGES_KEPT: Final = 10_000
"""Users whose language is at hand, also while the database is away."""


class Sessions:
    """The store of sessions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._single_select = single_select(engine)
        self._languages: OrderedDict[int, str | None] = OrderedDict()
        """The languages that users have chosen, as far as this process has seen them lately."""
        self._unseen: set[int] = set()
        """The users of whom is to be noted that they do something."""

    async def language(self, person: int) -> str | None:
        """Return the language that a user has chosen; None if there is none, or the database is away."""
        if person not in self._languages:
            query = select(people.c.body).where(people.c.id == person)
            try:
                async with self._single_select.connect() as connection:
                    body = await connection.scalar(query)
            except Exception as error:  # noqa: BLE001 - this is for telling what is wrong with the database
                log.info("a language is not known (%s)", type(error).__name__)
                return None
            self._note(person, None if body is None else Person.model_validate_json(body).language)
        return self._languages[person]

    def _note(self, person: int, language: str | None) -> None:
        self._languages[person] = language
        self._languages.move_to_end(person)
        if len(self._languages) > LANGUAGES_KEPT:
            self._languages.popitem(last=False)

    @uninterrupted
    async def load(self, chat: int, person: int) -> Session | None:
        """Return the session, a new one if there is none yet; None if the user is banned."""
        here = select(sessions.c.body).where(sessions.c.key == _key(chat, person))
        everywhere = select(people.c.body).where(people.c.id == person)
        banned = exists().where(ban.c.person == person)
        unseen = exists().where(people.c.id == person, people.c.updated < ago(SEEN_INTERVAL))
        query = select(here.scalar_subquery(), everywhere.scalar_subquery(), banned, unseen)
        async with self._single_select.connect() as connection:
            here_body, person_body, is_banned, is_unseen = (await connection.execute(query)).one()
        if is_banned:
            return None
        if is_unseen:
            self._unseen.add(person)
        session = Session() if here_body is None else Session.model_validate_json(here_body)
        everyones = Person() if person_body is None else Person.model_validate_json(person_body)
        self._note(person, everyones.language)
        return session.updated(person=everyones)

    @uninterrupted
    async def in_all_chats(self, person: int) -> list[Session]:
        """Return a user's sessions, without what is the same in all of them."""
        query = select(sessions.c.body).where(sessions.c.key.like(f"%:{person}"))
        async with self._single_select.connect() as connection:
            return [Session.model_validate_json(body) for body in await connection.scalars(query)]

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
        """Save the changes of a session, execute ``also`` and finish ``updates``, in one transaction.

        Args:
            chat: the chat's id.
            person: the user's id.
            before: the session as it was loaded.
            after: the session as it is to be.
            also: more statements for the transaction.
            updates: the ids of the updates that caused the changes. Nothing is saved if all of them are
                finished already: another bot, which has taken the chat over, was faster.
        """
        if before == after and not also and not updates:
            return
        async with self._engine.begin() as connection:
            if updates and not (await connection.execute(finish_statement(*updates))).rowcount:
                log.warning("The outcome of an update is not saved: another bot has handled the update.")
                return
            if _body(before) != _body(after):
                row: dict[str, object] = {sessions.c.key.name: _key(chat, person)}
                await self._put(connection, sessions, row, _body(after), empty=_body(Session()))
            if before.person != after.person:
                query = select(people.c.body).where(people.c.id == person).with_for_update()
                known = await connection.scalar(query)
                now = Person() if known is None else Person.model_validate_json(known)
                body = now.merged(before.person, after.person).model_dump_json()
                await self._put(connection, people, {people.c.id.name: person}, body)
            elif person in self._unseen:
                await connection.execute(update(people).where(people.c.id == person).values(updated=Now()))
            for statement in also:
                await connection.execute(statement)
        self._unseen.discard(person)
        if after.person != before.person:
            self._note(person, after.person.language)

    @uninterrupted
    async def are_finished(self, updates: Collection[int]) -> bool:
        """Return whether updates are finished, and so their outcome is saved."""
        waiting = select(inbox.c.update_id).where(inbox.c.update_id.in_(updates), inbox.c.body.is_not(None))
        async with self._single_select.connect() as connection:
            return not await connection.scalar(select(exists(waiting)))

    def discard(self, person: int) -> None:
        """Drop what is at hand of a user who was forgotten."""
        self._languages.pop(person, None)
        self._unseen.discard(person)

    @uninterrupted
    async def move(self, chat: int, to: int) -> None:
        """Move the sessions of a group to the supergroup that it has become.

        A session that a user has there already is the later one, and stays. A second time it changes nothing.
        """
        theirs = sessions.c.key.like(f"{chat}:%")
        new = literal(f"{to}:") + func.substr(sessions.c.key, len(f"{chat}:") + 1)
        async with self._engine.begin() as connection:
            there = select(sessions.c.key).where(sessions.c.key.like(f"{to}:%")).scalar_subquery()
            await connection.execute(update(sessions).where(theirs, new.not_in(there)).values(key=new))
            await connection.execute(delete(sessions).where(theirs))

    async def prune(self) -> None:
        """Delete the sessions in which nothing has changed for long; their users' data stay."""
        await in_slices(self._prune_some)

    @uninterrupted
    async def _prune_some(self) -> int:
        """Delete some of them, and return their number."""
        idle = select(sessions.c.key).where(sessions.c.updated < ago(SESSION_TTL)).limit(PRUNED_AT_ONCE)
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(sessions).where(sessions.c.key.in_(idle)))).rowcount

    async def _put(
        self, connection: AsyncConnection, table: Table, row: dict[str, object], body: str, empty: str = ""
    ) -> None:
        key = table.c[next(iter(row))]
        if body == empty:
            await connection.execute(delete(table).where(key == row[key.name]))
            return
        new = insert_into(table, self._engine.dialect).values(**row, body=body, updated=Now())
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
