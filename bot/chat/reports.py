"""Reports: whoever sees a painting may send it to the admins, who can delete it and ban its user."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from telegram import InlineKeyboardMarkup, Message
from telegram.error import BadRequest, Forbidden

from bot.chat.context import ChatContext
from bot.conversation.callback_data import JobAction, read
from bot.delivery.painting_message import remove
from bot.i18n import texts
from bot.storage.job_address import Address, person_of
from bot.views.images import as_photo, in_image_thread
from bot.views.keyboards import Keys
from engine.queue import RESULT, Job, Queue

log = logging.getLogger(__name__)

MAX_REPORTS: Final = 5
"""Reports of one user within :data:`PERIOD`."""
PERIOD: Final = 86400.0
"""Seconds that a report is remembered; the same painting is sent to the admins once within them."""
CONFIRMATION: Final = 60.0
"""Seconds within which a second tap on "Report" confirms the first."""


@dataclass(slots=True)
class Reports:
    """Sends reported paintings to the admins, and carries out what they decide.

    What was reported is known to this process alone, until it ends.
    """

    queue: Queue
    admins: frozenset[int]
    language_of: Callable[[int], Awaitable[str | None]]
    """Returns the language that a user has chosen."""
    _made: dict[tuple[int, str], float] = field(default_factory=dict)
    """The reports of the last day, by reporter and job."""
    _asked: dict[tuple[int, str], tuple[str, float]] = field(default_factory=dict)
    """The taps that were answered with the question whether it is meant, by user and job."""

    async def ask(self, context: ChatContext) -> None:
        """Answer /report: ask whether the painting that it replies to is to be reported."""
        say, replied = context.texts, context.source.reply_to_message if context.source else None
        job_id = _job_shown(replied, context.bot.id) if replied else None
        if not self.admins:
            await context.tell(say("help"))
        elif replied is None or job_id is None:
            await context.tell(say("report-what"))
        else:
            await context.tell(say("report-sure"), context.keys.report(job_id, replied.message_id))

    async def confirm(self, context: ChatContext, job: Job, address: Address) -> None:
        """Answer a tap on "Report" below a painting: the first asks, a second one of that user reports.

        The question is for that user alone, and the message, which may be another's, stays as it is.
        """
        if context.reporting is None and self._is_first(context, job):
            await context.answer(context.texts("report-sure-tap"), alert=True)
            return
        text = context.texts(await self._report(context, job, address, context.message or 0))
        await context.answer(text, alert=True)

    async def send(self, context: ChatContext, job: Job, address: Address, message: int) -> None:
        """Answer the confirmation of a /report that replied to this message; 0 if that is unknown."""
        await context.answer()
        await context.edit(context.texts(await self._report(context, job, address, message)))

    async def withdraw(self, context: ChatContext, job_id: str, message: int) -> None:
        """Delete a painting wherever it is, for an admin, with the copy of it that was reported.

        As long as it cannot be deleted its job is kept, so that it can be tried again.
        """
        job = await self.queue.get(job_id)
        address = Address.of(job) if job else None
        if job is None or address is None:
            done = job_id in context.acted_on  # by an earlier attempt at this event
            await context.tell(context.texts("deleted" if done else "painting-gone"))
            return
        caption = texts(address.language)("withdrawn")
        copies = sorted({address.painting, message} - {0})
        gone = all([await remove(context.bot, address.chat, each, caption) for each in copies])
        if gone and not address.posted_as_guest:
            context.acted_on.add(job.id)
            await self.queue.forget(job.owner, job.id)
            await context.tell(context.texts("deleted"))
        else:
            await context.tell(context.texts("not-deleted"))

    def _is_first(self, context: ChatContext, job: Job) -> bool:
        """Note a tap on "Report"; return whether it is this user's first one lately."""
        assert context.tap is not None  # noqa: S101 - it is a button
        now, button = time.monotonic(), (context.tap.from_user.id, job.id)
        self._asked = {key: tap for key, tap in self._asked.items() if now - tap[1] < CONFIRMATION}
        first, _ = self._asked.setdefault(button, (context.tap.id, now))
        return first == context.tap.id

    async def _report(self, context: ChatContext, job: Job, address: Address, message: int) -> str:
        """Report a painting, unless it was lately; return the text to say.

        Whether it is sent is decided once: another attempt at this event finds its own report.
        """
        reporter = context.tapper or context.person
        if context.reporting is None:
            now = time.monotonic()
            self._made = {key: made for key, made in self._made.items() if now - made < PERIOD}
            if sum(key[0] == reporter and key[1] != job.id for key in self._made) >= MAX_REPORTS:
                return "report-enough"
            context.reporting = not any(key[1] == job.id for key in self._made)
        if not context.reporting:
            self._made[reporter, job.id] = time.monotonic()
            return "report-thanks"
        picture: str | bytes = address.shareable
        if not picture:
            result = await self.queue.read(job.id, RESULT)
            if result is None:
                return "painting-gone"
            picture = await in_image_thread(as_photo, result)
        shown = message if context.chat == address.chat else 0
        return await self._tell_admins(context, job, address, picture, reporter, shown)

    async def _tell_admins(
        self,
        context: ChatContext,
        job: Job,
        address: Address,
        picture: str | bytes,
        reporter: int,
        message: int,
    ) -> str:
        """Send a painting to all admins; return the text to say.

        It is reported as soon as one of them has it.
        """
        told = False
        for admin in sorted(self.admins):
            say, user = texts(await self.language_of(admin)), person_of(job)
            facts = {"user": str(user), "reporter": str(reporter), "chat": str(address.chat)}
            caption = say("reported", style=address.style, **facts)
            keyboard = Keys(say, admin).reported(job.id, message, None if user in self.admins else user)

            async def send(
                keys: InlineKeyboardMarkup | None, admin: int = admin, caption: str = caption
            ) -> Message:
                return await context.bot.send_photo(
                    admin,
                    picture,
                    caption=caption,
                    reply_markup=keys,
                    has_spoiler=address.covered,
                    protect_content=address.protected,
                )

            try:
                await context.once(keyboard, send)
            except (BadRequest, Forbidden) as error:  # an admin who has never written to the bot
                log.warning("job %s: an admin could not be told of a report (%s)", job.id, error)
                continue
            if not told:
                told, self._made[reporter, job.id] = True, time.monotonic()
        if told:
            log.info("job %s: reported to the admins", job.id)
        return "report-thanks" if told else "report-failed"


def _job_shown(message: Message, bot: int) -> str | None:
    """Return the id of the job whose painting a message of the bot's shows, as its buttons tell."""
    if message.from_user is None or message.from_user.id != bot or message.reply_markup is None:
        return None
    for row in message.reply_markup.inline_keyboard:
        for key in row:
            action, _, job_id = read(str(key.callback_data))[0].partition(":")
            if action in (JobAction.MORE, JobAction.LESS, JobAction.PAINTING, JobAction.ERASE):
                return job_id
    return None
