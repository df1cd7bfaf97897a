"""The message of a finished painting: a live photo, else a photo, else a file."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image
from telegram import (
    InlineKeyboardMarkup,
    InputFile,
    InputMediaDocument,
    InputMediaLivePhoto,
    InputMediaPhoto,
    Message,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot.i18n import texts
from bot.storage.job_address import Address, person_of
from bot.transport.capabilities import LIVE_PHOTO, Capabilities
from bot.transport.errors import (
    is_chat_gone,
    is_message_gone,
    is_not_modified,
    is_picture_refused,
    is_sending_forbidden,
    is_topic_gone,
)
from bot.transport.rate_limiter import RESULT
from bot.views.captions import done
from bot.views.images import as_photo, in_image_thread
from bot.views.keyboards import Keys
from engine.imaging.encoding import as_png
from engine.queue import TIMELAPSE, Job, Queue, persist

log = logging.getLogger(__name__)

MAX_LIVE_PHOTO: Final = 10 * 2**20
"""Bytes of the film of a live photo."""
STILL_FIELD: Final = "still"
"""The field of the request that has the photo of a live photo."""
_BLANK: Final = (512, 512)
"""Pixels of the picture that replaces one which is too old to be deleted."""

Media = InputMediaPhoto | InputMediaLivePhoto | InputMediaDocument


@dataclass(frozen=True, slots=True)
class FinishedPainting:
    """The content of a finished painting's message."""

    caption: str
    keyboard: InlineKeyboardMarkup
    photo: bytes
    """A JPEG."""
    result: bytes
    """The lossless painting, as it is stored."""
    file_name: str
    film: bytes | None
    """The film of a live photo; None where there is none, or the chat takes none."""
    covered: bool | None = None
    """True if it is hidden as a spoiler, until somebody taps it."""

    async def media(self) -> AsyncIterator[Media]:
        """Yield the forms in which it can be shown, the best first."""
        words: dict[str, Any] = {"caption": self.caption}
        covered: dict[str, Any] = {"has_spoiler": self.covered}
        if self.film:
            yield InputMediaLivePhoto(self.film, f"attach://{STILL_FIELD}", **words, **covered)
        yield InputMediaPhoto(self.photo, **words, **covered)
        file = await in_image_thread(as_png, self.result)
        yield InputMediaDocument(file, **words, filename=self.file_name)

    @property
    def still(self) -> InputFile:
        """The photo that a live photo shows before it plays."""
        return InputFile(self.photo, filename="still.jpg", attach=False)


