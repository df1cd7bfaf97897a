"""Buttons that were not given to whoever taps them: another person's, made up, or nonsense; the real bot."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import running
from bot.conversation import CONTROLS, Choices, Draft, Kept, Person, Rules, Sent, Session
from bot.conversation.callback_data import JOB_ACTIONS, SETTINGS, Action, owned
from bot.i18n import texts
from bot.playground import Answer, serve
from bot.playground.state.groups import chat_of
from bot.playground.types import Json
from bot.settings import Settings
from bot.storage import tables
from bot.storage.job_address import Address
from bot.storage.sessions import Sessions
from bot.transport import token_buckets
from bot.updates import processor
from bot.views.keyboards import Keys
from engine.painting.recipe import Recipe
from engine.queue import Leases, Limits, Queue, State
from engine.queue.schema import Now, blob
from engine.queue.schema import job as jobs
from tests.support.playground import Playground

PHOTO, PAINTING = Sent(file_id="AgAC-photo", message=3), Sent(file_id="AgAC-painting", message=4)
DRAFT: Final = "5f1d0a2b3c4d5e6f70"
MALLORYS: Final = "70f1d0a2b3c4d5e6f7"
"""The draft of who forges buttons, and the beginning of the ids of that person's jobs."""
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
    for limit in ("PRIVATE_LIMIT", "GROUP_LIMIT"):
        monkeypatch.setattr(token_buckets, limit, (1000.0, 1000.0))
    made = Playground(tap_lifetime=600.0)
    yield made
    made.close()


@pytest.fixture
async def bot(playground: Playground, engine: AsyncEngine, url: str, tmp_path: Path) -> AsyncIterator[None]:
    """The real bot, over HTTP, on either database."""
    said: dict[str, Any] = {"_env_file": None, "bot_token": playground.token, "database_url": url}
    async with await serve(playground) as server:
        said |= {"bot_api_url": server.url, "engine": "external", "data_dir": tmp_path / "data"}
        said |= {"bot_admins": frozenset({playground.users.ids()[-1] + 2})}  # Mallory, who comes after Ada
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
        await self.paint(self.ada, self.jobs, self.message)
        person = Person(choices=Choices(stroke=0.6), last=(PAINTING,))
        said = Session(photo=PHOTO, styles=(PAINTING,), draft_id=DRAFT, person=person)
        await Sessions(self.engine).save(self.group, self.ada, Session(), said)

    async def paint(self, person: int, names: Sequence[str], message: Json) -> None:
        """Let somebody have a painting in each state, in one message."""
        leases = Leases(self.engine, self.queue.limits)
        draft = Draft(photo=PHOTO, styles=(PAINTING,))
        where = {"chat": message["chat"]["id"], "message": message["message_id"], "style": "Mosaic"}
        address = Address(draft=draft, **where).model_dump(mode="json")
        for number, job_id in enumerate(reversed(names)):
            await self.queue.enqueue(
                id=job_id, owner=f"telegram:{person}", recipe=Recipe().as_dict(), cost=1.0, shape="any",
                blobs={"content": b"photo", "style0": b"painting"}, address=address,
            )  # fmt: skip
            if number < 2:
                await leases.claim("worker")
            if number == 0:
                await leases.finish(job_id, "worker", b"result", {"width": 64, "height": 64})
            async with self.engine.begin() as connection:  # nobody is to be told anything
                await connection.execute(update(jobs).where(jobs.c.id == job_id).values(delivered=Now()))

    async def arm(self) -> None:
        """Let Mallory have all that Ada has, in the group and alone, in messages of Mallory's own."""
        kept = (Kept(id="k1", name="Sea", styles=(PAINTING,)),)
        for chat, message in ((self.group, self.theirs()), (self.mallory, self.mallorys)):
            names = [f"{MALLORYS}-{message['message_id']}-{state}" for state in ("queued", "running", "done")]
            await self.paint(self.mallory, names, message)
            shown = {"draft_id": MALLORYS, "shown": message["message_id"]}
            person = Person(last=(PAINTING,), styles=kept)
            said = Session(photo=PHOTO, styles=(PAINTING,), person=person, broadcast="Hear!", **shown)
            await Sessions(self.engine).save(chat, self.mallory, Session(), said)

    def theirs(self) -> Json:
        """A message of the bot's for Mallory in the group."""
        chat = chat_of(self.playground.groups.require(self.group))
        return self.playground.chats.add(chat, self.playground.bot, {"text": "Paint this?"})

    def messages(self, chat: int) -> list[Json]:
        """Send Ada a message with each kind of keyboard, and return them."""
        keys, draft = Keys(texts("en"), self.ada), Draft(photo=PHOTO, styles=(PAINTING,))
        place = self.playground._chat(self.ada, None if chat == self.ada else chat)
        boards = (
            *(keys.styles(0, Rules().styles), keys.choices(draft, DRAFT, Rules())),
            *(keys.settings(Choices(), Rules()), keys.sure(Action.FORGET, "forget", "keep-all")),
            *(keys.under_way("job-queued"), keys.finished("job-done"), keys.stops([("job-queued", 1)])),
        )
        return [
            self.playground.chats.add(
                place, self.playground.bot, {"text": f"For Ada {number}", "reply_markup": board.to_dict()}
            )
            for number, board in enumerate(boards)
        ]

    async def hers(self) -> list[str]:
        """Everything that is kept of Ada."""
        return await self.of(self.ada)

    async def of(self, person: int) -> list[str]:
        """Everything that is kept of somebody."""
        whose = jobs.c.owner == f"telegram:{person}"
        async with self.engine.connect() as connection:
            rows = [
                *await connection.execute(select(jobs).where(whose).order_by(jobs.c.id)),
                *await connection.execute(
                    select(blob)
                    .where(blob.c.job.in_(select(jobs.c.id).where(whose)))
                    .order_by(blob.c.job, blob.c.name)
                ),
                *await connection.execute(
                    select(tables.session).where(tables.session.c.key.like(f"%:{person}"))
                ),
                *await connection.execute(select(tables.person).where(tables.person.c.id == person)),
            ]
        return [repr(tuple(row)) for row in rows]

    async def tap(
        self, person: int, data: str, *, alone: bool = False, message: Json | None = None
    ) -> Answer:
        """Send a tap as a program of one's own may send it: with any data, on any message."""
        tap = self.playground.taps.new(person)
        message = message or (self.mallorys if alone else self.message)
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
    said = [
        one for one in house.playground.from_bot(house.group) if "I turn photos" not in one.get("text", "")
    ]
    assert [one["message_id"] for one in said] == [house.message["message_id"]]
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


