"""The way of updates from Telegram into the inbox, and from there to the application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from httpx import Limits
from telegram import Bot, Update
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.storage.inbox import Inbox, RawUpdate
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection, CountedRequest
from engine.proxies import client_options

log = logging.getLogger(__name__)

POOL_SIZE: Final = 64
"""Connections to the Bot API that may be open at once."""
IDLE_CONNECTIONS: Final = 8
"""Of these, how many stay open while they wait for a call. The client looks at each of them twice a call."""
TIMEOUT: Final = 30.0
"""Seconds that a call waits for a connection, and for an answer."""
UPLOAD_TIMEOUT: Final = 60.0
"""Seconds that an upload may take."""


class InboxBot(ExtBot[str]):
    """A bot that stores updates in the inbox before it confirms them to Telegram, and handles none itself."""

    def __init__(self, inbox: Inbox, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = inbox
        self._offset: int | None = None
        self._received: list[RawUpdate] = []

    async def get_updates(self, offset: int | None = None, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Ask for updates and store them; the next call confirms them. Always return none.

        The offset is this bot's own: the Updater does not see the updates, and would ask for them for ever.

        Raises:
            NetworkError: no answer, or the updates could not be stored; the Updater asks again.
        """
        # An Updater that stops asks once more without waiting, to confirm, and ignores what it gets. So that
        # is not stored: it was not confirmed, and comes again. A lost connection does not delay the stop.
        last = kwargs.get("timeout") in (0, timedelta())
        try:
            await super().get_updates(offset if self._offset is None else self._offset, *args, **kwargs)
        except NetworkError:
            if not last:
                raise
        received, self._received = self._received, []
        if last or not received:
            return ()
        try:
            await self._inbox.store(received)
        except Exception as error:  # the library would stop asking, without a word
            log.exception("Updates could not be stored; Telegram is asked for them again.")
            raise NetworkError("Updates could not be stored.") from error
        self._offset = int(received[-1]["update_id"]) + 1
        return ()

    async def _do_post(self, endpoint: str, *args: Any, **kwargs: Any) -> Any:
        result = await super()._do_post(endpoint, *args, **kwargs)
        if endpoint != "getUpdates" or not isinstance(result, list):
            return result
        self._received = list(result)
        return []  # parsed one by one, when they come from the inbox


def make_bot(
    inbox: Inbox, token: str, api_url: str, connection: ApiConnection, rate_limiter: RateLimiter
) -> InboxBot:
    """Return the client of the Bot API server at ``api_url``, be it Telegram's or the playground's.

    Raises:
        HostError: the environment names a wrong proxy.
    """
    options = client_options(api_url)
    return InboxBot(
        inbox,
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=CountedRequest(
            connection,
            connection_pool_size=POOL_SIZE,
            pool_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            media_write_timeout=UPLOAD_TIMEOUT,
            httpx_kwargs={
                "limits": Limits(max_connections=POOL_SIZE, max_keepalive_connections=IDLE_CONNECTIONS),
                **options,
            },
        ),
        get_updates_request=CountedRequest(
            connection, connection_pool_size=1, read_timeout=TIMEOUT, httpx_kwargs=options
        ),
        rate_limiter=rate_limiter,
    )


async def forward(
    inbox: Inbox,
    bot: Bot,
    application: asyncio.Queue[object],
    on_discarded: Callable[[Update], Awaitable[None]],
) -> None:
    """Put the inbox's updates into the application's queue, in their order, until cancelled.

    Args:
        inbox: the inbox.
        bot: the bot of the updates' methods, such as ``answer``.
        application: python-telegram-bot's queue of updates.
        on_discarded: called with each update that the inbox has discarded after too many attempts.
    """
    while True:
        updates, discarded = await inbox.fetch()
        for update in await parse(inbox, bot, updates):
            await application.put(update)
        for update in await parse(inbox, bot, discarded):
            await on_discarded(update)
        await inbox.wait()


async def parse(inbox: Inbox, bot: Bot, updates: Sequence[RawUpdate]) -> list[Update]:
    """Return the updates as objects. An invalid one is finished and left out: it must not block others."""
    parsed, invalid = [], []
    for raw in updates:
        try:
            parsed.append(Update.de_json(dict(raw), bot))
        except Exception as error:  # noqa: BLE001 - whatever a field of an unexpected form may cause
            number = int(raw["update_id"])
            log.error("update %d: dropped, for it is invalid (%s)", number, type(error).__name__)  # noqa: TRY400 - the traceback would hold what a user wrote
            invalid.append(number)
    await inbox.finish(invalid)
    return parsed
