"""python-telegram-bot's client for a playground."""

from __future__ import annotations

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.playground.http.server import Server


def connect(server: Server, read_timeout: float = 5) -> Bot:
    """Return the client, to be used as `async with connect(server) as bot`."""
    return Bot(
        server.telegram.token,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        request=_request(read_timeout),
        get_updates_request=_request(read_timeout),
    )


def _request(read_timeout: float) -> HTTPXRequest:
    # Without TLS there is nothing to verify, and loading certificates takes longer than most tests.
    return HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"verify": False})
