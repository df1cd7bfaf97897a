"""Send an announcement to everybody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, Final

from telegram.error import RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.chat.admin import log
from bot.i18n import texts
from bot.storage.claims import BROADCAST, Claims
from bot.storage.people import Message, People
from bot.transport.errors import RECIPIENT_REFUSED, retry_delay
from engine.queue import persist

SOME: Final = 50
"""People who are told between two looks at the list."""


LOOK: Final = 2.0
"""Seconds between two looks for something to tell."""


AGAIN: Final = 10.0
"""Seconds until Telegram is tried again when it does not answer."""


SILENCE: Final = 1.0
"""Seconds that Telegram is left alone, at least, when it asks for that."""


DOUBTS: Final = 3
"""Times that a person is told something whose answers are lost although Telegram answers otherwise."""


async def tell_everybody(bot: ExtBot[Any], people: People, claims: Claims) -> None:
    """Tell what is to be told, person by person, from where it was interrupted; until cancelled.

    A kill between a message and its note repeats that one message. Of several bots one does it.
    """
    while True:
        mine = await claims.take({BROADCAST})
        message = await persist(people.announced, "telling") if mine else None
        if message is None:
            await asyncio.sleep(LOOK)
            continue
        numbers = await persist(partial(people.after, message.after, SOME), "telling")
        with claims.at_work(BROADCAST):
            for number in numbers:
                if not claims.holds(BROADCAST):
                    break
                try:
                    message = await _tell(bot, message, number)
                except RetryAfter as error:  # so it was not sent, for certain
                    log.info("Telegram asks for %.0f s", retry_delay(error))
                    await asyncio.sleep(max(SILENCE, retry_delay(error)))
                    break  # by now it may be another bot's to tell
                await persist(partial(people.heard, message), "telling")
        if not numbers:
            await persist(partial(people.over, message), "telling")
            log.info("told %d people, %d were not there", message.told, message.gone)
            try:
                await bot.send_message(
                    message.admin, texts()("broadcast-over", told=message.told, gone=message.gone)
                )
            except TelegramError as error:
                log.info("an admin could not be told (%s)", type(error).__name__)


async def _tell(bot: ExtBot[Any], message: Message, number: int) -> Message:
    """Tell one person.

    A lost answer leaves open whether it arrived. Then it is told once more when Telegram answers again:
    so an interruption costs nobody the message, and one person at most hears it twice.

    Raises:
        RetryAfter: Telegram did not take it, and wants silence.
    """
    for _ in range(DOUBTS):
        try:
            await bot.send_message(number, message.text)
        except RECIPIENT_REFUSED:
            return replace(message, after=number, gone=message.gone + 1)
        except RetryAfter:
            raise
        except TelegramError:
            await _reached(bot)
        else:
            break
    return replace(message, after=number, told=message.told + 1)


async def _reached(bot: ExtBot[Any]) -> None:
    """Wait until Telegram answers."""
    while True:
        try:
            await bot.get_me()
        except TelegramError as error:
            log.info("Telegram does not answer (%s)", type(error).__name__)
            await asyncio.sleep(AGAIN)
        else:
            return
