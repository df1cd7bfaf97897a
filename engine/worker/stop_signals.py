"""Requests to stop a worker, and waits that end with one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set ``stop`` at SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)


def stop_with_parent(stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input closes: the pipe of a killed parent does."""
    loop = asyncio.get_running_loop()
    stdin = sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            stop.set()

    try:
        loop.add_reader(stdin, read)
    except PermissionError:  # a file or nothing, not a parent's pipe
        stop.set()


async def sleep(stop: asyncio.Event, seconds: float) -> None:
    """Wait for ``seconds``, or until ``stop``."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def unless_stopped(stop: asyncio.Event, call: Awaitable[T]) -> T | None:
    """Return the result of ``call``, or None if ``stop`` comes first, which cancels the call.

    The end of a cancelled call is not waited for: a transaction completes, if the database answers.
    """
    calling = asyncio.ensure_future(call)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((calling, stopping), return_when=asyncio.FIRST_COMPLETED)
        return calling.result() if calling.done() else None
    finally:
        for task in (calling, stopping):
            task.cancel()
