"""The bot's own tables, in the queue's database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.queue.database import lock_creation

metadata: Final = MetaData()

session: Final = Table(
    "session",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated", Float, nullable=False),
)
"""The state of one user's conversation in one chat; the key is ``chat:person``."""

person: Final = Table(
    "person",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("updated", Double, nullable=False),
)
"""The data of a user in all chats. Their private chat has the same id. ``updated``, to the day, is when they
last did something: see ``bot.storage.sessions``."""

person_idle: Final = Index("person_idle", person.c.updated)

ban: Final = Table("ban", metadata, Column("person", BigInteger, primary_key=True, autoincrement=False))
"""The users whom an admin has banned. ``/forget`` does not delete it."""

broadcast: Final = Table(
    "broadcast",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("admin", BigInteger, nullable=False),
    Column("after", BigInteger, nullable=False),
    Column("told", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
)
"""Announcements that are being sent: to the users with an id up to ``after`` they have been."""


refusal: Final = Table(
    "refusal",
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), primary_key=True),
    Column("count", Integer, nullable=False),
)
"""The number of refusals of each kind in each of the last hours, counted since 1970."""

inbox: Final = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text),
    Column("received", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("chat", String(32), nullable=False, server_default=""),
)
"""The updates that are not finished; without a body, those that were finished not long ago.

The attempts at an update are 0 until a process has ended while it had the update."""

waiting: Final = Index(
    "inbox_waiting",
    inbox.c.received,
    inbox.c.update_id,
    inbox.c.chat,
    sqlite_where=inbox.c.body.is_not(None),
    postgresql_where=inbox.c.body.is_not(None),
)
"""The few unfinished updates among the many finished ones: every bot polls them several times a second."""

forgettable: Final = Index(
    "inbox_forgettable",
    inbox.c.received,
    sqlite_where=inbox.c.body.is_(None),
    postgresql_where=inbox.c.body.is_(None),
)
"""The finished updates by their time: there may be millions, and the oldest are deleted."""

replica: Final = Table(
    "replica",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("seen", Double, nullable=False),
)
"""The bots that share this database, and their last heartbeats."""

claim: Final = Table(
    "claim",
    metadata,
    Column("what", String(32), primary_key=True),
    Column("replica", String(128), nullable=False),
)
"""The replica that handles a chat or does a duty. See ``bot.storage.claims``."""


async def create(engine: AsyncEngine) -> None:
    """Create the tables and indexes that are not there yet."""
    async with engine.begin() as connection:
        await lock_creation(connection, 0x61_74_65_6D)
        await connection.run_sync(metadata.create_all)
