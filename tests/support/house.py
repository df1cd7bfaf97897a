"""A bot without a worker, whose users are all in the same place when something happens."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InlineKeyboardMarkup

from bot.app import running
from bot.conversation import CatalogueStyle, Draft, Person, Sent, Session
from bot.conversation.callback_data import owned, written
from bot.i18n import texts
from bot.playground import serve
from bot.playground.types import Json
from bot.settings import Settings
from bot.storage import tables
from bot.storage.inbox import Inbox
from bot.storage.job_address import Address
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.views.keyboards import Keys
from engine.painting.recipe import Recipe
from engine.queue import RESULT, Queue, State, open_database
from engine.queue.schema import Now, blob
from engine.queue.schema import job as jobs
from tests.support.chat import PAINTED, Chat, said
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT, until

MOSAIC: Final = CatalogueStyle(id="mosaic")
KINDS: Final = frozenset({"photo", "document", "sticker", "text"})
"""The fields of messages that tell their kinds apart."""

Act = Callable[[], Awaitable[object]]


class House:
    """A bot whose people are all in the same place when something happens."""

    def __init__(self, playground: Playground, database: AsyncEngine, photo: bytes) -> None:
        self.playground, self.database, self.photo = playground, database, photo
        self.queue, self.sessions, self.people = Queue(database), Sessions(database), People(database)
        self.file, self.admin = "", 0
        self.picture: Json = {}
        self.jobs = 0

    async def quiet(self) -> None:
        """Wait until all updates are handled."""
        inbox = Inbox(self.database)

        async def done() -> bool:
            return not self.playground.updates.waiting and not await inbox.count()

        await until(done)

    def somebody(self) -> Chat:
        """Return the private chat of somebody new."""
        person = self.playground.add_person("Ada")
        self.playground.users.mark(person, started=True)
        return Chat(self.playground, person)

    def shown(self, chat: Chat, *rows: Any, text: str = "Pick a style") -> Json:
        """Let the bot have sent a picture with the buttons of a keyboard."""
        place = self.playground._chat(chat.person, chat.group)
        board = {"inline_keyboard": [key for row in rows for key in row.to_dict()["inline_keyboard"]]}
        fields = {"photo": self.picture["photo"], "caption": text, "reply_markup": board}
        return self.playground.chats.add(place, self.playground.bot, fields)

    async def waits(self, chat: Chat, message: Json | None = None, **fields: Any) -> None:
        """Let a photo wait for its style."""
        photo = Sent(file_id=self.file, message=1)
        shown = message["message_id"] if message else None
        session = Session(photo=photo, shown=shown, **fields)
        await self.sessions.save(chat.id, chat.person, Session(), session)

    async def job(
        self,
        chat: Chat,
        message: Json,
        state: State = State.DONE,
        said: int | None = None,
        *,
        protected: bool = False,
        guest_message: str = "",
    ) -> str:
        """Let there be a painting, finished and delivered, or in the queue."""
        self.jobs += 1
        job_id, done = f"{self.jobs:018x}", state is State.DONE
        draft = Draft(photo=Sent(file_id=self.file, protected=protected), styles=(MOSAIC,))
        place = {"chat": chat.id, "painting" if done else "message": message["message_id"], "said": said}
        place["guest_message"] = guest_message
        address = Address(draft=draft, style="Mosaic", file_id=self.file if done else "", **place)
        await self.queue.enqueue(
            id=job_id, owner=f"telegram:{chat.person}", recipe=Recipe().as_dict(), cost=1.0, shape="any",
            blobs={"content": self.photo, "style0": self.photo}, address=address.model_dump(mode="json"),
        )  # fmt: skip
        if done:
            facts = {"width": 64, "height": 64, "seconds": 1.0}
            end = {
                "state": State.DONE,
                "facts": facts,
                "delivered": Now(),
                "finished": Now(),
                "started": Now(),
            }
            async with self.database.begin() as connection:
                await connection.execute(update(jobs).where(jobs.c.id == job_id).values(**end))
                await connection.execute(insert(blob).values(job=job_id, name=RESULT, bytes=self.photo))
        return job_id

    async def painting(
        self, chat: Chat, *, protected: bool = False, guest_message: str = ""
    ) -> tuple[str, Json]:
        """Let there be a painting with all its buttons; return its job and its message."""
        painted = self.shown(chat, text=f"{PAINTED} Mosaic")
        job_id = await self.job(chat, painted, protected=protected, guest_message=guest_message)
        return job_id, self.offer(chat, painted, job_id)

    def offer(self, chat: Chat, painted: Json, job_id: str) -> Json:
        """Give a painting's message all its buttons."""
        draft = Draft(photo=Sent(file_id=self.file), styles=(MOSAIC,))
        more, film = keys(chat).more(job_id, draft, film=True, report=True), keys(chat).film(job_id)
        board = InlineKeyboardMarkup([*more.inline_keyboard, *film.inline_keyboard])
        return self.playground.chats.replace(painted | {"reply_markup": board.to_dict()})

    async def outcome(self, chat: Chat) -> dict[str, Any]:
        """Return what the user sees, and what is kept."""
        theirs = select(tables.session.c.body).where(tables.session.c.key.like(f"%:{chat.person}"))
        async with self.database.connect() as connection:
            sessions = len(list(await connection.scalars(theirs)))
            known = await connection.scalar(
                select(tables.person.c.body).where(tables.person.c.id == chat.person)
            )
            bans = len(list(await connection.scalars(select(tables.ban.c.person))))
            words = list(await connection.scalars(select(tables.broadcast.c.text)))
        person = Person.model_validate_json(known) if known else Person()
        order = [
            (job.state, job.cancel, Address.model_validate(job.address).draft.styles)
            for job in await self.queue.jobs(f"telegram:{chat.person}")
        ]
        return {
            "messages": [
                (
                    sorted(one.keys() & KINDS),
                    said(one),
                    self.playground.labels(one),
                )
                for one in self.playground.from_bot(chat.id)
            ],
            "sessions": sessions,
            "person": person.model_copy(update={"last": len(person.last), "styles": len(person.styles)}),
            "jobs": order,
            "bans": bans,
            "announcements": words,
        }

    async def clear(self, chat: Chat) -> None:
        """Let nothing of this be in the way of the next case."""
        await self.queue.forget(f"telegram:{chat.person}")
        async with self.database.begin() as connection:
            for table in (tables.ban, tables.broadcast, tables.person, tables.session):
                await connection.execute(table.delete())


