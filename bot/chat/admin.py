"""The admins' commands: statistics, announcements, bans, and draining the queue."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.sql.dml import Insert
from telegram import Message

from bot.chat.context import ChatContext
from bot.chat.reports import Reports
from bot.chat.senders import sender_id
from bot.conversation import Broadcast, Effect, Operate
from bot.conversation.callback_data import Action, JobAction, read, with_message
from bot.storage.job_address import person_of
from bot.storage.people import People, insert_announcement
from bot.storage.refusals import Refusals
from engine.queue.admin import QueueAdmin

log = logging.getLogger(__name__)

MAX_DIGITS: Final = 16
"""Digits of the longest user id of Telegram's."""
MAX_TEXT: Final = 4096
"""Characters of a message, at most."""


@dataclass(frozen=True, slots=True)
class Admin:
    """Carries out the admins' commands; other users get the help."""

    admins: frozenset[int]
    queue_admin: QueueAdmin
    people: People
    reports: Reports
    refusals: Refusals

    async def operate(self, context: ChatContext, effect: Operate) -> None:
        """Carry out a command, and report it."""
        say = context.texts
        if context.person not in self.admins:
            await context.tell(say("help"))
            return
        match effect.command:
            case "stats":
                await context.tell(await self._figures(context))
            case "drain":
                await self.queue_admin.drain()
                await context.tell(say("drained"))
            case "resume":
                await self.queue_admin.resume()
                await context.tell(say("resumed"))
            case "broadcast":
                await self._ask(context, effect.argument)
            case "ban" | "unban":
                await self._ban(context, effect)
            case "withdraw":
                await self.reports.withdraw(context, *with_message(effect.argument))

    async def announce(self, context: ChatContext) -> None:
        """Report that an announcement has begun."""
        if context.person in self.admins:
            await context.edit(context.texts("broadcast-begun"))

    def announcements(self, context: ChatContext, effects: Iterable[Effect]) -> list[Insert]:
        """Return the statements that begin the announcements; they are executed with the session's."""
        if context.person not in self.admins:
            return []
        return [
            insert_announcement(each.text, context.person) for each in effects if isinstance(each, Broadcast)
        ]

    async def _figures(self, context: ChatContext) -> str:
        figures = await self.queue_admin.statistics()
        say = context.texts
        seconds = "none" if figures.seconds is None else say.elapsed(figures.seconds)
        counts = await self.refusals.of_a_day()
        refused = [say("refused-kind", kind=kind, count=count) for kind, count in counts.items()]
        text = say(
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
        return "\n".join([text, *([say("refused")] if refused else []), *refused])

    async def _ask(self, context: ChatContext, text: str) -> None:
        if not text:
            await context.tell(context.texts("broadcast-what"))
            return
        question = context.texts("broadcast-sure", count=await self.people.count())
        await context.tell(
            f"{question}\n\n{text}"[:MAX_TEXT], context.keys.sure(Action.BROADCAST, "tell-all", "tell-none")
        )

    async def _ban(self, context: ChatContext, effect: Operate) -> None:
        """Ban or unban a user, or a chat in whose name somebody speaks, by number or by a reply."""
        replied = context.source.reply_to_message if context.source else None
        person = await self._meant_by(replied, context.bot.id) if replied else None
        if re.fullmatch(rf"-?\d{{1,{MAX_DIGITS}}}", effect.argument.strip(), re.ASCII):
            person = int(effect.argument)
        say = context.texts
        if person is None or person in self.admins:
            await context.tell(say("ban-whom"))
        elif effect.command == "ban":
            await self.people.ban(person)
            await context.tell(say("banned", person=str(person)))
        else:
            await self.people.unban(person)
            await context.tell(say("unbanned", person=str(person)))

    async def _meant_by(self, message: Message, bot: int) -> int | None:
        """Return the sender of a message; of one of the bot's, the user of the painting that it is about.

        The buttons of a question about somebody else's painting are the reporter's.
        """
        if message.from_user is None or message.from_user.id != bot:
            return sender_id(message)
        rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
        buttons = [read(str(key.callback_data)) for row in rows for key in row if key.callback_data]
        for data, _ in buttons:
            action, _, values = data.partition(":")
            if action == Action.BAN:
                return int(values)
            if action == JobAction.FLAG:
                job = await self.reports.queue.get(with_message(values)[0])
                return person_of(job) if job else None
        owners = {each for _, each in buttons} - {None}
        return owners.pop() if len(owners) == 1 else None
