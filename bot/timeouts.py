"""A timeout that does not wait for the end of what it cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of ``work``; after ``seconds`` cancel it and do not wait for its end.

    ``asyncio.timeout`` waits, and a transaction ends only a minute after its database stopped answering.

    Raises:
        TimeoutError: the work took longer.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait((task,), timeout=seconds)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        task.add_done_callback(_retrieve)
        task.cancel()


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Retrieve an error that nothing waits for any more, or else asyncio would log it."""
    if not task.cancelled():
        task.exception()
