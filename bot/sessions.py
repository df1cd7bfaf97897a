"""Sessions in the queue's own database, one row for a person in a chat."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, MetaData, String, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Session
from engine.queue import reading, uninterrupted
from engine.queue.schema import Now

_metadata: Final = MetaData()
_session: Final = Table(
    "session",
    _metadata,
    Column("key", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated", Float, nullable=False),
)


class Sessions:
    """The store of sessions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    async def create(self) -> None:
        """Make the table if it is not there."""
        async with self._engine.begin() as connection:
            await connection.run_sync(_metadata.create_all)

    @uninterrupted
    async def load(self, chat: int, person: int) -> Session:
        """Give the session; a new one if there is none yet."""
        async with self._reading.connect() as connection:
            body = await connection.scalar(
                select(_session.c.body).where(_session.c.key == _key(chat, person))
            )
        return Session() if body is None else Session.model_validate_json(body)

    @uninterrupted
    async def save(self, chat: int, person: int, session: Session) -> None:
        """Keep the session."""
        new = self._insert(_session).values(
            key=_key(chat, person), body=session.model_dump_json(), updated=Now()
        )
        async with self._engine.begin() as connection:
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=[_session.c.key],
                    set_={"body": new.excluded.body, "updated": new.excluded.updated},
                )
            )


def _key(chat: int, person: int) -> str:
    return f"{chat}:{person}"
