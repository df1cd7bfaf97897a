"""Make a data folder as this version leaves it in the middle of everything, for later versions to open.

python -m tests.upgrade.make OUT.tar.gz [--weights DIR]

The real bot, its playground and a real worker make it. In it are a painting that is done and was not
delivered (Ada), one whose worker was killed after its first canvas (Bob), one that waits (Cyd), a draft with
choices that was not painted yet (Dora), and a photo alone (Eve).
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from sklearn.datasets import load_sample_image

from bot.app import running
from bot.playground import serve
from bot.settings import Settings
from engine.imaging.encoding import encode_jpeg
from engine.queue import CHECKPOINT, Queue, State, open_database
from engine.styles.style import preset
from tests.e2e.house import TOKEN, Chat, Program, environment, until
from tests.support.playground import Playground

SIZE = 160
"""Two canvases: there is a checkpoint between them."""


async def make(out: Path, weights: Path) -> None:
    """Make it, and pack it."""
    with tempfile.TemporaryDirectory() as home:
        data = Path(home) / "data"
        data.mkdir()
        (data / "weights").symlink_to(weights, target_is_directory=True)
        await _live(data)
        for file in (data / "atelier.db", data / "playground" / "chat.sqlite3"):
            with closing(sqlite3.connect(file, isolation_level=None)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                database.execute("VACUUM")
        _thin_out(data)
        with tarfile.open(out, "w:gz") as tar:
            for name in ("atelier.db", "playground/chat.sqlite3", "playground/files"):
                tar.add(data / name, name, filter=_nobodys)


async def _live(data: Path) -> None:
    china, flower = (
        encode_jpeg(Image.fromarray(load_sample_image(name)).resize((192, 144)), quality=85)
        for name in ("china.jpg", "flower.jpg")
    )
    with Image.open(io.BytesIO(preset("woodblock_waves").read())) as image:
        waves = encode_jpeg(image.convert("RGB").resize((160, 160)), quality=85)
    playground = Playground(data / "playground", token=TOKEN)
    async with await serve(playground) as server:
        said: dict[str, Any] = {"bot_token": TOKEN, "bot_api_url": server.url, "data_dir": data}
        said |= {"engine": "external", "paint_size": SIZE, "paint_quality": "draft", "_env_file": None}
        settings = Settings(**said)
        ada, bob, cyd, dora, eve = (
            Chat(playground, playground.add_person(name)) for name in ("Ada", "Bob", "Cyd", "Dora", "Eve")
        )
        async with running(settings):
            for chat in (ada, bob, cyd):
                ready = await chat.ready(china, waves)
                await chat.tap(ready, "🖌 Paint")
                await chat.becomes(ready, "The painter is getting ready.")
            ready = await dora.ready(flower, waves)
            for label, words in (("Full", "● Full"), ("🎨", "📷")):
                await dora.tap(ready, label)
                await playground.wait_for(
                    lambda words=words: any(words in label for label in playground.labels(dora.now(ready)))  # type: ignore[misc]
                )
            await eve.asked_for_style(china)
    playground.close()

    database = open_database(settings.database)
    queue = Queue(database)
    env = environment(DATA_DIR=str(data), DEVICE="cpu", OMP_NUM_THREADS="1")
    worker = Program(data.parent / "worker", "-m", "engine", "work", env=env)

    async def bob_was_begun() -> bool:
        jobs = {job.owner: job for job in await queue.jobs()}
        return await queue.read(jobs[f"telegram:{bob.id}"].id, CHECKPOINT) is not None

    try:
        await until(bob_was_begun, 1800)
    finally:
        worker.kill()
    states = {job.owner: job.state for job in await queue.jobs()}
    await database.dispose()
    wanted = dict(zip((ada, bob, cyd), (State.DONE, State.RUNNING, State.QUEUED), strict=True))
    assert states == {f"telegram:{chat.id}": state for chat, state in wanted.items()}, states


def _thin_out(data: Path) -> None:
    """Let go of the pictures that nobody will ask for: sheets, previews, thumbnails."""
    wanted = (data / "atelier.db").read_bytes()
    for file in (data / "playground" / "files").iterdir():
        if file.name.encode() not in wanted:
            file.unlink()


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nothing of the machine that made it."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def main() -> int:
    """Make one."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.make")
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, default=Path("data/weights"), help="a cache of weights")
    args = parser.parse_args()
    asyncio.run(make(args.out, args.weights.resolve()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
