"""The webhook: Telegram sends updates by HTTP instead of being polled for them."""

from __future__ import annotations

import hmac
import json
import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.metrics import WEBHOOK_REQUESTS
from bot.storage.inbox import Inbox
from bot.timeouts import within

log = logging.getLogger(__name__)

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
MAX_BODY: Final = 2**20
"""Bytes of a request; Telegram's have a few thousand."""
MAX_CONNECTIONS: Final = 40
"""Connections that Telegram may open at the same time."""
STORE_TIMEOUT: Final = 20.0
"""Seconds that a request waits for the database; after that Telegram sends the update again."""


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """The webhook's URL, and the secret that Telegram sends with each request."""

    url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, url: str, secret: str, token: str) -> WebhookAddress:
        """Return the address; an empty secret is derived from the token, the same in every replica."""
        derived = hmac.digest(token.encode(), b"atelier webhook", "sha256").hex()
        return cls(url, secret or derived)

    @property
    def path(self) -> str:
        """The path of the URL; a proxy in front has to leave it as it is."""
        return urlsplit(self.url).path or "/"

    def authenticates(self, secret: str) -> bool:
        """Return whether a request's secret is Telegram's, in a time that does not depend on the secret."""
        return hmac.compare_digest(secret.encode("utf-8", "surrogateescape"), self.secret.encode())


class WebhookReceiver:
    """Stores the updates of requests. A request is answered when its update is in the database."""

    def __init__(self, webhook_address: WebhookAddress, inbox: Inbox) -> None:
        self._webhook_address, self._inbox = webhook_address, inbox
        self.path = webhook_address.path

    async def receive(self, request: web.Request) -> web.Response:
        """Answer a request, which may not be Telegram's."""
        status = await self._status(request)
        WEBHOOK_REQUESTS.labels(status.value).inc()
        return web.Response(status=status)

    async def _status(self, request: web.Request) -> HTTPStatus:
        if not self._webhook_address.authenticates(request.headers.get(SECRET_HEADER, "")):
            # Not a warning: strangers must not fill the log.
            log.debug("a webhook request with a wrong secret was refused")
            return HTTPStatus.FORBIDDEN
        try:
            update = _read(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        except (ValueError, RecursionError):
            log.debug("a webhook request without an update was refused")
            return HTTPStatus.BAD_REQUEST
        try:
            await within(STORE_TIMEOUT, self._inbox.store([update]))
        except TimeoutError:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK


def _read(body: bytes) -> dict[str, Any]:
    """Return the update in a request's body.

    Raises:
        ValueError: there is none.
        RecursionError: the JSON is nested far too deep for one.
    """
    update = json.loads(body)
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise ValueError("no update")
    return dict(update)
