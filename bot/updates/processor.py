"""The update processor: it handles the updates of a chat in their order, and chats concurrently."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Final
from weakref import WeakValueDictionary

from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import BaseUpdateProcessor

from bot.conversation.callback_data import read
from bot.metrics import UPDATE_SECONDS
from bot.storage.inbox import Inbox
from bot.updates.albums import Albums
from bot.updates.batch import UpdateBatch
from bot.updates.migrations import Migrations

log = logging.getLogger(__name__)

MAX_CONCURRENT: Final = 256
"""Updates that are handled at the same time."""
STOP_TIMEOUT: Final = 10.0
"""Seconds that handlers have to end when the bot stops."""
TAP_TIMEOUT: Final = 0.1
"""Seconds after which a tap that still waits for its turn is answered; its button shows a clock till then."""
_UNLIMITED: Final = 2**31
"""The library's own limit would count the updates that wait for their chat: one chat could block all."""


class ChatOrderedProcessor(BaseUpdateProcessor):
    """Handles each chat's updates in their order, and finishes them in the inbox.

    An update whose handling is interrupted, for the bot stops, stays in the inbox for the next start.
    """

    def __init__(
        self, inbox: Inbox, albums: Albums, migrations: Migrations, max_concurrent: int = MAX_CONCURRENT
    ) -> None:
        super().__init__(_UNLIMITED)
        self._inbox = inbox
        self._albums, self._migrations = albums, migrations
        self._locks = ChatLocks()
        self._slots = asyncio.Semaphore(max_concurrent)
        self._suspects = asyncio.Lock()
        self._batches: dict[int, UpdateBatch] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def initialize(self) -> None:
        """Do nothing; the library asks for it."""

    async def shutdown(self) -> None:
        """Do nothing; the library asks for it."""

    async def stop(self, grace: float = STOP_TIMEOUT) -> None:
        """Start no more handlers, and cancel those that run after ``grace`` seconds.

        To be called when no more updates are fetched, and before the application stops: that waits for all
        of them, and a handler may wait for a database that is unavailable.
        """
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=grace)
            for task in late:
                task.cancel()

    def batch(self, update: object) -> UpdateBatch:
        """Return the batch of an update that is being handled; an empty one for anything else."""
        known = self._batches.get(update.update_id) if isinstance(update, Update) else None
        return known or UpdateBatch([])

    def turn_in(self, chat: int) -> asyncio.Lock:
        """Return the lock of another chat than the update's own: of the supergroup that a group has become.

        Nobody in the supergroup waits for the group, so that no two wait for each other.
        """
        return self._locks.of(chat)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update when its turn has come."""
        if not isinstance(update, Update):  # the library lets programs queue anything
            await coroutine
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        self._tasks.add(task)
        began = time.monotonic()
        try:
            batch = await self._process(update, coroutine)
            if batch is not None:
                if not batch.finished:
                    await self._inbox.finish(update.update_id)
                UPDATE_SECONDS.observe(time.monotonic() - began)
        finally:
            self._inbox.release([update.update_id])
            self._tasks.discard(task)
            if inspect.iscoroutine(coroutine):
                coroutine.close()  # Python complains of one that was never awaited

    async def _process(self, update: Update, coroutine: Awaitable[Any]) -> UpdateBatch | None:
        """Return the batch that the update was handled with; None if it was not handled."""
        message = update.message
        if message is not None:
            self._migrations.hear(message)
        if message is None or not message.media_group_id:
            batch = UpdateBatch([update.update_id])
            return batch if await self._handle(update, coroutine, batch) else None
        # Joined before its turn: the first one may have to wait for its chat, and none may be missing then.
        album, is_first = self._albums.join(message, update.update_id)
        if not is_first:
            await album.closed.wait()
            return album if album.handled else None
        try:
            album.handled = await self._handle(update, coroutine, album)
        finally:
            self._albums.close(album)
        return album if album.handled else None

    async def _handle(self, update: Update, coroutine: Awaitable[Any], batch: UpdateBatch) -> bool:
        """Run the handlers in the chat's order; False if the bot stops first or has lost the chat."""
        number = update.update_id
        async with (
            _answers_of(batch),
            _EarlyAnswer(update.callback_query) as early_answer,
            self._turn(update),
            self._slots,
        ):
            if self._stopping or not self._inbox.holds(number):
                return False
            batch.tap_answered = early_answer.given()
            await self._inbox.begin_attempt(number)
            self._batches[number] = batch
            try:
                await coroutine
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):  # the database may be why there was no time left
                    await self._inbox.revert_attempt(number)
                raise
            except Exception:  # the library has its own handlers for errors; this is what they raise
                log.exception("update %d: its handler failed", number)
            finally:
                del self._batches[number]
            return True

    @contextlib.asynccontextmanager
    async def _turn(self, update: Update) -> AsyncIterator[None]:
        """Wait for the chat. An update that may have ended a process runs apart from others like it.

        So the next process that ends tells which of them is to blame.
        """
        async with contextlib.AsyncExitStack() as turn:
            if chat := update.effective_chat:
                await turn.enter_async_context(self._locks.of(chat.id))
            if self._inbox.is_suspect(update.update_id):
                await turn.enter_async_context(self._suspects)
            yield


class ChatLocks:
    """One lock a chat; a lock that nothing holds or waits for is forgotten."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, chat: int) -> asyncio.Lock:
        """Return the chat's lock."""
        return self._locks.setdefault(chat, asyncio.Lock())


@contextlib.asynccontextmanager
async def _answers_of(batch: UpdateBatch) -> AsyncIterator[None]:
    """Wait for the answers to the tap at the end, when the chat is free again; do not leave them behind."""
    try:
        yield
        if batch.answers:
            await asyncio.wait(batch.answers)
    finally:
        for answer in batch.answers:
            answer.cancel()


class _EarlyAnswer(contextlib.AbstractAsyncContextManager["_EarlyAnswer"]):
    """The answer, without a text, to a tap whose turn does not come soon.

    A tap on another user's button in a group waits: its answer has a text for that user alone.
    """

    def __init__(self, query: CallbackQuery | None) -> None:
        self._given = False
        self._task: asyncio.Task[None] | None = None
        if query and (_is_private(query) or read(query.data or "")[1] == query.from_user.id):
            self._task = asyncio.create_task(self._give(query))

    def given(self) -> bool:
        """Return whether the answer was given; if not, it will not be."""
        if self._task and not self._given:
            self._task.cancel()
        return self._given

    async def __aexit__(self, *_: object) -> None:
        self.given()
        if self._task:
            await asyncio.wait((self._task,))

    async def _give(self, query: CallbackQuery) -> None:
        await asyncio.sleep(TAP_TIMEOUT)
        self._given = True
        try:
            await query.answer()
        except TelegramError as error:
            log.info("a tap was not answered in time (%s)", type(error).__name__)


def _is_private(query: CallbackQuery) -> bool:
    return query.message is not None and query.message.chat.id == query.from_user.id
