"""A playground that listens, python-telegram-bot's own client for it, and a browser's side."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from telegram import Bot

from bot.playground import YOU, Server, serve
from tests.support.aiogram_oracle import watched
from tests.support.playground import Playground
from tests.support.telegram_client import connect


@pytest.fixture(autouse=True)
def _durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """What python-telegram-bot will do by itself, and warns about until then."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
def playground() -> Iterator[Playground]:
    made = Playground()
    with watched(made):
        yield made
    made.close()


@pytest.fixture
async def server(playground: Playground) -> AsyncIterator[Server]:
    async with await serve(playground) as running:
        yield running


@pytest.fixture
async def bot(server: Server, playground: Playground) -> AsyncIterator[Bot]:
    """Knows one chat already: in Telegram too, people write first."""
    await playground.send_text(YOU, "/start")
    playground.updates.clear()
    async with connect(server) as made:
        yield made


@pytest.fixture
def somebody(playground: Playground) -> int:
    """Another user."""
    return playground.add_person("Émile")


@pytest.fixture
def group(playground: Playground, somebody: int) -> int:
    """A group of you, the other user and the bot."""
    made = playground.add_group("Sunday painters", YOU, somebody)
    playground.updates.clear()
    return made


@pytest.fixture
async def page(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"X-Playground": "1", "Origin": server.url}
    async with aiohttp.ClientSession(server.url, headers=headers) as session:
        yield session
