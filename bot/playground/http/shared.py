"""What the handlers of the application share."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from aiohttp import web

from bot.playground.state.telegram import Playground

T = TypeVar("T")


class Running(set[asyncio.Future[Any]]):
    """The tasks that nobody may cut short."""


PLAYGROUND = web.AppKey("playground", Playground)
RUNNING = web.AppKey("running", Running)
PATIENCE = 2.0  # seconds for what still runs at the end


async def to_the_end(request: web.Request, work: Awaitable[T]) -> T:
    """What somebody asked for happens, even when they hang up before the answer."""
    task = asyncio.ensure_future(work)
    running = request.app[RUNNING]
    running.add(task)

    def ended(_: object) -> None:
        running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, even when nobody waits for it any more

    task.add_done_callback(ended)
    return await asyncio.shield(task)


async def finish(app: web.Application) -> None:
    """Lets it end before the playground is closed."""
    running = app[RUNNING]
    if running:
        _, late = await asyncio.wait(set(running), timeout=PATIENCE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
