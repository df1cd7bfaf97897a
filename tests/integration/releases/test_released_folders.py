"""The database of each released version opens, and what was unfinished in it is finished."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import engine
from bot.storage import tables
from bot.storage.job_address import Address, person_of
from bot.storage.people import People
from bot.storage.sessions import Sessions
from engine.queue import Queue, State, create_schema, open_database
from tests.releases import __main__ as release
from tests.support.undelivered import undelivered
from tests.support.workers import done, make_data_folder

DUMPS = sorted(release.FOLDER.glob("*/atelier.sql"))


def test_there_is_one_of_this_version() -> None:
    assert engine.__version__ in {dump.parent.name for dump in DUMPS}, "python -m tests.releases"


def _restore(dump: Path, file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(dump.read_text("utf-8"))


def _tables(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the columns of each table and index."""
    with closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
        return {
            name: [
                *database.execute("SELECT * FROM pragma_table_info(?)", (name,)),
                *database.execute("SELECT * FROM pragma_index_info(?)", (name,)),
            ]
            for name in names
        }


async def test_the_one_of_this_version_has_the_tables_of_now(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    await create_schema(database)
    await tables.create(database)
    await database.dispose()
    _restore(release.FOLDER / engine.__version__ / "atelier.sql", tmp_path / "kept.db")
    assert _tables(tmp_path / "kept.db") == _tables(tmp_path / "new.db"), "run python -m tests.releases"


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.parent.name)
async def test_a_database_of_that_version_opens_and_its_paintings_are_finished(
    dump: Path, tmp_path: Path, weights_cache: Path, repo: Path
) -> None:
    folder = make_data_folder(tmp_path, weights_cache, repo)
    file = folder.data / "atelier.db"
    _restore(dump, file)
    database = open_database(f"sqlite:///{file}")
    await create_schema(database)
    await tables.create(database)
    sessions, queue = Sessions(database), Queue(database)
    session = await sessions.load(release.ADA, release.ADA)
    assert session is not None
    assert (session.photo, session.styles, session.person) == (release.PHOTO, (release.STYLE,), release.KNOWN)
    assert await sessions.load(release.EVE, release.EVE) is None, "banned"
    assert await People(database).count() == 1
    jobs = {job.id: job for job in await queue.jobs()}
    assert {name: job.state for name, job in jobs.items()} == {
        "finished": State.DONE,
        "begun": State.RUNNING,
        "waiting": State.QUEUED,
    }
    address = Address.of(jobs["waiting"])
    assert address is not None
    assert (address.chat, address.draft.photo, person_of(jobs["waiting"])) == (
        release.ADA,
        release.PHOTO,
        release.ADA,
    )
    assert {status.job.id for status in await undelivered(queue)} == set(jobs)
    with folder.worker() as worker:
        for name in ("begun", "waiting"):
            assert (await done(queue, name, worker)).recipe.items() >= release.RECIPE.items()
            assert await queue.read(name, "result")
    await database.dispose()
