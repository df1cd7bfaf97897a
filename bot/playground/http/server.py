"""Puts it together: one aiohttp application for the bot, the page and the tests."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.playground.http import bot_api, guard, page_api
from bot.playground.http.shared import PLAYGROUND, RUNNING, Running, finish
from bot.playground.state.telegram import Playground

STATIC = Path(__file__).parent.parent / "static"
MAX_REQUEST_BYTES = 60 * 1024 * 1024
HOST = "127.0.0.1"  # never anything that another machine could reach
SHUTDOWN = 2.0  # seconds that open requests get


def init_app(playground: Playground) -> web.Application:
    """The application for one playground; whoever made the playground closes it."""
    app = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=[guard.guard, page_api.sentences])
    app[PLAYGROUND] = playground
    app[RUNNING] = Running()
    app.on_response_prepare.append(guard.add_headers)
    app.on_startup.append(_start)
    app.on_shutdown.append(_stop)
    app.on_cleanup.append(finish)
    bot_api.add_routes(app)
    page_api.add_routes(app)
    app.router.add_get("/", index)
    app.router.add_static("/static", STATIC)
    return app


async def index(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html")


@dataclass
class Server:
    """A playground that listens. `async with await serve(…) as server` closes it at the end."""

    playground: Playground
    port: int
    runner: web.AppRunner

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """For python-telegram-bot, which appends the token."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    async def close(self) -> None:
        await self.runner.cleanup()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def serve(playground: Playground, port: int = 0) -> Server:
    """Listens on loopback; port 0 takes a free one.

    Raises:
        OSError: somebody else has the port.
    """
    runner = web.AppRunner(
        init_app(playground),
        access_log=None,  # its lines would hold the token
        handler_cancellation=True,  # a poll or a stream ends when the other side has left
        shutdown_timeout=SHUTDOWN,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    bound: int = runner.addresses[0][1]
    return Server(playground, bound, runner)


async def _start(app: web.Application) -> None:
    app[PLAYGROUND].webhook.start()


async def _stop(app: web.Application) -> None:
    """Ends polls and streams, so that a stop does not wait for them."""
    playground = app[PLAYGROUND]
    playground.webhook.stop()
    playground.updates.abort()
    playground.events.close()
