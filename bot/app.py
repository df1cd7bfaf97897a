"""The bot's process: compose its parts, start them in order, and stop them in the reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, Update
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter

from bot.chat.account import Accounts
from bot.chat.admin import Admin
from bot.chat.bot_profile import publish_profile
from bot.chat.dispatcher import Dispatcher
from bot.chat.downloads import Downloads
from bot.chat.inline import Inline
from bot.chat.job_actions import DoubleTaps, JobActions
from bot.chat.orders import Orders
from bot.chat.reports import Reports
from bot.chat.samples import Samples
from bot.delivery.deliveries import Deliveries
from bot.ops import broadcast, housekeeping, http_server, style_refresh, worker_process
from bot.ops.http_server import DatabaseMetrics, Health
from bot.playground import HOST, FloodLimits, Telegram, serve
from bot.settings import TOKEN_MALFORMED, TOKEN_PATTERN, Settings
from bot.storage import tables
from bot.storage.claims import Claims, claims_for, sqlite_lock
from bot.storage.inbox import Inbox
from bot.storage.people import People
from bot.storage.refusals import Refusals
from bot.storage.sessions import Sessions
from bot.transport.capabilities import Capabilities
from bot.transport.errors import reason
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates import handlers, intake, webhook
from bot.updates.intake import InboxBot
from bot.updates.polling_errors import PollingErrors
from bot.updates.processor import ChatOrderedProcessor
from bot.updates.restriction import Restriction
from bot.updates.webhook import WebhookAddress, WebhookReceiver
from engine.errors import AtelierError
from engine.host_errors import make_data_folder, port_fault
from engine.queue import Queue, create_schema, open_database, persist, watch_file
from engine.queue.admin import QueueAdmin
from engine.styles.catalogue import Catalogue, open_catalogue

log = logging.getLogger(__name__)

ALLOWED_UPDATES = [
    *(Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY),
    *(Update.MY_CHAT_MEMBER, Update.INLINE_QUERY, Update.GUEST_MESSAGE),
]
"""The kinds of updates that the bot asks for."""
TOKEN_REFUSED = "Telegram refuses BOT_TOKEN. Ask @BotFather for the right one."  # noqa: S105 - a message
RECONNECT_INTERVAL = 5.0
"""Seconds between two attempts to reach the Bot API at the start."""


class SettingsError(AtelierError):
    """A setting keeps the bot from starting."""

    code = "setting-invalid"


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Run the bot for a block; give the address of its chat.

    When a background task fails that the bot cannot do without, the task that runs the bot is cancelled.

    Raises:
        SettingsError: the token or the webhook's URL is refused, or a port is taken.
        DatabaseInUseError: another bot uses this SQLite database.
    """
    async with AsyncExitStack() as stack:
        make_data_folder(settings.data_dir)
        catalogue = await asyncio.to_thread(open_catalogue, settings.data_dir, famous=settings.famous)
        database = _open_database(stack, settings)
        api = await _bot_api(stack, settings)
        parts = _Parts.of(settings, database, api)
        stack.push_async_callback(parts.bot.request.shutdown)

        await _start_http_server(stack, parts)
        await _create_tables(database)
        await stack.enter_async_context(_background(watch_file(database)))
        await _start_claims(stack, parts.claims)
        await _connect(stack, parts)
        await _start_handling(stack, parts)
        await stack.enter_async_context(parts.health.serving())
        await _start_receiving(stack, parts)

        address = api.url if api.is_playground else f"https://t.me/{parts.bot.username}"
        contact = "" if api.is_playground else address
        for task in _background_tasks(parts, catalogue, contact):
            await stack.enter_async_context(_background(task))
        yield address


# Composition


