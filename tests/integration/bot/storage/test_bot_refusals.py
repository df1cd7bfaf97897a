"""The counts of refusals, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Session
from bot.storage import refusals, tables
from bot.storage.refusals import BANNED, FORBIDDEN, HOURS, Refusals
from bot.storage.sessions import Sessions


async def test_refusals_of_a_day_are_counted_by_kind_and_those_before_go(
    sessions: Sessions, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, hour = Refusals(engine), 500_000
    monkeypatch.setattr(refusals, "_hour", lambda: hour)
    await counts.count(FORBIDDEN)
    hour += 1
    await sessions.save(1, 1, Session(), Session(), counts.counted(BANNED), counts.counted(BANNED))
    await counts.count(FORBIDDEN)
    assert list((await counts.of_a_day()).items()) == [(BANNED, 2), (FORBIDDEN, 2)]
    hour += HOURS - 1
    assert await counts.of_a_day() == {BANNED: 2, FORBIDDEN: 1}
    await counts.prune()
    hour += 1
    assert await counts.of_a_day() == {}
    await counts.prune()
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(tables.refusal)) == 0
