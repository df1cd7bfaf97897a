"""Tells the open pages, and whoever waits in a test, what has just happened."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from bot.playground.types import Json

MAX_BACKLOG = 1_000  # events; a page that is further behind is cut off, reconnects and gets a snapshot
T = TypeVar("T")


class Event(NamedTuple):
    id: int
    name: str
    data: Json
    chat: int | None = None  # None: it concerns every chat


Subscriber = asyncio.Queue[Event | None]  # None: the stream is over


class Events:
    def __init__(self) -> None:
        self._subscribers: defaultdict[int, set[Subscriber]] = defaultdict(set)
        # Starts above the last run's ids, so that they grow across a restart too.
        self._last_id = time.time_ns() // 1_000_000
        self._waiters: set[asyncio.Future[None]] = set()

    @contextmanager
    def subscribe(self, *chats: int) -> Iterator[Subscriber]:
        """What happens in any of these chats, in one queue."""
        subscriber: Subscriber = asyncio.Queue()
        for chat in chats:
            self._subscribers[chat].add(subscriber)
        try:
            yield subscriber
        finally:
            self._drop(subscriber)

    def event(self, name: str, data: Json, chat: int | None = None) -> Event:
        self._last_id += 1
        return Event(self._last_id, name, data, chat)

    def publish(self, chat: int, name: str, data: Json) -> None:
        self._put(self._subscribers.get(chat, set()), self.event(name, data, chat))

    def broadcast(self, name: str, data: Json) -> None:
        self._put(set().union(*self._subscribers.values()), self.event(name, data))

    def close(self) -> None:
        for subscriber in set().union(*self._subscribers.values()):
            subscriber.put_nowait(None)

    def changed(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, predicate: Callable[[], T], timeout: float | None) -> T:  # noqa: ASYNC109
        """The predicate's first true value; it is asked again whenever something changes, never by the clock.

        Raises:
            TimeoutError: it did not become true in `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while not (value := predicate()):
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
        return value

    def _put(self, subscribers: set[Subscriber], event: Event) -> None:
        for subscriber in list(subscribers):
            subscriber.put_nowait(event)
            if subscriber.qsize() > MAX_BACKLOG:
                self._drop(subscriber)
                subscriber.put_nowait(None)
        self.changed()

    def _drop(self, subscriber: Subscriber) -> None:
        for chat, subscribers in list(self._subscribers.items()):
            subscribers.discard(subscriber)
            if not subscribers:
                del self._subscribers[chat]
