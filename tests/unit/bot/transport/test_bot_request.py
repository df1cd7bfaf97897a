"""Answers that are not the Bot API's: whoever gives them, its server is away."""

from __future__ import annotations

import ssl
import sys
from importlib.machinery import ModuleSpec
from typing import Any

import pytest
from telegram.error import BadRequest, NetworkError
from telegram.request import HTTPXRequest

from bot.playground import Telegram, serve
from bot.transport.request import ApiConnection, CountedRequest
from tests.support.telegram_client import connect

NOT_FOUND = b'{"ok":false,"error_code":404,"description":"Not Found"}'
NEVER = float("-inf")


async def _answer(
    monkeypatch: pytest.MonkeyPatch, connection: ApiConnection, call: str, status: int, body: bytes
) -> tuple[int, bytes]:
    """What comes of a call that is answered so."""

    async def answered(*_: Any, **__: Any) -> tuple[int, bytes]:
        return status, body

    monkeypatch.setattr(HTTPXRequest, "do_request", answered)
    request = CountedRequest(connection)
    return await request.do_request(f"http://127.0.0.1:1/{call}", "POST")


@pytest.mark.parametrize("call", ["bot1:a/getUpdates", "bot1:a/sendMessage"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found\n"),
        (404, b'{"message": "no Route matched with those values"}'),
        (404, b'"not ok"'),
        (401, b"<html>Authorization Required</html>"),
        (400, b""),
        (502, b"<html>Bad Gateway</html>"),
        (302, b""),
        (405, b"<html>nginx shows a page of maintenance</html>"),
        (200, b"<html>Welcome to this network</html>"),
    ],
)
async def test_what_stands_before_the_bot_api_is_taken_for_a_broken_line(
    monkeypatch: pytest.MonkeyPatch, call: str, status: int, body: bytes
) -> None:
    connection = ApiConnection()
    connection.accepted = True
    with pytest.raises(NetworkError, match="not the Bot API's"):
        await _answer(monkeypatch, connection, call, status, body)
    assert connection.last_answer == NEVER
    assert not connection.revoked.is_set()


@pytest.mark.parametrize("body", [b"<html>nginx</html>", b'{"ok":false,"error_code":413}'])
async def test_a_request_that_is_too_large_stays_so(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    with pytest.raises(BadRequest, match="Too Large"):
        await _answer(monkeypatch, ApiConnection(), "bot1:a/sendPhoto", 413, body)


async def test_a_server_that_took_the_token_cannot_lack_the_method_that_gives_updates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection = ApiConnection()
    assert await _answer(monkeypatch, connection, "bot1:a/getUpdates", 404, NOT_FOUND) == (404, NOT_FOUND)
    connection.accepted, connection.last_answer = True, NEVER
    assert await _answer(monkeypatch, connection, "bot1:a/sendLivePhoto", 404, NOT_FOUND) == (
        404,
        NOT_FOUND,
    )
    assert connection.last_answer > NEVER
    connection.last_answer = NEVER
    with pytest.raises(NetworkError, match="not the Bot API's"):
        await _answer(monkeypatch, connection, "bot1:a/getUpdates", 404, NOT_FOUND)
    assert connection.last_answer == NEVER


async def test_a_file_may_be_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ApiConnection()
    assert await _answer(monkeypatch, connection, "file/bot1:a/photos/1.jpg", 200, b"\xff\xd8") == (
        200,
        b"\xff\xd8",
    )
    assert connection.last_answer > NEVER


class Search:
    """A finder of modules that finds none, and notes for which ones it was asked."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        self.names.append(name)
        return None


async def test_a_call_searches_the_disk_for_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    search, telegram = Search(), Telegram()
    async with await serve(telegram) as server, connect(server) as bot:
        await bot.get_me()  # the first one loads what it needs
        monkeypatch.setattr(sys, "meta_path", [search, *sys.meta_path])
        await bot.get_me()
    telegram.close()
    assert search.names == []


def test_the_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    CountedRequest(ApiConnection())
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: pytest.fail("read again"))
    CountedRequest(ApiConnection())
