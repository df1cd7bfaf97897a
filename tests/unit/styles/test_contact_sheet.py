"""The contact sheet: every picture is seen, nothing is cut off."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from engine.styles.contact_sheet import Card, contact_sheet

GROUND = (0x1D, 0x18, 0x15)
TONES = ("#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff")


def _cards(count: int) -> list[Card]:
    return [Card(f"No. {i}", [Image.new("RGB", (300, 200), TONES[i])]) for i in range(count)]


def test_every_picture_has_the_same_height_and_keeps_its_shape() -> None:
    card = Card("Two", [Image.new("RGB", (600, 300), TONES[0]), Image.new("RGB", (50, 100), TONES[1])])
    sheet = np.asarray(contact_sheet([card]))
    boxes = []
    for tone in ((255, 0, 0), (0, 255, 0)):
        rows, columns = np.nonzero((sheet == tone).all(axis=-1))
        boxes.append((np.ptp(rows) + 1, np.ptp(columns) + 1))
    (high, wide), (same, narrow) = boxes
    assert high == same
    assert wide / high == pytest.approx(2, abs=0.02)
    assert narrow / high == pytest.approx(0.5, abs=0.02)


def test_margins_are_even_and_the_last_row_stands_in_the_middle() -> None:
    sheet = np.asarray(contact_sheet(_cards(5)))
    drawn = (sheet != GROUND).any(axis=-1)
    columns = np.flatnonzero(drawn.any(axis=0))
    assert columns[0] == sheet.shape[1] - 1 - columns[-1]
    last = np.flatnonzero((sheet == (0, 255, 255)).all(axis=-1).any(axis=0))
    assert abs(int(last[0] + last[-1]) - sheet.shape[1]) <= 2


def test_every_card_has_its_title_below_in_a_readable_size() -> None:
    cards = _cards(2)
    with_titles, without = contact_sheet(cards), contact_sheet([Card("", card.pictures) for card in cards])
    rows, _ = np.nonzero((np.asarray(with_titles) != np.asarray(without)).any(axis=-1))
    assert np.ptp(rows) >= 12
    pictures, _ = np.nonzero((np.asarray(without) != GROUND).any(axis=-1))
    assert rows.min() > pictures.max()


def test_a_sheet_of_nothing_says_so() -> None:
    for cards in ([], [Card("Empty", [])]):
        with pytest.raises(ValueError, match="contact sheet"):
            contact_sheet(cards)
