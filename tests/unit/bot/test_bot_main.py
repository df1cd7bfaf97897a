"""The bot goes on where nobody reads what it prints, and ends where its database is taken away."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import __main__ as main
from bot import app
from bot.app import SettingsError


def _full() -> io.TextIOWrapper:
    return open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123 - replaced by what is tested


def _closed() -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    return stream


def _without_letters() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("make", [_full, _closed, _without_letters])
def test_a_line_that_cannot_be_printed_ends_nothing(
    make: Callable[[], io.TextIOWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", make())
    for words in ("Closing …", "Atelier is open"):
        main._say(words)
    sys.stdout.flush()  # as at the end of the process
    sys.stdout.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_database_that_is_deleted_or_replaced_ends_the_bot_in_one_line(
    replaced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "FILE_INTERVAL", 0.01)
    file = tmp_path / "atelier.db"
    file.write_bytes(b"one")
    watch = asyncio.create_task(app._watch_file(file))
    await asyncio.sleep(0.05)
    assert not watch.done()
    if replaced:
        (tmp_path / "other.db").write_bytes(b"another")
        (tmp_path / "other.db").replace(file)
    else:
        file.unlink()
    with pytest.raises(SettingsError) as caught:
        await watch
    assert str(caught.value) == f"The database, {file}, was deleted or replaced while the bot ran."
