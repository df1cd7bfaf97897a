"""Words that mean something to a database: they are kept as they are, and do nothing there."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Command, Kept, Person, Rules, Sent, Session, Words, step
from bot.storage import tables
from bot.storage.people import People, insert_announcement
from bot.storage.sessions import Sessions
from bot.updates.handlers import _storable
from engine.queue import Limits, Queue
from engine.queue.schema import job

NAMES: Final = (
    *("Robert'); DROP TABLE job;--", '"; DELETE FROM person; --', "%", "_", "\\", "a\\'b", "{0}%s:name?$1"),
    *("🎨👩‍🎨", "𠜎𠜱", "\u202eevil\u202c", "שלום", "مرحبا", "e\u0301" * 10, "\u200b", "null", "NaN", "\t\n"),
)
HALVES: Final = ("a\0b", "\0", "\ud83d", "x\udc00y", "\0'\0")
"""What PostgreSQL does not store, nor UTF-8 hold."""


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_any_name_is_kept_as_it_is(engine: AsyncEngine) -> None:
    await tables.create(engine)
    sessions, people, queue = Sessions(engine), People(engine), Queue(engine, Limits(live=100))
    painting = Sent(file_id="painting")
    for number, name in enumerate((*NAMES, *map(_storable, HALVES)), start=1):
        before = Session(photo=painting, styles=(painting,), draft_id="d", awaiting="name")
        after, _ = step(before, Words(name), lambda: "fresh", Rules())
        asked, _ = step(after, Command("broadcast", name), lambda: "fresh", Rules())
        await sessions.save(number, number, Session(), asked)
        assert await sessions.load(number, number) == asked
        kept = Person(styles=(Kept(id=name, name=name, styles=(painting,)),))
        await sessions.save(-number, number, asked, asked.updated(person=kept))
        assert await sessions.load(-number, number) == Session(person=kept)
        await sessions.save(number, number, asked, asked, insert_announcement(name, number))
        message = await people.announcement()
        assert message is not None
        assert message.text == name
        await people.complete(message)
        said: dict[str, Any] = {
            "recipe": {"title": name},
            "address": {"style": name},
            "cost": 1.0,
            "shape": name,
        }
        await queue.enqueue(id=f"{number}{name}", owner=f"telegram:{name}", blobs={name: b"x"}, **said)
        found = await queue.get(f"{number}{name}")
        assert found is not None
        assert (found.owner, found.address, found.shape) == (f"telegram:{name}", {"style": name}, name)
        assert len(await queue.jobs(f"telegram:{name}")) >= 1
        assert await queue.read(found.id, name) == b"x"
    # Whoever is forgotten is one alone: % and _ are no patterns.
    await people.forget(1)
    async with engine.connect() as connection:
        left = await connection.scalar(select(func.count()).select_from(tables.person))
        assert left == len(NAMES) + len(HALVES) - 1
        assert await connection.scalar(select(func.count()).select_from(job)) == left + 1
