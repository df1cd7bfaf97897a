"""The whole product: a playground, the real bot, which talks to it over HTTP, and a real worker."""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete

from bot import app
from bot.app import running
from bot.playground import Server, serve
from bot.settings import Settings
from bot.storage import tables
from bot.transport import token_buckets
from bot.updates import processor
from engine.imaging.encoding import encode_jpeg
from engine.queue import LIVE, Queue, create_schema, open_database
from engine.queue.schema import spent
from engine.styles.style import preset
from tests.support.aiogram_oracle import parameters, watched
from tests.support.bot_program import quick_flood, quick_limits
from tests.support.chat import TOKEN, Chat
from tests.support.copying_worker import copying
from tests.support.data_folder import share_data
from tests.support.forked import WorkerProgram
from tests.support.pictures import sample
from tests.support.playground import Playground
from tests.support.processes import TIMEOUT, Program, environment, free_port, until
from tests.support.undelivered import undelivered

OpenBot = Callable[..., contextlib.AbstractAsyncContextManager[str]]


@dataclass(frozen=True)
class SharedWorker:
    """The worker that all tests share, and its data folder."""

    folder: Path
    program: Program
    port: int
    """Port of the worker's health and metrics."""

    @property
    def database(self) -> str:
        """The queue's address."""
        return f"sqlite+aiosqlite:///{self.folder / 'atelier.db'}"