def _of_mallory(message: int) -> list[str]:
    """A button of each kind that Mallory may have; the jobs are those of a message, in each state in turn."""
    names = [f"{MALLORYS}-{message}-{state}" for state in ("done", "running", "queued")]
    values: dict[Action, tuple[str, ...]] = {
        Action.STYLE: ("mosaic",),
        Action.KEPT_STYLE: ("k1",),
        Action.REMOVE_STYLE: ("k1",),
    }
    values |= {Action.PAGE: ("0", "mine"), Action.LANGUAGE: ("zh",), Action.FORGET: ("yes", "no")}
    values |= {Action.BROADCAST: ("yes", "no")}
    return [
        *(f"{action}:{names[number % 2]}" for number, action in enumerate(sorted(JOB_ACTIONS))),
        *(f"{action}:{names[2]}" for action in ("cancel", "again")),
        *(f"{action}:{value}" for action, every in values.items() for value in every),
        *(f"{action}:" for action in Action if action not in values),
        *(f"{action}::{MALLORYS}" for action in Action if action not in values),
        *(f"{control.action}:{next(iter(control.values(Rules())))}:{where}"
          for control in CONTROLS.values() for where in (MALLORYS, SETTINGS)),
    ]  # fmt: skip


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("old", [False, True])
async def test_no_button_of_ones_own_does_anything_to_the_message_of_another(
    house: House,
    bot: None,
    engine: AsyncEngine,
    nothing_breaks: Callable[[], None],
    private: bool,
    old: bool,
) -> None:
    await house.arm()
    chat = house.ada if private else house.group
    adas, everything = house.messages(chat), house.playground.messages(chat)
    before, mallorys = await house.hers(), await house.of(house.mallory)
    theirs = everything[1]["message_id"] if not private else house.mallorys["message_id"]
    forged = _of_mallory(theirs)
    # On one message after the other; in each case of this test on another one, which makes nearly all pairs.
    case = 4 * (engine.dialect.name == "sqlite") + 2 * private + old
    for number, data in enumerate(forged):
        message = adas[(number + case) % len(adas)]
        shown = {key: message[key] for key in ("chat", "message_id")} | {"date": 0} if old else message
        answer = await house.tap(house.mallory, owned(data, house.mallory), message=shown)
        assert answer.answered, data
        assert answer.text in (
            None, "This button is out of date. Send me a photo to start again.",
        ), f"{data} on {message['text']}"  # fmt: skip
    nothing_breaks()
    assert house.playground.messages(chat) == everything, "Ada sees what she saw"
    assert await house.hers() == before
    assert await house.of(house.mallory) == mallorys, "and nothing was done elsewhere"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_buttons_of_ones_own_work_in_a_group_on_ones_own_messages(house: House, bot: None) -> None:
    sheet, _, settings, *_ = house.messages(house.group)
    await house.tap(house.ada, owned(f"k:broad:{SETTINGS}", house.ada), message=settings)
    await house.tap(house.ada, owned("g:0", house.ada), message=sheet)
    now = [one.get("text", "") for one in house.playground.messages(house.group)]
    assert any("broad strokes" in text for text in now)
    assert not any(text == settings["text"] for text in now)
