"""Deliveries: each job's one message, edited as the painting comes along, and at last into the painting.

One poll watches all jobs; of several bots the one delivers that has the chat. A delivery is an edit, so
making it again after a crash adds no second painting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from telegram import (
    InlineKeyboardMarkup,
    InputMediaPhoto,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot

from bot.delivery.message import PaintingMessage
from bot.delivery.progress import PACE, Shown, draft_due, draft_id, due, progress_caption
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

POLL: Final = 0.5
"""Seconds between two looks at the queue."""
AT_ONCE: Final = 32
"""Messages that are brought up to date at the same time; of one chat one."""
LONGEST: Final = 30.0
"""Seconds until a delivery that did not get through for a while is tried again."""
REFUSED: Final = 30.0
"""Seconds until a message is edited again whose edit Telegram refused for no reason that we know."""
DRAFT_SHOWN: Final = 30.0
"""Seconds for which Telegram shows a draft."""
DONE: Final = "🎉"


class Deliveries:
    """Watches every job that somebody waits for."""

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
        self._showing = PaintingMessage(bot, queue, self.capabilities)
        self._shown: dict[str, Shown] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._chats: set[int] = set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                busy = set(self._busy)  # what is being delivered while we look is seen as it was
                watches = await self._ours(await persist(self.queue.undelivered, "watching"))
                self._attend([watch for watch in watches if watch.job.id not in busy])
                for job_id in self._shown.keys() - {watch.job.id for watch in watches} - self._busy.keys():
                    del self._shown[job_id]
                await asyncio.sleep(POLL)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def stopped(self, chat: int, draft: int) -> bool:
        """Cancel the job whose draft a person has stopped; False if it is not under way any more.

        Drafts are for private chats, where whoever stops one is the job's owner.
        """
        for watch in await persist(self.queue.undelivered, "looking for a draft"):
            job, address = watch.job, _address(watch.job)
            if address and address.chat == chat and draft_id(job.id) == draft and job.state in LIVE:
                await persist(lambda job=job: self.queue.cancel(job.id, job.owner), "cancelling")  # type: ignore[misc]
                return True
        return False

    async def _ours(self, watches: Sequence[JobStatus]) -> Sequence[JobStatus]:
        """Those whose chat no other replica has."""
        if self._claims is None:
            return watches
        chats = {watch.job.id: str(at.chat) for watch in watches if (at := _address(watch.job))}
        mine = await self._claims.take(set(chats.values()))
        return [watch for watch in watches if chats.get(watch.job.id) in mine]

    def _attend(self, watches: Sequence[JobStatus]) -> None:
        """Bring up to date what has news: results first, then whoever has waited longest."""
        now = time.monotonic()
        speakers = _speakers(watches)
        watches = sorted(
            watches,
            key=lambda each: (
                not each.job.state.terminal,
                self._shown.setdefault(each.job.id, Shown()).edited,
            ),
        )
        for watch in watches:
            if len(self._busy) >= AT_ONCE:
                break
            job, shown, address = watch.job, self._shown[watch.job.id], _address(watch.job)
            if address is None or now < shown.hold or address.chat in self._chats:
                continue
            streams = speakers.get(address.chat) == job.id and self.capabilities.allows(address.chat, DRAFT)
            if job.state.terminal or self._has_news(watch, address, shown, now, streams=streams):
                task = asyncio.create_task(self._update(watch, address, shown, streams=streams))
                self._busy[job.id] = task
                self._chats.add(address.chat)
                task.add_done_callback(lambda _, job=job.id, chat=address.chat: self._free(job, chat))  # type: ignore[misc]

    def _free(self, job_id: str, chat: int) -> None:
        del self._busy[job_id]
        self._chats.discard(chat)

    def _has_news(
        self, watch: JobStatus, address: Address, shown: Shown, now: float, *, streams: bool
    ) -> bool:
        text = progress_caption(texts(address.language), watch, address.style)
        return (
            (streams and draft_due(text, shown, now))
            or _preview_due(watch.job, shown, now)
            or due(watch, text, shown, now, streamed=streams)
        )

    async def _update(self, watch: JobStatus, address: Address, shown: Shown, *, streams: bool) -> None:
        job = watch.job
        try:
            if job.state.terminal:
                await self._deliver(job, address, shown)
            else:
                if streams:
                    await self._stream(watch, address, shown)
                await self._progress(watch, address, shown, streams=streams)
            shown.failures = 0
        except Postponed:
            pass  # the next look tells newer news
        except RetryAfter as error:
            shown.hold = time.monotonic() + retry_delay(error)
        except Forbidden:
            await self._give_up(job)
        except ChatMigrated as error:
            # The old messages are not in the new chat, and their numbers may be those of others there.
            moved = address.model_copy(update={"chat": error.new_chat_id, "message": 0})
            await self._move(job, moved)
        except BadRequest as error:
            if is_chat_gone(error):
                await self._give_up(job)
                return
            if job.state.terminal:
                log.warning("job %s: Telegram takes no news of it (%s)", job.id, error)
                await persist(lambda: self.queue.delivered(job.id), "delivering")
                return
            log.info("job %s: refused (%s)", job.id, error)
            shown.gone = shown.gone or is_message_gone(error)
            shown.hold = 0.0 if is_message_gone(error) else time.monotonic() + REFUSED
        except TelegramError as error:
            self._back_off(shown)
            log.info("job %s: Telegram did not answer (%s)", job.id, type(error).__name__)
        except Exception:  # one message must not stop the deliveries of all others
            self._back_off(shown)
            log.exception("job %s: not delivered", job.id)

    def _back_off(self, shown: Shown) -> None:
        shown.hold = time.monotonic() + min(LONGEST, 2.0**shown.failures)
        shown.failures = min(shown.failures + 1, 10)

    async def _give_up(self, job: Job) -> None:
        log.info("job %s: nobody is there to deliver to", job.id)
        await persist(lambda: self.queue.cancel(job.id, job.owner), "cancelling")
        await persist(lambda: self.queue.delivered(job.id), "delivering")

    async def _move(self, job: Job, address: Address) -> bool:
        """Note that the job's message is another one now; False if its news are not to be told any more."""
        old, new = job.address or {}, address.model_dump(mode="json")
        return await persist(lambda: self.queue.readdress(job.id, old, new), "readdressing")

    async def _stands(self, job: Job) -> bool:
        """Whether what was seen of a job is still to be told, and there.

        While this bot waited for the database, the job may have been forgotten, or another bot have taken
        this one for dead and have told it.
        """
        now = await persist(lambda: self.queue.get(job.id), "looking again")
        if now is None or now.delivered is not None:
            return False
        return now.address == job.address and now.state.terminal == job.state.terminal

    # While it is being painted

    async def _stream(self, watch: JobStatus, address: Address, shown: Shown) -> None:
        """Tell the news as a draft, which has Telegram's own button to stop it."""
        text, now = progress_caption(texts(address.language), watch, address.style), time.monotonic()
        if not draft_due(text, shown, now):
            return
        try:
            await self.bot.send_message_draft(
                address.chat,
                draft_id(watch.job.id),
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

    async def _progress(self, watch: JobStatus, address: Address, shown: Shown, *, streams: bool) -> None:
        """Show where a live job stands."""
        job, say, now = watch.job, texts(address.language), time.monotonic()
        if not address.message:
            shown.gone = True
        caption = progress_caption(say, watch, address.style)
        keyboard = Keys(say, person_of(job)).under_way(job.id)
        preview = None
        if _preview_due(job, shown, now):
            preview = await persist(lambda: self.queue.read(job.id, PREVIEW), "reading")
            if not await self._stands(job):
                return
        if preview is not None:
            await self._showing.edit(address, InputMediaPhoto(preview, caption=caption), keyboard, PROGRESS)
            shown.preview = job.previews
        elif due(watch, caption, shown, now, streamed=streams):
            try:
                await self._edit_caption(address, caption, keyboard, PROGRESS)
            except BadRequest as error:
                if not is_not_modified(error):  # a bot that was started again does not know what it shows
                    raise
        else:
            return
        shown.caption, shown.position, shown.edited = caption, watch.forecast.position, now
        shown.state = job.state

    # When it has ended

    async def _deliver(self, job: Job, address: Address, shown: Shown) -> None:
        """Tell how the job ended, if that is still to be told."""
        if not await self._end(job, address):
            return
        await persist(lambda: self.queue.delivered(job.id), "delivering")
        DELIVERIES.labels(job.state, job.error or "none").inc()
        log.info("job %s: delivered as %s", job.id, job.state)
        await self._take_leave(job, address, shown)

    async def _end(self, job: Job, address: Address) -> bool:
        """Turn the message into what came of the job; if it is not there any more, send another one.

        False: that is not to be told any more, or elsewhere.
        """
        result = None
        if job.state is State.DONE:
            result = await persist(lambda: self.queue.read(job.id, stored.RESULT), "reading")
        painting = None if result is None else await self._showing.painting(job, address, result)
        if not await self._stands(job):
            return False
        if painting is None:
            return await self._end_without(job, address)
        if address.message and await self._showing.show(job, address, painting):
            return True
        if not await self._stands(job):
            return False
        # A send cannot be repeated safely, an edit can. So what is sent is one line that is true whatever
        # comes after it; the job's address then names it, and it is edited into the painting like any other.
        # A kill between the send and the next transaction leaves that line behind, never a second painting.
        log.info("job %s: its message is gone; sending another", job.id)
        line = texts(address.language)("here-it-comes")
        sent = await self.bot.send_message(address.chat, line, rate_limit_args=RESULT)
        address = address.model_copy(update={"message": sent.message_id})
        if not await self._move(job, address):
            with contextlib.suppress(TelegramError):
                await self.bot.delete_message(address.chat, address.message)
            return False
        await self._showing.show(job, address, painting)
        return True

    async def _end_without(self, job: Job, address: Address) -> bool:
        say, chat = texts(address.language), address.chat
        text = say("cancelled") if job.state is State.CANCELLED else say.error(job.error or "internal")
        keyboard = Keys(say, person_of(job)).ended(job.id)
        if address.message:
            try:
                await self._edit_caption(address, text, keyboard, RESULT)
                return True
            except BadRequest as error:
                if is_not_modified(error):  # it says that already: as good as done
                    return True
                if is_chat_gone(error):
                    raise
            if not await self._stands(job):
                return False
        await self.capabilities.with_button_styles(
            chat,
            keyboard,
            lambda keys: self.bot.send_message(chat, text, reply_markup=keys, rate_limit_args=RESULT),
        )
        return True

    async def _take_leave(self, job: Job, address: Address, shown: Shown) -> None:
        """Small things that may fail: the last word of a draft that is still seen, and a receipt."""
        if time.monotonic() - shown.drafted < DRAFT_SHOWN and job.state is State.DONE:
            text = texts(address.language)("there-it-is")
            with contextlib.suppress(TelegramError):
                await self.bot.send_message_draft(
                    address.chat, draft_id(job.id), text, rate_limit_args=PROGRESS
                )
        if not address.source or not self.capabilities.allows(address.chat, REACTION):
            return
        try:
            emoji = DONE if job.state is State.DONE else None
            await self.bot.set_message_reaction(address.chat, address.source, emoji)
        except BadRequest as error:
            if not is_not_found(error):
                self.capabilities.refuse(address.chat, REACTION, error)
        except TelegramError as error:
            log.debug("job %s: no receipt (%s)", job.id, error)

    async def _edit_caption(
        self, address: Address, caption: str, keyboard: InlineKeyboardMarkup, pace: str
    ) -> None:
        await self.capabilities.with_button_styles(
            address.chat,
            keyboard,
            lambda keys: self.bot.edit_message_caption(
                address.chat, address.message, caption=caption, reply_markup=keys, rate_limit_args=pace
            ),
        )


def _preview_due(job: Job, shown: Shown, now: float) -> bool:
    return job.previews > shown.preview and not shown.gone and now - shown.edited >= PACE


def _address(job: Job) -> Address | None:
    """None if it cannot be read: what is not the bot's is not for it to deliver."""
    try:
        return Address.of(job)
    except ValidationError:
        return None


def _speakers(watches: Sequence[JobStatus]) -> dict[int, str]:
    """The one job of each private chat whose news are streamed: one that runs, or else the first in line."""
    speakers: dict[int, str] = {}
    live = [watch.job for watch in watches if watch.job.state in LIVE]
    for job in sorted(live, key=lambda each: each.state is not State.RUNNING):
        if (address := _address(job)) and address.chat > 0:
            speakers.setdefault(address.chat, job.id)
    return speakers
