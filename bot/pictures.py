"""The pictures that the bot composes itself."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Final, ParamSpec, TypeVar

from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine.gallery.presets import presets
from engine.painting.images import decode, encode_jpeg

P = ParamSpec("P")
T = TypeVar("T")

_GROUND: Final = "#1d1815"
_GOLD: Final = "#d9a648"
_HEIGHT: Final = 460
_MARGIN: Final = 32
_CORNER: Final = 20
_RATIOS: Final = (0.6, 1.8)
"""Narrowest and widest tile, width over height; a panorama is cropped in this small view alone."""
_WORKERS: Final = ThreadPoolExecutor(2, "pictures")
"""Decoding may take hundreds of megabytes a picture: never many at once."""
PHOTO_EDGE: Final = 2560
"""Longest edge of a painting sent as a photo; Telegram makes it smaller still."""
PER_PAGE: Final = 6
"""Styles on one sheet."""
_COLUMNS: Final = 3
_THUMBNAIL: Final = 320
_BADGE: Final = 56
_COMPARED: Final = 1600
"""Longest edge of each of two pictures that are compared."""
_BETWEEN: Final = 12


async def in_turn(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Work on a picture off the event loop, with few others."""
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, partial(function, *args, **kwargs))


def diptych(photo: bytes, styles: Sequence[bytes]) -> bytes:
    """Show the photo and its paintings side by side, as they will be used.

    Raises:
        ImageError: one of them cannot be painted with.
    """
    tiles = [_tile(decode(data, enough=_HEIGHT)) for data in (photo, *styles)]
    width = sum(tile.width for tile in tiles) + (len(tiles) + 1) * _MARGIN
    ground = Image.new("RGB", (width, _HEIGHT + 2 * _MARGIN), _GROUND)
    left = _MARGIN
    for tile in tiles:
        ground.paste(tile, (left, _MARGIN), _rounded(tile.size))
        left += tile.width + _MARGIN
    return encode_jpeg(ground, quality=88)


def before_after(photo: bytes, painting: bytes) -> bytes:
    """Show a photo and its painting at one size: beside each other, or one above the other if they are wide.

    Raises:
        ImageError: the photo cannot be read any more.
    """
    after = decode(painting)
    after.thumbnail((_COMPARED, _COMPARED), Image.Resampling.LANCZOS)
    before = ImageOps.fit(decode(photo, enough=min(after.size)), after.size, Image.Resampling.LANCZOS)
    width, height = after.size
    beside = width <= height
    size = (2 * width + _BETWEEN, height) if beside else (width, 2 * height + _BETWEEN)
    ground = Image.new("RGB", size, _GROUND)
    ground.paste(before, (0, 0))
    ground.paste(after, (width + _BETWEEN, 0) if beside else (0, height + _BETWEEN))
    return encode_jpeg(ground, quality=92)


def as_photo(painting: bytes) -> bytes:
    """Turn the lossless painting into the JPEG that goes as a photo."""
    image = Image.open(io.BytesIO(painting)).convert("RGB")
    image.thumbnail((PHOTO_EDGE, PHOTO_EDGE), Image.Resampling.LANCZOS)
    return encode_jpeg(image, quality=93)


# Sheets of styles


@dataclass(frozen=True, slots=True)
class Tile:
    """A style on a sheet. Its title is on its button, in each person's language."""

    image: bytes
    number: int


def pages() -> int:
    """How many sheets the presets fill."""
    return -(-len(presets()) // PER_PAGE)


@cache
def presets_sheet(page: int) -> bytes:
    """One page of the presets, counted from 0."""
    first = page * PER_PAGE
    chosen = presets()[first : first + PER_PAGE]
    return sheet([Tile(preset.read(), number) for number, preset in enumerate(chosen, start=first + 1)])


def sheet(tiles: Sequence[Tile]) -> bytes:
    """Show styles in a numbered grid.

    Raises:
        ImageError: one of them cannot be read.
    """
    columns = min(_COLUMNS, len(tiles)) or 1
    rows = -(-len(tiles) // columns) or 1
    step = _THUMBNAIL + _MARGIN
    ground = Image.new("RGB", (columns * step + _MARGIN, rows * step + _MARGIN), _GROUND)
    mask = _rounded((_THUMBNAIL, _THUMBNAIL))
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        corner = (_MARGIN + column * step, _MARGIN + row * step)
        image = ImageOps.fit(
            decode(tile.image, enough=_THUMBNAIL), (_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS
        )
        ground.paste(image, corner, mask)
        badge = _badge(str(tile.number))
        ground.paste(badge, (corner[0] + 12, corner[1] + 12), badge)
    return encode_jpeg(ground, quality=88)


@cache
def _badge(number: str) -> Image.Image:
    """A number in a round; drawn at four times its size to be smooth."""
    large = Image.new("RGBA", (_BADGE * 4, _BADGE * 4))
    draw = ImageDraw.Draw(large)
    draw.ellipse((0, 0, _BADGE * 4 - 1, _BADGE * 4 - 1), fill=_GOLD)
    font = ImageFont.load_default(30 * 4)
    draw.text((_BADGE * 2, _BADGE * 2), number, fill=_GROUND, font=font, anchor="mm")
    return large.resize((_BADGE, _BADGE), Image.Resampling.LANCZOS)


def _tile(image: Image.Image) -> Image.Image:
    ratio = min(max(image.width / image.height, _RATIOS[0]), _RATIOS[1])
    return ImageOps.fit(image, (round(_HEIGHT * ratio), _HEIGHT), Image.Resampling.LANCZOS)


def _rounded(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), _CORNER * 2, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)
