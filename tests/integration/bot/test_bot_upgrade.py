"""Sessions of earlier versions, on both databases."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import CatalogueStyle, Choices, Person, Sent, Session
from bot.storage import tables
from bot.storage.sessions import Sessions
from bot.upgrade import upgrade

SENT: Final = {"kind": "sent", "file_id": "photo"}
FIRST: Final = {
    "5:5": {"photo": SENT, "style": {"kind": "preset", "id": "mosaic"}, "alpha": 1e-6, "keep_colours": True,
            "draft_id": "d"},
    "6:6": {"photo": None, "style": None, "alpha": 1e-2, "keep_colours": False, "draft_id": None},
    "7:7": {"photo": SENT, "style": None, "alpha": 1e-4, "keep_colours": False, "draft_id": None},
}  # fmt: skip
"""Sessions as the first version wrote them."""


async def test_sessions_of_the_first_version_keep_what_was_chosen(engine: AsyncEngine) -> None:
    await tables.create(engine)
    sessions = Sessions(engine)
    new = Session(photo=Sent(file_id="new"), person=Person(language="ru"))
    await sessions.save(8, 8, Session(), new)
    await sessions.save(9, 7, Session(), Session(person=Person(choices=Choices(stroke=1.6))))
    async with engine.begin() as connection:
        rows = [{"key": key, "body": json.dumps(body), "updated": 1.0} for key, body in FIRST.items()]
        await connection.execute(insert(tables.session), rows)
    assert [await upgrade(engine), await upgrade(engine)] == [3, 0]
    full = Person(choices=Choices(alpha=1e-6, keep_colours=True))
    photo = Sent(file_id="photo")
    said = Session(photo=photo, styles=(CatalogueStyle(id="mosaic"),), draft_id="d", person=full)
    assert await sessions.load(5, 5) == said
    assert await sessions.load(6, 6) == Session(person=Person(choices=Choices(alpha=1e-2)))
    since = Person(choices=Choices(stroke=1.6))
    assert await sessions.load(7, 7) == Session(photo=photo, person=since), "what was chosen since counts"
    assert await sessions.load(8, 8) == new
