"""What concerns the person: their paintings under way, their settings and language, and being forgotten."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from telegram.error import TelegramError

from bot.chat.context import ChatContext
from bot.chat.orders import Orders
from bot.conversation import Account, Session
from bot.conversation.callback_data import Action
from bot.storage.job_address import Address, owner
from bot.storage.sessions import Sessions
from bot.views.captions import recipe_line
from engine.queue import LIVE, JobStatus, Queue, State

RECENT = 200
"""Jobs of a person that are looked through."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Shows people what is kept of them, and erases it."""

    queue: Queue
    sessions: Sessions
    orders: Orders

    async def show(self, context: ChatContext, effect: Account, session: Session) -> None:
        """Show it as a new message, or in the one tapped."""
        say, keys = context.texts, context.keys
        match effect.what:
            case "status":
                await self._status(context)
                return
            case "settings":
                choices, rules = session.person.choices, self.orders.rules
                text = f"{say('settings')}\n{recipe_line(say, choices.settings(rules))}"
                keyboard = keys.settings(choices, rules)
            case "language":
                text, keyboard = say("language"), keys.languages()
            case _:
                text, keyboard = say("forget"), keys.sure(Action.FORGET, "forget", "keep-all")
        if effect.new:
            await context.say(text, keyboard)
        else:
            await context.rewrite(text, keyboard)

    async def _status(self, context: ChatContext) -> None:
        say, limits = context.texts, self.queue.limits
        watches = [watch for watch in await self.queue.live(owner(context.person)) if watch.job.address]
        usage = await self.queue.usage(owner(context.person))
        lines = [say("status", count=len(watches), limit=limits.live)]
        lines += [f"{number}. {_stand(context, watch)}" for number, watch in enumerate(watches, start=1)]
        today = say("counter-today", count=usage.today, limit=limits.daily) if limits.daily else ""
        stops = [(watch.job.id, number) for number, watch in enumerate(watches, start=1)]
        await context.say("\n".join([*lines, today]).strip(), context.keys.stops(stops) if stops else None)

    async def cancel_all(self, context: ChatContext, *, draft: bool) -> None:
        """Stop all that is being painted for the person in this chat."""
        count = 0
        for job in await self.queue.jobs(owner(context.person), RECENT):
            address = Address.of(job)
            if job.state in LIVE and address and address.chat == context.chat:
                state = await self.queue.cancel(job.id, job.owner)
                count += state in (State.RUNNING, State.CANCELLED)
        if draft and not count:
            await context.say(context.texts("started-over"))
        else:
            await context.say(context.texts("cancelled-jobs", count=count))

    async def forget(self, context: ChatContext) -> None:
        """Erase everything, look again, and say what was found."""
        name = owner(context.person)
        watches = await self.queue.live(name)
        erased = await self.queue.forget(name)
        left = await self.sessions.forget(context.person) + len(await self.queue.jobs(name, 1))
        for watch in watches:
            await self._close(context, watch)
        await context.rewrite(context.texts("forgotten", count=erased, left=left))

    async def _close(self, context: ChatContext, watch: JobStatus) -> None:
        """Tell a message whose painting will never come."""
        address = Address.of(watch.job)
        if address:
            with contextlib.suppress(TelegramError):  # it is gone, or will be: nothing is kept of it here
                await context.bot.edit_message_caption(
                    address.chat, address.message, caption=context.texts("stopped-and-forgotten")
                )


def _stand(context: ChatContext, watch: JobStatus) -> str:
    """Say in a line where a painting stands."""
    say, job, forecast = context.texts, watch.job, watch.forecast
    address = Address.model_validate(job.address)
    eta = "none" if forecast.eta is None else say.duration(forecast.eta)
    if job.state is State.RUNNING:
        return say("status-running", style=address.style, percent=round(job.progress * 100), eta=eta)
    return say("status-queued", style=address.style, position=forecast.position or 0, eta=eta)
