"""A contact sheet: cards of pictures in rows, such as a style beside photos painted in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageDraw, ImageFont

_GROUND, _INK = "#1d1815", "#efe4d2"
_HEIGHT = 168
"""Pixels of a picture's height."""
_MARGIN = 44
_GAP = 5
"""Pixels between the pictures of one card."""
_CAPTION = 46
"""Pixels between two rows of pictures, where the titles stand."""
_BETWEEN = 36
"""Pixels between two cards."""
_SUPERSAMPLE = 4
"""Scale at which rounded corners are drawn, to smooth them."""


@dataclass(frozen=True, slots=True)
class Card:
    """Pictures in a row, with a title below."""

    title: str
    pictures: Sequence[Image.Image]


def contact_sheet(cards: Sequence[Card], columns: int = 2) -> Image.Image:
    """Lay out cards in rows, the last of which is centred.

    Raises:
        ValueError: there is no card, or a card has no picture.
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
    """Lay out pictures side by side at one height, with rounded outer corners."""
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
    mask = Image.new("L", (width * _SUPERSAMPLE, _HEIGHT * _SUPERSAMPLE))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, 10 * _SUPERSAMPLE, fill=255)
    ground = Image.new("RGB", row.size, _GROUND)
    ground.paste(row, mask=mask.resize(row.size, Image.Resampling.LANCZOS))
    return ground
