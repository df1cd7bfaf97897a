"""Pictures as they come in: each is looked at before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Message

from bot.chat.context import ChatContext
from bot.chat.downloads import MAX_DOWNLOAD, check
from bot.conversation import Pictures, Sent
from engine.errors import ImageTooLargeError
from engine.imaging.limits import check_shape


async def looked_at(context: ChatContext, messages: Sequence[Message]) -> Pictures:
    """Give the pictures of a message or an album, once it is known that they can be painted.

    Raises:
        ImageError: one of its subclasses says why one of them cannot.
        GoneError: Telegram does not have one any more.
    """
    pictures, animated = [], False
    for message in messages:
        picture, moves = await _looked_at(context, message)
        pictures.append(picture)
        animated = animated or moves
    return Pictures(tuple(pictures), as_style=messages[0].sticker is not None, animated=animated)


async def _looked_at(context: ChatContext, message: Message) -> tuple[Sent, bool]:
    file = message.document or message.sticker
    if file:
        if (file.file_size or 0) > MAX_DOWNLOAD:
            raise ImageTooLargeError("more than a bot may download")
        picture = Sent(file_id=file.file_id, message=message.message_id)
        looked = await check(context.bot, picture)
        return picture, looked.animated
    photo = photo_of(message)
    assert photo is not None  # noqa: S101 - handlers send nothing else
    return photo, False


def photo_of(message: Message) -> Sent | None:
    """The largest form of a message's photo, which Telegram has decoded already; None if it has none.

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
    """The picture of an earlier message, of whatever form; it is looked at when it is painted."""
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
