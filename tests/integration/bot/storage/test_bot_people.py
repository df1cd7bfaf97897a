"""Who is known, erased, banned and told an announcement, on both databases."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import Kept, Person, Sent, Session
from bot.storage import tables
from bot.storage.people import People, insert_announcement
from bot.storage.sessions import Sessions

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
