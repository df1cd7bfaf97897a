"""Everything that runs in the bot's process, started in order and stopped in the reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, Update
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.chat.account import Accounts
from bot.chat.admin import Admin
from bot.chat.bot_profile import introduce
from bot.chat.dispatcher import Dispatcher
from bot.chat.job_actions import DoubleTaps, JobActions
from bot.chat.orders import Orders
from bot.delivery.deliveries import Deliveries
from bot.ops import housekeeping, http_server, style_refresh, worker_process
from bot.ops.broadcast import tell_everybody
from bot.ops.http_server import DatabaseMetrics, Health
from bot.playground import FloodLimits, Telegram, serve
from bot.settings import Settings
from bot.storage import tables
from bot.storage.claims import Claims, claims_for, sole
from bot.storage.inbox import Inbox
from bot.storage.people import People
from bot.storage.sessions import Sessions
from bot.transport.capabilities import Capabilities
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection
from bot.updates import handlers, intake, webhook
from bot.updates.intake import InboxBot, hand_out
from bot.updates.processor import STOPPED, ChatOrderedProcessor
from bot.updates.webhook import WebhookAddress, WebhookReceiver
from engine.errors import AtelierError
from engine.queue import Queue, create_schema, open_database, persist
from engine.queue.admin import QueueAdmin
from engine.styles.catalogue import open_catalogue

log = logging.getLogger(__name__)

UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY, STOPPED]
"""The kinds that the bot asks for."""
REFUSED = "Telegram refuses BOT_TOKEN. Ask @BotFather for the right one."
RECONNECT = 5.0
"""Seconds between two tries to reach the Bot API at the start."""


class SettingsError(AtelierError):
    """A setting keeps the bot from starting."""

    code = "setting-invalid"


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """Run the bot; gives the address where people meet it.

    When a part of it breaks that has to live as long as the bot, the task that runs it is cancelled.

    Raises:
        SettingsError: the token or the webhook's address is refused, or a port is taken.
        NotAloneError: another bot has this SQLite database.
    """
    async with contextlib.AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        catalogue = await asyncio.to_thread(open_catalogue, settings.data_dir, famous=settings.famous)
        database = open_database(settings.database)
        stack.push_async_callback(database.dispose)
        stack.enter_context(sole(database))
        token, api_url = settings.bot_token.get_secret_value(), settings.bot_api_url.rstrip("/")
        at_home = not token
        if at_home:
            token, api_url = await _playground(stack, settings)
        parts = _Parts.of(settings, database, token, api_url)
        stack.push_async_callback(parts.bot.request.shutdown)
        health = await _open_site(stack, parts)

        await _bring_up_to_date(database)
        await _begin_claims(stack, parts.claims)
        queue, people, capabilities = Queue(database, settings.limits), People(database), Capabilities()
        deliveries = Deliveries(parts.bot, queue, capabilities, parts.claims)
        dispatcher = _dispatcher(settings, database, queue, people, capabilities)
        application = handlers.build(dispatcher, deliveries, parts.bot, parts.inbox)
        await stack.enter_async_context(_background(_heed(parts.connection)))
        await _connect(application)
        await _start(stack, application, parts)
        await stack.enter_async_context(health.serving())
        await _listen(stack, application, parts)

        home = api_url if at_home else f"https://t.me/{application.bot.username}"
        contact = "" if at_home else home
        await stack.enter_async_context(_background(style_refresh.run(catalogue, settings, contact)))
        await stack.enter_async_context(_background(deliveries.run()))
        await stack.enter_async_context(_background(_introduce(application.bot, settings)))
        await stack.enter_async_context(_background(tell_everybody(application.bot, people, parts.claims)))
        await stack.enter_async_context(
            _background(housekeeping.run(queue, parts.inbox, settings.result_ttl, parts.claims))
        )
        if settings.engine == "embedded":
            await stack.enter_async_context(_background(worker_process.run(settings)))
        yield home


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the rest is made of; nothing of it is at work yet, and nothing has been waited for."""

    settings: Settings
    database: AsyncEngine
    connection: ApiConnection
    claims: Claims
    inbox: Inbox
    bot: InboxBot
    webhook_address: WebhookAddress | None
    """The webhook; None: the bot asks for updates."""

    @classmethod
    def of(cls, settings: Settings, database: AsyncEngine, token: str, api_url: str) -> _Parts:
        """Make them."""
        rate_limiter, connection = RateLimiter(), ApiConnection()
        claims = claims_for(database, settings.lease_seconds, rate_limiter.share)
        inbox = Inbox(database, claims)
        bot = intake.make_bot(inbox, token, api_url, connection, rate_limiter)
        url, secret = settings.bot_webhook_url, settings.bot_webhook_secret.get_secret_value()
        return cls(
            settings,
            database,
            connection,
            claims,
            inbox,
            bot,
            WebhookAddress.of(url, secret, token) if url else None,
        )


