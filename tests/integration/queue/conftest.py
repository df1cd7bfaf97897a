"""Both databases: a SQLite file, and a private PostgreSQL server where Debian's package is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engine.queue import Job, Limits, Queue, create_schema, open_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncEngine

    from engine.benchmark.postgresql import PostgreSQL


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


@pytest.fixture
def queue(engine: AsyncEngine) -> Queue:
    """A queue with more room than the default, and leases that outlive a test on a slow machine."""
    return Queue(engine, Limits(live=100, running=100, lease=600.0))


@pytest.fixture
def hasty(engine: AsyncEngine) -> Queue:
    """The same queue, where a lease has run out as soon as it is granted."""
    return Queue(engine, Limits(live=100, running=100, lease=-1.0))


@pytest.fixture
def add() -> Callable[..., Awaitable[Job]]:
    """Enqueue a job of which only the interesting is said; its owner is the first letter of its id."""

    async def add(queue: Queue, id: str, **said: Any) -> Job:  # noqa: A002 - the column's name
        usual: dict[str, Any] = {
            "owner": id[0],
            "recipe": {"size": 512, "title": "Wellen 🌊"},
            "cost": 10.0,
            "shape": "512x384",
            "blobs": {"content": b"photo", "style0": b"painting"},
        }
        return await queue.enqueue(id=id, **{**usual, **said})

    return add
