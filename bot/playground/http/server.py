"""One aiohttp application for the bot, the page and the tests, and its server on loopback."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.playground.http import bot_api, guard, page, page_api
from bot.playground.http.shared import PEOPLE, RUNNING, TELEGRAM, RunningTasks, wait_for_running
from bot.playground.people.actions import People
from bot.playground.state.telegram import Telegram

MAX_REQUEST_BYTES = 60 * 1024 * 1024
"""Bytes of a request's body."""
HOST = "127.0.0.1"
"""Address of loopback: no other machine reaches the server."""
SHUTDOWN_TIMEOUT = 2.0
"""Seconds that open requests have at the end."""


def init_app(telegram: Telegram) -> web.Application:
    """Return the application for a server's state; the caller closes the state."""
    app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[guard.guard, page_api.json_errors])
    app[TELEGRAM] = telegram
    app[PEOPLE] = People(telegram)
    app[RUNNING] = RunningTasks()
    app.on_response_prepare.append(guard.add_headers)
    app.on_startup.append(_start)
    app.on_shutdown.append(_stop)
    app.on_cleanup.append(wait_for_running)
    bot_api.add_routes(app)
    page_api.add_routes(app)
    page.add_routes(app)
    return app


@dataclass
class Server:
    """A server that listens; `async with await serve(…) as server` closes it at the end."""

    telegram: Telegram
    port: int
    runner: web.AppRunner

    @property
    def url(self) -> str:
        """URL of the page."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """URL of the Bot API for python-telegram-bot, which appends the token."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """URL of downloads for python-telegram-bot, which appends the token."""
        return f"{self.url}/file/bot"

    async def close(self) -> None:
        """Stop listening."""
        await self.runner.cleanup()

    async def __aenter__(self) -> Self:
        """Return the server."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self.close()


async def serve(telegram: Telegram, port: int = 0) -> Server:
    """Listen on loopback; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    runner = web.AppRunner(
        init_app(telegram),
        access_log=None,  # its lines would hold the token
        handler_cancellation=True,  # a poll or a stream ends when its client disconnects
        shutdown_timeout=SHUTDOWN_TIMEOUT,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    bound: int = runner.addresses[0][1]
    return Server(telegram, bound, runner)


async def _start(app: web.Application) -> None:
    app[TELEGRAM].webhook.start()


async def _stop(app: web.Application) -> None:
    """End polls and streams, so that a shutdown does not wait for them."""
    telegram = app[TELEGRAM]
    telegram.webhook.stop()
    telegram.updates.abort()
    telegram.events.close()
