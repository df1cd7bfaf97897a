"""Both databases: a SQLite file, and a private PostgreSQL server where Debian's package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.queue import create_schema, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.support.postgresql import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'queue.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create()


@pytest.fixture
async def connect(url: str) -> AsyncIterator[Callable[[], AsyncEngine]]:
    """Open the test's database as one more process would; closed after the test."""
    engines: list[AsyncEngine] = []

    def connect() -> AsyncEngine:
        engines.append(open_database(url))
        return engines[-1]

    yield connect
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def engine(connect: Callable[[], AsyncEngine]) -> AsyncEngine:
    """The database with its tables."""
    engine = connect()
    await create_schema(engine)
    return engine
