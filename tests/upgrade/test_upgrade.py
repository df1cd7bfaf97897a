"""A data folder of an earlier version, left in the middle of everything, in the hands of today's program."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bot.app import running
from bot.conversation import Choices
from bot.playground import serve
from bot.settings import Settings
from bot.storage.sessions import Sessions
from engine.queue import Queue, State, open_database
from tests.e2e.house import SHALL_I, TOKEN, Chat, Program, environment
from tests.support.playground import Playground

NAMES: Final = ("Ada", "Bob", "Cyd", "Dora", "Eve")
FOLDERS: Final = sorted((Path(__file__).parent / "folders").glob("*.tar.gz"))


@pytest.fixture(params=FOLDERS, ids=lambda file: str(file.name.partition(".")[0]))
def folder(request: pytest.FixtureRequest, data_dir: Path) -> Path:
    """The folder, with the network's weights in it."""
    with tarfile.open(request.param) as tar:
        tar.extractall(data_dir, filter="data")
    return data_dir


@pytest.fixture
def playground(folder: Path) -> Iterator[Playground]:
    """The playground as that version left it."""
    made = Playground(folder / "playground", token=TOKEN)
    yield made
    made.close()


async def test_what_an_earlier_version_left_goes_on_to_its_end(
    folder: Path, playground: Playground, tmp_path: Path
) -> None:
    people = {card["first_name"]: Chat(playground, card["id"]) for card in playground.users.cards()}
    ada, bob, dora, eve = (people[name] for name in ("Ada", "Bob", "Dora", "Eve"))
    left = {name: playground.from_bot(chat.id)[-1] for name, chat in people.items() if name in NAMES}
    env = environment(DATA_DIR=str(folder), DEVICE="cpu", LOG_LEVEL="INFO")
    async with await serve(playground) as server:
        given: dict[str, Any] = {"_env_file": None, "bot_token": TOKEN, "bot_api_url": server.url}
        given |= {"engine": "external", "data_dir": folder, "paint_size": 160, "paint_quality": "draft"}
        async with running(Settings(**given)):
            worker = Program(tmp_path / "worker", "-m", "engine", "work", env=env)
            try:
                await ada.painted(left["Ada"])
                # The draft is there still, with the choices made for it.
                assert "● Full" in playground.labels(left["Dora"])
                await dora.tap(left["Dora"], "Balanced")
                await playground.wait_for(lambda: "● Balanced" in playground.labels(dora.now(left["Dora"])))
                assert any("📷" in label for label in playground.labels(dora.now(left["Dora"])))
                # A photo alone still waits for its painting.
                await eve.heard(SHALL_I, after=await eve.text("mosaic"))
                for name in ("Bob", "Cyd"):
                    await people[name].painted(left[name])
            finally:
                await asyncio.to_thread(worker.close)
    for name in ("Ada", "Bob", "Cyd"):
        (painting,) = people[name].paintings()
        assert painting["message_id"] == left[name]["message_id"]
        assert people[name].image(painting).size == (185, 139)
    database = open_database(f"sqlite:///{folder / 'atelier.db'}")
    jobs = await Queue(database).jobs()
    known = await Sessions(database).load(dora.id, dora.id)
    await database.dispose()
    iterations = {job.owner: (job.facts or {})["iterations"] for job in jobs}
    assert iterations[f"telegram:{bob.id}"] == 16, "it went on from its first canvas"
    assert iterations[f"telegram:{ada.id}"] == 56
    assert {job.state for job in jobs} == {State.DONE}
    assert all(job.delivered for job in jobs)
    assert known is not None
    assert known.person.choices == Choices(keep_colours=True)
    assert "Traceback" not in worker.output