@dataclass(frozen=True, slots=True)
class PaintingMessage:
    """Sends paintings, and edits messages into them."""

    bot: ExtBot[Any]
    queue: Queue
    capabilities: Capabilities

    async def prepare(self, job: Job, address: Address, result: bytes) -> FinishedPainting:
        """Return the content of a painting's message."""
        say = texts(address.language)
        film = await persist(lambda: self.queue.read(job.id, TIMELAPSE), "reading")
        plays = film and len(film) <= MAX_LIVE_PHOTO and self.capabilities.allows(address.chat, LIVE_PHOTO)
        return FinishedPainting(
            done(say, job, address),
            Keys(say, person_of(job)).finished(job.id),
            await in_image_thread(as_photo, result),
            result,
            address.file_name,
            film if plays else None,
            address.covered,
        )

    async def send(self, job: Job, address: Address, painting: FinishedPainting) -> Message:
        """Send the painting as a reply to its photo, and return the message.

        Raises:
            BadRequest: Telegram refuses it in every form.
        """
        refusals: list[tuple[Media, TelegramError]] = []
        async for medium in painting.media():
            try:
                sent = await self._send(address, medium, painting)
            except (BadRequest, InvalidToken) as error:  # the second: an older server without this method
                if is_chat_gone(error) or is_topic_gone(error) or isinstance(medium, InputMediaDocument):
                    raise
                log.info("job %s: trying another form (%s)", job.id, error)
                refusals.append((medium, error))
            else:
                self._note_refusals(address, refusals)
                return sent
        raise AssertionError("unreachable")

    async def _send(self, address: Address, medium: Media, painting: FinishedPainting) -> Message:
        """Send one form. People are told of a new message, and of nothing else."""
        chat = address.chat

        async def send(keys: InlineKeyboardMarkup, effect: str | None) -> Message:
            options: dict[str, Any] = {
                "caption": painting.caption,
                "reply_markup": keys,
                "reply_parameters": address.reply,
                "message_effect_id": effect,
                "message_thread_id": address.thread,
                "protect_content": address.protected,
                "rate_limit_args": RESULT,
            }
            covered: dict[str, Any] = {"has_spoiler": painting.covered}
            match medium:
                case InputMediaLivePhoto():
                    return await self.bot.send_live_photo(
                        chat, painting.film or b"", painting.photo, **covered, **options
                    )
                case InputMediaPhoto():
                    return await self.bot.send_photo(chat, painting.photo, **covered, **options)
                case _:
                    file = await in_image_thread(as_png, painting.result)
                    return await self.bot.send_document(chat, file, filename=painting.file_name, **options)

        return await self.capabilities.with_effect(
            chat,
            lambda effect: self.capabilities.with_button_styles(
                chat, painting.keyboard, lambda keys: send(keys, effect)
            ),
        )

    async def show(self, job: Job, address: Address, painting: FinishedPainting) -> None:
        """Edit the painting's message, which shows something else, into the painting again."""
        chat, message = address.chat, address.painting
        refusals: list[tuple[Media, TelegramError]] = []
        async for medium in painting.media():
            try:
                await self.edit(chat, message, medium, painting.keyboard, still=painting.still)
            except BadRequest as error:
                if is_not_modified(error):
                    return
                if is_chat_gone(error) or is_message_gone(error):
                    raise
                log.info("job %s: trying another form (%s)", job.id, error)
                refusals.append((medium, error))
            else:
                self._note_refusals(address, refusals)
                return
        log.error("job %s: Telegram refuses the painting in every form", job.id)

    def _note_refusals(self, address: Address, refusals: Sequence[tuple[Media, TelegramError]]) -> None:
        """Note that the chat takes no live photos, where it has taken the same painting as a photo.

        What is said of this one picture, or of the right to send any, says nothing of the next.
        """
        for medium, error in refusals:
            of_this = is_picture_refused(error) or is_sending_forbidden(error)
            if isinstance(medium, InputMediaLivePhoto) and len(refusals) == 1 and not of_this:
                self.capabilities.refuse(address.chat, LIVE_PHOTO, error)

    async def edit(
        self,
        chat: int,
        message: int,
        medium: Media,
        keyboard: InlineKeyboardMarkup,
        kind: str | None = None,
        still: InputFile | None = None,
    ) -> None:
        """Edit a medium with its caption and keyboard into a message; ``kind`` is for the rate limiter."""
        # The library uploads a live photo's film and forgets its photo: that travels as a field of its own.
        extra = {STILL_FIELD: still} if isinstance(medium, InputMediaLivePhoto) else None
        await self.capabilities.with_button_styles(
            chat,
            keyboard,
            lambda keys: self.bot.edit_message_media(
                medium, chat, message, reply_markup=keys, api_kwargs=extra, rate_limit_args=kind
            ),
        )


def photo_id(message: Message) -> str:
    """Return the id of the photo in a painting's message; empty if it has none."""
    photos = message.photo or (message.live_photo.photo if message.live_photo else ())
    return max(photos, key=lambda size: size.width * size.height).file_id if photos else ""


async def remove(bot: ExtBot[Any], chat: int, message: int, caption: str) -> bool:
    """Delete the message of a painting; one that is too old gets a blank picture and this caption instead.

    Returns:
        whether the painting is gone. It stays in a chat that the bot was removed from, and in a group that
        has become a supergroup, where other messages have the numbers of its own.
    """
    try:
        await bot.delete_message(chat, message)
    except (ChatMigrated, Forbidden) as error:
        log.info("a painting stays where it is: %s", error)
        return False
    except BadRequest as error:
        if is_message_gone(error):
            return True
        blank = InputMediaPhoto(_blank(), caption=caption)
        try:
            await bot.edit_message_media(blank, chat, message)
        except (BadRequest, ChatMigrated, Forbidden) as refusal:
            log.info("a painting stays where it is: %s", refusal)
            return False
    return True


def _blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", _BLANK, "gray").save(out, "PNG")
    return out.getvalue()
