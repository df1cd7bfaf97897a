"""The doctor at real things: a Bot API server, databases, ports, a network that paints."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from sqlalchemy import text

from bot.doctor.ports import Port, port, ports, wanted
from bot.doctor.telegram import telegram
from bot.playground import YOU, Server, Telegram, serve
from bot.playground.http import server as playground_server
from bot.settings import Settings
from engine.__main__ import main
from engine.doctor import Finding, Mark
from engine.doctor.database import NEWEST, database
from engine.queue import create_schema, open_database
from tests.support.playground import Playground
from tests.support.postgresql import PostgreSQL

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

SECRET = "7000000001:AAF-never-in-any-report-0123456789abc"


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


# The Bot API


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.telegram.LONG_POLL", 1.0)


@pytest.fixture
def playground() -> Iterator[Playground]:
    made = Playground()
    yield made
    made.close()


@pytest.fixture
async def server(playground: Playground) -> AsyncIterator[Server]:
    async with await serve(playground) as running:
        yield running


def settings_for(server: Server, token: str | None = None, url: str | None = None) -> Settings:
    values: dict[str, Any] = {"bot_token": token or server.telegram.token, "bot_api_url": url or server.url}
    return Settings(**values | {"_env_file": None})


async def test_a_good_token_is_said_to_be_whose_it_is(server: Server) -> None:
    found = by_name(await telegram(settings_for(server)))
    assert found.pop("Groups").advice.endswith("/setprivacy at @BotFather, then add it anew.")
    assert found.pop("Sharing").advice == "To turn it on: /setinline at @BotFather."
    assert found.pop("Guests").advice == "To turn it on: Guest Mode in @BotFather's app, at your bot."
    assert {name: finding.mark for name, finding in found.items()} == dict.fromkeys(
        ("Bot API", "Clock", "Token", "Updates"), Mark.GOOD
    )
    server.telegram.privacy, server.telegram.inline, server.telegram.guests = False, True, True
    found = by_name(await telegram(settings_for(server)))
    assert {found[name].mark for name in ("Groups", "Sharing", "Guests")} == {Mark.GOOD}
    assert f"@{server.telegram.bot['username']}" in found["Token"].said


async def test_a_token_that_is_refused_leads_to_botfather_and_is_not_repeated(server: Server) -> None:
    found = by_name(await telegram(settings_for(server, SECRET)))
    assert found["Bot API"].mark is Mark.GOOD
    assert found["Token"].mark is Mark.FAULT
    assert "@BotFather" in found["Token"].advice
    assert "Updates" not in found
    assert "AAF" not in "".join(map(str, found.values()))


@pytest.mark.parametrize("token", ["secret", "12345:short-secret", f"{SECRET}\n", f"BOT_TOKEN={SECRET}"])
async def test_what_is_no_token_is_not_sent_anywhere(server: Server, token: str) -> None:
    (finding,) = await telegram(settings_for(server, token, url="http://127.0.0.1:1"))
    assert (finding.name, finding.mark) == ("Token", Mark.FAULT)
    assert "secret" not in str(finding)
    assert "AAF" not in str(finding)


async def test_another_program_that_fetches_the_updates_is_noticed(server: Server) -> None:
    async def poll_for_ever() -> None:
        while True:
            await asyncio.gather(server.telegram.updates.poll(0, 100, 50), return_exceptions=True)

    other = asyncio.create_task(poll_for_ever())
    try:
        found = by_name(await telegram(settings_for(server)))
    finally:
        other.cancel()
    assert found["Updates"].mark is Mark.NOTE
    assert "right now" in found["Updates"].said


async def test_what_people_wrote_meanwhile_is_counted_and_kept(
    server: Server, playground: Playground
) -> None:
    await playground.send_text(YOU, "/start")
    found = by_name(await telegram(settings_for(server)))
    assert "waiting for us: 1" in found["Updates"].said
    assert len(await server.telegram.updates.poll(0, 100, 0)) == 1


async def test_a_webhook_of_another_program_is_told_without_its_path(server: Server) -> None:
    server.telegram.webhook.set("http://127.0.0.1:1/path-is-a-secret", "", 1)
    try:
        found = by_name(await telegram(settings_for(server)))
    finally:
        server.telegram.webhook.delete()
    assert found["Updates"].mark is Mark.NOTE
    assert "127.0.0.1" in found["Updates"].said
    assert "secret" not in str(found["Updates"])


async def test_a_clock_that_is_off_is_told_by_the_bot_apis_date(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = playground_server.init_app

    def in_2001(one: Telegram) -> web.Application:
        async def date(_: web.Request, response: web.StreamResponse) -> None:
            response.headers["Date"] = formatdate(1e9, usegmt=True)

        app = made(one)
        app.on_response_prepare.append(date)
        return app

    monkeypatch.setattr(playground_server, "init_app", in_2001)
    async with await serve(playground) as server:
        found = by_name(await telegram(settings_for(server)))
    assert found["Clock"].mark is Mark.NOTE
    assert "days ahead of" in found["Clock"].said
    assert found["Token"].mark is Mark.GOOD


async def test_a_bot_api_that_is_not_there_is_a_fault_without_the_token(server: Server) -> None:
    (finding,) = await telegram(settings_for(server, SECRET, "http://127.0.0.1:1"))
    assert (finding.name, finding.mark) == ("Bot API", Mark.FAULT)
    assert "AAF" not in str(finding)


async def test_a_server_that_is_no_bot_api_is_a_fault(server: Server) -> None:
    (finding,) = await telegram(settings_for(server, url=f"{server.url}/static"))
    assert (finding.name, finding.mark) == ("Bot API", Mark.FAULT)
    assert "no Bot API" in finding.said


# Ports


async def test_a_port_that_is_taken_is_a_fault_unless_it_is_ours(server: Server) -> None:
    def page(number: int) -> Port:
        values: dict[str, Any] = {"playground_port": number, "bot_token": "", "_env_file": None}
        (one,) = wanted(Settings(**values))
        return one

    assert (await port(page(0))).mark is Mark.GOOD
    assert "open already" in (await port(page(server.port))).said
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        number = stranger.getsockname()[1]
        assert (await port(page(number))).mark is Mark.FAULT
    assert (await port(page(number))).mark is Mark.GOOD


async def test_a_bot_with_a_webhook_wants_its_port_and_no_chat_page() -> None:
    values: dict[str, Any] = {"bot_token": SECRET, "bot_port": 8081, "_env_file": None}
    (one,) = wanted(Settings(**values))
    assert (one.setting, one.number) == ("BOT_PORT", 8081)
    (finding,) = [await port(Port("HTTP server", "BOT_PORT", "192.0.2.1", 8081, "/", ""))]
    assert finding.mark is Mark.FAULT, "that address is nobody's"
    assert not finding.advice


async def test_an_address_that_is_not_here_is_told_apart_from_a_port_that_is_not_free() -> None:
    values: dict[str, Any] = {"bot_token": SECRET, "bot_port": 8081, "bot_listen": "192.0.2.1"}
    (finding,) = await ports(Settings(**values | {"_env_file": None}))
    assert (finding.mark, finding.advice) == (Mark.FAULT, "Set BOT_LISTEN to an address of this machine.")


async def test_the_port_of_the_bots_own_worker_is_looked_at_and_may_not_be_another_one_of_the_bots() -> None:
    def settings(metrics: int, **more: Any) -> Settings:
        values: dict[str, Any] = {"bot_token": SECRET, "metrics_port": metrics, "_env_file": None}
        return Settings(**values | more)

    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        number = stranger.getsockname()[1]
        (finding,) = await ports(settings(number))
        assert (finding.mark, finding.advice) == (Mark.FAULT, "Set METRICS_PORT to another one, or to 0.")
        assert await ports(settings(number, engine="external")) == [], "that worker is elsewhere"
        hook = {"bot_port": number, "bot_webhook_url": "https://bot.example/hook"}
        (finding,) = await ports(settings(0, **hook))
        assert (finding.mark, finding.advice) == (Mark.FAULT, "Set BOT_PORT to another one.")
    for listen in ("127.0.0.1", "0.0.0.0", "::"):
        first, second = await ports(settings(number, bot_port=number, metrics_listen=listen))
        assert first.mark is Mark.GOOD
        assert (second.mark, second.said) == (
            Mark.FAULT,
            f"BOT_PORT and METRICS_PORT are both {number}.",
        )
    assert all(
        finding.mark is Mark.GOOD
        for finding in await ports(settings(number, bot_port=number, metrics_listen="127.0.0.2"))
    )


# Databases


def test_a_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    (finding,) = asyncio.run(database(f"sqlite+aiosqlite:///{tmp_path / 'a' / 'queue.db'}"))
    assert finding.mark is Mark.GOOD
    assert not list(tmp_path.iterdir())


async def test_a_database_in_use_is_looked_at_and_left_as_it_is(
    url: str, connect: Callable[[], AsyncEngine]
) -> None:
    before = connect()
    async with before.connect() as connection:  # makes SQLite's file
        await connection.rollback()
    (empty,) = await database(url)
    assert empty.mark is Mark.GOOD
    assert "tables are made" in empty.said
    await create_schema(connect())
    found = by_name(await database(url))
    assert found["Database"].mark is Mark.GOOD
    assert f"version {NEWEST}" in found["Database"].said
    assert "No worker is running" in found["Workers"].said
    assert ("Clock" in found) is url.startswith("postgresql")
    assert "password" not in "".join(map(str, found.values()))


async def test_a_database_from_before_version_1_is_a_fault_that_says_what_to_do(
    url: str, connect: Callable[[], AsyncEngine]
) -> None:
    engine = connect()
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL)"))
    (finding,) = await database(url)
    assert (finding.name, finding.mark) == ("Database", Mark.FAULT)
    assert "use an empty DATA_DIR or another DATABASE_URL" in finding.said
    assert not finding.advice


async def test_a_postgresql_without_that_database_is_a_fault(postgresql: PostgreSQL) -> None:
    (finding,) = await database(postgresql.create().rpartition("/")[0] + "/no_such_database")
    assert finding.mark is Mark.FAULT
    assert "no_such_database" in finding.said


def test_a_file_that_is_no_database_and_a_url_that_is_none_are_faults(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_text("not a database, not at all" * 100)
    (finding,) = asyncio.run(database(f"sqlite:///{tmp_path / 'queue.db'}"))
    assert finding.mark is Mark.FAULT
    (finding,) = asyncio.run(database("mysql://user:secret@host/name"))
    assert finding.mark is Mark.FAULT
    assert "secret" not in str(finding)


async def test_a_database_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "queue.db"
    engine = open_database(f"sqlite:///{file}")
    await create_schema(engine)
    await engine.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE UPDATE ON clock BEGIN SELECT RAISE(ABORT, 'read only'); END"
        )
    connection.close()
    (finding,) = await database(f"sqlite:///{file}")
    assert finding.mark is Mark.FAULT
    assert "read only" in finding.said


# The whole


def test_the_engines_doctor_paints_a_little_and_tells_how_long_a_painting_takes(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("DEVICE", "cpu")
    monkeypatch.chdir(data_dir)
    assert main(["doctor", "--json"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert set(found) == {
        "Python",
        "Data folder",
        "Database",
        "Packages",
        "Weights",
        "Device",
        "Painting",
        "Memory",
    }
    assert "VGG-16, verified" in found["Weights"]["said"]
    assert "a normal painting of 512 takes about" in found["Painting"]["said"]
    assert not (data_dir / "atelier.db").exists()


def test_weights_that_are_none_and_a_device_that_is_not_there_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vgg.pth").write_bytes(os.urandom(64))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VGG_WEIGHTS", str(tmp_path / "vgg.pth"))
    monkeypatch.setenv("DEVICE", "cuda:63")
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "✗ Weights" in said
    assert "✗ Device       setting DEVICE: there is no 'cuda:63' here" in said
