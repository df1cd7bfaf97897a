"""Waiting for something, and no longer than so long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Give what ``work`` gives; when that takes too long, cancel it and go on without waiting for its end.

    ``asyncio.timeout`` waits for it, and a transaction with a database that fell silent ends after a minute.

    Raises:
        TimeoutError: it took too long.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait((task,), timeout=seconds)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        task.add_done_callback(_seen)
        task.cancel()


def _seen(task: asyncio.Task[Any]) -> None:
    """Look at an error that nobody waits for any more, so that asyncio does not complain."""
    if not task.cancelled():
        task.exception()
