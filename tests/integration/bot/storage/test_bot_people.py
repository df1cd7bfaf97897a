"""Who is known, erased, banned and told an announcement, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Kept, Person, Sent, Session
from bot.storage import tables
from bot.storage.people import PERSON_TTL, People, insert_announcement
from bot.storage.sessions import SEEN_INTERVAL, Sessions
from engine.queue.schema import Now

PHOTO = Sent(file_id="photo", message=7)
KNOWN = Person(language="zh", styles=(Kept(id="k", name="Sunset", styles=(PHOTO,)),))
ADA, EMILE, ADMIN = 1001, 1002, 9


async def test_who_is_forgotten_leaves_nothing_and_others_stay(
    engine: AsyncEngine, sessions: Sessions, people: People
) -> None:
    for person in (ADA, EMILE, 1 * 10**4 + ADA):
        for chat in (person, -5):
            await sessions.save(chat, person, Session(), Session(photo=PHOTO, person=KNOWN))
    assert await people.forget(ADA) == 0
    async with engine.connect() as connection:
        keys = set((await connection.scalars(select(tables.session.c.key))).all())
        persons = set((await connection.scalars(select(tables.person.c.id))).all())
    assert keys == {f"{EMILE}:{EMILE}", f"-5:{EMILE}", f"{10**4 + ADA}:{10**4 + ADA}", f"-5:{10**4 + ADA}"}
    assert persons == {EMILE, 10**4 + ADA}


async def test_everybody_who_was_ever_here_is_known_but_who_is_shut_out_hears_nothing(
    sessions: Sessions, people: People
) -> None:
    for person in (ADA, EMILE, ADMIN, ADA):
        await people.add(person)
    assert await people.count() == 3
    await people.ban(EMILE)
    await people.ban(EMILE)
    assert await people.is_banned(EMILE)
    assert await people.after(0, 10) == [ADMIN, ADA]
    assert await people.after(ADMIN, 1) == [ADA]
    assert await sessions.load(EMILE, EMILE) is None
    await people.unban(EMILE)
    assert await sessions.load(EMILE, EMILE) == Session()
    assert await people.after(ADMIN, 10) == [ADA, EMILE]


async def test_meeting_somebody_again_forgets_nothing_of_them(sessions: Sessions, people: People) -> None:
    await sessions.save(ADA, ADA, Session(), Session(person=KNOWN))
    await people.add(ADA)
    assert await sessions.load(ADA, ADA) == Session(person=KNOWN)


async def test_a_word_to_everybody_goes_on_where_it_was_interrupted(
    sessions: Sessions, people: People
) -> None:
    assert await people.announcement() is None
    for words in ("Good morning", "Good night"):
        await sessions.save(ADMIN, ADMIN, Session(), Session(), insert_announcement(words, ADMIN))
    first = await people.announcement()
    assert first is not None
    assert (first.text, first.after, first.told) == ("Good morning", 0, 0)
    told = type(first)(
        **{**{name: getattr(first, name) for name in first.__slots__}, "after": ADA, "told": 1}
    )
    await people.save_progress(told)
    assert await people.announcement() == told
    await people.complete(told)
    second = await people.announcement()
    assert second is not None
    assert second.text == "Good night"


async def test_who_was_not_here_for_a_year_is_deleted_and_stays_banned(
    engine: AsyncEngine, sessions: Sessions, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.people.PRUNED_AT_ONCE", 2)
    for person in (ADA, EMILE, ADMIN, 1003):
        await sessions.save(person, person, Session(), Session(person=KNOWN))
    await people.ban(EMILE)
    await _age(engine, PERSON_TTL + 60.0)
    # One of them comes back, and changes nothing.
    session = await sessions.load(ADA, ADA)
    assert session is not None
    await sessions.save(ADA, ADA, session, session, delete(tables.broadcast))
    await people.prune()
    assert await people.count() == 1
    assert await sessions.load(ADA, ADA) == Session(person=KNOWN)
    assert await sessions.load(ADMIN, ADMIN) == Session()
    assert await sessions.language(ADMIN) is None, "it is guessed again"
    assert await people.is_banned(EMILE)


async def test_a_year_begins_anew_once_a_day_and_costs_nothing_until_then(
    engine: AsyncEngine, sessions: Sessions, people: People
) -> None:
    await people.add(ADA)

    async def come() -> float:
        session = await sessions.load(ADA, ADA)
        assert session is not None
        await sessions.save(ADA, ADA, session, session, delete(tables.broadcast))
        async with engine.connect() as connection:
            return await connection.scalar(select(tables.person.c.updated)) or 0.0

    await _age(engine, SEEN_INTERVAL - 60.0)
    before = await come()
    assert await come() == before
    await _age(engine, SEEN_INTERVAL + 60.0)
    now = await come()
    assert now > before
    assert await come() == now


async def _age(engine: AsyncEngine, seconds: float) -> None:
    """Let everybody have been here last so long ago."""
    async with engine.begin() as connection:
        await connection.execute(update(tables.person).values(updated=Now() - seconds))
