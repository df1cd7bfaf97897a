"""The buttons of a job's message: stop, vary, compare, send as a file, delete."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from telegram import InputMediaPhoto, Message
from telegram.error import BadRequest

from bot.chat.context import ChatContext
from bot.chat.orders import Orders
from bot.chat.style_picker import show
from bot.conversation import AskStyle, Sent, Session, varied
from bot.conversation.callback_data import JobAction
from bot.delivery.painting_message import PaintingMessage
from bot.storage.job_address import Address, owner
from bot.transport.capabilities import Capabilities
from bot.transport.errors import is_message_gone, is_not_modified
from bot.views.images import before_after, in_image_thread
from engine.queue import RESULT, TIMELAPSE, Job, Queue, State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobActions:
    """Carries out the buttons of a job's message."""

    queue: Queue
    orders: Orders
    taps: DoubleTaps
    capabilities: Capabilities

    async def act(self, context: ChatContext, action: str, job_id: str, session: Session) -> Session:
        """Carry out an action, or say why not, and return the session after it."""
        say = context.texts
        tap = context.tap.id if context.tap else ""
        if self.taps.is_double((context.chat, context.message, context.person, action), tap):
            await context.answer()
            return session
        job = await self.queue.get(job_id)
        address = Address.of(job) if job else None
        if job is None or address is None:
            await context.answer(say("old-button"), alert=True)
        elif job.owner != owner(context.person):
            await context.answer(say("not-yours"), alert=True)
        else:
            return await self._act(context, action, job, address, session)
        return session

    async def _act(
        self, context: ChatContext, action: str, job: Job, address: Address, session: Session
    ) -> Session:
        say = context.texts
        match action:
            case "painted":
                await context.answer(say("already-painted"))
            case JobAction.CANCEL:
                state = await self.queue.cancel(job.id, job.owner)
                stopped = state in (State.RUNNING, State.CANCELLED)
                await context.answer(say("cancelling" if stopped else "too-late"))
            case JobAction.FILE:
                await self._send(context, job, RESULT, address.file_name)
            case JobAction.FILM:
                await self._send(context, job, TIMELAPSE, f"{address.stem}.mp4")
            case JobAction.COMPARE | JobAction.PAINTING:
                await self._compare(context, job, address, compared=action == JobAction.COMPARE)
            case JobAction.DELETE:
                await self._delete(context, job)
            case JobAction.OTHER | JobAction.NEXT:
                photo = address.draft.photo if action == JobAction.OTHER else _painting_of(context)
                if photo is None:
                    await context.answer(say("old-button"), alert=True)
                    return session
                await context.answer()
                session = session.updated(photo=photo, styles=(), draft_id=None, awaiting=None)
                await show(context, AskStyle(), session, self.orders.downloads)
            case _:
                await self._vary(context, action, job, address)
        return session

    async def _vary(self, context: ChatContext, action: str, job: Job, address: Address) -> None:
        say = context.texts
        if action == JobAction.BIGGER and "photo-smaller-than-size" in (job.facts or {}).get("notes", ()):
            await context.answer(say("no-more-pixels"), alert=True)
            return
        painted = address.draft.choices.size or self.orders.rules.size
        larger = self.orders.rules.larger(painted if address.asked is None else int(job.recipe["size"]))
        draft = varied(address.draft, action, secrets.randbelow(2**31), larger)
        if draft is None:
            await context.answer(say(f"no-{action}"), alert=True)
            return
        await context.answer()
        await self.orders.paint_anew(context, draft)

    async def _send(self, context: ChatContext, job: Job, name: str, file_name: str) -> None:
        """Send a file of the painting, as a reply to it."""
        data = await self.queue.read(job.id, name)
        if data is None:
            await context.answer(context.texts("file-gone" if name == RESULT else "film-gone"), alert=True)
            return
        await context.answer()
        send = context.bot.send_document if name == RESULT else context.bot.send_animation
        await send(
            context.chat,
            data,
            filename=file_name,
            reply_to_message_id=context.message,
            allow_sending_without_reply=True,
        )

    async def _compare(self, context: ChatContext, job: Job, address: Address, *, compared: bool) -> None:
        """Turn the message into photo and painting side by side, or back into the painting."""
        result = await self.queue.read(job.id, RESULT)
        if result is None or context.message is None:
            await context.answer(context.texts("file-gone"), alert=True)
            return
        await context.answer()
        here = {"chat": context.chat, "message": context.message, "language": context.texts.language}
        address = address.model_copy(update=here)
        painting_message = PaintingMessage(context.bot, self.queue, self.capabilities)
        if not compared:
            await painting_message.show(job, address, await painting_message.prepare(job, address, result))
            return
        photo = (await self.orders.downloads.fetch(context.bot, address.draft.photo)).data
        film = await self.queue.has(job.id, TIMELAPSE)
        caption, keyboard = painting_message.caption_and_keyboard(job, address, film=film, compared=True)
        both = InputMediaPhoto(await in_image_thread(before_after, photo, result), caption=caption)
        try:
            await painting_message.edit(address, both, keyboard)
        except BadRequest as error:
            if not is_not_modified(error):
                raise

    async def _delete(self, context: ChatContext, job: Job) -> None:
        """Delete a painting: its message, and then its job.

        The job comes last: until then the button works, and can be tapped again after an interruption.
        """
        if context.message is not None:
            try:
                await context.bot.delete_message(context.chat, context.message)
            except BadRequest as error:
                # After two days Telegram lets nobody delete the message, but its text can be edited.
                if not is_message_gone(error):
                    await self._say_deleted(context)
        await context.answer(context.texts("deleted"))
        await self.queue.forget(job.owner, job.id)

    async def _say_deleted(self, context: ChatContext) -> None:
        try:
            await context.edit(context.texts("deleted"), None)
        except BadRequest as error:
            log.info("a painting's message could not be edited: %s", error)


def _painting_of(context: ChatContext) -> Sent | None:
    """Return the picture of the tapped message."""
    message = context.tap.message if context.tap else None
    if not isinstance(message, Message):
        return None
    photos = message.photo or (message.live_photo.photo if message.live_photo else None)
    if not photos:
        return None
    best = max(photos, key=lambda size: size.width * size.height)
    return Sent(file_id=best.file_id, message=message.message_id)


DOUBLE_TAP: Final = 2.0
"""Seconds within which a second tap on one button is ignored."""


class DoubleTaps:
    """Tells double taps from separate ones."""

    def __init__(self, within: float = DOUBLE_TAP) -> None:
        self._within = within
        self._latest: dict[Hashable, tuple[str, float]] = {}

    def is_double(self, button: Hashable, tap: str) -> bool:
        """Record a tap on a button, and return whether another one came a moment ago.

        ``tap`` is its id: a retry of the first tap is no second one.
        """
        now = time.monotonic()
        self._latest = {key: noted for key, noted in self._latest.items() if now - noted[1] < self._within}
        first, _ = self._latest.get(button, (tap, now))
        self._latest[button] = first, now
        return first != tap
