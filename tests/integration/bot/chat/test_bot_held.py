"""A painting that Telegram didn't accept waits for its user, and /status offers it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from bot.delivery.deliveries import Deliveries
from engine.queue.schema import job as jobs
from tests.support.house import House


@pytest.fixture
def _no_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deliveries, "run", lambda _: asyncio.Event().wait())


@pytest.mark.usefixtures("_no_deliveries")
async def test_a_painting_is_offered_as_soon_as_it_is_held_before_that_counts_as_delivered(
    house: House,
) -> None:
    you = house.somebody()
    job, _ = await house.painting(you)
    found = await house.queue.get(job)
    assert found is not None
    held = (found.address or {}) | {"held": True, "painting": 0}
    async with house.database.begin() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == job).values(address=held, delivered=None))
    status = await you.heard("Finished, but I couldn’t send it", after=await you.text("/status"))
    assert house.playground.labels(status) == ["🖼 Send 1"]
