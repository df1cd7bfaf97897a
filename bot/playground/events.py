"""Tells the open pages, and whoever waits in a test, what has just happened."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from bot.playground.store import Json

MAX_BACKLOG = 1_000  # events; a page that is further behind is cut off, reconnects and gets a snapshot
T = TypeVar("T")


class Event(NamedTuple):
    id: int
    name: str
    data: Json


Subscriber = asyncio.Queue[Event | None]  # None: the stream is over


class Events:
    def __init__(self) -> None:
        self._subscribers: defaultdict[int, set[Subscriber]] = defaultdict(set)
        # Starts above the last run's ids, so that they grow across a restart too.
        self._last_id = time.time_ns() // 1_000_000
        self._waiters: set[asyncio.Future[None]] = set()

    @contextmanager
    def subscribe(self, chat: int) -> Iterator[Subscriber]:
        subscriber: Subscriber = asyncio.Queue()
        self._subscribers[chat].add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers[chat].discard(subscriber)

    def event(self, name: str, data: Json) -> Event:
        self._last_id += 1
        return Event(self._last_id, name, data)

    def publish(self, chat: int, name: str, data: Json) -> None:
        event = self.event(name, data)
        for subscriber in list(self._subscribers[chat]):
            self._put(chat, subscriber, event)
        self.changed()

    def broadcast(self, name: str, data: Json) -> None:
        for chat in list(self._subscribers):
            self.publish(chat, name, data)

    def close(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
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

    def _put(self, chat: int, subscriber: Subscriber, event: Event) -> None:
        subscriber.put_nowait(event)
        if subscriber.qsize() > MAX_BACKLOG:
            self._subscribers[chat].discard(subscriber)
            subscriber.put_nowait(None)
