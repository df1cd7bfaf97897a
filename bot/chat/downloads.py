"""Pictures by reference: what people sent is fetched from Telegram when it is needed, and never kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from telegram import Bot, File
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.conversation import CatalogueStyle, Sent, Style
from bot.transport.errors import is_file_too_big
from bot.views.images import in_turn, read_preset
from engine.errors import AtelierError, ImageTooLargeError
from engine.imaging.reading import inspect
from engine.styles.catalogue import catalogue

MAX_DOWNLOAD: Final = 20 * 2**20
"""Bytes that a bot may download."""

AGAIN: Final = (1.0, 2.0, 5.0)
"""Seconds between two tries to download a file: the library's rate limiter sees to calls alone."""


class GoneError(AtelierError):
    """Telegram no longer has the file."""

    code = "image-gone"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a picture turned out to be: upright, in pixels."""

    width: int
    height: int
    animated: bool
    """Its first frame will be painted."""


async def fetch(bot: Bot, picture: Style) -> bytes:
    """Get a picture's bytes.

    Raises:
        GoneError: Telegram does not have it any more.
        ImageTooLargeError: more than a bot may download.
        UnknownPresetError: no such preset any more.
    """
    match picture:
        case CatalogueStyle(id=name):
            return await asyncio.to_thread(read_preset, catalogue().get(name))
        case Sent(file_id=file_id):
            try:
                return await _download(await bot.get_file(file_id))
            except BadRequest as error:
                if is_file_too_big(error):
                    raise ImageTooLargeError(str(error)) from error
                raise GoneError(str(error)) from error


async def _download(file: File) -> bytes:
    for pause in AGAIN:
        try:
            return bytes(await file.download_as_bytearray())
        except BadRequest:
            raise
        except (NetworkError, RetryAfter):
            await asyncio.sleep(pause)
    return bytes(await file.download_as_bytearray())


async def check(bot: Bot, picture: Sent) -> Looked:
    """Look at a picture, and refuse at once what could not be painted later.

    Raises:
        ImageError: one of its subclasses says why.
        GoneError: Telegram does not have it any more.
    """
    return await in_turn(look, await fetch(bot, picture))


def look(data: bytes) -> Looked:
    """See what a picture is.

    Raises:
        ImageError: one of its subclasses says why it could not be painted.
    """
    return Looked(*inspect(data))