@dataclass(frozen=True, slots=True)
class _BotApi:
    """The Bot API server that the bot uses."""

    token: str
    url: str
    is_playground: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of the bot. None of them runs yet when they are made."""

    settings: Settings
    connection: ApiConnection
    claims: Claims
    inbox: Inbox
    bot: InboxBot
    webhook_address: WebhookAddress | None
    """None if the bot polls for updates."""
    queue: Queue
    queue_admin: QueueAdmin
    people: People
    refusals: Refusals
    sessions: Sessions
    capabilities: Capabilities
    deliveries: Deliveries
    application: handlers.App
    samples: Samples
    health: Health

    @classmethod
    def of(cls, settings: Settings, database: AsyncEngine, api: _BotApi) -> _Parts:
        """Return the parts, wired to each other."""
        rate_limiter, connection = RateLimiter(), ApiConnection()
        claims = claims_for(database, settings.lease_seconds, rate_limiter.share)
        inbox = Inbox(database, claims)
        bot = intake.make_bot(inbox, api.token, api.url, connection, rate_limiter)
        url, secret = settings.bot_webhook_url, settings.bot_webhook_secret.get_secret_value()
        webhook_address = WebhookAddress.of(url, secret, api.token) if url else None
        queue, queue_admin = Queue(database, settings.limits), QueueAdmin(database)
        people, refusals, capabilities = People(database), Refusals(database), Capabilities()
        deliveries = Deliveries(bot, queue, capabilities, claims, refusals, settings.serves_private)
        sessions = Sessions(database)
        orders = Orders(settings, queue, Downloads(local=settings.bot_api_local))
        samples = Samples(queue, sessions, orders.downloads, settings.samples)
        reports = Reports(queue, settings.bot_admins, sessions.language)
        dispatcher = Dispatcher(
            queue,
            sessions,
            people,
            orders,
            Accounts(queue, people, orders),
            JobActions(queue, orders, DoubleTaps(), capabilities, reports),
            Admin(settings.bot_admins, queue_admin, people, reports, refusals),
            refusals,
            capabilities,
            samples,
        )
        return cls(
            settings,
            connection,
            claims,
            inbox,
            bot,
            webhook_address,
            queue,
            queue_admin,
            people,
            refusals,
            sessions,
            capabilities,
            deliveries,
            handlers.build(
                dispatcher,
                Inline(queue, people, sessions, invites=not settings.bot_chats),
                bot,
                inbox,
                Restriction(settings.bot_chats, settings.bot_admins, refusals),
            ),
            samples,
            Health(database, bot, connection, webhook_address),
        )


def _background_tasks(parts: _Parts, catalogue: Catalogue, contact: str) -> list[Coroutine[Any, Any, None]]:
    settings, claims = parts.settings, parts.claims
    tasks = [
        style_refresh.run(catalogue, settings, contact),
        parts.deliveries.run(),
        publish_profile(parts.bot, settings.bot_admins, parts.sessions.language, parts.capabilities),
        broadcast.run(parts.bot, parts.people, claims),
        housekeeping.run(
            *(parts.queue, parts.inbox, parts.people, parts.sessions, parts.refusals),
            *(settings.result_ttl, claims),
        ),
    ]
    if settings.engine == "embedded":
        tasks.append(worker_process.run(settings))
    return tasks


# The start, step by step


def _open_database(stack: AsyncExitStack, settings: Settings) -> AsyncEngine:
    database = open_database(settings.database)
    stack.push_async_callback(database.dispose)
    stack.enter_context(sqlite_lock(database))
    return database


async def _bot_api(stack: AsyncExitStack, settings: Settings) -> _BotApi:
    """Return Telegram's Bot API server, or one's own; without a token start the playground."""
    if token := settings.bot_token.get_secret_value():
        if not re.fullmatch(TOKEN_PATTERN, token):
            raise SettingsError(TOKEN_MALFORMED)
        return _BotApi(token, settings.bot_api_url.rstrip("/"), is_playground=False)
    telegram = Telegram(settings.data_dir / "playground", flood=FloodLimits())
    stack.callback(telegram.close)
    try:
        server = await serve(telegram, settings.playground_port)
    except OSError as error:
        fault = port_fault(error, HOST, settings.playground_port, "PLAYGROUND_PORT")
        raise SettingsError(" ".join(fault)) from error
    stack.push_async_callback(server.close)
    return _BotApi(telegram.token, server.url, is_playground=True)


async def _start_http_server(stack: AsyncExitStack, parts: _Parts) -> None:
    """Start the bot's own HTTP server, if it has a port: first, for the next steps may have to wait."""
    host, port = parts.settings.bot_listen, parts.settings.bot_port
    if not port:
        return
    database_metrics = DatabaseMetrics(parts.queue_admin, parts.inbox, parts.claims)
    receiver = WebhookReceiver(parts.webhook_address, parts.inbox) if parts.webhook_address else None
    app = http_server.init_app(parts.health, database_metrics, receiver)
    try:
        await stack.enter_async_context(http_server.serving(app, host, port))
    except OSError as error:
        fault = port_fault(error, host, port, "BOT_PORT", "BOT_LISTEN", needed=receiver is not None)
        raise SettingsError(" ".join(fault)) from error


