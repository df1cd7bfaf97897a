"""Queues with limits of their own, and one database of each kind for most of the tests.

Most of a test would be the creation of its tables and the compilation of its statements, which belong to an
engine. So tests that change rows alone share an engine, and begin with empty tables.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert

from engine.queue import Job, Leases, Limits, Queue, create_schema, open_database
from engine.queue.schema import clock, metadata, schema_version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.support.postgresql import PostgreSQL

APART = {"concurrency", "database", "migrations", "model", "storage"}
"""Modules whose tests change more than rows, or open a database more than once."""
LIMITS = Limits(live=100, running=100, lease=600.0)


@pytest.fixture(scope="session")
def shared() -> dict[str, AsyncEngine]:
    """The engines that tests share, by the kind of database."""
    return {}


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of database."""
    kind: str = request.param
    return kind


@pytest.fixture
def create(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kind: str
) -> Callable[[], str]:
    """Create an empty database of the kind, and return its URL."""
    if kind == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('queue') / 'queue.db'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.create


@pytest.fixture
def url(create: Callable[[], str]) -> str:
    """An empty database of the test's own."""
    return create()


@pytest.fixture
async def engine(
    request: pytest.FixtureRequest, create: Callable[[], str], kind: str, shared: dict[str, AsyncEngine]
) -> AsyncIterator[AsyncEngine]:
    """A database with empty tables."""
    if request.node.path.stem.removeprefix("test_queue_") in APART:
        engine = open_database(request.getfixturevalue("url"))
        await create_schema(engine)
    elif kind in shared:
        engine = shared[kind]
        async with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not schema_version:
                    await connection.execute(delete(table))
            await connection.execute(insert(clock).values(id=1, tag=0))
    else:
        engine = shared[kind] = open_database(create())
        await create_schema(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
def queue(engine: AsyncEngine) -> Queue:
    """A queue with higher limits than the default."""
    return Queue(engine, LIMITS)


@pytest.fixture
def leases(engine: AsyncEngine) -> Leases:
    """The same queue's leases, which outlive a test on a slow machine."""
    return Leases(engine, LIMITS)


@pytest.fixture
def expiring(engine: AsyncEngine) -> Leases:
    """The same queue's leases, each of which has expired as soon as it is granted."""
    return Leases(engine, replace(LIMITS, lease=-1.0))


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
