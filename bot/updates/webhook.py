"""The webhook: where Telegram brings updates instead of being asked for them."""

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

HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
MAX_BODY: Final = 2**20
"""Bytes of an update; Telegram's are a few thousand."""
CONNECTIONS: Final = 40
"""That Telegram opens at the same time at most."""
STORE_TIMEOUT: Final = 20.0
"""Seconds that a request waits for the database; then Telegram brings the update again."""


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """An address, and the word by which Telegram is known there."""

    url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, url: str, secret: str, token: str) -> WebhookAddress:
        """Without a secret it is made from the token, so that every replica has the same."""
        made = hmac.digest(token.encode(), b"atelier webhook", "sha256").hex()
        return cls(url, secret or made)

    @property
    def path(self) -> str:
        """Where requests come in: the address's own path, which a proxy in front has to leave as it is."""
        return urlsplit(self.url).path or "/"

    def admits(self, given: str) -> bool:
        """Whether a request is Telegram's; takes as long for a wrong word as for the right one."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.secret.encode())


class WebhookReceiver:
    """Takes updates in. One is answered for when it is safe in the database, and not before."""

    def __init__(self, webhook_address: WebhookAddress, inbox: Inbox) -> None:
        self._webhook_address, self._inbox = webhook_address, inbox
        self.path = webhook_address.path

    async def receive(self, request: web.Request) -> web.Response:
        """Answer a request of Telegram's, or of somebody who pretends to be."""
        status = await self._status(request)
        WEBHOOK_REQUESTS.labels(status.value).inc()
        return web.Response(status=status)

    async def _status(self, request: web.Request) -> HTTPStatus:
        if not self._webhook_address.admits(request.headers.get(HEADER, "")):
            log.debug(
                "a request at the webhook without the right secret was refused"
            )  # counted; not a log to fill
            return HTTPStatus.FORBIDDEN
        try:
            update = _read(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        except (ValueError, RecursionError):
            log.debug("what came to the webhook is no update")
            return HTTPStatus.BAD_REQUEST
        try:
            await within(STORE_TIMEOUT, self._inbox.keep([update]))
        except TimeoutError:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK


def _read(body: bytes) -> dict[str, Any]:
    """Read an update.

    Raises:
        ValueError: it is none.
        RecursionError: it is far too deep for one.
    """
    update = json.loads(body)
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise ValueError("no update")
    return dict(update)
