"""Samples: a sheet of styles becomes a sheet of one's own photo in them, when the workers have time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from telegram import InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import TelegramError

from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads
from bot.conversation import Sent, Session
from bot.storage.job_address import owner
from bot.storage.sessions import Sessions
from bot.transport.rate_limiter import PROGRESS
from bot.views.images import in_image_thread, samples_sheet, small_photo, small_style
from engine.errors import AtelierError
from engine.queue import RESULT, SAMPLES, Queue, State
from engine.styles.style import Style

log = logging.getLogger(__name__)

TIMEOUT: Final = 60.0
"""Seconds after which nobody looks at the sheet any more."""
POLL_INTERVAL: Final = 0.5
"""Seconds between two looks at the samples' job."""
KEPT: Final = 32
"""Sheets that are kept in memory for the way back, of 0.2 MB each."""
KEPT_SECONDS: Final = 900.0
"""Seconds that a sheet is kept."""

Key = tuple[str, tuple[tuple[str, int], ...]]
"""A photo's file, and the styles of a page with their stamps."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of styles as it is shown to somebody."""

    styles: Sequence[Style]
    first: int
    """Number of the first style."""
    message: int
    caption: str
    keyboard: InlineKeyboardMarkup


@dataclass(frozen=True, slots=True)
class Samples:
    """Has samples painted for the sheets that are looked at, and keeps them for a while."""

    queue: Queue
    sessions: Sessions
    downloads: Downloads
    wanted: bool
    """False: the host wants none."""
    _tasks: dict[tuple[int, int], asyncio.Task[None]] = field(default_factory=dict)
    """By chat and user."""
    _sheets: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)

    def of(self, context: ChatContext, session: Session, styles: Sequence[Style]) -> bytes | None:
        """Return the sheet of a photo in these styles, if it has been painted."""
        photo = self._photo(context, session)
        return None if photo is None else self._sheets.get(_key(photo, styles))

    def begin(self, context: ChatContext, session: Session, page: Page) -> None:
        """Have samples painted for a page, which show in its message as soon as they are done."""
        self.drop(context)
        photo = self._photo(context, session)
        if photo is None or _key(photo, page.styles) in self._sheets:
            return
        place = context.chat, context.person
        task = asyncio.create_task(self._run(context, photo, page))
        self._tasks[place] = task
        task.add_done_callback(lambda _: self._tasks.get(place) is task and self._tasks.pop(place))

    def drop(self, context: ChatContext) -> None:
        """Drop the samples that are painted for a user in a chat: something else is wanted."""
        if task := self._tasks.pop((context.chat, context.person), None):
            task.cancel()

    async def forget(self, context: ChatContext) -> None:
        """Erase all that is kept of a user's samples."""
        self.drop(context)
        self._sheets.clear()  # whose photo is whose is not kept
        await self.queue.forget(_owner(context))

    async def close(self) -> None:
        """Drop all samples."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _photo(self, context: ChatContext, session: Session) -> Sent | None:
        """Return the photo that a style is being chosen for, if it may be shown in samples."""
        choosing = session.awaiting is None and not session.styles
        photo = session.photo if self.wanted and context.private and choosing else None
        return None if photo is None or photo.protected else photo

    async def _run(self, context: ChatContext, photo: Sent, page: Page) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                strip = await self._painted(context, photo, page)
                if strip is not None:
                    sheet = await in_image_thread(samples_sheet, strip, len(page.styles), page.first)
                    self._keep(_key(photo, page.styles), sheet)
                    await self._show(context, photo, page, sheet)
        except TimeoutError:
            log.info("samples took too long")
        except (AtelierError, TelegramError) as error:
            log.info("no samples (%s)", type(error).__name__)
        except Exception:  # the styles' own pictures stay
            log.exception("samples failed")

    async def _painted(self, context: ChatContext, photo: Sent, page: Page) -> bytes | None:
        """Return the photo in each style, one below the other; None if there is none to be had."""
        data = (await self.downloads.fetch(context.bot, photo)).data
        content = await in_image_thread(small_photo, data)
        if content is None:
            return None
        blobs = {"content": content}
        for number, style in enumerate(page.styles):
            blobs[f"style{number}"] = await in_image_thread(small_style, style)
        job_id = f"samples-{secrets.token_hex(9)}"
        await self.queue.forget(_owner(context))  # those of a page before, should a process have left any
        try:
            await self.queue.enqueue(
                id=job_id,
                owner=_owner(context),
                recipe={"samples": [style.id for style in page.styles]},
                cost=0.0,  # they take no time from anybody
                shape=job_id,
                blobs=blobs,
                priority=SAMPLES,
            )
            while (job := await self.queue.get(job_id)) is not None:
                if job.state.terminal:
                    return await self.queue.read(job_id, RESULT) if job.state is State.DONE else None
                await asyncio.sleep(POLL_INTERVAL)
            return None
        finally:  # also as the task is cancelled: the photo is in the job
            with contextlib.suppress(Exception):
                await self.queue.forget(_owner(context), job_id)

    def _keep(self, key: Key, sheet: bytes) -> None:
        self._sheets[key] = sheet
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._sheets.pop, key, None)
        while len(self._sheets) > KEPT:
            self._sheets.popitem(last=False)

    async def _show(self, context: ChatContext, photo: Sent, page: Page, sheet: bytes) -> None:
        """Put the samples into the message, if it still offers this photo these styles."""
        async with context.turn_in(context.chat):  # no event of the chat comes between
            session = await self.sessions.load(context.chat, context.person)
            if session is None or (session.photo, session.shown) != (photo, page.message) or session.styles:
                return
            media = InputMediaPhoto(sheet, caption=page.caption, has_spoiler=photo.covered or None)
            await context.capabilities.with_button_styles(
                context.chat,
                page.keyboard,
                lambda keys: context.bot.edit_message_media(
                    media, context.chat, page.message, reply_markup=keys, rate_limit_args=PROGRESS
                ),
            )


def _owner(context: ChatContext) -> str:
    """Return the name under which a user's samples are queued: none that limits or counts look at."""
    return f"samples:{owner(context.person)}"


def _key(photo: Sent, styles: Sequence[Style]) -> Key:
    return photo.file_id, tuple((style.id, style.stamp) for style in styles)
