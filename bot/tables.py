"""The bot's own tables, in the queue's database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Float, Integer, MetaData, String, Table, Text
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
)
"""Updates that nobody has dealt with yet; without a body, one that was dealt with not long ago."""


async def create(engine: AsyncEngine) -> None:
    """Make the tables that are not there."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
