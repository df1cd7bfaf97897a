"""Queues with limits of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.queue import Job, Leases, Limits, Queue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncEngine


LIMITS = Limits(live=100, running=100, lease=600.0)


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
