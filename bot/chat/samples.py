"""Samples: a sheet of styles becomes a sheet of one's own photo in them, when the workers have time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, ParamSpec, TypeVar

from telegram import InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import TelegramError

from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads
from bot.conversation import Sent, Session
from bot.storage import job_address
from bot.storage.sessions import Sessions
from bot.transport import rate_limiter
from bot.views.images import in_image_thread, samples_sheet, small_photo, small_style
from engine.errors import AtelierError
from engine.queue import RESULT, SAMPLES, Queue, State
from engine.styles.style import Style

log = logging.getLogger(__name__)

TIMEOUT: Final = 60.0
"""Seconds after which nobody looks at the sheet any more."""
POLL_INTERVAL: Final = 0.5
"""Seconds between two looks at the samples' job."""
AT_ONCE: Final = 4
"""Sheets that are in the queue, or on their way there, at once; those of more people wait in line."""
KEPT: Final = 32
"""Sheets that are kept in memory for the way back, of 0.2 MB each."""
KEPT_SECONDS: Final = 900.0
"""Seconds that a sheet is kept."""

P = ParamSpec("P")
T = TypeVar("T")

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
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    """By user, in whose private chat they are."""
    _sheets: OrderedDict[Key, bytes] = field(default_factory=OrderedDict)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held to use one of the image threads, which deliveries use too: the others are left to them."""

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
        user = context.person
        task = asyncio.create_task(self._run(context, photo, page))
        self._tasks[user] = task
        task.add_done_callback(lambda _: self._tasks.get(user) is task and self._tasks.pop(user))

    def drop(self, context: ChatContext) -> None:
        """Drop the samples that are painted for a user in a private chat: something else is wanted there."""
        if context.private and (task := self._tasks.pop(context.person, None)):
            task.cancel()

    async def forget(self, user: int) -> None:
        """Erase all that is kept of a user's samples, whatever chat that is asked in."""
        if task := self._tasks.pop(user, None):
            task.cancel()
            await asyncio.wait((task,))
        self._sheets.clear()  # whose photo is whose is not kept
        await self.queue.forget(_owner(user))

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
            async with asyncio.timeout(TIMEOUT), self._places:
                strip = await self._painted(context, photo, page)
                if strip is not None:
                    sheet = await self._drawn(samples_sheet, strip, len(page.styles), page.first)
                    await self._show(context, photo, page, sheet)
        except TimeoutError:
            log.info("samples took too long")
        except (AtelierError, TelegramError) as error:
            log.info("no samples (%s)", type(error).__name__)
        except Exception:  # the styles' own pictures stay
            log.exception("samples failed")

    async def _painted(self, context: ChatContext, photo: Sent, page: Page) -> bytes | None:
        """Return the photo in each style, one below the other; None if there is none to be had."""
        owner, job_id = _owner(context.person), f"samples-{secrets.token_hex(9)}"
        if await self.queue.jobs(owner, 1):
            await self.queue.forget(owner)  # those of a page before, which another bot has shown
        if not await self.queue.takes_samples():
            return None
        blobs = await self._blobs(context, photo, page)
        if not blobs:
            return None
        try:
            await self.queue.enqueue(
                id=job_id,
                owner=owner,
                recipe={"samples": [style.id for style in page.styles]},
                cost=0.0,  # they take no time from anybody
                shape=job_id,
                blobs=blobs,
                priority=SAMPLES,
            )
            blobs.clear()  # nothing of the photo is in memory while its samples wait
            while (job := await self.queue.get(job_id)) is not None:
                if job.state.terminal:
                    return await self.queue.read(job_id, RESULT) if job.state is State.DONE else None
                await asyncio.sleep(POLL_INTERVAL)
            return None
        finally:  # also as the task is cancelled: the photo is in the job
            with contextlib.suppress(Exception):  # housekeeping deletes it later
                await self.queue.forget(owner, job_id)

    async def _blobs(self, context: ChatContext, photo: Sent, page: Page) -> dict[str, bytes]:
        """Return a photo and a page's styles as small as samples are; nothing if they are not to be had."""
        content = await self._drawn(small_photo, (await self.downloads.fetch(context.bot, photo)).data)
        if content is None:
            return {}
        blobs = {"content": content}
        for number, style in enumerate(page.styles):
            blobs[f"style{number}"] = await self._drawn(small_style, style)
        async with context.turn_in(context.chat):  # by then the event that has begun this is saved
            return blobs if await self._is_offered(context, photo, page) else {}

    async def _drawn(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._drawing:
            return await in_image_thread(function, *args, **kwargs)

    async def _is_offered(self, context: ChatContext, photo: Sent, page: Page) -> bool:
        """Return whether a page's message offers styles for this photo: not once the user is forgotten."""
        session = await self.sessions.load(context.chat, context.person)
        shown = None if session is None or session.styles else (session.photo, session.shown)
        return shown == (photo, page.message)

    def _keep(self, key: Key, sheet: bytes) -> None:
        self._sheets[key] = sheet
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._sheets.pop, key, None)
        while len(self._sheets) > KEPT:
            self._sheets.popitem(last=False)

    async def _show(self, context: ChatContext, photo: Sent, page: Page, sheet: bytes) -> None:
        """Put the samples into the message and keep them, if it still offers this photo these styles."""
        async with context.turn_in(context.chat):  # no event of the chat comes between
            if not await self._is_offered(context, photo, page):
                return
            self._keep(_key(photo, page.styles), sheet)
            media = InputMediaPhoto(sheet, caption=page.caption, has_spoiler=photo.covered or None)
            await context.capabilities.with_button_styles(
                context.chat,
                page.keyboard,
                lambda keys: context.bot.edit_message_media(
                    media, context.chat, page.message, reply_markup=keys, rate_limit_args=rate_limiter.SAMPLES
                ),
            )


def _owner(user: int) -> str:
    """Return the name under which a user's samples are queued: none that limits or counts look at."""
    return f"samples:{job_address.owner(user)}"


def _key(photo: Sent, styles: Sequence[Style]) -> Key:
    return photo.file_id, tuple((style.id, style.stamp) for style in styles)
