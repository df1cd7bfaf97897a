"""The images that the bot composes itself."""

from __future__ import annotations

import asyncio
import io
import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from PIL import Image, ImageDraw, ImageFont, ImageOps

from engine.errors import ImageError, UnknownStyleError
from engine.imaging.encoding import encode_jpeg
from engine.imaging.reading import decode
from engine.styles.style import Style

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_GROUND: Final = "#1d1815"
_GOLD: Final = "#d9a648"
_CORNER: Final = 20
_FACES: Final = 0.3
"""Vertical centre of a crop, as a part of the height: faces are in the upper half."""
_SMOOTH: Final = 4
"""Factor by which shapes are drawn larger, for smooth edges."""
_WORKERS: Final = ThreadPoolExecutor(2, "pictures")
"""Decoding may take hundreds of megabytes a picture: never many at once."""
PHOTO_EDGE: Final = 2560
"""Pixels of the longest edge of a photo that is sent; Telegram makes it smaller still."""

SAMPLE_EDGE: Final = 128
"""Pixels of a sample's longer side, at most."""
SAMPLE_AREA: Final = 104**2
"""Pixels of a sample, at most: six of them take two CPU cores less than ten seconds."""
MIN_SAMPLE_EDGE: Final = 64
"""Pixels of a sample's shorter side, at least: no smaller picture is painted."""
STICKER_EDGE: Final = 512
"""Pixels of a sticker's longer side, exactly."""
STICKER_BYTES: Final = 512 * 1024
"""Bytes of a sticker, at most."""

_HEIGHT: Final = 460
_MARGIN: Final = 32
_BETWEEN: Final = 76
"""From the photo to the paintings: there is a plus."""
_PLUS: Final = 34
_NARROW: Final = 16
"""Between one painting and the next."""
_RATIOS: Final = (0.6, 1.8)
"""Narrowest and widest tile, width over height; a panorama is cropped in this small view alone."""
_MOST: Final = 3
"""Paintings beside one photo."""

PER_PAGE: Final = 6
"""Styles on one sheet, at most."""
_SHEET_WIDTH: Final = 1080
_COLUMNS: Final = 3
_SHEET_GAP: Final = 6
"""Pixels between the tiles, which fill the sheet to its edges: it suits light chats and dark ones."""
_SHEET_GROUND: Final = "#8f8577"
_EDGE: Final = (_SHEET_WIDTH - (_COLUMNS - 1) * _SHEET_GAP) // _COLUMNS
_BADGE: Final = 66


async def in_image_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function of images in a thread of a small pool, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, partial(function, *args, **kwargs))


@dataclass(frozen=True, slots=True)
class Tile:
    """A style on a sheet."""

    image: Path | tuple[bytes, ...]
    """The file of a style of the catalogue, or the paintings of a saved one: several for a blend."""
    number: int
    stamp: int = 0
    """Changes with the file."""


def sheet(tiles: Sequence[Tile]) -> bytes:
    """Show styles as a JPEG, in rows of up to three, each with its number; titles are on the buttons below.

    Raises:
        ImageError: one of them cannot be read.
        ValueError: there is nothing to show.
    """
    if not tiles:
        raise ValueError("a sheet needs a tile")
    rows = [tiles[first:end] for first, end in _shares(len(tiles), _COLUMNS)]
    step = _EDGE + _SHEET_GAP
    page = Image.new("RGB", (_SHEET_WIDTH, len(rows) * step - _SHEET_GAP), _SHEET_GROUND)
    for i, row in enumerate(rows):
        edges = [round(j * (_SHEET_WIDTH + _SHEET_GAP) / len(row)) for j in range(len(row) + 1)]
        for tile, left, right in zip(row, edges, edges[1:], strict=False):
            size, corner = (right - left - _SHEET_GAP, _EDGE), (left, i * step)
            if isinstance(tile.image, Path):
                image = _thumbnail(tile.image, tile.stamp, size)
            else:
                image = _blended(tile.image, size)
            page.paste(image, corner)
            badge = _badge(tile.number)
            page.paste(badge, (corner[0] + 12, corner[1] + 12), badge)
    return encode_jpeg(page, quality=88)


