"""``python -m bot`` as a program: how it starts, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.playground import Server
from tests.support.chat import TOKEN
from tests.support.forked import BotProgram
from tests.support.playground import Playground
from tests.support.processes import Program, alive, environment, until


async def test_without_a_token_it_opens_the_page_and_closes_on_an_interrupt(
    data_dir: Path, tmp_path: Path
) -> None:
    env = environment(DATA_DIR=str(data_dir), PLAYGROUND_PORT="0", DEVICE="cpu")
    program = Program(tmp_path, "-m", "bot", env=env)
    try:
        output = await program.says("Atelier is open:")
        found = re.search(r"Atelier is open: (http://127\.0\.0\.1:\d+)\n", output)
        assert found is not None
        async with aiohttp.ClientSession() as session, session.get(found[1]) as page:
            assert page.status == 200
            assert "<title>Atelier</title>" in await page.text()

        async def with_worker() -> set[int]:
            return program.children()

        (worker,) = await until(with_worker)
        program.process.send_signal(signal.SIGINT)
        assert await program.ends(20) == 0
        assert not alive(worker)
        assert "Traceback" not in program.output
    finally:
        program.close()


async def _fails(folder: Path, **variables: str) -> str:
    """The one line with which it refuses to start."""
    program = Program(folder, "-m", "bot", env=environment(DATA_DIR=str(folder / "data"), **variables))
    try:
        assert await program.ends() == 1
        assert program.children() == set()
    finally:
        program.close()
    (line,) = program.output.splitlines()
    return line


async def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = await _fails(tmp_path, PLAYGROUND_PORT=str(port))
    assert line == f"error: Port {port} is taken. Set PLAYGROUND_PORT to another one, or to 0."


async def test_the_end_of_its_descriptors_is_a_line_and_passes(tmp_path: Path) -> None:
    env = environment(DATA_DIR=str(tmp_path / "data"), PLAYGROUND_PORT="0", ENGINE="external")
    program = BotProgram(tmp_path, env=env)
    try:
        found = re.search(r"(http://127\.0\.0\.1:(\d+))\n", await program.says("Ctrl-C closes it"))
        assert found is not None
        before = len(program.output.splitlines())
        pid = program.process.pid
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (program.descriptors() + 8, 4096))
        with contextlib.ExitStack() as stack:
            for _ in range(64):
                stack.enter_context(socket.create_connection(("127.0.0.1", int(found[2]))))
            await program.says("New connections have to wait: Too many open files.")
            await asyncio.sleep(2.5)  # each second the event loop tries again
        async with aiohttp.ClientSession() as session, session.get(found[1]) as page:
            assert page.status == 200
        assert len(program.output.splitlines()) - before < 40, program.output
        assert "Traceback" not in program.output
    finally:
        program.close()


async def test_a_token_that_is_refused_is_said_in_one_line(server: Server, tmp_path: Path) -> None:
    line = await _fails(tmp_path, BOT_TOKEN=TOKEN[:-1], BOT_API_URL=server.url)
    assert line == "error: Telegram refuses BOT_TOKEN. Ask @BotFather for the right one."


async def test_a_token_that_is_revoked_at_work_ends_the_bot_and_is_said_in_one_line(
    playground: Playground, server: Server, tmp_path: Path
) -> None:
    env = environment(
        DATA_DIR=str(tmp_path / "data"), BOT_TOKEN=TOKEN, BOT_API_URL=server.url, ENGINE="external"
    )
    program = Program(tmp_path, "-m", "bot", env=env)
    try:
        await program.says("Atelier is open")
        playground.fault("*", code=401, times=None)
        await playground.send_text(playground.add_person("Ada"), "/start")
        assert await program.ends(20) == 1
        assert "CRITICAL bot.app: Telegram refuses BOT_TOKEN." in program.output
        assert "Traceback" not in program.output
        assert TOKEN not in program.output
    finally:
        program.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAINT_SIZE", "7"),
        ("PAINT_QUALITY", "superb"),
        ("ENGINE", "remote"),
        ("PLAYGROUND_PORT", "70000"),
        ("DATABASE_URL", "mysql://localhost/atelier"),
    ],
)
async def test_a_setting_that_is_wrong_is_named_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    line = await _fails(tmp_path, **{name: value})
    assert line.startswith(
        f"error: setting {name}: " if name != "DATABASE_URL" else "error: The database can be"
    )


async def test_it_waits_for_a_bot_api_that_is_out_of_reach(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    env = environment(
        DATA_DIR=str(tmp_path / "data"),
        BOT_TOKEN=TOKEN,
        BOT_API_URL=f"http://127.0.0.1:{port}",
        ENGINE="external",
    )
    program = Program(tmp_path, "-m", "bot", env=env)
    try:
        await program.says("The Bot API is out of reach")
        program.process.send_signal(signal.SIGINT)
        assert await program.ends(20) == 0
        assert TOKEN not in program.output
    finally:
        program.close()
