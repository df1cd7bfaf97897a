"""Buttons that were not given to whoever taps them: another person's, made up, or nonsense; the real bot."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import running
from bot.conversation import Choices, Draft, Person, Sent, Session
from bot.conversation.callback_data import JOB_ACTIONS, owned
from bot.playground import Answer, serve
from bot.playground.state.groups import chat_of
from bot.playground.types import Json
from bot.settings import Settings
from bot.storage import tables
from bot.storage.job_address import Address
from bot.storage.sessions import Sessions
from bot.updates import processor
from engine.painting.recipe import Recipe
from engine.queue import Leases, Limits, Queue, State
from engine.queue.schema import Now, blob
from engine.queue.schema import job as jobs
from tests.support.playground import Playground

PHOTO, PAINTING = Sent(file_id="AgAC-photo", message=3), Sent(file_id="AgAC-painting", message=4)
DRAFT: Final = "5f1d0a2b3c4d5e6f70"
OF_A_DRAFT: Final = (
    *("a:painting", "c:mine", "k:broad", "q:fine", "z:128", "w:", "v:", "b:", "n:", "j:", "o:", "p:"),
)
NONSENSE: Final = (
    *("", ":", "::", "@", "p", "p::", "p::@", "s:", "m:", "u:", "g:²", "g:９９", "i:xx", "@" * 64, "x" * 64),
    *("s:../../../../etc/passwd", "s:mosaic'--", "cancel:' OR '1'='1", "cancel:%", "file:_", "delete:*"),
    *("cancel:\0", "file:a\0b", "m:\0", "p::\0", "\0", "\x1b[2J", "cancel:😀", "other:" + "\u202e" * 30),
    *("cancel:" + "9" * 5000, f"z:{'9' * 5000}:{DRAFT}", f"a:nan:{DRAFT}", "next:\ufeff", "again:[]"),
    *("cancel:x@zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "cancel:x@-1", "cancel:x@_", "cancel:x@１２"),
    *("film:\u0000\u0001", "painting:\n", 'compare:{"a":1}', "bigger:null", "erase:0x10"),
)  # fmt: skip


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    """A playground where taps wait, and a bot that answers each in its turn."""
    monkeypatch.setattr(processor, "TAP_TIMEOUT", 600.0)
    made = Playground(tap_lifetime=600.0)
    yield made
    made.close()


@pytest.fixture
async def bot(playground: Playground, engine: AsyncEngine, url: str, tmp_path: Path) -> AsyncIterator[None]:
    """The real bot, over HTTP, on either database."""
    said: dict[str, Any] = {"_env_file": None, "bot_token": playground.token, "database_url": url}
    async with await serve(playground) as server:
        said |= {"bot_api_url": server.url, "engine": "external", "data_dir": tmp_path / "data"}
        async with running(Settings(**said)):
            yield


class House:
    """Ada's paintings and draft, in a group that Mallory is in too."""

    def __init__(self, playground: Playground, engine: AsyncEngine) -> None:
        self.playground, self.engine = playground, engine
        self.ada, self.mallory = playground.add_person("Ada"), playground.add_person("Mallory")
        playground.users.mark(self.mallory, started=True)
        self.group = playground.add_group("Sunday painters", self.ada, self.mallory)
        self.queue = Queue(engine, Limits(live=10, running=10, lease=3600.0))
        chat = chat_of(playground.groups.require(self.group))
        self.message = playground.chats.add(chat, playground.bot, {"text": "Paint this?"})
        alone = playground._chat(self.mallory, None)
        self.mallorys = playground.chats.add(alone, playground.bot, {"text": "Paint this?"})
        self.jobs = ("job-queued", "job-running", "job-done")

    async def furnish(self) -> None:
        """Let Ada have a painting in each state, and a draft."""
        await tables.create(self.engine)
        leases = Leases(self.engine, self.queue.limits)
        draft = Draft(photo=PHOTO, styles=(PAINTING,))
        where = {"chat": self.group, "message": self.message["message_id"], "style": "Mosaic"}
        address = Address(draft=draft, **where).model_dump(mode="json")
        for number, job_id in enumerate(reversed(self.jobs)):
            await self.queue.enqueue(
                id=job_id, owner=f"telegram:{self.ada}", recipe=Recipe().as_dict(), cost=1.0, shape="any",
                blobs={"content": b"photo", "style0": b"painting"}, address=address,
            )  # fmt: skip
            if number < 2:
                await leases.claim("worker")
            if number == 0:
                await leases.finish(job_id, "worker", b"result", {"width": 64, "height": 64})
        async with self.engine.begin() as connection:
            await connection.execute(update(jobs).values(delivered=Now()))  # nobody is to be told anything
        person = Person(choices=Choices(stroke=0.6), last=(PAINTING,))
        said = Session(photo=PHOTO, styles=(PAINTING,), draft_id=DRAFT, person=person)
        await Sessions(self.engine).save(self.group, self.ada, Session(), said)

    async def hers(self) -> list[str]:
        """Everything that is kept of Ada."""
        async with self.engine.connect() as connection:
            rows = [
                *await connection.execute(select(jobs).order_by(jobs.c.id)),
                *await connection.execute(select(blob).order_by(blob.c.job, blob.c.name)),
                *await connection.execute(
                    select(tables.session).where(tables.session.c.key.like(f"%:{self.ada}"))
                ),
                *await connection.execute(select(tables.person).where(tables.person.c.id == self.ada)),
            ]
        return [repr(tuple(row)) for row in rows]

    async def tap(self, person: int, data: str, *, alone: bool = False) -> Answer:
        """Send a tap as a program of one's own may send it: with any data, on any message."""
        tap = self.playground.taps.new(person)
        message: Json = self.mallorys if alone else self.message
        sender = self.playground.users.get(person)
        query = {"id": tap.id, "from": sender, "message": message, "chat_instance": "1", "data": data}
        self.playground.updates.push(message["chat"]["id"], "callback_query", query)
        return await tap.answer


