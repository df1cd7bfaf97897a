"""Send announcements to all users."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import Any, Final

from telegram.error import RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.i18n import texts
from bot.storage.claims import BROADCAST, Claims
from bot.storage.people import Announcement, People
from bot.transport.errors import RECIPIENT_REFUSED, retry_delay
from engine.queue import persist

log = logging.getLogger(__name__)

BATCH_SIZE: Final = 50
"""Users who are read from the database at once."""
POLL_INTERVAL: Final = 2.0
"""Seconds between two polls for an announcement."""
RETRY_INTERVAL: Final = 10.0
"""Seconds between two calls while Telegram does not answer."""
MIN_FLOOD_WAIT: Final = 1.0
"""Seconds without a call, at least, when flood control asks for a pause."""
MAX_UNANSWERED: Final = 3
"""Sends to one user whose answers are lost although Telegram answers other calls."""


async def run(bot: ExtBot[Any], people: People, claims: Claims) -> None:
    """Send announcements, user by user, from where an earlier process has stopped; until cancelled.

    A kill between a message and the saving of the progress repeats that one message. Of several bots one
    sends.
    """
    while True:
        mine = await claims.take({BROADCAST})
        announcement = await persist(people.announcement, "looking for announcements") if mine else None
        if announcement is None:
            await asyncio.sleep(POLL_INTERVAL)
            continue
        users = await persist(partial(people.after, announcement.after, BATCH_SIZE), "reading users")
        if users:
            await _send_batch(bot, people, claims, announcement, users)
        else:
            await persist(partial(people.complete, announcement), "completing an announcement")
            await _report(bot, announcement)


async def _send_batch(
    bot: ExtBot[Any], people: People, claims: Claims, announcement: Announcement, users: list[int]
) -> None:
    with claims.busy(BROADCAST):
        for user in users:
            if not claims.holds(BROADCAST):
                return
            try:
                announcement = await _send(bot, announcement, user)
            except RetryAfter as error:  # so it was not sent, for certain
                log.info("flood control, retrying in %.0f s", retry_delay(error))
                await asyncio.sleep(max(MIN_FLOOD_WAIT, retry_delay(error)))
                return  # by now another bot may hold the duty
            await persist(partial(people.save_progress, announcement), "saving an announcement's progress")


async def _send(bot: ExtBot[Any], announcement: Announcement, user: int) -> Announcement:
    """Send an announcement to one user; return it with its new progress.

    When the answer is lost, the message may have arrived. It is sent once more when Telegram answers again:
    so an interruption costs no user the message, and at most one gets it twice.

    Raises:
        RetryAfter: flood control has refused it.
    """
    for _ in range(MAX_UNANSWERED):
        try:
            await bot.send_message(user, announcement.text)
        except RECIPIENT_REFUSED:
            return replace(announcement, after=user, gone=announcement.gone + 1)
        except RetryAfter:
            raise
        except TelegramError:
            await _wait_for_telegram(bot)
        else:
            break
    return replace(announcement, after=user, told=announcement.told + 1)


async def _wait_for_telegram(bot: ExtBot[Any]) -> None:
    while True:
        try:
            await bot.get_me()
        except TelegramError as error:
            log.info("Telegram does not answer (%s)", type(error).__name__)
            await asyncio.sleep(RETRY_INTERVAL)
        else:
            return


async def _report(bot: ExtBot[Any], announcement: Announcement) -> None:
    log.info("announcement sent to %d users; %d are gone", announcement.told, announcement.gone)
    text = texts()("broadcast-over", told=announcement.told, gone=announcement.gone)
    try:
        await bot.send_message(announcement.admin, text)
    except TelegramError as error:
        log.info("the admin was not told (%s)", type(error).__name__)
