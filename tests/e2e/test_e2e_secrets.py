"""Whatever goes wrong, no secret is written: the real program, its real failures, all of its output."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.playground import Server
from bot.playground.conditions.faults import Fault
from tests.support.chat import TOKEN, Chat
from tests.support.forked import BotProgram, WorkerProgram
from tests.support.playground import Playground
from tests.support.processes import environment

PASSWORD = "correct-horse-battery-staple"
WORDS = "to Zoë, 12 Acacia Avenue"
SECRETS = (TOKEN, TOKEN.partition(":")[2], TOKEN.replace(":", "%3A"), PASSWORD, WORDS, "Acacia")


@pytest.mark.parametrize("arguments", [("-m", "bot"), ("-m", "engine", "work")], ids=["bot", "worker"])
async def test_no_secret_is_written_while_the_database_is_away(
    arguments: tuple[str, ...], tmp_path: Path, data_dir: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"postgresql://atelier:{PASSWORD}@127.0.0.1:{port}/atelier"
    env = environment(BOT_TOKEN=TOKEN, DATABASE_URL=url, DATA_DIR=str(data_dir), LOG_LEVEL="DEBUG")
    program = WorkerProgram(tmp_path, *arguments, env=env)
    try:
        await program.says("The database does not answer")
    finally:
        await asyncio.to_thread(program.close)
    assert not [secret for secret in SECRETS if secret in program.output]


async def test_no_secret_is_written_whatever_breaks_under_way(
    server: Server, playground: Playground, you: Chat, tmp_path: Path, small: bytes
) -> None:
    """Refusals, lost connections, and a statement that fails: a bug, with its traceback."""
    env = environment(
        BOT_TOKEN=TOKEN, BOT_API_URL=server.url, DATA_DIR=str(tmp_path / "data"), ENGINE="external",
        LOG_LEVEL="DEBUG",
    )  # fmt: skip
    program = BotProgram(tmp_path, env=env)
    try:
        await playground.wait_for(lambda: playground.updates.connected)
        for fault in ({"code": 500}, {"drop": True}, {"code": 429, "retry_after": 1}):
            playground.faults.add(Fault.of({"method": "send*", **fault}))
        await you.asked_for_style(small)
        with closing(sqlite3.connect(tmp_path / "data" / "atelier.db", isolation_level=None)) as database:
            database.execute("PRAGMA busy_timeout = 10000")
            database.execute(
                "CREATE TRIGGER bug BEFORE INSERT ON session BEGIN SELECT RAISE(ABORT, 'a bug'); END"
            )
        await you.heard("went wrong", after=await you.photo(small, WORDS))
        await program.says("a bug")
        # A token that was good, and is no more.
        playground.fault("getUpdates", code=401)
        await you.text(WORDS)
        await program.says("Telegram refuses BOT_TOKEN")
    finally:
        await asyncio.to_thread(program.close)
    assert "Traceback" in program.output, "there is something to look through"
    assert not [secret for secret in (*SECRETS, "AgAC") if secret in program.output], "nor whose file it is"
