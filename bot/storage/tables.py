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
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine

metadata: Final = MetaData()

session: Final = Table(
    "session",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated", Float, nullable=False),
)
"""What one person has said so far in one chat; the key is ``chat:person``."""

person: Final = Table(
    "person",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("updated", Double, nullable=False),
)
"""What is remembered of a person in all chats. Their private chat has the same number."""

ban: Final = Table("ban", metadata, Column("person", BigInteger, primary_key=True, autoincrement=False))
"""People whom an admin has shut out. It outlives ``/forget``."""

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
"""What is being told to everybody: to those with a number up to ``after`` it has been told."""


inbox: Final = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text),
    Column("received", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("chat", String(32), nullable=False, server_default=""),
)
"""Updates that nobody has dealt with yet; without a body, one that was dealt with not long ago.

Those of one chat are dealt with in their order. The attempts are 0 until a process has ended over it."""

waiting: Final = Index(
    "inbox_waiting",
    inbox.c.received,
    inbox.c.update_id,
    inbox.c.chat,
    sqlite_where=inbox.c.body.is_not(None),
    postgresql_where=inbox.c.body.is_not(None),
)
"""The few that wait among the many that were dealt with: every bot looks for them several times a second."""

forgettable: Final = Index(
    "inbox_forgettable",
    inbox.c.received,
    sqlite_where=inbox.c.body.is_(None),
    postgresql_where=inbox.c.body.is_(None),
)
"""Those that were dealt with, by their time: there may be millions, and the oldest are to go."""

replica: Final = Table(
    "replica",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("seen", Double, nullable=False),
)
"""The bots that share this database, and their last signs of life."""

claim: Final = Table(
    "claim",
    metadata,
    Column("what", String(32), primary_key=True),
    Column("replica", String(128), nullable=False),
)
"""Which of them deals with a chat or does a duty. See ``bot.storage.claims``."""


async def create(engine: AsyncEngine) -> None:
    """Create the tables and indexes that are not there yet."""
    async with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # There, IF NOT EXISTS does not keep two creators apart. SQLite's write lock has done it already.
            await connection.execute(select(func.pg_advisory_xact_lock(0x61_74_65_6D)))
        await connection.run_sync(metadata.create_all)
