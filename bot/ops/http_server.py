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

LATELY: Final = 60.0
"""Seconds that Telegram's last answer counts."""
AGAIN: Final = 5.0
"""Seconds between two times that Telegram is asked because nobody had reason to."""
CHECK_TIMEOUT: Final = 3.0
"""Seconds that a health check may take."""
SCRAPE_TIMEOUT: Final = 2.0
"""Seconds that a scrape waits for the database."""
SHUTDOWN: Final = 5.0
"""Seconds that open requests get."""


class Health:
    """Whether somebody who writes to the bot now would be served."""

    def __init__(
        self,
        database: AsyncEngine,
        bot: Bot,
        connection: ApiConnection,
        webhook_address: WebhookAddress | None,
    ) -> None:
        self._reading, self._bot, self._connection, self._webhook_address = (
            read_only(database),
            bot,
            connection,
            webhook_address,
        )
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self._set = False
        self.started = False
        """Whether the bot is at work: at first it waits for the database and for Telegram."""
        self._over = False

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """The bot is at work in here; afterwards Telegram is not asked any more."""
        self.started = True
        try:
            yield
        finally:
            self.started = False
            async with self._asking:
                self._over = True

    async def report(self) -> dict[str, bool]:
        """Each thing that has to be well, and whether it is."""
        database, _ = await asyncio.gather(self._database(), self._ask())
        telegram = time.monotonic() - self._connection.last_answer < LATELY
        found = {"started": self.started, "database": database, "telegram": telegram}
        return found if self._webhook_address is None else found | {"webhook": self._set}

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT), self._reading.connect() as connection:
                return bool(await connection.scalar(select(1)))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False

    async def _ask(self) -> None:
        """Ask Telegram about the webhook, if nothing was heard of either for a while."""
        async with self._asking:
            if self._over:
                return
            now = time.monotonic()
            known = self._set if self._webhook_address else now - self._connection.last_answer < LATELY
            if now - self._asked < (LATELY / 2 if known else AGAIN) or (known and not self._webhook_address):
                return
            self._asked = now
            try:
                async with asyncio.timeout(CHECK_TIMEOUT):
                    info = await self._bot.get_webhook_info()
                self._set = self._webhook_address is not None and info.url == self._webhook_address.url
            except (TelegramError, TimeoutError) as error:
                log.info("Telegram does not say how the webhook is (%s)", type(error).__name__)


def init_app(
    health: Health, database_metrics: DatabaseMetrics, receiver: WebhookReceiver | None
) -> web.Application:
    """Make the application."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")  # who answers is alive, and so is the event loop

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
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)  # Telegram brings it again

        app.router.add_post(receiver.path, webhook)
    return app


@contextlib.asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Listen.

    Raises:
        OSError: somebody else has the port, or there is no such address here.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


class DatabaseMetrics:
    """Everything that there is to tell."""

    def __init__(self, queue_admin: QueueAdmin, inbox: Inbox, claims: Claims) -> None:
        self._queue_admin, self._inbox, self._claims = queue_admin, inbox, claims

    async def text(self) -> bytes:
        """All of it as Prometheus reads it; the database's part is missing while that is away."""
        try:
            await within(SCRAPE_TIMEOUT, self._read())
            metrics.DATABASE.set(1)
        except (SQLAlchemyError, OSError, TimeoutError):
            metrics.DATABASE.set(0)
            for gauge in (metrics.WAITING, metrics.OLDEST, metrics.LOST, metrics.PAUSED):
                gauge.set(float("nan"))
            metrics.JOBS.clear()
            metrics.WORKERS.clear()
        metrics.BOTS.set(self._claims.replicas)
        return generate_latest(metrics.REGISTRY)

    async def _read(self) -> None:
        health = await self._queue_admin.health()
        metrics.WAITING.set(await self._inbox.count())
        for state in ("queued", "running", "undelivered"):
            metrics.JOBS.labels(state).set(getattr(health, state))
        metrics.OLDEST.set(health.waiting)
        metrics.LOST.set(health.expired)
        metrics.PAUSED.set(health.paused)
        for condition in Condition:
            if condition is not Condition.RETIRED:
                metrics.WORKERS.labels(condition).set(sum(each.state is condition for each in health.workers))
