"""Proxies of the environment: for others' addresses, and never for this machine's own."""

from __future__ import annotations

import pytest

from bot.playground import serve
from bot.storage.inbox import Inbox
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates.intake import make_bot
from engine.host_errors import HostError
from engine.proxies import client_options, is_loopback
from engine.queue import open_database
from tests.support.playground import Playground


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8081", True),
        ("http://127.8.0.1", True),
        ("http://[::1]:8081", True),
        ("http://localhost:8081", True),
        ("https://api.telegram.org", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.org", False),
    ],
)
def test_an_address_of_this_machine_is_recognised(url: str, own: bool) -> None:
    assert is_loopback(url) is own


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9"])
async def test_no_proxy_stands_between_the_bot_and_a_server_on_its_machine(
    proxy: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    playground = Playground()
    database = open_database(f"sqlite:///{tmp_path}/queue.db")
    async with await serve(playground) as server:
        bot = make_bot(Inbox(database), playground.token, server.url, ApiConnection(), RateLimiter())
        async with bot:
            assert bot.username == "atelier_bot"
    await database.dispose()
    playground.close()
    make_bot(Inbox(database), "7:token", "https://api.telegram.org", ApiConnection(), RateLimiter())
    assert client_options("https://api.telegram.org") == {}, "there the environment counts"


def test_a_wrong_proxy_that_no_address_uses_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost, *")
    assert client_options("https://api.telegram.org") == {}


def test_an_address_in_brackets_among_the_exceptions_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost,[::1]")
    with pytest.raises(HostError, match="NO_PROXY should be a list of hosts"):
        client_options("https://api.telegram.org")