async def _create_tables(database: AsyncEngine) -> None:
    """Create the tables, once the database is available."""
    await persist(lambda: create_schema(database), "creating the tables")
    await persist(lambda: tables.create(database), "creating the tables")


async def _start_claims(stack: AsyncExitStack, claims: Claims) -> None:
    await claims.start()
    stack.push_async_callback(claims.close)
    await stack.enter_async_context(_background(claims.run()))


async def _connect(stack: AsyncExitStack, parts: _Parts) -> None:
    """Make the first call to the Bot API, once it can be reached; from then on watch the token."""
    await stack.enter_async_context(_background(_watch_token(parts.connection)))
    try:
        await _retry(parts.application.initialize)
    except InvalidToken as error:
        raise SettingsError(TOKEN_REFUSED) from error


async def _start_handling(stack: AsyncExitStack, parts: _Parts) -> None:
    """Handle what is in the inbox."""
    application = parts.application
    stack.push_async_callback(parts.samples.close)
    stack.push_async_callback(application.shutdown)
    await application.start()
    stack.push_async_callback(application.stop)
    assert isinstance(application.update_processor, ChatOrderedProcessor)  # noqa: S101 - build() makes one
    stack.push_async_callback(application.update_processor.stop)
    on_discarded = partial(handlers.apologise, parts.bot, key="put-aside", sessions=parts.sessions)
    forward = intake.forward(parts.inbox, parts.bot, application.update_queue, on_discarded)
    await stack.enter_async_context(_background(forward))


async def _start_receiving(stack: AsyncExitStack, parts: _Parts) -> None:
    """Set the webhook, or poll for updates."""
    if parts.webhook_address:
        await _set_webhook(parts.bot, parts.webhook_address)
        return
    assert parts.application.updater is not None  # noqa: S101 - build() makes one
    await parts.application.updater.start_polling(
        bootstrap_retries=-1, allowed_updates=ALLOWED_UPDATES, error_callback=PollingErrors().log
    )
    stack.push_async_callback(parts.application.updater.stop)


async def _set_webhook(bot: Bot, webhook_address: WebhookAddress) -> None:
    """Tell Telegram the webhook; every replica tells the same. Polling deletes it by itself."""
    call = partial(
        bot.set_webhook,
        webhook_address.url,
        secret_token=webhook_address.secret,
        allowed_updates=ALLOWED_UPDATES,
        max_connections=webhook.MAX_CONNECTIONS,
    )
    try:
        await _retry(call)
    except BadRequest as error:
        raise SettingsError(f"Telegram refuses BOT_WEBHOOK_URL: {error}.") from error


async def _retry(call: Callable[[], Awaitable[object]]) -> None:
    """Make a call until the Bot API answers it."""
    said = ""
    while True:
        try:
            await call()
        except BadRequest:
            raise
        except (NetworkError, RetryAfter) as error:
            if (why := reason(error)) != said:
                log.warning(
                    "The Bot API is out of reach (%s); trying again every %.0f s.", why, RECONNECT_INTERVAL
                )
            said = why
            await asyncio.sleep(RECONNECT_INTERVAL)
        else:
            return


# Background tasks


async def _watch_token(connection: ApiConnection) -> None:
    """Fail when the token is revoked, or else the bot would run on without getting any update."""
    await connection.revoked.wait()
    raise SettingsError(TOKEN_REFUSED)


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a task during a block. If it fails, cancel the bot: half a bot would lose paintings."""
    runner = asyncio.current_task()
    task = asyncio.create_task(work)

    def on_done(_: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, AtelierError):
                log.critical("%s Closing.", error)
            else:
                log.critical("%s failed; closing.", task.get_coro(), exc_info=error)
            if runner:
                runner.cancel()

    task.add_done_callback(on_done)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
