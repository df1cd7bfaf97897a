"""The client's HTTP requests to the Bot API, each of them counted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import httpx
from telegram.error import BadRequest, NetworkError, TimedOut
from telegram.request import HTTPXRequest

from bot.metrics import CALL_SECONDS, CALLS, FLOOD_SECONDS

DOWNLOAD: Final = "download"
"""The name of a file's download among the methods, in metrics."""
POLL_METHOD: Final = "getUpdates"
OUTCOMES: Final = {
    HTTPStatus.TOO_MANY_REQUESTS: "flood",
    HTTPStatus.FORBIDDEN: "forbidden",
}
"""The outcomes in metrics of the refusals that are told apart; all others are "refused"."""

_TOO_LARGE: Final = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG}
"""Refusals that the same request meets again, whether the Bot API gives them or a proxy before it."""


certificates = cache(httpx.create_ssl_context)
"""Returns the process's TLS context. Reading the certificate authorities takes about 30 ms."""


class ApiConnection:
    """The state of the connection to the Bot API, shared by all requests of a bot."""

    def __init__(self) -> None:
        self.last_answer = float("-inf")
        """The moment of the Bot API's last answer, of the monotonic clock."""
        self.accepted = False
        """True once the Bot API has accepted the token."""
        self.revoked = asyncio.Event()
        """Set when the Bot API refuses a token that it has accepted before."""


class CountedRequest(HTTPXRequest):
    """The library's requests, counted by method and outcome; they keep the state of the connection."""

    def __init__(
        self, connection: ApiConnection, *, httpx_kwargs: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        options = {"verify": certificates(), **(httpx_kwargs or {})}
        super().__init__(httpx_kwargs=options, **settings)
        self._connection = connection

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request; return the status and the body of its answer.

        Raises:
            BadRequest: the request is refused for good, by a status that the library does not know.
            NetworkError: no answer, an answer that is not the Bot API's, or the token was revoked.
        """
        method = DOWNLOAD if "/file/bot" in url else url.rpartition("/")[2]
        began = time.monotonic()
        outcome = "network"
        try:
            status, body = await super().do_request(url, *args, **kwargs)
            outcome = _outcome(status)
            if status in _TOO_LARGE and method != DOWNLOAD:
                # The library takes it for a broken line, and it would be tried again for half an hour.
                raise BadRequest(HTTPStatus(status).phrase)
            if self._is_foreign(method, status, body):
                outcome = "server"
                # Not what the library makes of it: a 404 would end the polling for ever.
                raise NetworkError(f"The answer is not the Bot API's (status {status}).")
            if outcome != "server":
                self._connection.last_answer = time.monotonic()
            if status == HTTPStatus.UNAUTHORIZED and self._connection.accepted:
                self._connection.revoked.set()
                # A network error, so that no job is given up: a bot with the new token will go on with it.
                raise NetworkError("The token was revoked.")
            self._connection.accepted |= outcome == "ok"
            if outcome == "flood":
                FLOOD_SECONDS.inc(_retry_after(body))
        except TimedOut:
            outcome = "timeout"
            raise
        finally:
            CALLS.labels(method, outcome).inc()
            if method != POLL_METHOD:
                CALL_SECONDS.observe(time.monotonic() - began)
        return status, body

    def _is_foreign(self, method: str, status: int, body: bytes) -> bool:
        """Return whether the answer is something else's, such as a proxy's whose Bot API server is away."""
        if method == DOWNLOAD:  # a file can be anything
            return False
        if method == POLL_METHOD and status == HTTPStatus.NOT_FOUND and self._connection.accepted:
            return True  # every Bot API server has this method, and this one has accepted the token
        return not _is_bot_api_answer(status, body)


def _is_bot_api_answer(status: int, body: bytes) -> bool:
    if status < HTTPStatus.BAD_REQUEST:  # the library will read the whole of it
        return body.lstrip().startswith(b"{")
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and "ok" in answer


def _outcome(status: int) -> str:
    if status < HTTPStatus.BAD_REQUEST:
        return "ok"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server"
    return OUTCOMES.get(HTTPStatus(status), "refused")


def _retry_after(body: bytes) -> float:
    """Return the seconds of flood control in an answer."""
    try:
        return float(json.loads(body)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 0.0
