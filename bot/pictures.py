"""The pictures that the bot composes itself."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from PIL import Image, ImageDraw, ImageOps

from engine.painting.images import decode, encode_jpeg

P = ParamSpec("P")
T = TypeVar("T")

_GROUND: Final = "#1d1815"
_HEIGHT: Final = 460
_MARGIN: Final = 32
_CORNER: Final = 20
_RATIOS: Final = (0.6, 1.8)
"""Narrowest and widest tile, width over height; a panorama is cropped in this small view alone."""
_WORKERS: Final = ThreadPoolExecutor(2, "pictures")
"""Decoding may take hundreds of megabytes a picture: never many at once."""
PHOTO_EDGE: Final = 2560
"""Longest edge of a painting sent as a photo; Telegram makes it smaller still."""


async def in_turn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Work on a picture off the event loop, with few others."""
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, partial(function, *args, **kwargs))


def diptych(photo: bytes, style: bytes) -> bytes:
    """Show the photo and the painting side by side, as they will be used.

    Raises:
        ImageError: one of them cannot be painted with.
    """
    tiles = [_tile(decode(data)) for data in (photo, style)]
    width = sum(tile.width for tile in tiles) + 3 * _MARGIN
    ground = Image.new("RGB", (width, _HEIGHT + 2 * _MARGIN), _GROUND)
    left = _MARGIN
    for tile in tiles:
        ground.paste(tile, (left, _MARGIN), _rounded(tile.size))
        left += tile.width + _MARGIN
    return encode_jpeg(ground, quality=88)


def as_photo(painting: bytes) -> bytes:
    """Turn the lossless painting into the JPEG that goes as a photo."""
    image = Image.open(io.BytesIO(painting)).convert("RGB")
    image.thumbnail((PHOTO_EDGE, PHOTO_EDGE), Image.Resampling.LANCZOS)
    return encode_jpeg(image, quality=93)


def _tile(image: Image.Image) -> Image.Image:
    ratio = min(max(image.width / image.height, _RATIOS[0]), _RATIOS[1])
    return ImageOps.fit(image, (round(_HEIGHT * ratio), _HEIGHT), Image.Resampling.LANCZOS)


def _rounded(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), _CORNER * 2, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)
