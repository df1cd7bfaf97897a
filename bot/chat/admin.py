"""For those who run the bot: figures, a word to everybody, shutting out, and letting the queue run dry."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from sqlalchemy.sql.dml import Insert
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.chat.context import Visit
from bot.conversation import Broadcast, Effect, Operate
from bot.i18n import texts
from bot.storage.claims import BROADCAST, Claims
from bot.storage.people import Message, People, announcement
from bot.transport.rate_limiter import seconds
from engine.queue import persist
from engine.queue.admin import Operators

log = logging.getLogger(__name__)

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
DIGITS: Final = 16
"""Of the longest number that Telegram gives to anybody."""
TEXT: Final = 4096
"""Characters of a message, at most."""


@dataclass(frozen=True, slots=True)
class Admin:
    """Carries out what admins alone may ask for; to others there is no such command."""

    admins: frozenset[int]
    operators: Operators
    people: People

    async def operate(self, visit: Visit, effect: Operate) -> None:
        """Do it, and say so."""
        say = visit.texts
        if visit.person not in self.admins:
            await visit.say(say("help"))
            return
        match effect.command:
            case "stats":
                await visit.say(await self._figures(visit))
            case "drain":
                await self.operators.drain()
                await visit.say(say("drained"))
            case "resume":
                await self.operators.resume()
                await visit.say(say("resumed"))
            case "broadcast":
                await self._ask(visit, effect.argument)
            case "ban" | "unban":
                await self._ban(visit, effect)

    async def announce(self, visit: Visit) -> None:
        """Say that everybody will be told."""
        if visit.person in self.admins:
            await visit.rewrite(visit.texts("broadcast-begun"))

    def announcements(self, visit: Visit, effects: Iterable[Effect]) -> list[Insert]:
        """The statements that begin to tell everybody, to be carried out with the keeping of the session."""
        if visit.person not in self.admins:
            return []
        return [announcement(each.text, visit.person) for each in effects if isinstance(each, Broadcast)]

    async def _figures(self, visit: Visit) -> str:
        figures = await self.operators.statistics()
        say = visit.texts
        seconds = "none" if figures.seconds is None else say.elapsed(figures.seconds)
        return say(
            "stats",
            people=await self.people.count(),
            queued=figures.queued,
            running=figures.running,
            done=figures.done,
            failed=figures.failed,
            cancelled=figures.cancelled,
            owners=figures.owners,
            workers=figures.workers,
            seconds=seconds,
        )

    async def _ask(self, visit: Visit, text: str) -> None:
        if not text:
            await visit.say(visit.texts("broadcast-what"))
            return
        question = visit.texts("broadcast-sure", count=await self.people.count())
        await visit.say(f"{question}\n\n{text}"[:TEXT], visit.keys.sure("y", "tell-all", "tell-none"))

    async def _ban(self, visit: Visit, effect: Operate) -> None:
        """The person by number, or the one whose message is replied to."""
        replied = visit.source.reply_to_message if visit.source else None
        person = replied.from_user.id if replied and replied.from_user else None
        if effect.argument.strip().isdecimal() and len(effect.argument) <= DIGITS:
            person = int(effect.argument)
        say = visit.texts
        if person is None or person in self.admins:
            await visit.say(say("ban-whom"))
        elif effect.command == "ban":
            await self.people.ban(person)
            await visit.say(say("banned", person=str(person)))
        else:
            await self.people.unban(person)
            await visit.say(say("unbanned", person=str(person)))


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
                    log.info("Telegram asks for %.0f s", seconds(error))
                    await asyncio.sleep(max(SILENCE, seconds(error)))
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
        except (BadRequest, Forbidden):  # most of them have blocked the bot
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