@pytest.fixture(scope="session")
def shared_worker(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[SharedWorker]:
    """Run one worker for all tests. Each test leaves it an empty queue."""
    folder = tmp_path_factory.mktemp("worker")
    share_data(weights_cache, folder)
    port = free_port()
    said = {"METRICS_PORT": str(port), "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"}
    env = environment(DATA_DIR=str(folder), DEVICE="cpu", **said)
    program = WorkerProgram(folder, "narrow", "work", env=env)
    yield SharedWorker(folder, program, port)
    program.close()


@pytest.fixture(autouse=True)
def answers_have_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each tap wait for its turn: on a busy machine it would be answered before, without words."""
    monkeypatch.setattr(processor, "TAP_TIMEOUT", 600.0)


@pytest.fixture(autouse=True)
def quick_chats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Telegram take ten times as much, and the bot send it: no test waits for a bucket to fill."""
    for name, limit in quick_limits().items():
        monkeypatch.setattr(token_buckets, name, limit)


@pytest.fixture
def profile() -> None:
    """Let the bot publish its commands and descriptions, as it does outside of the tests."""


@pytest.fixture(autouse=True)
def only_looked_at_profiles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the two dozen calls of a bot's profile in tests that do not ask for it."""
    if "profile" not in request.fixturenames:
        monkeypatch.setattr(app, "publish_profile", _nothing)


async def _nothing(*_: object) -> None:
    pass


@pytest.fixture
def playground() -> Iterator[Playground]:
    """A playground with Telegram's rate limits, but quick; aiogram checks the calls and the answers."""
    made = Playground(token=TOKEN, flood=quick_flood(), tap_lifetime=TIMEOUT)
    with watched(made):
        yield made
    for call in made.calls:
        assert set(call.values) <= parameters(call.method), f"{call.method} has no such parameter: {call}"
    made.close()


@pytest.fixture
async def server(playground: Playground) -> AsyncIterator[Server]:
    """The playground on a free port of loopback."""
    async with await serve(playground) as listening:
        yield listening


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Callable[..., Settings]:
    """Return a function that makes settings for a bot with a database of the test's own and no worker."""

    def make(**said: Any) -> Settings:
        usual: dict[str, Any] = {
            "_env_file": None,
            "bot_token": TOKEN,
            "bot_api_url": server.url,
            "engine": "external",
            "data_dir": tmp_path / "data",
            "database_url": "",
            "paint_size": 128,
            "paint_quality": "draft",
            "jobs_per_person": 5,
            "samples": False,
            "lease_seconds": 15.0,
            "log_level": "INFO",
        }
        return Settings(**(usual | said))

    return make


@pytest.fixture
def painting_bot(settings: Callable[..., Settings], shared_worker: SharedWorker) -> Callable[..., Settings]:
    """Return a function that makes settings for a bot whose jobs the shared worker paints."""

    def make(**said: Any) -> Settings:
        return settings(**({"data_dir": shared_worker.folder, "database_url": shared_worker.database} | said))

    return make


@pytest.fixture
async def queue(shared_worker: SharedWorker) -> AsyncIterator[Queue]:
    """The shared worker's queue, with the worker running. It is empty again after the test."""
    database = open_database(shared_worker.database)
    await create_schema(database)
    await tables.create(database)
    queue = Queue(database)

    async def worker_is_there() -> bool:
        assert shared_worker.program.process.poll() is None, shared_worker.program.output
        return bool(await queue.workers())

    await until(worker_is_there)
    yield queue
    for watch in await undelivered(queue):
        await queue.cancel(watch.job.id, watch.job.owner)

    async def all_ended() -> bool:
        return not [one for one in await undelivered(queue) if one.job.state in LIVE]

    await until(all_ended)
    for watch in await undelivered(queue):
        await queue.delivered(watch.job.id)
    await queue.prune(-60.0)  # each test's users have the same ids
    async with database.begin() as connection:
        for table in (*tables.metadata.sorted_tables, spent):
            await connection.execute(delete(table))
    await database.dispose()


@pytest.fixture
async def bot(queue: Queue, painting_bot: Callable[..., Settings]) -> AsyncIterator[str]:
    """The real bot, which has small paintings made quickly; yields its address."""
    async with running(painting_bot()) as address:
        yield address


@contextlib.asynccontextmanager
async def run_copying(made: Settings) -> AsyncIterator[str]:
    """Run a bot with a worker that hands each photo back as its painting."""
    made.data_dir.mkdir()
    database = open_database(made.database)
    await create_schema(database)
    async with running(made) as address, copying(database):
        yield address
    await database.dispose()


@pytest.fixture
def copying_bot_with(settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> OpenBot:
    """Return what runs a bot, fast in groups, with such a worker and some settings."""
    monkeypatch.setattr(token_buckets, "GROUP_LIMIT", (100.0, 100.0))
    return lambda **said: run_copying(settings(**said))


@pytest.fixture
async def copying_bot(copying_bot_with: OpenBot) -> AsyncIterator[str]:
    """The real bot, with a worker that hands each photo back as its painting, and fast in groups."""
    async with copying_bot_with() as address:
        yield address


@pytest.fixture
def you(playground: Playground) -> Chat:
    """A user's chat."""
    return Chat(playground, playground.add_person("Ada"))


@pytest.fixture
def somebody_else(playground: Playground) -> Chat:
    """Another user's chat."""
    return Chat(playground, playground.add_person("Émile"))


@pytest.fixture(scope="session")
def china() -> bytes:
    """A photo of 640 × 427 pixels: a Chinese temple."""
    return encode_jpeg(sample("china.jpg"), quality=95)


@pytest.fixture(scope="session")
def small(china: bytes) -> bytes:
    """The same photo at 120 × 90 pixels, which is painted in a second or two."""
    with Image.open(io.BytesIO(china)) as image:
        return encode_jpeg(image.resize((120, 90), Image.Resampling.LANCZOS), quality=92)


@pytest.fixture(scope="session")
def flower() -> bytes:
    """An upright photo of 80 × 120 pixels: a flower."""
    image = sample("flower.jpg").rotate(90, expand=True).resize((80, 120))
    return encode_jpeg(image, quality=92)


@pytest.fixture(scope="session")
def waves() -> bytes:
    """A painting: the preset “woodblock waves” at a third of its size, which is soon decoded and scaled."""
    with Image.open(preset("woodblock_waves").path) as image:
        return encode_jpeg(image.convert("RGB").resize((340, 276), Image.Resampling.LANCZOS), quality=92)


@pytest.fixture(scope="session")
def heic(small: bytes) -> bytes:
    """The small photo as HEIC, the format of iPhones."""
    import pillow_heif

    image = Image.open(io.BytesIO(small))
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=80)
    return out.getvalue()
