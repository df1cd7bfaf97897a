"""Incoming pictures: each is inspected before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Message

from bot.chat.context import ChatContext
from bot.chat.downloads import MAX_DOWNLOAD, Downloads
from bot.conversation import Pictures, Sent
from engine.errors import ImageTooLargeError
from engine.imaging.limits import check_shape


async def inspected(context: ChatContext, messages: Sequence[Message], downloads: Downloads) -> Pictures:
    """Return the pictures of a message or an album, all of which can be painted.

    Raises:
        ImageError: one of its subclasses says why one of them cannot be painted.
        GoneError: Telegram does not have one of them any more.
    """
    pictures, animated = [], False
    for message in messages:
        picture, moves = await _inspected(context, message, downloads)
        pictures.append(picture)
        animated = animated or moves
    return Pictures(tuple(pictures), as_style=messages[0].sticker is not None, animated=animated)


async def _inspected(context: ChatContext, message: Message, downloads: Downloads) -> tuple[Sent, bool]:
    file = message.document or message.sticker
    if file:
        if (file.file_size or 0) > MAX_DOWNLOAD:
            raise ImageTooLargeError("more than a bot may download")
        picture = Sent(file_id=file.file_id, message=message.message_id)
        return picture, (await downloads.inspect(context.bot, picture)).animated
    photo = photo_of(message)
    assert photo is not None  # noqa: S101 - handlers send nothing else
    return photo, False


def photo_of(message: Message) -> Sent | None:
    """Return the largest form of a message's photo, which Telegram has decoded already; None without a photo.

    Raises:
        ImageError: it cannot be painted.
    """
    photos = message.photo or (message.live_photo.photo if message.live_photo else None)
    if not photos:
        return None
    photo = max(photos, key=lambda size: size.width * size.height)
    check_shape(photo.width, photo.height, "the photo")
    return Sent(file_id=photo.file_id, message=message.message_id)


def picture_of(message: Message | None) -> Sent | None:
    """Return the picture of an earlier message, of whatever form; it is inspected when it is painted.

    Raises:
        ImageError: it cannot be painted.
    """
    if message is None:
        return None
    file = message.document or (message.sticker if _is_static(message) else None)
    if file is not None:
        image = message.sticker is not None or (message.document and _is_image(message.document.mime_type))
        return Sent(file_id=file.file_id, message=message.message_id) if image else None
    return photo_of(message)


def _is_image(mime: str | None) -> bool:
    return (mime or "").startswith("image/")


def _is_static(message: Message) -> bool:
    sticker = message.sticker
    return sticker is not None and not sticker.is_animated and not sticker.is_video
