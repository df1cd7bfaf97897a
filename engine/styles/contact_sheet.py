"""A contact sheet: every style image beside photos that were painted with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageDraw, ImageFont

_GROUND, _INK = "#1d1815", "#efe4d2"
_HEIGHT = 168
_MARGIN = 44
_GAP = 5
"""Between the pictures of one card."""
_CAPTION = 46
"""From one row of pictures to the next: there is the title."""
_BETWEEN = 36
"""Between two cards."""
_SMOOTH = 4


@dataclass(frozen=True, slots=True)
class Card:
    """Pictures in a row with a title below."""

    title: str
    pictures: Sequence[Image.Image]


def contact_sheet(cards: Sequence[Card], columns: int = 2) -> Image.Image:
    """Lay cards out in rows; those of the last row stand in the middle.

    Raises:
        ValueError: there is no card, or one without a picture.
    """
    if not cards or not all(card.pictures for card in cards):
        raise ValueError("a contact sheet needs cards with pictures")
    rows = [cards[at : at + columns] for at in range(0, len(cards), columns)]
    tiles = [[_row(card.pictures) for card in row] for row in rows]
    font = ImageFont.load_default(21)
    wide = max(tile.width for row in tiles for tile in row)
    wide = max(wide, *(ceil(font.getlength(card.title)) for card in cards))
    most = max(len(row) for row in rows)
    width = 2 * _MARGIN + most * (wide + _BETWEEN) - _BETWEEN
    height = 2 * _MARGIN + len(rows) * (_HEIGHT + _CAPTION) - 16
    sheet = Image.new("RGB", (width, height), _GROUND)
    draw = ImageDraw.Draw(sheet)
    for i, (row, pictures) in enumerate(zip(rows, tiles, strict=True)):
        left = (width - len(row) * (wide + _BETWEEN) + _BETWEEN) // 2
        top = _MARGIN + i * (_HEIGHT + _CAPTION)
        for j, (card, tile) in enumerate(zip(row, pictures, strict=True)):
            at = left + j * (wide + _BETWEEN) + (wide - tile.width) // 2
            sheet.paste(tile, (at, top))
            draw.text((at + tile.width / 2, top + _HEIGHT + 18), card.title, _INK, font, anchor="mm")
    return sheet


def _row(pictures: Sequence[Image.Image]) -> Image.Image:
    """All as high as each other, side by side, the outer corners rounded."""
    scaled = [
        picture.convert("RGB").resize(
            (max(1, round(picture.width * _HEIGHT / picture.height)), _HEIGHT), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    width = sum(picture.width + _GAP for picture in scaled) - _GAP
    row = Image.new("RGB", (width, _HEIGHT), _GROUND)
    at = 0
    for picture in scaled:
        row.paste(picture, (at, 0))
        at += picture.width + _GAP
    mask = Image.new("L", (width * _SMOOTH, _HEIGHT * _SMOOTH))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 10 * _SMOOTH, fill=255)
    ground = Image.new("RGB", row.size, _GROUND)
    ground.paste(row, mask=mask.resize(row.size, Image.Resampling.LANCZOS))
    return ground
