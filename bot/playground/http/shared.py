"""Application keys, and tasks that outlive the request that started them."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import web

from bot.i18n import Texts, accepted
from bot.playground.people.actions import People
from bot.playground.state.telegram import Telegram

T = TypeVar("T")


class RunningTasks(set[asyncio.Future[Any]]):
    """Tasks that no request cancels."""


TELEGRAM = web.AppKey("telegram", Telegram)
"""The server's state."""
PEOPLE = web.AppKey("people", People)
"""The users' actions."""
RUNNING = web.AppKey("running", RunningTasks)
"""The tasks that must end before the state is closed."""
FINISH_TIMEOUT = 2.0
"""Seconds that running tasks have at the end."""


def texts_of(request: web.Request) -> Texts:
    """Return the texts in the browser's language."""
    return accepted(request.headers.get("Accept-Language", ""))


async def finish_detached(request: web.Request, work: Awaitable[T]) -> T:
    """Return the result of the work, which goes on even when the client disconnects before the answer."""
    task = asyncio.ensure_future(work)
    running = request.app[RUNNING]
    running.add(task)

    def ended(_: object) -> None:
        running.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved, even when no request awaits it any more

    task.add_done_callback(ended)
    return await asyncio.shield(task)


async def wait_for_running(app: web.Application) -> None:
    """Wait for running tasks before the state is closed, and cancel those that are late."""
    running = app[RUNNING]
    if running:
        _, late = await asyncio.wait(set(running), timeout=FINISH_TIMEOUT)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
