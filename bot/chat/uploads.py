"""Incoming pictures: each is inspected before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import ExternalReplyInfo, Message, PhotoSize, Sticker

from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads
from bot.conversation import Pictures, Sent
from bot.conversation.callback_data import JobAction, read
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
        if (file.file_size or 0) > downloads.max_bytes:
            raise ImageTooLargeError("more than a bot may download")
        picture = _sent(file.file_id, message, message.message_id)
        return picture, (await downloads.inspect(context.bot, picture)).animated
    photo = photo_of(message)
    assert photo is not None  # noqa: S101 - handlers send nothing else
    return photo, False


def photo_of(message: Message) -> Sent | None:
    """Return the largest form of a message's photo, which Telegram has decoded already; None without a photo.

    Raises:
        ImageError: it cannot be painted.
    """
    photos = _photos_of(message)
    if not photos:
        return None
    photo = max(photos, key=lambda size: size.width * size.height)
    check_shape(photo.width, photo.height, "the photo")
    return _sent(photo.file_id, message, message.message_id)


def replied_picture(message: Message, username: str) -> Sent | None:
    """Return the picture of the message that this one replies to, of whatever form; it is inspected later.

    A reply to the bot answers it: of the bot's own pictures only finished paintings are taken.
    """
    original, external = message.reply_to_message, message.external_reply
    if original is None:
        return _picture_in(external, message.message_id) if external else None
    if is_by(original, username) and not _is_painting(original):
        return None
    return _picture_in(original, original.message_id)


def guest_picture(message: Message) -> Sent | None:
    """Return the picture that a message to a guest bot shows, or else replies to; it is inspected later.

    It has no message of its own: that is in a chat where the bot may do nothing.
    """
    shown = (message, message.reply_to_message or message.external_reply)
    return next((picture for one in shown if one and (picture := _picture_in(one, None))), None)


def is_by(message: Message | None, username: str) -> bool:
    """Return whether a message is by the user with this name."""
    return message is not None and message.from_user is not None and message.from_user.username == username


def _is_painting(message: Message) -> bool:
    """Return whether a message of the bot's shows a finished painting: it sends no other files."""
    if message.document:
        return True
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    actions = {read(str(key.callback_data))[0].partition(":")[0] for row in rows for key in row}
    return bool(actions & {JobAction.MORE, JobAction.LESS, JobAction.ERASE})


def _picture_in(message: Message | ExternalReplyInfo, number: int | None) -> Sent | None:
    if message.animation or message.video:
        return None
    file = message.document or (message.sticker if _is_static(message.sticker) else None)
    photos = _photos_of(message)
    found = file or (max(photos, key=lambda size: size.width * size.height) if photos else None)
    return _sent(found.file_id, message, number) if found else None


def _sent(file_id: str, message: Message | ExternalReplyInfo, number: int | None) -> Sent:
    protected = isinstance(message, Message) and bool(message.has_protected_content)
    covered = bool(message.has_media_spoiler)
    return Sent(file_id=file_id, message=number, covered=covered, protected=protected)


def _photos_of(message: Message | ExternalReplyInfo) -> Sequence[PhotoSize] | None:
    return message.photo or (message.live_photo.photo if message.live_photo else None)


def _is_static(sticker: Sticker | None) -> bool:
    return sticker is not None and not sticker.is_animated and not sticker.is_video
