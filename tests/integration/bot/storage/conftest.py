"""The bot's stores, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage import tables
from bot.storage.people import People
from bot.storage.sessions import Sessions


@pytest.fixture
async def sessions(engine: AsyncEngine) -> Sessions:
    """The store, with its tables."""
    await tables.create(engine)
    return Sessions(engine)


@pytest.fixture
def people(engine: AsyncEngine, sessions: Sessions) -> People:
    """The store of people in the same database."""
    return People(engine)
