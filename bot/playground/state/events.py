"""Events for the open pages, and a condition that tests wait on."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from bot.playground.types import Json

MAX_BACKLOG = 1_000
"""Events that a page may lag behind; beyond that its stream ends, and it reconnects for a snapshot."""
T = TypeVar("T")


class Event(NamedTuple):
    """Something that happened in a chat."""

    id: int
    name: str
    data: Json
    chat: int | None = None
    """None: it concerns every chat."""


Subscriber = asyncio.Queue[Event | None]
"""Events for one page; None ends its stream."""


class Events:
    """Publishes events to subscribers, and wakes waiters at every change."""

    def __init__(self) -> None:
        """Start without subscribers."""
        self._subscribers: defaultdict[int, set[Subscriber]] = defaultdict(set)
        # Starts above the last run's ids, so that they grow across a restart too.
        self._last_id = time.time_ns() // 1_000_000
        self._waiters: set[asyncio.Future[None]] = set()

    @contextmanager
    def subscribe(self, *chats: int) -> Iterator[Subscriber]:
        """Give a queue of the events of all these chats."""
        subscriber: Subscriber = asyncio.Queue()
        for chat in chats:
            self._subscribers[chat].add(subscriber)
        try:
            yield subscriber
        finally:
            self._drop(subscriber)

    def event(self, name: str, data: Json, chat: int | None = None) -> Event:
        """Return a new event, with the next id."""
        self._last_id += 1
        return Event(self._last_id, name, data, chat)

    def publish(self, chat: int, name: str, data: Json) -> None:
        """Send an event to the subscribers of a chat."""
        self._put(self._subscribers.get(chat, set()), self.event(name, data, chat))

    def broadcast(self, name: str, data: Json) -> None:
        """Send an event to all subscribers."""
        self._put(set().union(*self._subscribers.values()), self.event(name, data))

    def close(self) -> None:
        """End all streams."""
        for subscriber in set().union(*self._subscribers.values()):
            subscriber.put_nowait(None)

    def changed(self) -> None:
        """Wake all waiters, to evaluate their predicates again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, predicate: Callable[[], T], timeout: float | None) -> T:  # noqa: ASYNC109
        """Return the predicate's first true value; it is evaluated at every change, never by the clock.

        Raises:
            TimeoutError: it did not become true within `timeout` seconds.
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
