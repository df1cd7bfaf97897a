"""The client's requests to the Bot API, each of them counted."""

from __future__ import annotations

import asyncio
import json
import time
from http import HTTPStatus
from typing import Any, Final

from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest

from bot.metrics import CALL_SECONDS, CALLS, FLOOD_SECONDS

DOWNLOAD: Final = "download"
"""How the fetching of a file is called among the methods."""
POLL: Final = "getUpdates"
OUTCOMES: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: "flood",
    HTTPStatus.FORBIDDEN: "forbidden",
}


class ApiConnection:
    """The line to Telegram."""

    def __init__(self) -> None:
        self.heard = float("-inf")
        """When Telegram answered last: a moment of the monotonic clock."""
        self.accepted = False
        """Whether Telegram has taken the token once."""
        self.revoked = asyncio.Event()
        """Set when Telegram, which has taken it, does not any more."""


class CountedRequest(HTTPXRequest):
    """Counts requests by method and outcome, and notes when one was answered."""

    def __init__(self, connection: ApiConnection, **settings: Any) -> None:
        super().__init__(**settings)
        self._connection = connection

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request."""
        name = DOWNLOAD if "/file/bot" in url else url.rpartition("/")[2]
        began = time.monotonic()
        outcome = "network"
        try:
            status, body = await super().do_request(url, *args, **kwargs)
            outcome = _outcome(status)
            if self._foreign(name, status, body):
                outcome = "server"
                # Not what the library makes of it: a 404 would end the polling for ever.
                raise NetworkError(f"What answered is not the Bot API (status {status}).")
            if outcome != "server":
                self._connection.heard = time.monotonic()
            if status == HTTPStatus.UNAUTHORIZED and self._connection.accepted:
                self._connection.revoked.set()
                # So nothing is given up: the bot that is started with the new token goes on with it.
                raise NetworkError("The token was revoked.")
            self._connection.accepted |= outcome == "ok"
            if outcome == "flood":
                FLOOD_SECONDS.inc(_asked_for(body))
        except TimedOut:
            outcome = "timeout"
            raise
        finally:
            CALLS.labels(name, outcome).inc()
            if name != POLL:
                CALL_SECONDS.observe(time.monotonic() - began)
        return status, body

    def _foreign(self, name: str, status: int, body: bytes) -> bool:
        """Whether something else gave the answer, such as a proxy whose Bot API server is away."""
        if name == DOWNLOAD:  # a file can be anything
            return False
        if name == POLL and status == HTTPStatus.NOT_FOUND and self._connection.accepted:
            return True  # every Bot API server has this method, and this one has taken the token
        return not _in_its_words(status, body)


def _in_its_words(status: int, body: bytes) -> bool:
    """Whether an answer is put as the Bot API puts its own."""
    if status < HTTPStatus.BAD_REQUEST:  # the library will read the whole of it
        return body.lstrip().startswith(b"{")
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return isinstance(said, dict) and "ok" in said


def _outcome(status: int) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return "ok"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server"
    return OUTCOMES.get(HTTPStatus(status), "refused")


def _asked_for(body: bytes) -> float:
    """Seconds of silence that an answer asks for."""
    try:
        return float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 0.0
