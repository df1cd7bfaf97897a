"""The webhook: delivers updates to the bot's own server, and retries each until it is accepted."""

import asyncio
import re
import time
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from bot.playground.errors import ApiError, BadRequest
from bot.playground.state.events import Events
from bot.playground.state.store import Store
from bot.playground.state.updates import Updates
from bot.playground.types import Json

MIN_BACKOFF = 0.1
"""Seconds before the first retry."""
MAX_BACKOFF = 10.0
"""Seconds before any later retry, at most."""
TIMEOUT = aiohttp.ClientTimeout(total=30)
"""Timeout of one delivery."""
ChatIds = set[int]
"""Chats with a delivery under way; `Webhook.set` hides the built-in name in the class."""
MAX_SECRET = 256
"""Characters of the secret token."""


class Webhook:
    """The bot's webhook, and the task that delivers to it."""

    def __init__(self, store: Store, events: Events, updates: Updates) -> None:
        """Keep the webhook in the store; nothing is delivered before `start`."""
        self._store = store
        self._events = events
        self._updates = updates
        self._task: asyncio.Task[None] | None = None

    def set(self, url: str, secret: str, max_connections: int) -> None:
        """Set the webhook, and start to deliver.

        Plain HTTP is allowed, unlike on Telegram: the bot is on the same machine.

        Raises:
            BadRequest: the URL or the secret is invalid.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest("invalid webhook URL specified")
        if len(secret) > MAX_SECRET:
            raise BadRequest("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise BadRequest("secret token contains unallowed characters")
        self._store.set("webhook", {"url": url, "secret": secret, "max_connections": max_connections})
        self._updates.abort(ApiError(409, "Conflict: terminated by setWebhook request"))
        self.start()

    def start(self) -> None:
        """Start to deliver if a webhook is set, as it may be after a restart of the server."""
        self.stop()
        if hook := self._updates.webhook:
            self._task = asyncio.get_running_loop().create_task(self._deliver(hook))

    def stop(self) -> None:
        """Stop delivering; the webhook stays set."""
        if self._task:
            self._task.cancel()
            self._task = None

    def delete(self) -> None:
        """Stop delivering, and unset the webhook."""
        self.stop()
        self._store.set("webhook", None)

    def info(self) -> Json:
        """Return Telegram's WebhookInfo."""
        hook = self._updates.webhook or {}
        info: Json = {
            "url": hook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.waiting),
        }
        if hook:
            info |= {"max_connections": hook["max_connections"], "ip_address": "127.0.0.1"}
            info |= hook.get("error") or {}
        if self._updates.allowed:
            info["allowed_updates"] = self._updates.allowed
        return info

    async def _deliver(self, hook: Json) -> None:
        """Deliver chats in parallel, over `max_connections` at most, and each chat's updates in order."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
        chats = ChatIds()
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                head = await self._events.wait_for(lambda: self._next(chats, hook), timeout=None)
                assert head is not None  # noqa: S101 - wait_for returns true values only
                chat, update = head
                chats.add(chat)
                task = group.create_task(self._deliver_one(session, hook, update))
                task.add_done_callback(lambda _, chat=chat: self._free(chats, chat))  # type: ignore[misc]

    def _next(self, chats: ChatIds, hook: Json) -> tuple[int, Json] | None:
        if len(chats) >= hook["max_connections"]:
            return None
        return next((head for head in self._updates.heads() if head[0] not in chats), None)

    def _free(self, chats: ChatIds, chat: int) -> None:
        chats.discard(chat)
        self._events.changed()

    async def _deliver_one(self, session: aiohttp.ClientSession, hook: Json, update: Json) -> None:
        """Post an update until it is accepted."""
        pause = MIN_BACKOFF
        while error := await _post(session, hook["url"], update):
            failure = {"last_error_date": int(time.time()), "last_error_message": error}
            self._store.set("webhook", hook | {"error": failure})
            self._events.changed()
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_BACKOFF)
        self._updates.drop(update["update_id"])
        self._updates.note_connection()


async def _post(session: aiohttp.ClientSession, url: str, update: Json) -> str | None:
    """Post an update once; return the error, if there was one."""
    try:
        async with session.post(url, json=update, allow_redirects=False) as answer:
            if answer.ok and answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return None
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"Connection failed: {type(error).__name__}"
