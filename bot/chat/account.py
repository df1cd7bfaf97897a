"""A user's own: their paintings in progress, settings and language, and the deletion of their data."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from telegram import InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.chat.context import ChatContext
from bot.chat.orders import JOBS_SEARCHED, Orders
from bot.conversation import Account, Session
from bot.conversation.callback_data import Action
from bot.delivery.guest_message import show_end
from bot.storage.job_address import Address, owner
from bot.storage.people import People
from bot.views.captions import recipe_line
from engine.queue import LIVE, Job, JobStatus, Queue, State

CLEARED = 20
"""Old paintings that lose their buttons with /forget; those of older ones go at the first tap."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Shows users their data, and erases it."""

    queue: Queue
    people: People
    orders: Orders

    async def show(self, context: ChatContext, effect: Account, session: Session) -> None:
        """Show a part of the account as a new message, or in the tapped one."""
        say, keys = context.texts, context.keys
        keyboard: InlineKeyboardMarkup | None
        match effect.what:
            case "status":
                text, keyboard = await self._status(context)
            case "settings":
                choices, rules = session.person.choices, self.orders.rules
                text = f"{say('settings')}\n{recipe_line(say, choices.settings(rules))}"
                keyboard = keys.settings(choices, rules, await self.orders.seconds(choices))
            case "language":
                text, keyboard = say("language"), keys.languages()
            case _:
                text, keyboard = say("forget"), keys.sure(Action.FORGET, "forget", "keep-all")
        if effect.new:
            await context.tell(text, keyboard)
        else:
            await context.edit(text, keyboard)

    async def _status(self, context: ChatContext) -> tuple[str, InlineKeyboardMarkup | None]:
        """Return the text about the user's paintings in progress, and the buttons that stop them."""
        say, limits = context.texts, self.queue.limits
        live = await self.queue.live(owner(context.person))
        watches = [watch for watch in live if not watch.job.cancel and _is_for(context, watch.job)]
        usage = await self.queue.usage(owner(context.person))
        lines = [say("status", count=len(watches), limit=limits.live)]
        lines += [
            f"{number}. {_status_line(context, watch)}" for number, watch in enumerate(watches, start=1)
        ]
        held = list(enumerate(await self._held(context), start=len(watches) + 1))
        for number, job in held:
            line = say("status-held", style=Address.model_validate(job.address).style)
            lines.append(f"{number}. {line}")
        today = say("counter-today", count=usage.today, limit=limits.daily) if limits.daily else ""
        stops = [(watch.job.id, number) for number, watch in enumerate(watches, start=1)]
        keyboard = (
            context.keys.stops(stops, [(job.id, number) for number, job in held]) if stops or held else None
        )
        return "\n".join([*lines, today]).strip(), keyboard

    async def _held(self, context: ChatContext) -> list[Job]:
        """Return the user's paintings that could not be sent."""
        jobs = await self.queue.jobs(owner(context.person), JOBS_SEARCHED)
        return [job for job in jobs if (at := Address.of(job)) and at.held and _is_for(context, job)]

    async def cancel_all(self, context: ChatContext, *, draft: bool) -> int:
        """Cancel the user's live jobs in this chat, and return their number.

        If there were some, the photo that waits for a style, the ``draft``, stays.
        """
        count = 0
        for job in await self.queue.jobs(owner(context.person), JOBS_SEARCHED):
            address = Address.of(job)
            if address is None or address.chat != context.chat:
                continue
            stopped = job.cancel or job.state is State.CANCELLED
            if stopped:
                count += job.id in context.acted_on  # by an earlier attempt at this event
            elif job.state in LIVE:
                context.acted_on.add(job.id)
                state = await self.queue.cancel(job.id, job.owner)
                count += state in (State.RUNNING, State.CANCELLED)
        if draft and not count:
            await context.tell(context.texts("started-over"))
        else:
            lines = [context.texts("cancelled-jobs", count=count)]
            await context.tell("\n".join([*lines, *([context.texts("photo-waits")] if draft else [])]))
        return count

    async def forget(self, context: ChatContext) -> None:
        """Erase everything, count the rows that are left, and report both.

        Then the messages lose their buttons, which would do nothing any more.
        """
        name = owner(context.person)
        # At a second attempt they may be gone already.
        context.erased += await self.queue.jobs(name, JOBS_SEARCHED)
        jobs = list({job.id: job for job in context.erased}.values())
        erased = max(await self.queue.forget(name), len(jobs))
        left = await self.people.forget(context.person) + len(await self.queue.jobs(name, 1))
        for job in jobs:
            if job.state in LIVE:
                await self._close(context, job)
        counted = (await self.queue.usage(name)).today
        parts = [context.texts("forgotten", count=erased, left=left)]
        if counted:
            parts.append(context.texts("forgotten-but-count", count=counted))
        await context.edit("\n\n".join(parts))
        ended = [job for job in jobs if job.state.terminal and job.address]
        for job in ended[:CLEARED]:
            address = Address.model_validate(job.address)
            if address.chat == context.chat:
                await context.take_off(address.painting or address.message)

    async def _close(self, context: ChatContext, job: Job) -> None:
        """Edit the card of a job that was erased, and its message in a chat of others."""
        address = Address.of(job)
        if address:
            with contextlib.suppress(TelegramError):
                await show_end(context.bot, replace(job, state=State.CANCELLED), address)
        if address and address.message:
            with contextlib.suppress(TelegramError):  # the message may be gone; nothing is stored of it
                await context.bot.edit_message_caption(
                    address.chat, address.message, caption=context.texts("stopped-and-forgotten")
                )


def _is_for(context: ChatContext, job: Job) -> bool:
    """Return whether /status tells of a job here: a group is not told of paintings in other chats."""
    address = Address.of(job)
    return address is not None and (context.private or address.chat == context.chat)


def _status_line(context: ChatContext, watch: JobStatus) -> str:
    """Return the line of /status about a painting."""
    say, job, forecast = context.texts, watch.job, watch.forecast
    address = Address.model_validate(job.address)
    eta = "none" if forecast.eta is None else say.duration(forecast.eta)
    if job.state is State.RUNNING:
        return say("status-running", style=address.style, percent=round(job.progress * 100), eta=eta)
    return say("status-queued", style=address.style, position=forecast.position or 0, eta=eta)
