"""Pictures by reference: what people sent is fetched from Telegram when it is needed, and never kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from telegram import Bot
from telegram.error import BadRequest

from bot.conversation import Preset, Sent, Style
from bot.pictures import in_turn
from engine.errors import AtelierError, ImageTooLargeError
from engine.gallery.presets import preset
from engine.painting.images import decode

MAX_DOWNLOAD: Final = 20 * 2**20
"""Bytes that a bot may download."""


class GoneError(AtelierError):
    """Telegram no longer has the file."""

    code = "image-gone"


async def fetch(bot: Bot, picture: Style) -> bytes:
    """Get a picture's bytes.

    Raises:
        GoneError: Telegram does not have it any more.
        ImageTooLargeError: more than a bot may download.
        UnknownPresetError: no such preset any more.
    """
    match picture:
        case Preset(id=name):
            return await asyncio.to_thread(preset(name).read)
        case Sent(file_id=file_id):
            try:
                file = await bot.get_file(file_id)
                return bytes(await file.download_as_bytearray())
            except BadRequest as error:
                if "too big" in str(error).lower():
                    raise ImageTooLargeError(str(error)) from error
                raise GoneError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Looked:
    """What is seen of a picture at once."""

    width: int
    height: int
    animated: bool
    """Whether it moves; its first frame is painted."""


async def check(bot: Bot, picture: Sent) -> Looked:
    """Refuse at once what could not be painted later.

    Raises:
        ImageError: one of its subclasses says why.
        GoneError: Telegram does not have it any more.
    """
    data = await fetch(bot, picture)
    image = await in_turn(decode, data)
    return Looked(image.width, image.height, bool(image.info.get("animated")))
