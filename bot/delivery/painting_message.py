"""The message of a finished painting: a live photo, else a photo, else a file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from telegram import (
    InlineKeyboardMarkup,
    InputFile,
    InputMediaDocument,
    InputMediaLivePhoto,
    InputMediaPhoto,
)
from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.i18n import texts
from bot.storage.job_address import Address, person_of
from bot.transport.capabilities import LIVE_PHOTO, Capabilities
from bot.transport.errors import is_chat_gone, is_message_gone, is_not_modified
from bot.transport.rate_limiter import RESULT
from bot.views.captions import done, share_link
from bot.views.images import as_photo, in_image_thread
from bot.views.keyboards import Keys
from engine.queue import TIMELAPSE, Job, Queue, persist

log = logging.getLogger(__name__)

MAX_LIVE_PHOTO: Final = 10 * 2**20
"""Bytes of the film of a live photo."""
STILL_FIELD: Final = "still"
"""The field of the request that has the photo of a live photo."""

Media = InputMediaPhoto | InputMediaLivePhoto | InputMediaDocument


@dataclass(frozen=True, slots=True)
class FinishedPainting:
    """The content of a finished painting's message."""

    caption: str
    keyboard: InlineKeyboardMarkup
    media: Sequence[Media]
    """The forms in which it can be shown, the best first."""
    still: InputFile
    """The photo that a live photo shows before it plays."""


@dataclass(frozen=True, slots=True)
class PaintingMessage:
    """Edits messages into paintings."""

    bot: ExtBot[Any]
    queue: Queue
    capabilities: Capabilities

    def caption_and_keyboard(
        self, job: Job, address: Address, *, film: bool, compared: bool = False
    ) -> tuple[str, InlineKeyboardMarkup]:
        """Return caption and keyboard; ``compared``: with the button from the comparison to the painting."""
        say = texts(address.language)
        share = share_link(say, self.bot.username, address.draft)
        keyboard = Keys(say, person_of(job)).finished(
            job.id, address.draft, share=share, film=film, compared=compared
        )
        return done(say, job, address), keyboard

    async def prepare(self, job: Job, address: Address, result: bytes) -> FinishedPainting:
        """Return the content for the message at ``address``."""
        photo = await in_image_thread(as_photo, result)
        film = await persist(lambda: self.queue.read(job.id, TIMELAPSE), "reading")
        caption, keyboard = self.caption_and_keyboard(job, address, film=film is not None)
        media: list[Media] = [
            InputMediaPhoto(photo, caption=caption),
            InputMediaDocument(result, caption=caption, filename=address.file_name),
        ]
        if film and len(film) <= MAX_LIVE_PHOTO and self.capabilities.allows(address.chat, LIVE_PHOTO):
            media.insert(0, InputMediaLivePhoto(film, f"attach://{STILL_FIELD}", caption=caption))
        still = InputFile(photo, filename="still.jpg", attach=False)
        return FinishedPainting(caption, keyboard, media, still)

    async def show(self, job: Job, address: Address, painting: FinishedPainting) -> bool:
        """Edit the message into the painting; False if the message does not exist any more."""
        for medium in painting.media:
            try:
                await self.edit(address, medium, painting.keyboard, RESULT, painting.still)
            except BadRequest as error:
                if is_not_modified(error):
                    return True
                if is_chat_gone(error):
                    raise
                if is_message_gone(error):
                    return False
                if isinstance(medium, InputMediaLivePhoto):
                    self.capabilities.refuse(address.chat, LIVE_PHOTO, error)
                log.info("job %s: trying another form (%s)", job.id, error)
            else:
                return True
        log.error("job %s: Telegram refuses the painting in every form", job.id)
        return True

    async def edit(
        self,
        address: Address,
        medium: Media,
        keyboard: InlineKeyboardMarkup,
        kind: str | None = None,
        still: InputFile | None = None,
    ) -> None:
        """Edit a medium with its caption and keyboard into the message; ``kind`` is for the rate limiter."""
        # The library uploads a live photo's film and forgets its photo: that travels as a field of its own.
        extra = {STILL_FIELD: still} if isinstance(medium, InputMediaLivePhoto) else None
        await self.capabilities.with_button_styles(
            address.chat,
            keyboard,
            lambda keys: self.bot.edit_message_media(
                medium,
                address.chat,
                address.message,
                reply_markup=keys,
                api_kwargs=extra,
                rate_limit_args=kind,
            ),
        )
