"""Everything that runs in the bot's process, started in order and stopped in the reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Update
from telegram.error import InvalidToken, NetworkError, RetryAfter, TelegramError

from bot import curator, handlers, housekeeping, supervisor, tables
from bot.account import Accounts
from bot.admin import Admin, tell_everybody
from bot.afterwards import Afterwards
from bot.atelier import Atelier
from bot.delivery import Deliveries
from bot.features import Features
from bot.inbox import Inbox
from bot.introduction import introduce
from bot.locks import Taps
from bot.ordering import STOPPED, Ordered
from bot.orders import Orders
from bot.people import People
from bot.playground.flood import Flood
from bot.playground.playground import Playground
from bot.playground.server import serve
from bot.sessions import Sessions
from bot.settings import Settings
from engine.errors import AtelierError
from engine.gallery.catalogue import open_catalogue
from engine.queue import Queue, create_schema, open_database, persist
from engine.queue.operators import Operators

log = logging.getLogger(__name__)

UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY, STOPPED]
"""The kinds that the bot asks for."""
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
        SettingsError: the token is refused, or the playground's port is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        catalogue = await asyncio.to_thread(open_catalogue, settings.data_dir)
        database = open_database(settings.database)
        stack.push_async_callback(database.dispose)
        await persist(lambda: create_schema(database), "opening")
        await persist(lambda: tables.create(database), "opening")
        queue = Queue(database, settings.limits)

        token, api_url = settings.bot_token.get_secret_value(), settings.bot_api_url.rstrip("/")
        at_home = not token
        if at_home:
            token, api_url = await _playground(stack, settings)

        people, inbox = People(database), Inbox(database)
        bot = handlers.make_bot(inbox, token, api_url)
        features = Features()
        deliveries = Deliveries(bot, queue, features)
        atelier = _atelier(settings, database, queue, people, features)
        application = handlers.build(atelier, deliveries, bot, inbox)
        await _connect(application)
        stack.push_async_callback(application.shutdown)
        await application.start()
        stack.push_async_callback(application.stop)
        assert isinstance(application.update_processor, Ordered)  # noqa: S101 - build() makes one
        stack.push_async_callback(application.update_processor.stop)
        left, hopeless = await inbox.waiting(bot)
        for update in left:
            await application.update_queue.put(update)
        assert application.updater is not None  # noqa: S101 - the same
        await application.updater.start_polling(bootstrap_retries=-1, allowed_updates=UPDATES)
        stack.push_async_callback(application.updater.stop)
        for update in hopeless:
            await handlers.apologise(bot, update, "put-aside")
        try:
            await introduce(application.bot, settings.bot_admins)
        except TelegramError as error:
            log.warning("Telegram did not take the commands and descriptions: %s", error)

        home = api_url if at_home else f"https://t.me/{application.bot.username}"
        contact = "" if at_home else home
        await stack.enter_async_context(_background(curator.run(catalogue, settings, contact)))
        await stack.enter_async_context(_background(deliveries.run()))
        await stack.enter_async_context(_background(tell_everybody(application.bot, people)))
        await stack.enter_async_context(_background(housekeeping.run(queue, settings.result_ttl)))
        if settings.engine == "embedded":
            await stack.enter_async_context(_background(supervisor.run(settings)))
        yield home


def _atelier(
    settings: Settings, database: AsyncEngine, queue: Queue, people: People, features: Features
) -> Atelier:
    sessions, orders = Sessions(database), Orders(settings, queue)
    return Atelier(
        queue,
        sessions,
        people,
        orders,
        Accounts(queue, sessions, orders),
        Afterwards(queue, orders, Taps(), features),
        Admin(settings.bot_admins, Operators(database), people),
        features,
    )


async def _playground(stack: contextlib.AsyncExitStack, settings: Settings) -> tuple[str, str]:
    """Start a Bot API server of our own; gives a token for it and its address."""
    playground = Playground(settings.data_dir / "playground", flood=Flood())
    stack.callback(playground.close)
    try:
        server = await serve(playground, settings.playground_port)
    except OSError as error:
        raise SettingsError(
            f"Port {settings.playground_port} is taken. Set PLAYGROUND_PORT to another one, or to 0."
        ) from error
    stack.push_async_callback(server.close)
    return playground.token, server.url


async def _connect(application: handlers.App) -> None:
    while True:
        try:
            await application.initialize()
        except InvalidToken as error:
            raise SettingsError("Telegram refuses BOT_TOKEN. Ask @BotFather for the right one.") from error
        except (NetworkError, RetryAfter):
            log.warning("The Bot API is out of reach; trying again in %.0f s.", RECONNECT)
            await asyncio.sleep(RECONNECT)
        else:
            return


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run beside; if it fails, whoever runs the bot is cancelled, for half a bot would lose paintings."""
    runner = asyncio.current_task()
    task = asyncio.create_task(work)

    def ended(_: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.critical("%s broke; closing.", task.get_coro(), exc_info=error)
            if runner:
                runner.cancel()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
