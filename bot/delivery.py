"""Deliveries: each job's one message, edited as the painting comes along, and at last into the painting.

One poll watches all jobs. A delivery is an edit, so making it again after a crash adds no second painting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter
from telegram.ext import ExtBot

from bot.addresses import Address, person_of
from bot.captions import done, share_link
from bot.keyboards import Keys
from bot.pacing import PROGRESS, seconds
from bot.pictures import as_photo, in_turn
from bot.texts import Texts, texts
from engine.queue import PREVIEW, RESULT, TIMELAPSE, Job, Queue, State, Watch, persist

log = logging.getLogger(__name__)

POLL: Final = 0.5
"""Seconds between two looks at the queue."""
PACE: Final = 2.0
"""Seconds between two edits of one message; Telegram allows about one a second in a chat."""
PATIENCE: Final = 5.0
"""Seconds until a delivery that did not get through is tried again."""
REFUSED: Final = 30.0
"""Seconds until a message whose edit Telegram refused is edited again: most likely it was deleted."""
BAR: Final = 12
"""Boxes of the progress bar."""


@dataclass(slots=True)
class _Shown:
    """What a message shows, as far as this process knows."""

    caption: str = ""
    preview: int = 0
    hold: float = 0.0
    """No edit before this moment of the monotonic clock."""


class Deliveries:
    """Watches every job that somebody waits for."""

    def __init__(self, bot: ExtBot[str], queue: Queue) -> None:
        self.bot, self.queue = bot, queue
        self._shown: dict[str, _Shown] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                busy = set(self._busy)  # what is being delivered while we look is seen as it was
                watches = await persist(self.queue.undelivered, "watching")
                # Results come first.
                for watch in sorted(watches, key=lambda watch: not watch.job.state.terminal):
                    if watch.job.id not in busy:
                        self._attend(watch)
                for job_id in self._shown.keys() - {watch.job.id for watch in watches} - self._busy.keys():
                    del self._shown[job_id]
                await asyncio.sleep(POLL)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _attend(self, watch: Watch) -> None:
        """Bring a job's message up to date, unless that is under way or its time has not come."""
        job = watch.job
        shown = self._shown.setdefault(job.id, _Shown())
        if job.id in self._busy or time.monotonic() < shown.hold:
            return
        task = asyncio.create_task(self._update(watch, shown))
        self._busy[job.id] = task
        task.add_done_callback(lambda _: self._busy.pop(job.id))

    async def _update(self, watch: Watch, shown: _Shown) -> None:
        job = watch.job
        try:
            address = Address.model_validate(job.address)
            if job.state.terminal:
                await self._end(job, address)
                await persist(lambda: self.queue.delivered(job.id), "delivering")
                log.info("job %s: delivered as %s", job.id, job.state)
            elif await self._progress(watch, address, shown):
                shown.hold = time.monotonic() + PACE
        except ChatMigrated as error:
            moved = Address.model_validate(job.address).model_copy(update={"chat": error.new_chat_id})
            there = moved.model_dump(mode="json")
            await persist(lambda: self.queue.readdress(job.id, there), "readdressing")
        except RetryAfter as error:
            shown.hold = time.monotonic() + seconds(error)
        except Forbidden:
            log.info("job %s: nobody is there to deliver to", job.id)
            await persist(lambda: self.queue.cancel(job.id, job.owner), "cancelling")
            await persist(lambda: self.queue.delivered(job.id), "delivering")
        except BadRequest as error:
            log.info("job %s: no progress shown (%s)", job.id, error)
            shown.hold = time.monotonic() + REFUSED
        except NetworkError as error:
            log.info("job %s: Telegram did not answer (%s)", job.id, type(error).__name__)
            shown.hold = time.monotonic() + PACE
        except Exception:  # one message must not stop the deliveries of all others
            log.exception("job %s: not delivered", job.id)
            shown.hold = time.monotonic() + PATIENCE

    async def _progress(self, watch: Watch, address: Address, shown: _Shown) -> bool:
        """Show where a live job stands; True if that took an edit."""
        job, say = watch.job, texts(address.language)
        caption = progress_caption(say, watch, address.style)
        keyboard = Keys(say, person_of(job)).under_way(job.id)
        if job.previews > shown.preview:
            preview = await persist(lambda: self.queue.read(job.id, PREVIEW), "reading")
            if preview is not None:
                await self._edit(address, caption, keyboard, preview, PROGRESS)
                shown.preview, shown.caption = job.previews, caption
                return True
        if caption == shown.caption:
            return False
        try:
            await self._edit(address, caption, keyboard, pace=PROGRESS)
        except BadRequest as error:
            if not _unchanged(error):  # a bot that was started again does not know what it shows
                raise
        shown.caption = caption
        return True

    async def _end(self, job: Job, address: Address) -> None:
        """Turn the message into what came of the job; if Telegram will not have that, send it anew."""
        for deliver in await self._ways(job, address):
            try:
                await deliver()
            except BadRequest as error:
                if _unchanged(error):  # it shows that already: as good as done
                    return
                log.info("job %s: trying another way to deliver (%s)", job.id, error)
            else:
                return
        log.error("job %s: Telegram takes it in no way", job.id)

    async def _ways(self, job: Job, address: Address) -> list[Callable[[], Awaitable[object]]]:
        """The ways to deliver, the best first. The person may have deleted the message."""
        say, chat, bot = texts(address.language), address.chat, self.bot
        result = None
        if job.state is State.DONE:
            result = await persist(lambda: self.queue.read(job.id, RESULT), "reading")
        if result is None:
            text = say("cancelled") if job.state is State.CANCELLED else say.error(job.error or "internal")
            keyboard = Keys(say, person_of(job)).ended(job.id)
            return [
                lambda: self._edit(address, text, keyboard),
                lambda: bot.send_message(chat, text, reply_markup=keyboard),
            ]
        photo = await in_turn(as_photo, result)
        caption = done(say, job, address)
        keyboard = Keys(say, person_of(job)).finished(
            job.id,
            address.draft,
            share=share_link(say, bot.username, address.draft),
            film=await persist(lambda: self.queue.has(job.id, TIMELAPSE), "reading"),
        )
        name = address.file_name
        return [
            lambda: self._edit(address, caption, keyboard, photo),
            lambda: bot.send_photo(chat, photo, caption=caption, reply_markup=keyboard),
            lambda: bot.send_document(chat, result, caption=caption, reply_markup=keyboard, filename=name),
        ]

    async def _edit(
        self,
        address: Address,
        caption: str,
        keyboard: InlineKeyboardMarkup,
        photo: bytes | None = None,
        pace: str | None = None,
    ) -> None:
        if photo is None:
            await self.bot.edit_message_caption(
                address.chat, address.message, caption=caption, reply_markup=keyboard, rate_limit_args=pace
            )
        else:
            await self.bot.edit_message_media(
                InputMediaPhoto(photo, caption=caption),
                address.chat,
                address.message,
                reply_markup=keyboard,
                rate_limit_args=pace,
            )


def _unchanged(error: BadRequest) -> bool:
    return "not modified" in str(error).lower()


def progress_caption(say: Texts, watch: Watch, style: str) -> str:
    """Say where a live job stands."""
    job, outlook = watch.job, watch.outlook
    eta = "none" if outlook.eta is None else say.duration(outlook.eta)
    if job.state is State.RUNNING:
        filled = round(job.progress * BAR)
        bar = "▰" * filled + "▱" * (BAR - filled)
        return say("painting", bar=bar, percent=round(job.progress * 100), style=style, eta=eta)
    if outlook.eta is None:
        return say("waiting-for-painter", position=outlook.position or 0)
    return say("queued", position=outlook.position or 0, eta=eta)
