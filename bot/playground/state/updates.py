"""The updates that wait for the bot, and long polling, by which it fetches them."""

import asyncio
import json
import time
from collections.abc import Callable

from bot.playground.errors import ApiError
from bot.playground.state.ephemeral import as_bot_sees
from bot.playground.state.events import Events
from bot.playground.state.store import Store
from bot.playground.types import Json, dumps

FIRST_ID = 100_000_001
"""The first update's id."""
DISCONNECTED_AFTER = 5.0
"""Seconds without a poll after which the bot counts as disconnected."""
ONLY_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds of updates that Telegram withholds unless a bot asks for them by name."""


class Updates:
    """The queue of updates, and the poll that waits for them."""

    def __init__(self, store: Store, events: Events, on_connection: Callable[[], None]) -> None:
        """Call `on_connection` whenever the bot connects or disconnects."""
        self._store = store
        self._events = events
        self._on_connection = on_connection
        self._poller: asyncio.Future[None] | None = None
        self._polling = 0
        self._seen = -DISCONNECTED_AFTER
        self._was_connected = False
        self._closed = False
        self._check: asyncio.TimerHandle | None = None

    @property
    def allowed(self) -> list[str]:
        """Kinds of updates that the bot asked for; none: the usual ones."""
        allowed: list[str] = self._store.setting("allowed_updates", [])
        return allowed

    @property
    def webhook(self) -> Json | None:
        """The webhook that is set, if one is."""
        hook: Json | None = self._store.setting("webhook")
        return hook

    @property
    def connected(self) -> bool:
        """True if the bot polls, or did a moment ago."""
        return bool(self._polling) or time.monotonic() - self._seen < DISCONNECTED_AFTER

    @property
    def holding(self) -> bool:
        """True if a poll is waiting."""
        return self._poller is not None

    @property
    def waiting(self) -> list[Json]:
        """All updates that the bot has not confirmed yet, oldest first."""
        return self.first(1_000_000)

    def allow(self, kinds: list[str]) -> None:
        """Set the kinds of updates that the bot asks for."""
        self._store.set("allowed_updates", kinds)

    def push(self, chat: int, kind: str, body: Json) -> int | None:
        """Add an update, and return its id; None if the bot did not ask for this kind."""
        allowed = self.allowed
        if kind not in allowed if allowed else kind in ONLY_ON_REQUEST:
            return None
        update_id = self._store.next("update", FIRST_ID)
        update = {"update_id": update_id, kind: as_bot_sees(body)}
        self._store.run("INSERT INTO waiting VALUES (?, ?, ?)", update_id, chat, dumps(update))
        self.abort()
        self._events.changed()
        return update_id

    def first(self, limit: int) -> list[Json]:
        """Return the oldest updates."""
        return self._store.documents("SELECT body FROM waiting ORDER BY id LIMIT ?", limit)

    def confirm(self, before: int) -> None:
        """Delete every update with a smaller id."""
        if self._store.run("DELETE FROM waiting WHERE id < ?", before):
            self._events.changed()

    def heads(self) -> list[tuple[int, Json]]:
        """Return each chat with its oldest update, the oldest of all first."""
        found = self._store.rows("SELECT chat, min(id), body FROM waiting GROUP BY chat ORDER BY min(id)")
        return [(chat, json.loads(body)) for chat, _, body in found]

    def drop(self, update_id: int) -> None:
        """Delete an update that was delivered."""
        if self._store.run("DELETE FROM waiting WHERE id = ?", update_id):
            self._events.changed()

    def keep_last(self, count: int) -> None:
        """Delete all updates but the newest `count`."""
        self._store.run(
            "DELETE FROM waiting WHERE id NOT IN (SELECT id FROM waiting ORDER BY id DESC LIMIT ?)", count
        )
        self._events.changed()

    def clear(self, chat: int | None = None) -> None:
        """Delete all updates, or those of one chat."""
        self._store.run("DELETE FROM waiting WHERE chat = ? OR ? IS NULL", chat, chat)
        self._events.changed()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109
        """Wait for an update, and return the oldest ones.

        A newer poll ends an older one with an error; that is how two bots with one token notice each other.

        Raises:
            ApiError: a webhook is set, or another poll has ended this one.
        """
        if self.webhook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        self.abort(
            ApiError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        )
        if offset < 0:
            self.keep_last(-offset)
        else:
            self.confirm(offset)
        self._polling += 1
        self.note_connection()
        try:
            if timeout > 0 and not self.first(1):
                await self._wait(timeout)
            return self.first(limit)
        finally:
            self._polling -= 1
            self.note_connection()

    def note_connection(self) -> None:
        """Note that the bot is connected now."""
        if self._closed:
            return
        self._seen = time.monotonic()
        if self._check:
            self._check.cancel()
        self._check = asyncio.get_running_loop().call_later(DISCONNECTED_AFTER + 0.1, self._compare)
        self._compare()

    def abort(self, reason: ApiError | None = None) -> None:
        """End the waiting poll: with the updates that there are, or with an error."""
        if self._poller and not self._poller.done():
            if reason:
                self._poller.set_exception(reason)
            else:
                self._poller.set_result(None)

    def close(self) -> None:
        """End the waiting poll and the timer."""
        self._closed = True
        self.abort()
        if self._check:
            self._check.cancel()

    async def _wait(self, timeout: float) -> None:  # noqa: ASYNC109
        waiter = self._poller = asyncio.get_running_loop().create_future()
        self._events.changed()
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            pass
        finally:
            if self._poller is waiter:
                self._poller = None

    def _compare(self) -> None:
        if self.connected != self._was_connected:
            self._was_connected = self.connected
            self._on_connection()
            self._events.changed()
