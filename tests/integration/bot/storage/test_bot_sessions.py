"""What is remembered of a conversation, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.conversation import CatalogueStyle, Choices, Kept, Person, Sent, Session
from bot.storage import tables
from bot.storage.inbox import Inbox
from bot.storage.people import People, insert_announcement
from bot.storage.sessions import SESSION_TTL, Sessions

PHOTO = Sent(file_id="photo", message=7)
KNOWN = Person(language="zh", styles=(Kept(id="k", name="Sunset", styles=(PHOTO,)),))
ADA, EMILE, ADMIN = 1001, 1002, 9


async def test_who_has_said_nothing_has_a_new_session(sessions: Sessions) -> None:
    assert await sessions.load(ADA, ADA) == Session()


async def test_a_session_is_of_its_chat_and_a_person_of_all_chats(sessions: Sessions) -> None:
    said = Session(photo=PHOTO, styles=(CatalogueStyle(id="mosaic"),), draft_id="d", person=KNOWN)
    await sessions.save(-5, ADA, Session(), said)
    assert await sessions.load(-5, ADA) == said
    assert await sessions.load(ADA, ADA) == Session(person=KNOWN)
    assert await sessions.load(-5, EMILE) == Session()


async def test_what_somebody_does_in_two_chats_at_once_is_all_kept(sessions: Sessions) -> None:
    old, here, there = (Kept(id=each, name=each, styles=(PHOTO,)) for each in "old")
    was = Session(person=Person(language="zh", styles=(old,)))
    await sessions.save(ADA, ADA, Session(), was)
    kept = was.person.model_copy(update={"styles": (old, here)})
    await sessions.save(ADA, ADA, was, was.updated(person=kept))
    painted = was.person.model_copy(
        update={"last": (PHOTO,), "styles": (there,), "choices": Choices(alpha=1)}
    )
    await sessions.save(-5, ADA, was, was.updated(person=painted))
    bigger = was.person.model_copy(update={"choices": Choices(size=1024)})
    await sessions.save(-6, ADA, was, was.updated(person=bigger))
    assert await sessions.load(ADA, ADA) == Session(
        person=Person(language="zh", last=(PHOTO,), styles=(here, there), choices=Choices(alpha=1, size=1024))
    )


async def test_a_session_goes_long_after_its_last_change_and_its_users_data_stay(
    engine: AsyncEngine, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.sessions.PRUNED_AT_ONCE", 2)
    for chat in (-1, -2, -3, -4):
        await sessions.save(chat, ADA, Session(), Session(photo=PHOTO, person=KNOWN))
    async with engine.begin() as connection:
        old = tables.session.c.key != f"-4:{ADA}"
        long_ago = tables.session.c.updated - SESSION_TTL - 60.0
        await connection.execute(update(tables.session).where(old).values(updated=long_ago))
    await sessions.prune()
    assert await sessions.load(-1, ADA) == Session(person=KNOWN)
    assert await sessions.load(-4, ADA) == Session(photo=PHOTO, person=KNOWN)
    assert len(await sessions.in_all_chats(ADA)) == 1


async def test_a_session_that_is_over_leaves_no_row(engine: AsyncEngine, sessions: Sessions) -> None:
    said = Session(photo=PHOTO)
    await sessions.save(ADA, ADA, Session(), said)
    await sessions.save(ADA, ADA, said, Session())
    async with engine.connect() as connection:
        assert (await connection.execute(select(tables.session))).all() == []


async def test_what_goes_together_is_kept_together_or_not_at_all(
    engine: AsyncEngine, sessions: Sessions, people: People
) -> None:
    await people.ban(EMILE)
    await sessions.save(ADA, ADA, Session(), Session(photo=PHOTO), delete(tables.ban))
    assert not await people.is_banned(EMILE)
    broken = select(tables.ban.c.person / 0) if engine.dialect.name == "postgresql" else None
    if broken is not None:
        await people.ban(EMILE)
        with pytest.raises(Exception, match="division"):
            await sessions.save(ADA, ADA, Session(photo=PHOTO), Session(), broken)
        assert await sessions.load(ADA, ADA) == Session(photo=PHOTO)


async def test_what_several_bots_make_of_one_update_is_kept_once(
    engine: AsyncEngine, sessions: Sessions, people: People
) -> None:
    """A bot that was cut off for longer than a lease may still be in the middle of it."""
    inbox = Inbox(engine)
    await inbox.store([{"update_id": number} for number in (1, 2, 3)])

    async def make(of: int, updates: tuple[int, ...]) -> None:
        session = Session(draft_id=str(of))
        await sessions.save(
            ADA, ADA, Session(), session, insert_announcement(str(of), ADMIN), updates=updates
        )

    await asyncio.gather(*(make(number, (1, 2)) for number in range(4)))
    first = await people.announcement()
    assert first is not None
    assert await sessions.load(ADA, ADA) == Session(draft_id=first.text)
    await people.complete(first)
    assert await people.announcement() is None
    await make(5, (2, 3))  # an album of which a part was new
    assert await sessions.load(ADA, ADA) == Session(draft_id="5")
    assert await inbox.count() == 0


async def test_a_group_that_becomes_a_supergroup_takes_its_sessions_along(sessions: Sessions) -> None:
    await sessions.save(-5, ADA, Session(), Session(photo=PHOTO))
    await sessions.save(-55, EMILE, Session(), Session(photo=PHOTO))
    await sessions.save(-5, ADMIN, Session(), Session(draft_id="older"))
    await sessions.save(-1005, ADMIN, Session(), Session(photo=PHOTO))
    for _ in range(2):  # the bot may be killed before the update is finished
        await sessions.move(-5, -1005)
        assert await sessions.load(-1005, ADA) == Session(photo=PHOTO)
        assert await sessions.load(-1005, ADMIN) == Session(photo=PHOTO)
    assert await sessions.load(-5, ADA) == await sessions.load(-5, ADMIN) == Session()
    assert await sessions.load(-55, EMILE) == Session(photo=PHOTO)


async def test_a_language_is_at_hand_until_its_user_is_forgotten(sessions: Sessions, people: People) -> None:
    await sessions.save(ADA, ADA, Session(), Session(person=KNOWN))
    assert await sessions.language(ADA) == "zh"
    await people.forget(ADA)
    assert await sessions.language(ADA) == "zh", "what is at hand needs no database"
    sessions.discard(ADA)
    before = await sessions.load(ADA, ADA)
    assert before is not None
    await sessions.save(ADA, ADA, before, before, updates=(7,))
    assert await sessions.language(ADA) is None
