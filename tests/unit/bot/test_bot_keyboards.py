"""Inline keyboards: every button fits, and every button is understood."""

from __future__ import annotations

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import keyboards
from bot.conversation import Answer, Draft, OfJob, Preset, Sent, Session, Tapped, new_id, step
from bot.texts import texts
from engine.gallery.presets import presets
from engine.painting.recipe import STRENGTHS

PHOTO, PAINTING = Sent(file_id="photo"), Sent(file_id="painting")
LONGEST = max((preset.id for preset in presets()), key=len)


def _buttons(keyboard: InlineKeyboardMarkup) -> list[InlineKeyboardButton]:
    return [button for row in keyboard.inline_keyboard for button in row]


def _every_keyboard(draft: Draft, some_id: str) -> list[InlineKeyboardMarkup]:
    say = texts()
    return [
        keyboards.styles(),
        keyboards.ready(say, draft, some_id),
        keyboards.under_way(say, some_id),
        keyboards.finished(say, some_id),
        keyboards.ended(say, some_id),
    ]


@pytest.mark.parametrize("style", [PAINTING, Preset(id=LONGEST)])
@pytest.mark.parametrize("alpha", STRENGTHS.values())
@pytest.mark.parametrize("keep_colours", [False, True])
def test_every_button_fits_and_is_understood(style: Sent | Preset, alpha: float, keep_colours: bool) -> None:
    some_id = new_id()
    session = Session(photo=PHOTO, style=style, alpha=alpha, keep_colours=keep_colours, draft_id=some_id)
    assert session.draft is not None
    for keyboard in _every_keyboard(session.draft, some_id):
        for button in _buttons(keyboard):
            data = button.callback_data
            assert isinstance(data, str)
            assert 1 <= len(data.encode()) <= 64
            assert 1 <= len(button.text) <= 30, "longer labels are cut on a phone"
            _, effects = step(session, Tapped(data))
            assert not [one for one in effects if isinstance(one, Answer)], f"{data} is not understood"
            if ":" in data and data.split(":")[0] in (
                "cancel",
                "again",
                "softer",
                "stronger",
                "other",
                "file",
            ):
                assert effects == [OfJob(data.split(":")[0], some_id)]  # type: ignore[arg-type]


def test_the_sheet_offers_every_preset_with_its_number() -> None:
    labels = [button.text for button in _buttons(keyboards.styles())]
    assert labels == [f"{number} · {preset.title}" for number, preset in enumerate(presets(), start=1)]


def test_the_strength_that_is_chosen_is_marked() -> None:
    for name, alpha in STRENGTHS.items():
        draft = Draft(photo=PHOTO, style=PAINTING, alpha=alpha)
        marked = [
            button.callback_data
            for button in _buttons(keyboards.ready(texts(), draft, "d"))
            if button.text.startswith("● ")
        ]
        assert marked == [f"a:{name}:d"]


def test_only_two_pictures_of_ones_own_can_be_swapped() -> None:
    for style, offered in ((PAINTING, True), (Preset(id=LONGEST), False)):
        keyboard = keyboards.ready(texts(), Draft(photo=PHOTO, style=style), "d")
        assert any(button.callback_data == "w::d" for button in _buttons(keyboard)) is offered


def test_the_button_of_the_colours_says_whose_they_are() -> None:
    for keep, words in ((False, "The painting’s colours"), (True, "My photo’s colours")):
        keyboard = keyboards.ready(texts(), Draft(photo=PHOTO, style=PAINTING, keep_colours=keep), "d")
        (label,) = [button.text for button in _buttons(keyboard) if button.callback_data == "c::d"]
        assert words in label
