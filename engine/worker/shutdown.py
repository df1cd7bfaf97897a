"""Stop a worker on signals, or when its parent ends; wait until then."""

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
    """Stop at SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)


def stop_with_parent(stop: asyncio.Event) -> None:
    """Stop when standard input closes: a parent that is killed cannot say goodbye, but its pipe closes."""
    loop = asyncio.get_running_loop()
    stdin = sys.stdin.fileno()

    def look() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            stop.set()

    try:
        loop.add_reader(stdin, look)
    except PermissionError:  # a file, or nothing at all: no parent holds a pipe
        stop.set()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until the stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def unless(stop: asyncio.Event, call: Awaitable[T]) -> T | None:
    """Give what a call returns; None if the stop comes first, which then cancels the call."""
    calling = asyncio.ensure_future(call)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((calling, stopping), return_when=asyncio.FIRST_COMPLETED)
        return calling.result() if calling.done() else None
    finally:
        for task in (calling, stopping):
            task.cancel()
        await asyncio.gather(calling, stopping, return_exceptions=True)