@pytest.fixture
async def house(playground: Playground, engine: AsyncEngine) -> House:
    """A group with paintings under way."""
    made = House(playground, engine)
    await made.furnish()
    return made


@pytest.fixture
def nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], None]]:
    """Check that nobody's tap was more than the bot could deal with."""
    caplog.set_level(logging.WARNING)

    def look() -> None:
        assert [
            record.getMessage() for record in caplog.records if record.name.startswith(("bot", "engine"))
        ] == []

    yield look
    look()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_no_button_of_another_person_does_anything(
    house: House, bot: None, nothing_breaks: Callable[[], None]
) -> None:
    before = await house.hers()
    of_jobs = [f"{action}:{job}" for action, job in product(sorted(JOB_ACTIONS), house.jobs)]
    of_draft = [f"{action}:{DRAFT}" for action in OF_A_DRAFT]
    for number, data in enumerate((*of_jobs, *of_draft)):
        for forged in {data, owned(data, (house.ada, house.mallory)[number % 2])}:
            answer = await house.tap(house.mallory, forged)
            assert answer.answered, forged
            assert answer.show_alert or answer.text is None, f"{forged}: {answer}"
        nothing_breaks()
    assert await house.hers() == before
    assert [one["message_id"] for one in house.playground.from_bot(house.group)] == [
        house.message["message_id"]
    ]
    # It is not that nothing works.
    assert (await house.tap(house.ada, owned("cancel:job-queued", house.ada))).answered
    job = await house.queue.get("job-queued")
    assert job is not None
    assert job.state is State.CANCELLED


async def test_nonsense_in_a_button_is_answered_and_does_nothing(
    house: House, bot: None, nothing_breaks: Callable[[], None]
) -> None:
    before = await house.hers()
    for data in NONSENSE:
        assert (await house.tap(house.mallory, data, alone=True)).answered, data
        nothing_breaks()
    assert await house.hers() == before
