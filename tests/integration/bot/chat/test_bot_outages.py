"""The database goes before, within and after each transaction: nothing is lost, nothing comes twice."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bot.app import running
from bot.chat import retries
from bot.chat.downloads import Downloads, Picture
from bot.playground import serve
from bot.settings import Settings
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.transport import rate_limiter, token_buckets
from engine.queue import Queue, open_database
from engine.styles.style import preset
from tests.support.chat import QUESTION, STYLES, Chat, said
from tests.support.pictures import correlation, decoded, halves
from tests.support.playground import Playground

AWAY: Final = "I can’t reach my storage right now. Nothing is lost"
WRITES: Final = ((Sessions, "save"), (People, "add"), (Queue, "enqueue"))
READS: Final = ((Sessions, "load"), (People, "is_banned"), (Queue, "usage"))
_commit_fails: ContextVar[bool] = ContextVar("commit_fails", default=False)


def _away() -> OperationalError:
    return OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    monkeypatch.setattr(retries, "DELAYS", (0.02,))
    monkeypatch.setattr(token_buckets, "PRIVATE_LIMIT", (100.0, 100.0))
    made = Playground()
    yield made
    made.close()


@pytest.fixture
async def queue(playground: Playground, tmp_path: Path) -> AsyncIterator[Queue]:
    """The queue of a bot without a worker."""
    async with await serve(playground) as server:
        said: dict[str, Any] = {"_env_file": None, "bot_token": playground.token, "bot_api_url": server.url}
        settings = Settings(**said, engine="external", data_dir=tmp_path / "data")
        async with running(settings):
            database = open_database(settings.database)
            yield Queue(database)
            await database.dispose()


@contextmanager
def outage(owner: type, name: str, when: str, times: int) -> Iterator[list[int]]:
    """Let the database be away the next times that a transaction is made."""
    made, left = getattr(owner, name), [times]

    async def failing(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not left[0]:
            return await made(self, *args, **kwargs)
        left[0] -= 1
        if when == "after":
            await made(self, *args, **kwargs)
        elif when == "within":
            reset = _commit_fails.set(True)
            try:
                return await made(self, *args, **kwargs)
            finally:
                _commit_fails.reset(reset)
        raise _away()

    def on_commit(_: object) -> None:
        if _commit_fails.get():
            raise _away()

    event.listen(Engine, "commit", on_commit)
    setattr(owner, name, failing)
    try:
        yield left
    finally:
        setattr(owner, name, made)
        event.remove(Engine, "commit", on_commit)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize("when", ["before", "within", "after"])
async def test_wherever_the_database_goes_away_the_conversation_goes_on(
    playground: Playground, queue: Queue, photo: Image.Image, when: str
) -> None:
    mine = _jpeg(photo.resize((120, 80)))
    with Image.open(preset("woodblock_waves").path) as image:
        waves = _jpeg(image.convert("RGB").resize((96, 96)))
    for owner, name in (*WRITES, *(READS if when == "before" else ())):
        you = Chat(playground, playground.add_person("Ada"))
        with outage(owner, name, when, times=3) as left:
            start = await you.heard("Hi, Ada!", after=await you.text("/start"))
            sheet = await you.heard(STYLES, after=await you.photo(mine))
            question = await you.heard(QUESTION, after=await you.photo(waves))
            await you.tap(question, "🖌 Paint")
            card = await you.becomes(question, "The painter isn’t ready yet")
        where = f"{when} {owner.__name__}.{name}"
        left_side, right_side = halves(you.image(card))
        assert correlation(left_side, decoded(mine)) > 0.8, where
        assert correlation(right_side, decoded(waves)) > 0.8, where
        assert len(await queue.jobs(f"telegram:{you.id}")) == 1, where
        others = [each for each in playground.from_bot(you.id) if AWAY not in said(each)]
        ids = [each["message_id"] for each in (start, sheet, question)]
        assert [each["message_id"] for each in others] == ids, f"{where}: {[said(each) for each in others]}"
        if name in ("load", "save") and when != "within":
            assert not left[0], f"{where}: the fault was met"


@pytest.mark.parametrize("place", ["here", "in a group"])
async def test_an_answer_that_fails_after_everything_is_erased_leaves_no_picture_and_keeps_its_language(
    playground: Playground,
    queue: Queue,
    photo: Image.Image,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    downloads, cache = set(), Downloads._cache

    def watched(self: Downloads, file_id: str, picture: Picture) -> None:
        downloads.add(self)
        cache(self, file_id, picture)

    monkeypatch.setattr(Downloads, "_cache", watched)
    you = Chat(playground, playground.add_person("Ada", "es"))
    asked = await you.heard("idioma", after=await you.text("/language"))
    await you.tap(asked, "Русский")
    sent = await you.document(_jpeg(photo.resize((120, 80))), "photo.jpg")
    await you.heard("Выберите стиль", after=sent)
    group = None if place == "here" else playground.add_group("Sunday painters", you.id)
    there = Chat(playground, you.person, group)
    sure = await there.heard("Стереть", after=await there.text("/forget"))
    monkeypatch.setattr(rate_limiter, "RETRY_DELAY", 0.02)
    playground.fault("editMessageText", code=502, times=rate_limiter.MAX_ATTEMPTS)
    await there.tap(sure, "Стереть всё")
    await there.becomes(sure, "Проверено: ничего не осталось.")
    (of_bot,) = downloads
    assert not of_bot._cached, "no picture is in memory"
