"""In which order updates are dealt with: one after the other in a chat, and chats beside each other."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakValueDictionary

from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import BaseUpdateProcessor

from bot.conversation.callback_data import read
from bot.metrics import UPDATE_SECONDS
from bot.storage.inbox import Inbox, settled
from bot.updates.albums import Album, Albums

log = logging.getLogger(__name__)

AT_ONCE: Final = 256
"""Updates that are dealt with at the same time."""
GRACE: Final = 10.0
"""Seconds that updates under way get when the bot stops."""
STOPPED: Final = "stopped_message_generation"
"""A kind of update that the client library does not know: somebody tapped the Stop button of a draft."""
PROMPT: Final = 0.1
"""Seconds after which a tap is answered that still waits for its turn: its button shows a clock till then."""
_UNLIMITED: Final = 2**31
"""The library's own limit would count those that wait for their chat, so that one chat could block all."""

_handled: ContextVar[tuple[int, ...] | Album] = ContextVar("handled", default=())
_answered: ContextVar[bool] = ContextVar("answered", default=False)


def handled() -> tuple[int, ...]:
    """The ids of the updates that are being dealt with here; of an album, all that were gathered.

    They are finished in the transaction that saves what comes of them.
    """
    those = _handled.get()
    return tuple(those.updates) if isinstance(those, Album) else those


def answered() -> bool:
    """Whether the tap that is being dealt with here was answered while it waited."""
    return _answered.get()


class _Answer(contextlib.AbstractAsyncContextManager["_Answer"]):
    """The answer, without a word, to a tap whose turn does not come soon.

    Somebody else's button in a group waits: what its answer says is not for a message that all read.
    """

    def __init__(self, query: CallbackQuery | None) -> None:
        self._given = False
        self._task: asyncio.Task[None] | None = None
        if query and (_private(query) or read(query.data or "")[1] == query.from_user.id):
            self._task = asyncio.create_task(self._give(query))

    def given(self) -> bool:
        """Whether it is given; if it was not by now, it will not be."""
        if self._task and not self._given:
            self._task.cancel()
        return self._given

    async def __aexit__(self, *_: object) -> None:
        self.given()
        if self._task:
            await asyncio.wait((self._task,))

    async def _give(self, query: CallbackQuery) -> None:
        await asyncio.sleep(PROMPT)
        self._given = True
        try:
            await query.answer()
        except TelegramError as error:
            log.info("a tap could not be answered in time (%s)", type(error).__name__)


def _private(query: CallbackQuery) -> bool:
    return query.message is not None and query.message.chat.id == query.from_user.id


class ChatOrderedProcessor(BaseUpdateProcessor):
    """Deals with each chat's updates in their order, and tells the inbox when one is over.

    One that is cut short, because the bot stops, stays in the inbox for the next start.
    """

    def __init__(self, inbox: Inbox, albums: Albums, at_once: int = AT_ONCE) -> None:
        super().__init__(_UNLIMITED)
        self._inbox = inbox
        self._albums = albums
        self._locks = ChatLocks()
        self._room = asyncio.Semaphore(at_once)
        self._one_by_one = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def initialize(self) -> None:
        """Nothing to do."""

    async def shutdown(self) -> None:
        """Nothing to do."""

    async def stop(self, grace: float = GRACE) -> None:
        """Begin nothing more; what is under way after ``grace`` seconds is cut short.

        To be called when no more updates are fetched, before the application stops: that waits for all of
        them, and a handler may wait for a database that is away.
        """
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=grace)
            for task in late:
                task.cancel()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Deal with one update when its turn has come."""
        if not isinstance(update, Update):  # the library lets programs queue anything
            await coroutine
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        self._tasks.add(task)
        began = time.monotonic()
        done: set[int] = set()
        settled.set(done)
        try:
            if await self._deal(update, coroutine):
                if update.update_id not in done:
                    await self._inbox.done(update.update_id)
                UPDATE_SECONDS.observe(time.monotonic() - began)
        finally:
            self._inbox.let_go([update.update_id])
            self._tasks.discard(task)
            if inspect.iscoroutine(coroutine):
                coroutine.close()  # Python complains of one that was never begun

    async def _deal(self, update: Update, coroutine: Awaitable[Any]) -> bool:
        """Whether the update was dealt with. An album is one affair: its first message's handler has it."""
        message = update.message
        if message is None or not message.media_group_id:
            return await self._handle(update, coroutine, (update.update_id,))
        # Joined before its turn: the first one may have to wait for its chat, and none may be missing then.
        album, first = self._albums.join(message, update.update_id)
        if not first:
            await album.over.wait()
            return album.dealt_with
        try:
            album.dealt_with = await self._handle(update, coroutine, album)
            return album.dealt_with
        finally:
            self._albums.close(album)

    async def _handle(
        self, update: Update, coroutine: Awaitable[Any], handling: tuple[int, ...] | Album
    ) -> bool:
        """Run the handlers in the chat's order; False if the bot stops first or the chat is another's."""
        number = update.update_id
        async with _Answer(update.callback_query) as answer, self._in_turn(update), self._room:
            if self._stopping or not self._inbox.holds(number):
                return False
            _answered.set(answer.given())
            await self._inbox.begin(number)
            token = _handled.set(handling)
            try:
                await coroutine
            except asyncio.CancelledError:
                with contextlib.suppress(Exception):  # the database may be why there was no time left
                    await self._inbox.put_back(number)
                raise
            except Exception:  # the library has its own handlers for errors; this is what they raise
                log.exception("update %d: its handling broke", number)
            finally:
                _handled.reset(token)
            return True

    @contextlib.asynccontextmanager
    async def _in_turn(self, update: Update) -> AsyncIterator[None]:
        """Wait for the chat. What may have ended an earlier process is alone then, to take the blame."""
        async with contextlib.AsyncExitStack() as turn:
            if chat := update.effective_chat:
                await turn.enter_async_context(self._locks.of(chat.id))
            if self._inbox.suspect(update.update_id):
                await turn.enter_async_context(self._one_by_one)
            yield


class ChatLocks:
    """One lock a chat, which lives as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, chat: int) -> asyncio.Lock:
        """Give the chat's lock."""
        return self._locks.setdefault(chat, asyncio.Lock())
