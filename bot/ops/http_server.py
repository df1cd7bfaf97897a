"""The bot's own HTTP server: the webhook, health and metrics."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot
from telegram.error import TelegramError

from bot import metrics
from bot.metrics import WEBHOOK_REQUESTS
from bot.settings import OWN_PATHS
from bot.storage.claims import Claims
from bot.storage.inbox import Inbox
from bot.timeouts import within
from bot.transport.request import ApiConnection
from bot.updates.webhook import MAX_BODY, WebhookAddress, WebhookReceiver
from engine.queue import Condition, read_only
from engine.queue.admin import QueueAdmin

log = logging.getLogger(__name__)

MAX_ANSWER_AGE: Final = 60.0
"""Seconds for which Telegram's last answer proves that it can be reached."""
CHECK_INTERVAL: Final = 5.0
"""Seconds between two calls of a health check to Telegram."""
CHECK_TIMEOUT: Final = 3.0
"""Seconds that a health check may take."""
SCRAPE_TIMEOUT: Final = 2.0
"""Seconds that a scrape waits for the database."""
HEADER_TIMEOUT: Final = 60.0
"""Seconds that a client has to send a request's line and headers, and that an idle connection stays open."""
SHUTDOWN_TIMEOUT: Final = 5.0
"""Seconds that open requests have to end when the server stops."""


class Health:
    """The bot's readiness: the state of the start, the database, Telegram and the webhook."""

    def __init__(
        self,
        database: AsyncEngine,
        bot: Bot,
        connection: ApiConnection,
        webhook_address: WebhookAddress | None,
    ) -> None:
        self._database = read_only(database)
        self._bot, self._connection, self._webhook_address = bot, connection, webhook_address
        self._checking = asyncio.Lock()
        self._last_check = float("-inf")
        self._webhook_set = False
        self.started = False
        """True while the bot handles updates: at first it waits for the database and for Telegram."""
        self._stopped = False

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Report the bot as started for a block; after it Telegram is not called any more."""
        self.started = True
        try:
            yield
        finally:
            self.started = False
            async with self._checking:
                self._stopped = True

    async def report(self) -> dict[str, bool]:
        """Return each condition of readiness, and whether it is met."""
        database, _ = await asyncio.gather(self._check_database(), self._check_telegram())
        report = {"started": self.started, "database": database, "telegram": self._telegram_answers()}
        return report if self._webhook_address is None else report | {"webhook": self._webhook_set}

    def _telegram_answers(self) -> bool:
        return time.monotonic() - self._connection.last_answer < MAX_ANSWER_AGE

    async def _check_database(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT), self._database.connect() as connection:
                return bool(await connection.scalar(select(1)))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False

    async def _check_telegram(self) -> None:
        """Ask Telegram for the webhook, if the last answers of both are old."""
        async with self._checking:
            if self._stopped:
                return
            now = time.monotonic()
            known = self._webhook_set if self._webhook_address else self._telegram_answers()
            interval = MAX_ANSWER_AGE / 2 if known else CHECK_INTERVAL
            if now - self._last_check < interval or (known and not self._webhook_address):
                return
            self._last_check = now
            try:
                async with asyncio.timeout(CHECK_TIMEOUT):
                    info = await self._bot.get_webhook_info()
                self._webhook_set = (
                    self._webhook_address is not None and info.url == self._webhook_address.url
                )
            except (TelegramError, TimeoutError) as error:
                log.info("the state of the webhook is unknown (%s)", type(error).__name__)


def init_app(
    health: Health, database_metrics: DatabaseMetrics, receiver: WebhookReceiver | None
) -> web.Application:
    """Return the application of the server's paths; without a receiver there is no webhook."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")  # an answer shows that the event loop runs

    async def readyz(_: web.Request) -> web.Response:
        report = await health.report()
        return web.json_response(report, status=200 if all(report.values()) else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await database_metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=MAX_BODY)
    for own, handler in zip(OWN_PATHS, (healthz, readyz, metrics), strict=True):
        app.router.add_get(own, handler)
    if receiver:

        async def webhook(request: web.Request) -> web.Response:
            if health.started:
                return await receiver.receive(request)
            WEBHOOK_REQUESTS.labels(HTTPStatus.SERVICE_UNAVAILABLE.value).inc()
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)  # Telegram sends it again

        app.router.add_post(receiver.path, webhook)
    return app


@contextlib.asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve the application for a block.

    Raises:
        OSError: the port is taken, or the host is not an address of this machine.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=HEADER_TIMEOUT,  # from a connection's beginning on
        shutdown_timeout=SHUTDOWN_TIMEOUT,
        logger=_server_log(),
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def _server_log() -> logging.Logger:
    """Return the log of the server, without the requests that are no HTTP: strangers must not fill it."""
    server_log = logging.getLogger(f"{__name__}.server")
    server_log.addFilter(_is_ours)
    return server_log


def _is_ours(record: logging.LogRecord) -> bool:
    """Return whether a line is about a fault of the program's, and not about a malformed request."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


class DatabaseMetrics:
    """The metrics of the process, and those that are read from the database at each scrape."""

    def __init__(self, queue_admin: QueueAdmin, inbox: Inbox, claims: Claims) -> None:
        self._queue_admin, self._inbox, self._claims = queue_admin, inbox, claims

    async def text(self) -> bytes:
        """Return all metrics in Prometheus's format, without the database's while it is unavailable."""
        try:
            await within(SCRAPE_TIMEOUT, self._read())
            metrics.DATABASE_UP.set(1)
        except (SQLAlchemyError, OSError, TimeoutError):
            metrics.DATABASE_UP.set(0)
            for gauge in (
                metrics.UPDATES_WAITING,
                metrics.OLDEST_JOB,
                metrics.LOST_JOBS,
                metrics.QUEUE_PAUSED,
            ):
                gauge.set(float("nan"))
            metrics.JOBS.clear()
            metrics.WORKERS.clear()
        metrics.REPLICAS.set(self._claims.replicas)
        return generate_latest(metrics.REGISTRY)

    async def _read(self) -> None:
        health = await self._queue_admin.health()
        metrics.UPDATES_WAITING.set(await self._inbox.count())
        for state in ("queued", "running", "undelivered"):
            metrics.JOBS.labels(state).set(getattr(health, state))
        metrics.OLDEST_JOB.set(health.waiting)
        metrics.LOST_JOBS.set(health.expired)
        metrics.QUEUE_PAUSED.set(health.paused)
        for condition in Condition:
            if condition is not Condition.RETIRED:
                metrics.WORKERS.labels(condition).set(sum(each.state is condition for each in health.workers))
