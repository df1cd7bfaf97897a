"""The file of a SQLite database is watched: what is written to a deleted one is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.queue import FileGoneError, file_watch, open_database, watch_file


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_database_that_is_deleted_or_replaced_is_noticed(
    replaced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_watch, "INTERVAL", 0.01)
    file = tmp_path / "atelier.db"
    file.write_bytes(b"one")
    engine = open_database(f"sqlite:///{file}")
    watch = asyncio.create_task(watch_file(engine))
    await asyncio.sleep(0.05)
    assert not watch.done()
    if replaced:
        (tmp_path / "other.db").write_bytes(b"another")
        (tmp_path / "other.db").replace(file)
    else:
        file.unlink()
    with pytest.raises(FileGoneError) as caught:
        await watch
    assert str(caught.value) == f"The database, {file}, was deleted or replaced while it was open."
    await engine.dispose()


async def test_a_database_that_is_gone_before_the_watch_begins_is_noticed(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    with pytest.raises(FileGoneError):
        await asyncio.wait_for(watch_file(engine), 60)
    await engine.dispose()


async def test_a_disk_that_does_not_answer_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: asyncio.Queue[Path] = asyncio.Queue()

    def stall(file: Path) -> None:
        looks.put_nowait(file)
        raise OSError("The disk does not answer.")

    monkeypatch.setattr(file_watch, "INTERVAL", 0.0)
    monkeypatch.setattr(file_watch, "_identity", stall)
    engine = open_database(f"sqlite:///{tmp_path / 'atelier.db'}")
    watch = asyncio.create_task(watch_file(engine))
    for _ in range(3):
        await looks.get()
    assert not watch.done()
    watch.cancel()
    await engine.dispose()
