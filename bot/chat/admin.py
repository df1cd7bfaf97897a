"""For those who run the bot: figures, a word to everybody, shutting out, and letting the queue run dry."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.sql.dml import Insert

from bot.chat.context import Visit
from bot.conversation import Broadcast, Effect, Operate
from bot.storage.people import People, announcement
from engine.queue.admin import Operators

log = logging.getLogger(__name__)

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
