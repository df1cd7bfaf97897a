"""Deliveries: each job's one message, edited as the painting comes along, and at last into the painting.

One poll watches all jobs. A delivery is an edit, so making it again after a crash adds no second painting.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final

from telegram import Bot, InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot import keyboards
from bot.addresses import Address
from bot.pictures import as_photo
from bot.texts import Texts, texts
from engine.queue import PREVIEW, RESULT, Job, Queue, State, Watch, persist

log = logging.getLogger(__name__)

POLL: Final = 0.5
"""Seconds between two looks at the queue."""
PACE: Final = 2.0
"""Seconds between two edits of one message; Telegram allows about one a second in a chat."""
PATIENCE: Final = 5.0
"""Seconds until a delivery that did not get through is tried again."""
PRUNE: Final = 600.0
"""Seconds between two clean-ups."""
BAR: Final = 12
"""Boxes of the progress bar."""

Media = InputMediaPhoto | InputMediaDocument


@dataclass(slots=True)
class _Shown:
    """What a message shows, as far as this process knows."""

    caption: str = ""
    preview: int = 0
    hold: float = 0.0
    """No edit before this moment of the monotonic clock."""


class Deliveries:
    """Watches every job that somebody waits for."""

    def __init__(self, bot: Bot, queue: Queue, result_ttl: float) -> None:
        self.bot, self.queue, self.result_ttl = bot, queue, result_ttl
        self._shown: dict[str, _Shown] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        pruned = 0.0
        try:
            while True:
                if time.monotonic() - pruned > PRUNE or not pruned:
                    await persist(lambda: self.queue.prune(self.result_ttl), "pruning")
                    pruned = time.monotonic()
                watches = await persist(self.queue.undelivered, "watching")
                # Results come first.
                for watch in sorted(watches, key=lambda watch: not watch.job.state.terminal):
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
        job, address = watch.job, Address.of(watch.job)
        assert address is not None  # noqa: S101 - only jobs with one are watched
        try:
            if job.state.terminal:
                await self._end(job, address)
                await persist(lambda: self.queue.delivered(job.id), "delivering")
                log.info("job %s: delivered as %s", job.id, job.state)
            elif await self._progress(watch, address, shown):
                shown.hold = time.monotonic() + PACE
        except RetryAfter as error:
            shown.hold = time.monotonic() + _seconds(error)
        except Forbidden:
            log.info("job %s: nobody is there to deliver to", job.id)
            await persist(lambda: self.queue.cancel(job.id, job.owner), "cancelling")
            await persist(lambda: self.queue.delivered(job.id), "delivering")
        except BadRequest as error:
            await self._refused(job, shown, error)
        except (TimedOut, NetworkError) as error:
            log.info("job %s: Telegram did not answer (%s)", job.id, type(error).__name__)
            shown.hold = time.monotonic() + (PATIENCE if job.state.terminal else PACE)
        except Exception:  # one message must not stop the deliveries of all others
            log.exception("job %s: not delivered", job.id)
            shown.hold = time.monotonic() + PATIENCE

    async def _refused(self, job: Job, shown: _Shown, error: BadRequest) -> None:
        """Give up what Telegram will never take; a result that has no message left was sent anew already."""
        log.warning("job %s: refused by Telegram (%s)", job.id, error)
        if job.state.terminal:
            await persist(lambda: self.queue.delivered(job.id), "delivering")
        else:
            shown.hold = time.monotonic() + PATIENCE * 2

    async def _progress(self, watch: Watch, address: Address, shown: _Shown) -> bool:
        """Show where a live job stands; True if that took an edit."""
        job, say = watch.job, texts(address.language)
        caption = progress_caption(say, watch, address.style)
        keyboard = keyboards.under_way(say, job.id)
        if job.previews > shown.preview:
            preview = await persist(lambda: self.queue.read(job.id, PREVIEW), "reading")
            if preview is not None:
                await self._edit(address, caption, keyboard, InputMediaPhoto(preview, caption=caption))
                shown.preview, shown.caption = job.previews, caption
                return True
        if caption == shown.caption:
            return False
        await self._edit(address, caption, keyboard)
        shown.caption = caption
        return True

    async def _end(self, job: Job, address: Address) -> None:
        say = texts(address.language)
        if job.state is State.DONE:
            result = await persist(lambda: self.queue.read(job.id, RESULT), "reading")
            if result is not None:
                photo = await asyncio.to_thread(as_photo, result)
                caption, keyboard = done_caption(say, job, address.style), keyboards.finished(say, job.id)
                try:
                    await self._edit_or_send(
                        address, caption, keyboard, InputMediaPhoto(photo, caption=caption)
                    )
                except BadRequest:  # no shape that Telegram takes as a photo: then as a file
                    file = InputMediaDocument(result, filename=f"atelier-{job.id}.png", caption=caption)
                    await self._edit_or_send(address, caption, keyboard, file)
                return
        code = job.error or "internal"
        text = say("cancelled") if job.state is State.CANCELLED else say.error(code)
        await self._edit_or_send(address, text, keyboards.ended(say, job.id))

    async def _edit_or_send(
        self, address: Address, caption: str, keyboard: InlineKeyboardMarkup, media: Media | None = None
    ) -> None:
        """Edit the status message; if the person has deleted it, send a new one."""
        try:
            await self._edit(address, caption, keyboard, media)
        except BadRequest as error:
            if "not found" not in str(error).lower():
                raise
            match media:
                case None:
                    await self.bot.send_message(address.chat, caption, reply_markup=keyboard)
                case InputMediaPhoto(media=photo):
                    await self.bot.send_photo(address.chat, photo, caption=caption, reply_markup=keyboard)
                case InputMediaDocument(media=file):
                    await self.bot.send_document(address.chat, file, caption=caption, reply_markup=keyboard)

    async def _edit(
        self, address: Address, caption: str, keyboard: InlineKeyboardMarkup, media: Media | None = None
    ) -> None:
        try:
            if media is None:
                await self.bot.edit_message_caption(
                    address.chat, address.message, caption=caption, reply_markup=keyboard
                )
            else:
                await self.bot.edit_message_media(media, address.chat, address.message, reply_markup=keyboard)
        except BadRequest as error:
            if "not modified" not in str(error).lower():  # it shows that already: as good as done
                raise


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


def done_caption(say: Texts, job: Job, style: str) -> str:
    """Say what was painted, and what was done differently from what was asked for."""
    facts = job.facts or {}
    seconds = max(1, round(facts.get("seconds", 0)))
    lines = [
        say("done", style=style, width=facts.get("width", 0), height=facts.get("height", 0), seconds=seconds)
    ]
    lines += [say(f"note-{note}") for note in facts.get("notes", ()) if say.knows(f"note-{note}")]
    return "\n".join(lines)


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait if isinstance(wait, (int, float)) else wait.total_seconds()