def pages(styles: Sequence[Style]) -> int:
    """Count the sheets that show all styles."""
    return max(1, -(-len(styles) // PER_PAGE))


def styles_of(page: int, styles: Sequence[Style]) -> tuple[int, Sequence[Style]]:
    """Give the styles of a page, counted from 0, and the number of the first.

    Every page is full: the last one begins with styles of the page before it. A page that there is not, for
    the styles may have become fewer, is the nearest that there is.
    """
    first = max(0, min(max(page, 0) * PER_PAGE, len(styles) - PER_PAGE))
    return first + 1, styles[first : first + PER_PAGE]


def _shares(count: int, most: int) -> list[tuple[int, int]]:
    """Split so many into as few parts of at most ``most`` as will do, all of nearly the same size."""
    parts = -(-count // most)
    edges = [-(-count * part // parts) for part in range(parts + 1)]
    return list(pairwise(edges))


def styles_sheet(page: int, styles: Sequence[Style]) -> bytes:
    """Show a page of the styles; it is made once, and anew when they change."""
    first, shown = styles_of(page, styles)
    return _styles_sheet(tuple(Tile(one.path, number, one.stamp) for number, one in enumerate(shown, first)))


def samples_sheet(strip: bytes, count: int, first: int) -> bytes:
    """Show a photo in so many styles, as the worker gives it: a JPEG with one below the other."""
    image = Image.open(io.BytesIO(strip)).convert("RGB")
    height = image.height // count
    cut = [image.crop((0, at * height, image.width, (at + 1) * height)) for at in range(count)]
    return sheet([Tile((encode_jpeg(each, quality=95),), number) for number, each in enumerate(cut, first)])


def small_photo(data: bytes) -> bytes | None:
    """Return a photo as small as samples are painted; None if it is too narrow for that."""
    image = decode(data, enough=2 * SAMPLE_EDGE)
    scale = min(1.0, SAMPLE_EDGE / max(image.size), math.sqrt(SAMPLE_AREA / (image.width * image.height)))
    width, height = (round(side * scale) for side in image.size)
    if min(width, height) < MIN_SAMPLE_EDGE:
        return None
    return encode_jpeg(image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0), quality=95)


@lru_cache(maxsize=128)
def small_style(style: Style) -> bytes:
    """Return a style as small as samples need it.

    Raises:
        UnknownStyleError: its file is gone.
    """
    image = decode(read_preset(style), enough=2 * SAMPLE_EDGE)
    image.thumbnail((2 * SAMPLE_EDGE, 2 * SAMPLE_EDGE))
    return encode_jpeg(image, quality=92)


@lru_cache(maxsize=64)
def _styles_sheet(tiles: tuple[Tile, ...]) -> bytes:
    return sheet(tiles)


@lru_cache(maxsize=256)
def _thumbnail(path: Path, _stamp: int, size: tuple[int, int]) -> Image.Image:
    """Show a file on a sheet, as it is at this stamp (0.3 MB in memory); one that is gone leaves it dark."""
    try:
        return _cropped(path.read_bytes(), size)
    except (ImageError, OSError) as error:
        log.warning("%s cannot be shown: %s", path, error)
        return Image.new("RGB", size, _GROUND)


def _blended(paintings: Sequence[bytes], size: tuple[int, int]) -> Image.Image:
    """Show one painting, or those of a blend one below the other."""
    heights = _heights(len(paintings), size[1])
    tiles = [_cropped(one, (size[0], height)) for one, height in zip(paintings, heights, strict=True)]
    return tiles[0] if len(tiles) == 1 else _stacked(tiles)


def diptych(photo: bytes, styles: Sequence[bytes | Style]) -> bytes:
    """Show the photo and beside it one to three paintings, as they will be used.

    Raises:
        ImageError: one of them cannot be painted with.
        UnknownStyleError: a preset's file is gone.
        ValueError: there is no painting, or more than three.
    """
    if not 1 <= len(styles) <= _MOST:
        raise ValueError(f"one to {_MOST} paintings, not {len(styles)}")
    left, right = _tile(photo), _column(styles)
    width = left.width + _BETWEEN + right.width + 2 * _MARGIN
    ground = Image.new("RGB", (width, _HEIGHT + 2 * _MARGIN), _GROUND)
    _place(ground, left, (_MARGIN, _MARGIN))
    ground.paste(right, (width - _MARGIN - right.width, _MARGIN))
    plus = _plus()
    at = _MARGIN + left.width + (_BETWEEN - _PLUS) // 2
    ground.paste(_GOLD, (at, (ground.height - _PLUS) // 2), plus)
    return encode_jpeg(ground, quality=88)


def read_preset(style: Style) -> bytes:
    """Read a preset's file.

    Raises:
        UnknownStyleError: it cannot be read.
    """
    try:
        return style.read()
    except OSError as error:  # the operator has just taken it away
        raise UnknownStyleError(f"{style.path} cannot be read ({error.strerror}).") from error


def before_after(photo: bytes, painting: bytes) -> bytes:
    """Show the photo and its painting at the same size: beside each other, or one above the other if wide.

    Raises:
        ImageError: the photo cannot be read.
    """
    after = _lossless(painting)
    beside = after.width <= after.height  # whichever is nearer to a square
    gap = max(2, min(after.size) // 80)
    whole = max(2 * after.width + gap, after.height) if beside else max(after.width, 2 * after.height + gap)
    if whole > PHOTO_EDGE:
        scale = PHOTO_EDGE / whole
        gap = max(2, int(gap * scale))
        after = after.resize(
            (max(1, int(after.width * scale)), max(1, int(after.height * scale))), Image.Resampling.LANCZOS
        )
    before = _cropped(photo, after.size)
    width, height = after.size
    second = (width + gap, 0) if beside else (0, height + gap)
    both = Image.new("RGB", (second[0] + width, second[1] + height), _GROUND)
    both.paste(before, (0, 0))
    both.paste(after, second)
    return _finely(both)


def as_photo(painting: bytes) -> bytes:
    """Turn the lossless painting into the JPEG that goes as a photo."""
    image = _lossless(painting)
    image.thumbnail((PHOTO_EDGE, PHOTO_EDGE), Image.Resampling.LANCZOS)
    return _finely(image)


def as_sticker(painting: bytes) -> bytes:
    """Turn the lossless painting, whole, into a static sticker: WebP, as core.telegram.org/stickers asks.

    What is transparent stays so.
    """
    opened = Image.open(io.BytesIO(painting))
    image = opened.convert("RGBA" if opened.mode == "RGBA" else "RGB")
    scale = STICKER_EDGE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    quality = 92
    while True:
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        if out.tell() <= STICKER_BYTES or quality <= 20:
            return out.getvalue()
        quality -= 12


def _finely(image: Image.Image) -> bytes:
    """Encode well, yet in less than the 10 MB of a photo, for no edge is longer than :data:`PHOTO_EDGE`."""
    try:
        return encode_jpeg(image, quality=93)
    except OSError:  # Pillow's encoder has room for a byte a pixel, and fails where mere grain needs more
        return encode_jpeg(image, quality=88)


def _lossless(painting: bytes) -> Image.Image:
    """Open what we painted ourselves, on white: it needs none of the checks of what people send."""
    image = Image.open(io.BytesIO(painting))
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _cropped(data: bytes, size: tuple[int, int]) -> Image.Image:
    """Decode no more than is needed, and give this size of it: of what is too tall more of the top stays."""
    image = decode(data, enough=max(size))
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, _FACES))


def _tile(data: bytes) -> Image.Image:
    image = decode(data, enough=_HEIGHT)
    ratio = min(max(image.width / image.height, _RATIOS[0]), _RATIOS[1])
    return ImageOps.fit(image, (round(_HEIGHT * ratio), _HEIGHT), Image.Resampling.LANCZOS)


@lru_cache(maxsize=24)
def _preset_tile(style: Style) -> Image.Image:
    """A preset's tile (0.6 to 1.1 MB in memory): to make it takes longer than all else of a diptych."""
    return _tile(read_preset(style))


def _column(styles: Sequence[bytes | Style]) -> Image.Image:
    """Lay the paintings one below the other on their ground, together as high as the photo."""
    if len(styles) == 1:
        tiles = [_preset_tile(styles[0]) if isinstance(styles[0], Style) else _tile(styles[0])]
    else:
        heights = _heights(len(styles), _HEIGHT)
        tiles = [
            _cropped(read_preset(style) if isinstance(style, Style) else style, (heights[0] * 4 // 3, height))
            for style, height in zip(styles, heights, strict=True)
        ]
    return _stacked(tiles)


def _heights(count: int, height: int) -> list[int]:
    """Share a height among paintings that lie one below the other."""
    edges = [round(i * (height + _NARROW) / count) for i in range(count + 1)]
    return [below - above - _NARROW for above, below in pairwise(edges)]


def _stacked(tiles: Sequence[Image.Image]) -> Image.Image:
    """Lay paintings of one width one below the other on their ground."""
    height = sum(tile.height + _NARROW for tile in tiles) - _NARROW
    ground = Image.new("RGB", (tiles[0].width, height), _GROUND)
    top = 0
    for tile in tiles:
        _place(ground, tile, (0, top))
        top += tile.height + _NARROW
    return ground


def _place(ground: Image.Image, tile: Image.Image, corner: tuple[int, int]) -> None:
    """Lay a tile down with its corners rounded."""
    ground.paste(tile, corner, _rounded(tile.size))


@lru_cache(maxsize=32)  # photos have few shapes, and drawing it takes as long as all else of a diptych
def _rounded(size: tuple[int, int]) -> Image.Image:
    """Draw a mask: a rectangle with round corners."""
    mask = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, _CORNER * _SMOOTH, fill=255)
    return mask.resize(size, Image.Resampling.LANCZOS)


def _plus() -> Image.Image:
    """Draw a mask: a thin plus with round ends."""
    edge, half = _PLUS * _SMOOTH, 2 * _SMOOTH
    mask = Image.new("L", (edge, edge))
    draw, low, high = ImageDraw.Draw(mask), edge // 2 - half, edge // 2 + half
    draw.rounded_rectangle((0, low, edge - 1, high), half, fill=255)
    draw.rounded_rectangle((low, 0, high, edge - 1), half, fill=255)
    return mask.resize((_PLUS, _PLUS), Image.Resampling.LANCZOS)


def _badge(number: int) -> Image.Image:
    """Draw a number on gold: a disc, and longer for more digits."""
    font = ImageFont.load_default(44 * _SMOOTH)
    height = _BADGE * _SMOOTH
    width = max(height, int(font.getlength(str(number))) + height // 2)
    # The gold reaches below the smooth edge, so that no other colour shows through there.
    badge, mask = Image.new("RGB", (width, height), _GOLD), Image.new("L", (width, height))
    border = 3 * _SMOOTH
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width - 1, height - 1), height // 2, fill=255)
    draw = ImageDraw.Draw(badge)
    draw.rounded_rectangle(
        (0, 0, width - 1, height - 1), height // 2, fill=_GOLD, outline=_GROUND, width=border
    )
    draw.text(
        (width / 2, height / 2),
        str(number),
        fill=_GROUND,
        font=font,
        anchor="mm",
        stroke_width=_SMOOTH // 2,
    )
    badge.putalpha(mask)
    return badge.resize((width // _SMOOTH, _BADGE), Image.Resampling.LANCZOS)
