"""Deliveries: each job has one message, which shows its progress and at last becomes the painting.

One poll reads all jobs; of several bots the one delivers that holds the chat's claim. A delivery is an edit,
so repeating it after a crash adds no second painting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from telegram import InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.delivery.painting_message import PaintingMessage
from bot.delivery.progress import Shown, caption_due, draft_due, draft_id, preview_due, progress_caption
from bot.i18n import texts
from bot.metrics import DELIVERIES
from bot.storage.claims import Claims
from bot.storage.job_address import Address, person_of
from bot.transport.capabilities import DRAFT, REACTION, Capabilities
from bot.transport.errors import (
    METHOD_REFUSED,
    is_chat_gone,
    is_message_gone,
    is_not_found,
    is_not_modified,
    retry_delay,
)
from bot.transport.rate_limiter import PROGRESS, RESULT, Postponed
from bot.views.keyboards import Keys
from engine import queue as stored
from engine.queue import LIVE, PREVIEW, Job, JobStatus, Queue, State, persist

log = logging.getLogger(__name__)

POLL_INTERVAL: Final = 0.5
"""Seconds between two polls of the queue."""
MAX_CONCURRENT: Final = 32
"""Messages that are edited at the same time, one in each chat."""
MAX_BACKOFF: Final = 30.0
"""Seconds between two attempts at a delivery, at most."""
REFUSAL_DELAY: Final = 30.0
"""Seconds until the next edit of a message after Telegram has refused one for an unknown reason."""
DRAFT_LIFETIME: Final = 30.0
"""Seconds for which Telegram shows a draft."""
DONE_REACTION: Final = "🎉"
"""The reaction to the photo of a finished painting."""


class Deliveries:
    """Delivers the progress and the results of all jobs."""

    def __init__(
        self,
        bot: ExtBot[str],
        queue: Queue,
        capabilities: Capabilities | None = None,
        claims: Claims | None = None,
    ) -> None:
        """``claims``: which chats are this bot's; all of them if None."""
        self.bot, self.queue, self._claims = bot, queue, claims
        self.capabilities = capabilities or Capabilities()
        self._painting_message = PaintingMessage(bot, queue, self.capabilities)
        self._shown: dict[str, Shown] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._chats: set[int] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                # A job that is being delivered while the poll reads it may have changed by its end.
                busy = set(self._busy)
                statuses = await self._claimed(await persist(self.queue.undelivered, "polling jobs"))
                self._start_updates([status for status in statuses if status.job.id not in busy])
                known = {status.job.id for status in statuses}
                for job_id in self._shown.keys() - known - self._busy.keys():
                    del self._shown[job_id]
                await asyncio.sleep(POLL_INTERVAL)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def cancel_by_draft(self, chat: int, draft: int) -> bool:
        """Cancel the job whose draft a user has stopped; False if it has ended already.

        Drafts are for private chats, where the user who stops one is the job's owner.
        """
        for status in await persist(self.queue.undelivered, "looking for a draft"):
            job, address = status.job, _address(status.job)
            if address and address.chat == chat and draft_id(job.id) == draft and job.state in LIVE:
                await persist(lambda job=job: self.queue.cancel(job.id, job.owner), "cancelling")  # type: ignore[misc]
                return True
        return False

    async def _claimed(self, statuses: Sequence[JobStatus]) -> Sequence[JobStatus]:
        """Return the jobs whose chats no other replica holds."""
        if self._claims is None:
            return statuses
        chats = {status.job.id: str(at.chat) for status in statuses if (at := _address(status.job))}
        mine = await self._claims.take(set(chats.values()))
        return [status for status in statuses if chats.get(status.job.id) in mine]

    def _start_updates(self, statuses: Sequence[JobStatus]) -> None:
        """Start a task for each message that is due: results first, then the messages by their last edit."""
        now = time.monotonic()
        streamed = _streamed_jobs(statuses)
        statuses = sorted(
            statuses,
            key=lambda each: (
                not each.job.state.terminal,
                self._shown.setdefault(each.job.id, Shown()).edited,
            ),
        )
        for status in statuses:
            if len(self._busy) >= MAX_CONCURRENT:
                break
            job, shown, address = status.job, self._shown[status.job.id], _address(status.job)
            if address is None or now < shown.hold or address.chat in self._chats:
                continue
            streams = streamed.get(address.chat) == job.id and self.capabilities.allows(address.chat, DRAFT)
            if job.state.terminal or self._is_due(status, address, shown, now, streams=streams):
                task = asyncio.create_task(self._update(status, address, shown, streams=streams))
                self._busy[job.id] = task
                self._chats.add(address.chat)
                task.add_done_callback(lambda _, job=job.id, chat=address.chat: self._free(job, chat))  # type: ignore[misc]

    def _free(self, job_id: str, chat: int) -> None:
        del self._busy[job_id]
        self._chats.discard(chat)

    def _is_due(
        self, status: JobStatus, address: Address, shown: Shown, now: float, *, streams: bool
    ) -> bool:
        text = progress_caption(texts(address.language), status, address.style)
        return (
            (streams and draft_due(text, shown, now))
            or preview_due(status.job, shown, now)
            or caption_due(status, text, shown, now, streamed=streams)
        )

    async def _update(self, status: JobStatus, address: Address, shown: Shown, *, streams: bool) -> None:
        job = status.job
        try:
            if job.state.terminal:
                await self._deliver(job, address, shown)
            else:
                if streams:
                    await self._send_draft(status, address, shown)
                await self._show_progress(status, address, shown, streams=streams)
            shown.failures = 0
        except Postponed:
            pass  # the next poll has newer progress
        except RetryAfter as error:
            shown.hold = time.monotonic() + retry_delay(error)
        except Forbidden:
            await self._give_up(job)
        except ChatMigrated as error:
            # The old messages are not in the new chat, where other messages may have their ids.
            moved = address.model_copy(update={"chat": error.new_chat_id, "message": 0})
            await self._readdress(job, moved)
        except BadRequest as error:
            if is_chat_gone(error):
                await self._give_up(job)
                return
            if job.state.terminal:
                log.warning("job %s: given up, for Telegram refuses its result (%s)", job.id, error)
                await persist(lambda: self.queue.delivered(job.id), "delivering")
                return
            log.info("job %s: progress refused (%s)", job.id, error)
            shown.gone = shown.gone or is_message_gone(error)
            shown.hold = 0.0 if is_message_gone(error) else time.monotonic() + REFUSAL_DELAY
        except TelegramError as error:
            self._back_off(shown)
            log.info("job %s: Telegram did not answer (%s)", job.id, type(error).__name__)
        except Exception:  # one message must not stop all other deliveries
            self._back_off(shown)
            log.exception("job %s: delivery failed", job.id)

    def _back_off(self, shown: Shown) -> None:
        shown.hold = time.monotonic() + min(MAX_BACKOFF, 2.0**shown.failures)
        shown.failures = min(shown.failures + 1, 10)

    async def _give_up(self, job: Job) -> None:
        log.info("job %s: cancelled, for its chat is gone or its user has blocked the bot", job.id)
        await persist(lambda: self.queue.cancel(job.id, job.owner), "cancelling")
        await persist(lambda: self.queue.delivered(job.id), "delivering")

    async def _readdress(self, job: Job, address: Address) -> bool:
        """Store the job's new address; False if another bot has delivered or moved it."""
        old, new = job.address or {}, address.model_dump(mode="json")
        return await persist(lambda: self.queue.readdress(job.id, old, new), "readdressing")

    async def _is_current(self, job: Job) -> bool:
        """Return whether the job that was read is still to be delivered, at that address.

        While this bot waited for the database, the job may have been deleted, or another bot may have taken
        over the chat and delivered it.
        """
        now = await persist(lambda: self.queue.get(job.id), "reading a job")
        if now is None or now.delivered is not None:
            return False
        return now.address == job.address and now.state.terminal == job.state.terminal

    # Progress

    async def _send_draft(self, status: JobStatus, address: Address, shown: Shown) -> None:
        """Stream the progress as a draft, which has Telegram's own Stop button."""
        text, now = progress_caption(texts(address.language), status, address.style), time.monotonic()
        if not draft_due(text, shown, now):
            return
        try:
            await self.bot.send_message_draft(
                address.chat,
                draft_id(status.job.id),
                text,
                api_kwargs={"can_stop": True},
                rate_limit_args=PROGRESS,
            )
        except METHOD_REFUSED as error:
            if is_chat_gone(error):
                raise
            self.capabilities.refuse(address.chat, DRAFT, error)
        else:
            shown.draft, shown.drafted = text, now

    async def _show_progress(
        self, status: JobStatus, address: Address, shown: Shown, *, streams: bool
    ) -> None:
        """Edit the message: a new preview, or a new caption."""
        job, say, now = status.job, texts(address.language), time.monotonic()
        if not address.message:
            shown.gone = True
        caption = progress_caption(say, status, address.style)
        keyboard = Keys(say, person_of(job)).under_way(job.id)
        preview = None
        if preview_due(job, shown, now):
            preview = await persist(lambda: self.queue.read(job.id, PREVIEW), "reading")
            if not await self._is_current(job):
                return
        if preview is not None:
            await self._painting_message.edit(
                address, InputMediaPhoto(preview, caption=caption), keyboard, PROGRESS
            )
            shown.preview = job.previews
        elif caption_due(status, caption, shown, now, streamed=streams):
            try:
                await self._edit_caption(address, caption, keyboard, PROGRESS)
            except BadRequest as error:
                if not is_not_modified(error):  # a restarted bot does not know what the message shows
                    raise
        else:
            return
        shown.caption, shown.position, shown.edited = caption, status.forecast.position, now
        shown.state = job.state

    # The end

    async def _deliver(self, job: Job, address: Address, shown: Shown) -> None:
        """Deliver the end of a job, if no other bot has."""
        if not await self._show_end(job, address):
            return
        await persist(lambda: self.queue.delivered(job.id), "delivering")
        DELIVERIES.labels(job.state, job.error or "none").inc()
        log.info("job %s: delivered as %s", job.id, job.state)
        await self._close_draft_and_react(job, address, shown)

    async def _show_end(self, job: Job, address: Address) -> bool:
        """Edit the message into the result or the error; if it does not exist any more, send another one.

        Returns False if the job is not to be delivered any more, or at another address.
        """
        result = None
        if job.state is State.DONE:
            result = await persist(lambda: self.queue.read(job.id, stored.RESULT), "reading")
        painting = None if result is None else await self._painting_message.prepare(job, address, result)
        if not await self._is_current(job):
            return False
        if painting is None:
            return await self._show_failure(job, address)
        if address.message and await self._painting_message.show(job, address, painting):
            return True
        if not await self._is_current(job):
            return False
        # A send cannot be repeated safely, an edit can. So one line is sent that is true in any case. The
        # job's address then names it, and it is edited into the painting like any other. A kill between the
        # send and the next transaction leaves that line behind, never a second painting.
        log.info("job %s: its message is gone; sending another", job.id)
        line = texts(address.language)("here-it-comes")
        sent = await self.bot.send_message(address.chat, line, rate_limit_args=RESULT)
        address = address.model_copy(update={"message": sent.message_id})
        if not await self._readdress(job, address):
            with contextlib.suppress(TelegramError):
                await self.bot.delete_message(address.chat, address.message)
            return False
        await self._painting_message.show(job, address, painting)
        return True

    async def _show_failure(self, job: Job, address: Address) -> bool:
        say, chat = texts(address.language), address.chat
        text = say("cancelled") if job.state is State.CANCELLED else say.error(job.error or "internal")
        keyboard = Keys(say, person_of(job)).ended(job.id)
        if address.message:
            try:
                await self._edit_caption(address, text, keyboard, RESULT)
                return True
            except BadRequest as error:
                if is_not_modified(error):  # an earlier attempt has done it
                    return True
                if is_chat_gone(error):
                    raise
            if not await self._is_current(job):
                return False
        await self.capabilities.with_button_styles(
            chat,
            keyboard,
            lambda keys: self.bot.send_message(chat, text, reply_markup=keys, rate_limit_args=RESULT),
        )
        return True

    async def _close_draft_and_react(self, job: Job, address: Address, shown: Shown) -> None:
        """Replace a draft that is still shown, and react to the photo; both may fail."""
        if time.monotonic() - shown.drafted < DRAFT_LIFETIME and job.state is State.DONE:
            text = texts(address.language)("there-it-is")
            with contextlib.suppress(TelegramError):
                await self.bot.send_message_draft(
                    address.chat, draft_id(job.id), text, rate_limit_args=PROGRESS
                )
        if not address.source or not self.capabilities.allows(address.chat, REACTION):
            return
        try:
            emoji = DONE_REACTION if job.state is State.DONE else None
            await self.bot.set_message_reaction(address.chat, address.source, emoji)
        except BadRequest as error:
            if not is_not_found(error):
                self.capabilities.refuse(address.chat, REACTION, error)
        except TelegramError as error:
            log.debug("job %s: no reaction (%s)", job.id, error)

    async def _edit_caption(
        self, address: Address, caption: str, keyboard: InlineKeyboardMarkup, kind: str
    ) -> None:
        await self.capabilities.with_button_styles(
            address.chat,
            keyboard,
            lambda keys: self.bot.edit_message_caption(
                address.chat, address.message, caption=caption, reply_markup=keys, rate_limit_args=kind
            ),
        )


def _address(job: Job) -> Address | None:
    """Return a job's address; None if it is invalid, for then the job is not the bot's."""
    try:
        return Address.of(job)
    except ValidationError:
        return None


def _streamed_jobs(statuses: Sequence[JobStatus]) -> dict[int, str]:
    """Return the job of each private chat that is streamed: one that runs, or else the first in the queue."""
    streamed: dict[int, str] = {}
    live = [status.job for status in statuses if status.job.state in LIVE]
    for job in sorted(live, key=lambda each: each.state is not State.RUNNING):
        if (address := _address(job)) and address.chat > 0:
            streamed.setdefault(address.chat, job.id)
    return streamed
