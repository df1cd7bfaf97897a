"""Fixtures of the bot's unit tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage import tables
from engine.queue import open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Open a database with the bot's tables."""
    engine = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    await tables.create(engine)
    yield engine
    await engine.dispose()
