"""Sessions of earlier versions, brought up to date at the start."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Choices, Person, Session
from bot.storage.tables import person as people
from bot.storage.tables import session as sessions
from engine.queue import uninterrupted
from engine.queue.schema import Now

_FIRST: Final = '%"keep_colours"%'
"""Only sessions of the first version had the choices in them, and one style at most."""


@uninterrupted
async def upgrade(engine: AsyncEngine) -> int:
    """Give people the choices that the first version kept with their sessions; gives how many sessions.

    What they have chosen since stays. The same again changes nothing.
    """
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    async with engine.begin() as connection:
        found = await connection.execute(
            select(sessions.c.key, sessions.c.body).where(sessions.c.body.like(_FIRST)).with_for_update()
        )
        rows = found.all()
        for key, body in rows:
            session = _read(json.loads(body))
            new = insert(people).values(
                id=int(key.rpartition(":")[2]), body=session.person.model_dump_json(), updated=Now()
            )
            await connection.execute(new.on_conflict_do_nothing())
            whose = sessions.c.key == key
            if session.now(person=Person()) == Session():
                await connection.execute(delete(sessions).where(whose))
            else:
                said = session.model_dump_json(exclude={"person"})
                await connection.execute(update(sessions).where(whose).values(body=said))
        return len(rows)


def _read(old: dict[str, Any]) -> Session:
    """Read a session of the first version."""
    choices = Choices(alpha=old["alpha"], keep_colours=old["keep_colours"])
    return Session.model_validate({
        "photo": old["photo"],
        "styles": [old["style"]] if old["style"] else [],
        "draft_id": old["draft_id"],
        "person": Person(choices=choices),
    })  # fmt: skip
