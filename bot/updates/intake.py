"""Take updates in: the client that keeps them before it hands them on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from telegram import Bot, Update
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.storage.inbox import Inbox, Raw, log
from bot.transport.rate_limiter import RateLimiter
from bot.transport.request import ApiConnection, CountedRequest


async def hand_out(
    inbox: Inbox, bot: Bot, to: asyncio.Queue[object], put_aside: Callable[[Update], Awaitable[None]]
) -> None:
    """Hand out what is in the inbox for this bot, in its order, until cancelled."""
    while True:
        updates, hopeless = await inbox.next(bot)
        for each in updates:
            await to.put(each)
        for each in hopeless:
            await put_aside(each)
        await inbox.news()


class InboxBot(ExtBot[str]):
    """A bot whose updates are in the inbox before anybody sees them, and before Telegram forgets them."""

    def __init__(self, inbox: Inbox, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = inbox
        self._next: int | None = None
        self._batch: list[Raw] = []

    async def get_updates(self, offset: int | None = None, *args: Any, **kwargs: Any) -> tuple[Update, ...]:
        """Ask for updates and keep them; Telegram forgets them at the next call.

        The offset is this bot's own: the Updater does not see them, and would ask for them for ever.
        """
        # An Updater that stops asks once more without waiting, to confirm, and ignores what it gets. So that
        # is not kept: it was not confirmed, and comes again. A database that is away does not keep the stop.
        last = kwargs.get("timeout") in (0, timedelta())
        try:
            await super().get_updates(offset if self._next is None else self._next, *args, **kwargs)
        except NetworkError:
            if not last:
                raise
        batch, self._batch = self._batch, []
        if last or not batch:
            return ()
        try:
            await self._inbox.keep(batch)
        except Exception as error:  # the library would stop asking, and tell nobody
            log.exception("updates could not be kept; they are asked for again")
            raise NetworkError("Updates could not be kept.") from error
        self._next = int(batch[-1]["update_id"]) + 1
        return ()  # they come from the inbox

    async def _do_post(self, endpoint: str, *args: Any, **kwargs: Any) -> Any:
        result = await super()._do_post(endpoint, *args, **kwargs)
        if endpoint != "getUpdates" or not isinstance(result, list):
            return result
        self._batch = list(result)
        return []  # read one by one, above


CONNECTIONS: Final = 64


MEDIA_TIMEOUT: Final = 60.0
"""Seconds that an upload may take."""


def make_bot(
    inbox: Inbox, token: str, api_url: str, connection: ApiConnection, rate_limiter: RateLimiter
) -> InboxBot:
    """Make the client of one Bot API server; nothing but the address tells Telegram from another."""
    return InboxBot(
        inbox,
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=CountedRequest(
            connection,
            connection_pool_size=CONNECTIONS,
            pool_timeout=30.0,
            read_timeout=30.0,
            media_write_timeout=MEDIA_TIMEOUT,
        ),
        get_updates_request=CountedRequest(connection, connection_pool_size=1, read_timeout=30.0),
        rate_limiter=rate_limiter,
    )
