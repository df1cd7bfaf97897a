"""Brings updates to the bot's own server, again and again until it takes each of them."""

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

FIRST_RETRY, LAST_RETRY = 0.1, 10.0  # seconds
TIMEOUT = aiohttp.ClientTimeout(total=30)


Chats = set[int]


class Webhook:
    def __init__(self, store: Store, events: Events, updates: Updates) -> None:
        self._store = store
        self._events = events
        self._updates = updates
        self._task: asyncio.Task[None] | None = None

    def set(self, url: str, secret: str, max_connections: int) -> None:
        """Plain HTTP is fine here, unlike on Telegram: the bot is on the same machine."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadRequest("invalid webhook URL specified")
        if len(secret) > 256:
            raise BadRequest("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise BadRequest("secret token contains unallowed characters")
        self._store.set("webhook", {"url": url, "secret": secret, "max_connections": max_connections})
        self._updates.abort(ApiError(409, "Conflict: terminated by setWebhook request"))
        self.start()

    def start(self) -> None:
        """Also after a restart of the server: a webhook stays set."""
        self.stop()
        if hook := self._updates.webhook:
            self._task = asyncio.get_running_loop().create_task(self._deliver(hook))

    def stop(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None

    def delete(self) -> None:
        self.stop()
        self._store.set("webhook", None)

    def info(self) -> Json:
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
        """Chats beside each other, over so many connections at most; each chat's updates in their order."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
        chats = Chats()
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                head = await self._events.wait_for(lambda: self._next(chats, hook), timeout=None)
                assert head is not None  # noqa: S101 - it was waited for
                chat, update = head
                chats.add(chat)
                task = group.create_task(self._bring(session, hook, update))
                task.add_done_callback(lambda _, chat=chat: self._free(chats, chat))  # type: ignore[misc]

    def _next(self, chats: Chats, hook: Json) -> tuple[int, Json] | None:
        if len(chats) >= hook["max_connections"]:
            return None
        return next((head for head in self._updates.heads() if head[0] not in chats), None)

    def _free(self, chats: Chats, chat: int) -> None:
        chats.discard(chat)
        self._events.changed()

    async def _bring(self, session: aiohttp.ClientSession, hook: Json, update: Json) -> None:
        """Tries one until it is taken."""
        pause = FIRST_RETRY
        while error := await _post(session, hook["url"], update):
            failure = {"last_error_date": int(time.time()), "last_error_message": error}
            self._store.set("webhook", hook | {"error": failure})
            self._events.changed()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_RETRY)
        self._updates.drop(update["update_id"])
        self._updates.note_connection()


async def _post(session: aiohttp.ClientSession, url: str, update: Json) -> str | None:
    """What went wrong, if anything did."""
    try:
        async with session.post(url, json=update, allow_redirects=False) as answer:
            if answer.ok and answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return None
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"Connection failed: {type(error).__name__}"
