"""The whole product: a playground, the real bot that talks to it over HTTP, and a real worker."""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiogram.methods
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image
from sqlalchemy import delete

from bot.app import running
from bot.playground import FloodLimits, Server, serve
from bot.settings import Settings
from bot.storage import tables
from engine.imaging.encoding import encode_jpeg
from engine.queue import LIVE, Queue, create_schema, open_database
from engine.styles.style import preset
from tests.e2e.house import TOKEN, Chat, Program, environment, free_port, until
from tests.support.aiogram_oracle import watched
from tests.support.playground import Playground

OpenBot = Callable[..., contextlib.AbstractAsyncContextManager[str]]


@dataclass(frozen=True)
class Studio:
    """A data folder, and the worker that paints what is queued there."""

    folder: Path
    worker: Program
    port: int
    """Where the worker tells how it is."""

    @property
    def database(self) -> str:
        """The queue's address."""
        return f"sqlite+aiosqlite:///{self.folder / 'atelier.db'}"


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[Studio]:
    """One worker for all tests; each of them leaves it an empty queue."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "weights").symlink_to(weights_cache, target_is_directory=True)
    port = free_port()
    said = {"METRICS_PORT": str(port), "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"}
    env = environment(DATA_DIR=str(folder), DEVICE="cpu", **said)
    worker = Program(folder, "-m", "engine", "work", env=env)
    yield Studio(folder, worker, port)
    worker.close()


@pytest.fixture
def playground() -> Iterator[Playground]:
    """A playground with Telegram's own speed limits. At the end aiogram judges both sides of it."""
    made = Playground(token=TOKEN, flood=FloodLimits())
    with watched(made):
        yield made
    for call in made.calls:
        assert set(call.values) <= _parameters(call.method), f"{call.method} has no such parameter: {call}"
    made.close()


def _parameters(method: str) -> set[str]:
    model: Any = getattr(aiogram.methods, method[0].upper() + method[1:])
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.fixture
async def server(playground: Playground) -> AsyncIterator[Server]:
    """The playground on a free port of loopback."""
    async with await serve(playground) as listening:
        yield listening


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Callable[..., Settings]:
    """Make settings for a bot at the playground, with a database of the test's own and no worker."""

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
            "lease_seconds": 15.0,
            "log_level": "INFO",
        }
        return Settings(**(usual | said))

    return make


@pytest.fixture
def painting_bot(settings: Callable[..., Settings], studio: Studio) -> Callable[..., Settings]:
    """Make settings for a bot whose paintings the studio's worker paints."""

    def make(**said: Any) -> Settings:
        return settings(**({"data_dir": studio.folder, "database_url": studio.database} | said))

    return make


@pytest.fixture
async def queue(studio: Studio) -> AsyncIterator[Queue]:
    """The studio's queue, with its worker at work; empty again after the test."""
    database = open_database(studio.database)
    await create_schema(database)
    await tables.create(database)
    queue = Queue(database)

    async def worker_is_there() -> bool:
        assert studio.worker.process.poll() is None, studio.worker.output
        return bool(await queue.workers())

    await until(worker_is_there)
    yield queue
    for watch in await queue.undelivered():
        await queue.cancel(watch.job.id, watch.job.owner)

    async def all_ended() -> bool:
        return not [one for one in await queue.undelivered() if one.job.state in LIVE]

    await until(all_ended)
    for watch in await queue.undelivered():
        await queue.delivered(watch.job.id)
    await queue.prune(-60.0)  # each test's people have the same numbers
    async with database.begin() as connection:
        for table in tables.metadata.sorted_tables:
            await connection.execute(delete(table))
    await database.dispose()


@pytest.fixture
async def bot(queue: Queue, painting_bot: Callable[..., Settings]) -> AsyncIterator[str]:
    """The real bot, which paints small and quickly; gives its address."""
    async with running(painting_bot()) as address:
        yield address


@pytest.fixture
def you(playground: Playground) -> Chat:
    """Somebody's chat."""
    return Chat(playground, playground.add_person("Ada"))


@pytest.fixture
def somebody_else(playground: Playground) -> Chat:
    """Somebody else's chat."""
    return Chat(playground, playground.add_person("Émile"))


@pytest.fixture(scope="session")
def china() -> bytes:
    """A photograph, 640 × 427: a Chinese temple."""
    return encode_jpeg(Image.fromarray(load_sample_image("china.jpg")), quality=95)


@pytest.fixture(scope="session")
def small(china: bytes) -> bytes:
    """The same, 120 × 90: it is painted in a second or two."""
    with Image.open(io.BytesIO(china)) as image:
        return encode_jpeg(image.resize((120, 90), Image.Resampling.LANCZOS), quality=92)


@pytest.fixture(scope="session")
def flower() -> bytes:
    """A photograph upright, 80 × 120: a flower."""
    image = Image.fromarray(load_sample_image("flower.jpg")).rotate(90, expand=True).resize((80, 120))
    return encode_jpeg(image, quality=92)


@pytest.fixture(scope="session")
def waves() -> bytes:
    """A painting: the preset of woodblock waves, as somebody might have saved and sent it."""
    return preset("woodblock_waves").read()


@pytest.fixture(scope="session")
def heic(small: bytes) -> bytes:
    """A photograph as an iPhone makes it."""
    import pillow_heif

    image = Image.open(io.BytesIO(small))
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, quality=80)
    return out.getvalue()
