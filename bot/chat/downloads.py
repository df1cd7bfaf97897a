"""Pictures by reference: they are downloaded from Telegram when they are needed, and cached for a while.

An upload is inspected, then shown in a preview, then queued. The cache saves all but the first download.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from telegram import Bot
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter

from bot.conversation import CatalogueStyle, Sent, Style
from bot.transport.errors import is_file_too_big, is_file_unavailable
from bot.views.images import in_image_thread, read_preset
from engine.errors import AtelierError, ImageError, ImageTooLargeError
from engine.imaging.decoding import Inspected, upright_size
from engine.imaging.limits import MAX_BYTES
from engine.imaging.reading import decode, inspect
from engine.styles.catalogue import catalogue
from engine.styles.famous import FamousPainting, recognise

log = logging.getLogger(__name__)

MAX_DOWNLOAD: Final = 20 * 2**20
"""Bytes that a bot may download."""
CAPACITY: Final = 64 * 2**20
"""Bytes of pictures that are cached."""
LIFETIME: Final = 1800.0
"""Seconds that a picture is cached: a draft is rarely talked about for longer."""
COMPARED_AT: Final = 256
"""Pixels of the longer edge at which a picture is compared with the famous paintings, at least."""
RETRY_PAUSES: Final = (1.0, 2.0, 5.0)
"""Seconds between the attempts to download a file: the library's rate limiter retries calls alone."""


class UnavailableError(AtelierError):
    """Telegram does not hand the file over now, but may have it."""

    code = "image-unavailable"


class GoneError(AtelierError):
    """Telegram no longer has the file."""

    code = "image-gone"


@dataclass(slots=True)
class Picture:
    """A downloaded picture."""

    data: bytes
    inspected: Inspected | None = None
    """Its size and kind, once they are known."""
    work: FamousPainting | None = None
    """The famous painting that it shows, once that was looked for."""
    compared: bool = False
    """True once it was compared with the famous paintings."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture, in pixels.

        Raises:
            ImageError: it cannot be decoded, as far as its header tells.
        """
        return self.inspected[:2] if self.inspected else upright_size(self.data)


class Downloads:
    """A cache of the pictures that were downloaded last, by their file's id.

    Args:
        capacity: bytes that are cached, at most.
        lifetime: seconds that a picture is cached, at most.
        local: True if the Bot API server runs with ``--local``: it names files on this machine's disk.
    """

    def __init__(self, capacity: int = CAPACITY, lifetime: float = LIFETIME, *, local: bool = False) -> None:
        self._capacity, self._lifetime, self._local = capacity, lifetime, local
        self._cached: OrderedDict[str, Picture] = OrderedDict()
        """The most recently used last."""
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def fetch(self, bot: Bot, picture: Style) -> Picture:
        """Return a picture, from the cache if it is there.

        Raises:
            GoneError: Telegram does not have it any more.
            UnavailableError: Telegram does not hand it over now.
            ImageTooLargeError: it has more bytes than a bot may download.
            UnknownStyleError: the catalogue does not have it any more.
        """
        match picture:
            case CatalogueStyle(id=name):
                return Picture(await asyncio.to_thread(read_preset, catalogue().get(name)))
            case Sent(file_id=file_id):
                if file_id in self._cached:
                    self._cached.move_to_end(file_id)
                    return self._cached[file_id]
                found = Picture(await _download(bot, file_id, local=self._local))
                self._cache(file_id, found)
                return found

    async def has(self, bot: Bot, picture: Sent) -> bool:
        """Return whether a picture can be had."""
        try:
            await self.fetch(bot, picture)
        except (GoneError, UnavailableError):
            return False
        return True

    async def inspect(self, bot: Bot, picture: Sent) -> Inspected:
        """Decode a picture, to refuse at once what could not be painted later.

        Raises:
            ImageError: one of its subclasses says why.
            GoneError: Telegram does not have it any more.
        """
        found = await self.fetch(bot, picture)
        if found.inspected is None:
            try:
                found.inspected = await in_image_thread(inspect, found.data)
            except ImageError:
                self.discard(picture)
                raise
        return found.inspected

    def known_work(self, picture: Sent) -> FamousPainting | None:
        """Return the famous painting that a picture shows, if it was recognised and is still cached."""
        cached = self._cached.get(picture.file_id)
        return cached.work if cached else None

    async def recognised(self, picture: Picture) -> FamousPainting | None:
        """Return the famous painting that a picture shows; None if it shows none, or cannot be decoded."""
        if not picture.compared:
            picture.compared = True
            picture.work = await in_image_thread(_recognised, picture.data)
        return picture.work

    @property
    def max_bytes(self) -> int:
        """Bytes of a file, at most."""
        return MAX_BYTES if self._local else MAX_DOWNLOAD

    def discard(self, *pictures: Style) -> None:
        """Remove pictures from the cache, as far as they are there."""
        for picture in pictures:
            if isinstance(picture, Sent):
                self._remove(picture.file_id)

    def _cache(self, file_id: str, picture: Picture) -> None:
        self._remove(file_id)
        self._cached[file_id] = picture
        timer = asyncio.get_running_loop().call_later(self._lifetime, self._remove, file_id)
        self._timers[file_id] = timer
        while sum(len(each.data) for each in self._cached.values()) > self._capacity:
            self._remove(next(iter(self._cached)))

    def _remove(self, file_id: str) -> None:
        if self._cached.pop(file_id, None):
            self._timers.pop(file_id).cancel()


def _recognised(data: bytes) -> FamousPainting | None:
    try:
        return recognise(decode(data, enough=COMPARED_AT))
    except ImageError:
        return None


async def _download(bot: Bot, file_id: str, *, local: bool) -> bytes:
    """Return a file's bytes. Telegram is asked again where it says what it also says for a while."""
    for pause in (*RETRY_PAUSES, None):
        try:
            return await _content(bot, file_id, local=local)
        except BadRequest as error:
            if is_file_too_big(error):
                raise ImageTooLargeError(str(error)) from error
            if not is_file_unavailable(error):
                raise GoneError(str(error)) from error
            reason: Exception = error
        except (NetworkError, RetryAfter, InvalidToken, OSError) as error:  # the third is a 404 of a file
            if pause is None and isinstance(error, (NetworkError, RetryAfter)):
                raise
            reason = error
        if pause is None:
            raise UnavailableError(type(reason).__name__) from reason
        log.info("a file cannot be had (%s); retrying in %.0f s", type(reason).__name__, pause)
        await asyncio.sleep(pause)
    raise AssertionError("unreachable")


async def _content(bot: Bot, file_id: str, *, local: bool) -> bytes:
    file = await bot.get_file(file_id)
    if local:
        check_size(file.file_size or 0)
        return await asyncio.to_thread(Path(file.file_path or "").read_bytes)
    return bytes(await file.download_as_bytearray())


def check_size(size: int) -> None:
    """Refuse a file of more bytes than are decoded.

    Raises:
        ImageTooLargeError: it has.
    """
    if size > MAX_BYTES:
        raise ImageTooLargeError(f"{size} bytes")
