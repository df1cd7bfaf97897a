"""Write the database of this version, as its own program leaves it: ``python -m tests.releases``.

Each later version has to open it, with unfinished jobs in it, and finish them. It is written once, before a
release, and again until then when the tables change. Released ones stay as they are.
"""

from __future__ import annotations

import asyncio
import io
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from PIL import Image

import engine
from bot.conversation import CatalogueStyle, Draft, Kept, Person, Sent, Session
from bot.storage import tables
from bot.storage.job_address import Address, owner
from bot.storage.people import People
from bot.storage.sessions import Sessions
from engine.queue import Leases, Limits, Queue, create_schema, open_database
from tests.support.pictures import jpeg, small_painting, small_photo

FOLDER: Final = Path(__file__).parent
ADA: Final = 1001
"""A user who has three jobs: one is finished and not delivered, one was begun, one waits."""
EVE: Final = 1002
"""A user who is banned."""
PHOTO: Final = Sent(file_id="the photo", message=5)
STYLE: Final = CatalogueStyle(id="mosaic")
KNOWN: Final = Person(
    language="es", last=(STYLE,), styles=(Kept(id="1", name="stones", styles=(STYLE, PHOTO)),)
)
RECIPE: Final = {"size": 128, "quality": "draft"}
GONE: Final = "a-worker-that-is-gone"


async def leave(file: Path) -> None:
    """Use a new database as the bot and a worker do, and leave it in the middle of their work."""
    database = open_database(f"sqlite:///{file}")
    await create_schema(database)
    await tables.create(database)
    await People(database).add(ADA)
    await People(database).ban(EVE)
    session = Session(photo=PHOTO, styles=(STYLE,), person=KNOWN)
    await Sessions(database).save(ADA, ADA, Session(), session)
    queue = Queue(database, Limits(running=3))
    leases = Leases(database, Limits(running=3, lease=0.001))  # it has expired when anybody looks
    photo, painting = jpeg(small_photo()), jpeg(Image.open(io.BytesIO(small_painting())))
    for number, name in enumerate(("finished", "begun", "waiting")):
        draft = Draft(photo=PHOTO, styles=(STYLE,))
        address = Address(chat=ADA, message=10 + number, draft=draft, style="Mosaic")
        await queue.enqueue(
            id=name,
            owner=owner(ADA),
            recipe=RECIPE,
            cost=0.5,
            shape="one",
            blobs={"content": photo, "style0": painting},
            address=address.model_dump(mode="json"),
        )
        if name != "waiting":
            await leases.claim(GONE)
        if name == "finished":
            await leases.finish(name, GONE, painting, {})
    await database.dispose()


def main() -> int:
    """Write the dump of this version; return the exit status."""
    folder = FOLDER / engine.__version__
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "atelier.db"
        asyncio.run(leave(file))
        with closing(sqlite3.connect(file)) as database:
            dump = "\n".join(line.strip() for part in database.iterdump() for line in part.splitlines())
    (folder / "atelier.sql").write_text(dump + "\n", "utf-8")
    print(folder / "atelier.sql")
    return 0


if __name__ == "__main__":
    sys.exit(main())
