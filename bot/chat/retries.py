"""Retries of an event that was interrupted: Telegram does not answer, or the database does not.

Nothing is saved before the end, so an event is begun anew. What was said is not said again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.chat.context import ChatContext
from bot.storage.sessions import Sessions
from bot.transport.errors import is_sending_forbidden, is_server_fault, retry_delay
from engine.errors import AtelierError, QueueUnavailableError
from engine.queue import explain, persist

log = logging.getLogger(__name__)

DELAYS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between the attempts while there is no answer; the last is repeated."""
MAX_ATTEMPTS: Final = 60
"""Attempts at an event until it fails, because Telegram does not answer: about half an hour."""
MAX_SERVER_FAULTS: Final = 3
"""Attempts at an event that the Bot API server itself answers with an error: each may have taken effect."""
QUIET_ATTEMPTS: Final = 2
"""Attempts without the database after which the user is told of it."""
BASIC_GROUPS: Final = range(-999_999_999_999, 0)
"""Ids of the groups that can become supergroups."""


async def with_retries(
    context: ChatContext,
    sessions: Sessions,
    work: Callable[[], Awaitable[None]],
    updates: Collection[int] = (),
) -> None:
    """Do some work until Telegram and the database have answered all of it.

    A group that has become a supergroup meanwhile is answered there, when what goes on there has ended. Work
    that calls Telegram about another chat handles that chat's migration itself. The database is waited for,
    for as long as that takes: without it the update could not be finished either.

    Args:
        context: the event.
        sessions: the store of sessions.
        work: handles the event; it may be called several times.
        updates: the ids of the event's updates; once they are finished there is nothing left to do.

    Raises:
        ChatMigrated: another chat than the event's has become a supergroup.
        NetworkError: Telegram did not answer in :data:`MAX_ATTEMPTS` attempts, or failed in
            :data:`MAX_SERVER_FAULTS`.
        RetryAfter: the same, because of its flood control.
    """
    async with contextlib.AsyncExitStack() as turns:
        attempts = _Attempts(context, sessions, turns)
        while True:
            context.begin_attempt()
            try:
                await work()
            except BadRequest:
                raise
            except ChatMigrated as error:
                await attempts.migrated(error)
            except (NetworkError, RetryAfter) as error:
                await attempts.unanswered(error)
            except Exception as error:
                if not isinstance(outage_of(error), QueueUnavailableError):
                    raise
                await attempts.without_database(error)
                if updates:  # perhaps only the answer of the last transaction was lost
                    finished = partial(sessions.are_finished, updates)
                    context.finished = await persist(finished, "looking for an update")
                if context.finished:
                    return
            else:
                return


@dataclass(slots=True)
class _Attempts:
    """The attempts at one event, and the pauses between them."""

    context: ChatContext
    sessions: Sessions
    turns: contextlib.AsyncExitStack
    """The turns in the chats that the event is handled in."""
    at_telegram: int = 0
    server_faults: int = 0
    at_database: int = 0

    async def migrated(self, error: ChatMigrated) -> None:
        """Go on in the supergroup that the chat has become; a second time no chat can become one."""
        if self.context.home is not None or self.context.chat not in BASIC_GROUPS:
            raise error
        log.info("a group has become a supergroup; going on there")
        await self.turns.enter_async_context(self.context.turn_in(error.new_chat_id))
        await persist(partial(self.sessions.move, self.context.chat, error.new_chat_id), "moving sessions")
        self.context.move(error.new_chat_id)

    async def unanswered(self, error: NetworkError | RetryAfter) -> None:
        self.at_telegram += 1
        self.server_faults += is_server_fault(error)
        if self.at_telegram == MAX_ATTEMPTS or self.server_faults == MAX_SERVER_FAULTS:
            raise error
        pause = _pause(self.at_telegram)
        if isinstance(error, RetryAfter):
            pause = max(pause, retry_delay(error))
        log.info("Telegram does not answer (%s); retrying in %.0f s", type(error).__name__, pause)
        await asyncio.sleep(pause)

    async def without_database(self, error: Exception) -> None:
        self.at_database += 1
        if self.at_database == QUIET_ATTEMPTS:
            log.warning("The database is out of reach; an update waits for it.", exc_info=error)
            await self.context.apologise(QueueUnavailableError.code)
        await asyncio.sleep(_pause(self.at_database))


def _pause(attempts: int) -> float:
    return DELAYS[min(attempts, len(DELAYS)) - 1]


def outage_of(error: Exception) -> AtelierError | None:
    """Return the error to show for a database that is unavailable or full; None for any other error."""
    return None if isinstance(error, (AtelierError, TelegramError)) else explain(error)


@contextlib.asynccontextmanager
async def reporting_outages(context: ChatContext) -> AsyncIterator[None]:
    """Tell the user when the database is full: nothing was changed. Where nothing may be said, be silent."""
    try:
        yield
    except (BadRequest, Forbidden) as error:
        if not isinstance(error, Forbidden) and not is_sending_forbidden(error):
            raise
        log.info("nothing can be said in a chat (%s)", error)
    except Exception as error:
        known = outage_of(error)
        if known is None:
            raise
        log.warning("%s: %s", known.code, known, exc_info=error)
        await context.apologise(known.code)