async def _open_site(stack: contextlib.AsyncExitStack, parts: _Parts) -> Health:
    """Open the bot's own HTTP server, if it shall have one; first, for what comes then may have to wait."""
    health = Health(parts.database, parts.bot, parts.connection, parts.webhook_address)
    host, port = parts.settings.bot_listen, parts.settings.bot_port
    if port:
        database_metrics = DatabaseMetrics(QueueAdmin(parts.database), parts.inbox, parts.claims)
        receiver = WebhookReceiver(parts.webhook_address, parts.inbox) if parts.webhook_address else None
        site = http_server.serving(http_server.init_app(health, database_metrics, receiver), host, port)
        try:
            await stack.enter_async_context(site)
        except OSError as error:
            raise SettingsError(
                f"Nothing can listen at {host}:{port}. Set BOT_LISTEN and BOT_PORT to others."
            ) from error
    return health


async def _bring_up_to_date(database: AsyncEngine) -> None:
    """Make the tables what this version needs, whenever the database is there."""
    await persist(lambda: create_schema(database), "opening")
    await persist(lambda: tables.create(database), "opening")


async def _begin_claims(stack: contextlib.AsyncExitStack, claims: Claims) -> None:
    await claims.start()
    stack.push_async_callback(claims.close)
    await stack.enter_async_context(_background(claims.run()))


async def _start(stack: contextlib.AsyncExitStack, application: handlers.App, parts: _Parts) -> None:
    """Begin to deal with what is in the inbox."""
    stack.push_async_callback(application.shutdown)
    await application.start()
    stack.push_async_callback(application.stop)
    assert isinstance(application.update_processor, ChatOrderedProcessor)  # noqa: S101 - build() makes one
    stack.push_async_callback(application.update_processor.stop)
    put_aside = partial(handlers.apologise, parts.bot, key="put-aside")
    await stack.enter_async_context(
        _background(hand_out(parts.inbox, parts.bot, application.update_queue, put_aside))
    )


async def _listen(stack: contextlib.AsyncExitStack, application: handlers.App, parts: _Parts) -> None:
    """Have updates brought, or ask for them."""
    if parts.webhook_address:
        await _hang(parts.bot, parts.webhook_address)
        return
    assert application.updater is not None  # noqa: S101 - build() makes one
    await application.updater.start_polling(
        bootstrap_retries=-1, allowed_updates=UPDATES, error_callback=_unheard
    )
    stack.push_async_callback(application.updater.stop)


async def _introduce(bot: Bot, settings: Settings) -> None:
    try:
        await introduce(bot, settings.bot_admins)
    except TelegramError as error:
        log.warning("Telegram did not take the commands and descriptions: %s", error)


def _dispatcher(
    settings: Settings, database: AsyncEngine, queue: Queue, people: People, capabilities: Capabilities
) -> Dispatcher:
    sessions, orders = Sessions(database), Orders(settings, queue)
    return Dispatcher(
        queue,
        sessions,
        people,
        orders,
        Accounts(queue, sessions, orders),
        JobActions(queue, orders, DoubleTaps(), capabilities),
        Admin(settings.bot_admins, QueueAdmin(database), people),
        capabilities,
    )


async def _playground(stack: contextlib.AsyncExitStack, settings: Settings) -> tuple[str, str]:
    """Start a Bot API server of our own; gives a token for it and its address."""
    telegram = Telegram(settings.data_dir / "playground", flood=FloodLimits())
    stack.callback(telegram.close)
    try:
        server = await serve(telegram, settings.playground_port)
    except OSError as error:
        raise SettingsError(
            f"Port {settings.playground_port} is taken. Set PLAYGROUND_PORT to another one, or to 0."
        ) from error
    stack.push_async_callback(server.close)
    return telegram.token, server.url


async def _connect(application: handlers.App) -> None:
    try:
        await _insist(application.initialize)
    except InvalidToken as error:
        raise SettingsError(REFUSED) from error


async def _heed(connection: ApiConnection) -> None:
    """End when the token is revoked, or else the bot would live on without hearing anything."""
    await connection.revoked.wait()
    raise SettingsError(REFUSED)


async def _hang(bot: Bot, webhook_address: WebhookAddress) -> None:
    """Tell Telegram where to bring updates; every replica says the same. Polling takes it back by itself."""
    call = partial(
        bot.set_webhook,
        webhook_address.url,
        secret_token=webhook_address.secret,
        allowed_updates=UPDATES,
        max_connections=webhook.CONNECTIONS,
    )
    try:
        await _insist(call)
    except BadRequest as error:
        raise SettingsError(f"Telegram refuses BOT_WEBHOOK_URL: {error}.") from error


async def _insist(call: Callable[[], Awaitable[object]]) -> None:
    """Make a first call until the Bot API answers."""
    while True:
        try:
            await call()
        except BadRequest:
            raise
        except (NetworkError, RetryAfter):
            log.warning("The Bot API is out of reach; trying again in %.0f s.", RECONNECT)
            await asyncio.sleep(RECONNECT)
        else:
            return


def _unheard(error: TelegramError) -> None:
    """Note in a line that the next updates have to be asked for again; the library would write a page."""
    log.warning("Telegram was asked for updates in vain (%s); asking again.", type(error).__name__)


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run beside; if it fails, whoever runs the bot is cancelled, for half a bot would lose paintings."""
    runner = asyncio.current_task()
    task = asyncio.create_task(work)

    def ended(_: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, SettingsError):
                log.critical("%s Closing.", error)
            else:
                log.critical("%s broke; closing.", task.get_coro(), exc_info=error)
            if runner:
                runner.cancel()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