def keys(chat: Chat) -> Keys:
    """Return the keyboards of a user."""
    return Keys(texts("en"), chat.person)


def tap(house: House, chat: Chat, message: Json, action: str, *values: object) -> Act:
    """Return a tap on a button, which gives what it was answered."""
    data, place = owned(written(action, *values), chat.person), chat.group
    now = chat.now(message)
    rows = now.get("reply_markup", {}).get("inline_keyboard", [])
    offered = {"inline_keyboard": [*rows, [{"text": "This one", "callback_data": data}]]}
    house.playground.chats.replace(now | {"reply_markup": offered})

    async def act() -> object:
        answer = await house.playground.tap(chat.person, message["message_id"], data, TIMEOUT, group=place)
        return answer.text, answer.show_alert

    return act


@asynccontextmanager
async def open_house(
    playground: Playground, folder: Path, photo: Image.Image, **settings: Any
) -> AsyncIterator[House]:
    """Run a bot with an admin and without a worker, and with these settings."""
    out = io.BytesIO()
    photo.resize((96, 64)).save(out, "JPEG")
    admin = playground.add_person("Rosa")
    playground.users.mark(admin, started=True)
    async with await serve(playground) as server:
        usual: dict[str, Any] = {"_env_file": None, "bot_token": playground.token, "bot_api_url": server.url}
        usual |= {"engine": "external", "data_dir": folder, "bot_admins": frozenset({admin})}
        made_of = Settings(**usual | settings)
        async with running(made_of):
            house = House(playground, open_database(made_of.database), out.getvalue())
            house.admin = admin
            first = house.somebody()
            sent = playground.message(await first.photo(house.photo), first.id)
            assert sent is not None
            house.picture, house.file = sent, sent["photo"][-1]["file_id"]
            await house.quiet()
            await house.clear(first)
            yield house
            await house.database.dispose()
