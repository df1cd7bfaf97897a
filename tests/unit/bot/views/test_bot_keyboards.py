"""Inline keyboards: every button fits, and every button is understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation import (
    ActOnJob,
    CatalogueStyle,
    Choices,
    Draft,
    Kept,
    Note,
    Person,
    Rules,
    Sent,
    Session,
    Tapped,
    mark,
    step,
)
from bot.conversation.callback_data import JOB_ACTIONS, Action, JobAction, read, with_message
from bot.conversation.step import MAX_KEPT
from bot.conversation.style_titles import title
from bot.i18n import LANGUAGES, texts
from bot.views import images
from bot.views.images import pages
from bot.views.keyboards import Keys
from engine.painting.recipe import QUALITIES, STRENGTHS
from engine.styles.custom import MAX_TITLE_LENGTH
from engine.styles.famous import paintings
from engine.styles.style import MAX_ID_LENGTH, Style, presets

PHOTO, PAINTING = Sent(file_id="photo"), Sent(file_id="painting")
FAMOUS = tuple(painting.style(Path("painting.jpg"), 0) for painting in paintings())
OWN = Style("o" * MAX_ID_LENGTH, "Ö" * MAX_TITLE_LENGTH, "", Path("own.jpg"), {}, "own")
EVERY = (*presets(), *FAMOUS, OWN)
MAX_ATTEMPTS = OWN.id
PERSON = 2**52 - 1
SOME_ID = 18 * "f"
RULES = Rules(sizes=(384, 512, 768, 1024, 1536, 2048), size=512, styles=EVERY)
MINE = tuple(Kept(id=SOME_ID, name="N" * 20, styles=(PAINTING,)) for _ in range(MAX_KEPT))


def _keys(language: str = "en") -> Keys:
    return Keys(texts(language), PERSON)


def _buttons(keyboard: InlineKeyboardMarkup) -> list[InlineKeyboardButton]:
    return [button for row in keyboard.inline_keyboard for button in row]


def _data(button: InlineKeyboardButton) -> str:
    assert isinstance(button.callback_data, str)
    data, person = read(button.callback_data)
    assert person == PERSON
    return data


def _every_keyboard(keys: Keys, draft: Draft) -> list[InlineKeyboardMarkup]:
    return [
        *(keys.styles(page, EVERY, last=True, mine=True, draft_id=SOME_ID) for page in range(pages(EVERY))),
        keys.kept(MINE, SOME_ID),
        keys.styles(0, EVERY),
        keys.question(draft, SOME_ID),
        keys.choices(draft, SOME_ID, RULES, 40.0),
        keys.settings(draft.choices, RULES, 3000.0),
        keys.under_way(SOME_ID),
        keys.finished(SOME_ID),
        keys.more(SOME_ID, draft, film=True, larger=True, report=True),
        keys.report(SOME_ID, 2**31 - 1),
        keys.reported(SOME_ID, 2**31 - 1, 2**52),
        keys.compared(SOME_ID),
        keys.delete(SOME_ID),
        keys.ended(SOME_ID),
        keys.languages(),
        keys.sure(Action.FORGET, "forget", "keep-all"),
        keys.stops([(SOME_ID, number) for number in range(1, 6)]),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", [PAINTING, CatalogueStyle(id=MAX_ATTEMPTS)])
@pytest.mark.parametrize("alpha", STRENGTHS.values())
@pytest.mark.parametrize("keep_colours", [False, True])
def test_every_button_fits_and_is_understood(
    language: str, style: Sent | CatalogueStyle, alpha: float, keep_colours: bool
) -> None:
    choices = Choices(alpha=alpha, keep_colours=keep_colours)
    person = Person(choices=choices, last=(style,), styles=MINE)
    session = Session(photo=PHOTO, styles=(style,), draft_id=SOME_ID, person=person)
    assert session.draft is not None
    for keyboard in _every_keyboard(_keys(language), session.draft):
        assert sum(len(row) for row in keyboard.inline_keyboard) <= 100
        for row in keyboard.inline_keyboard:
            # A phone shows about so many letters in a row.
            assert sum(len(button.text) for button in row) <= 52, [button.text for button in row]
        for button in _buttons(keyboard):
            data = _data(button)
            assert 1 <= len(str(button.callback_data).encode()) <= 64
            _, effects = step(session, Tapped(data), lambda: "fresh", RULES)
            assert Note("old-button", alert=True) not in effects, f"{data} is not understood"
            action, _, value = data.partition(":")
            if action in JOB_ACTIONS:
                assert effects == [ActOnJob(JobAction(action), value)]
                assert with_message(value)[0] == SOME_ID


def test_the_sheet_offers_every_style_with_its_number_and_title_in_ones_own_language() -> None:
    for language in LANGUAGES:
        labels = [
            button.text
            for page in range(pages(EVERY))
            for button in _buttons(_keys(language).styles(page, EVERY))
            if _data(button).startswith("s:")
        ]
        offered = [
            f"{number} · {title(texts(language), style)}" for number, style in enumerate(EVERY, start=1)
        ]
        assert list(dict.fromkeys(labels)) == offered, "the last page repeats some, to be full"


@pytest.mark.parametrize("most", [2, 5, 6])
def test_more_styles_than_fit_have_pages_to_turn(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(images, "PER_PAGE", most)
    count = pages(EVERY)
    assert count > 2
    shown = []
    for page in range(count):
        buttons = _buttons(_keys().styles(page, EVERY))
        shown += [_data(each) for each in buttons if _data(each).startswith("s:")]
        before, after = (page - 1) % count, (page + 1) % count
        turns = {_data(each): each.text for each in buttons if _data(each).startswith("g:")}
        # Each button leads to the page that it names.
        assert turns == {f"g:{before}": f"‹ {before + 1} / {count}", f"g:{after}": f"{after + 1} / {count} ›"}
    assert list(dict.fromkeys(shown)) == [f"s:{style.id}" for style in EVERY]


def test_of_two_pages_one_button_leads_to_the_other() -> None:
    buttons = _buttons(_keys().styles(0, EVERY[: images.PER_PAGE + 1]))
    assert [each.text for each in buttons if _data(each).startswith("g:")] == ["2 / 2 ›"]


def _choices(draft: Draft, seconds: float | None = None) -> list[InlineKeyboardButton]:
    return _buttons(_keys().choices(draft, "d", RULES, seconds))


PRESET = CatalogueStyle(id=MAX_ATTEMPTS)


@pytest.mark.parametrize(
    "styles", [(PAINTING,), (PRESET,), (PAINTING, PRESET), (PAINTING,) * 3, (PRESET,) * 3]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_at_most_eight_choices(language: str, styles: tuple[Sent | CatalogueStyle, ...]) -> None:
    buttons = _buttons(_keys(language).choices(Draft(photo=PHOTO, styles=styles), "d", RULES, 40.0))
    assert 5 <= len(buttons) <= 8
    assert _data(buttons[0]).startswith("a:"), "how strong comes first"
    assert _data(buttons[-1]) == "p::d"


def test_how_strong_it_is_is_seen_at_a_glance() -> None:
    for alpha, label in zip(STRENGTHS.values(), ("●○○", "●●○", "●●●"), strict=True):
        draft = Draft(photo=PHOTO, styles=(PAINTING,), choices=Choices(alpha=alpha))
        assert [button.text for button in _choices(draft) if "Strength" in button.text] == [
            f"Strength {label}"
        ]


def test_only_two_pictures_of_ones_own_can_be_swapped_and_kept() -> None:
    for styles, swap, keep in (
        ((PAINTING,), True, True),
        ((PRESET,), False, False),
        ((PAINTING, PRESET), False, True),
    ):
        data = [_data(button) for button in _choices(Draft(photo=PHOTO, styles=styles))]
        assert (f"w:{mark(styles[0])}:d" in data) is swap
        assert ("v::d" in data) is keep
        assert "b::d" in data


def test_the_buttons_of_the_choices_say_what_is_and_bring_what_is_next() -> None:
    draft = Draft(photo=PHOTO, styles=(PRESET,))
    by_data = {_data(button): button.text for button in _choices(draft, 38.0)}
    assert by_data["c:mine:d"] == "○ Photo’s colours"
    assert by_data["k:broad:d"] == "Strokes ●●○"
    assert by_data["q:fine:d"] == "Quality ●●○"
    assert by_data["z:768:d"] == "⤢ Medium · about 40 s"
    mine = draft.model_copy(update={"choices": Choices(keep_colours=True, size=2048, quality="fine")})
    by_data = {_data(button): button.text for button in _choices(mine)}
    assert by_data["c:painting:d"] == "✓ Photo’s colours"
    assert by_data["z:384:d"] == "⤢ Poster"
    assert by_data[f"q:{QUALITIES[0]}:d"] == "Quality ●●●"


def test_a_size_that_has_no_name_says_its_pixels() -> None:
    rules = Rules(sizes=(128, 384), size=128)
    (size,) = [each for each in _buttons(_keys().settings(Choices(), rules)) if _data(each).startswith("z:")]
    assert size.text == "⤢ 128 px"


def test_paint_is_the_one_green_button_and_has_a_row_of_its_own() -> None:
    draft = Draft(photo=PHOTO, styles=(PAINTING,))
    for keyboard in (_keys().choices(draft, "d", RULES), _keys().question(draft, "d")):
        green = [row for row in keyboard.inline_keyboard for button in row if button.style == "success"]
        assert [[_data(button) for button in row] for row in green] == [["p::d"]]


def test_several_pictures_are_asked_about_with_buttons() -> None:
    labels = [
        button.text for button in _buttons(_keys().question(Draft(photo=PHOTO, styles=(PAINTING,)), "d"))
    ]
    assert labels == ["🖌 Paint", "⇄ Swap", "📷 New photo", "⚙ Adjust"]
    blend = Draft(photo=PHOTO, styles=(PAINTING, PAINTING))
    assert [button.text for button in _buttons(_keys().question(blend, "d"))] == ["🖌 Paint", "⚙ Adjust"]


def test_a_painting_has_six_buttons_in_two_rows() -> None:
    rows = [[button.text for button in row] for row in _keys().finished(SOME_ID).inline_keyboard]
    assert rows == [["− Softer", "🔁 Again", "+ Stronger"], ["🖼 Other style", "⚙ Adjust", "More…"]]


def test_the_rest_is_behind_more_as_far_as_it_can_be_done() -> None:
    own, preset = (Draft(photo=PHOTO, styles=(style,)) for style in (PAINTING, PRESET))
    full = _keys().more(SOME_ID, own, share="https://t.me/x", film=True, larger=True, report=True)
    assert [button.text for button in _buttons(full)] == [
        *("↔ Compare", "📄 File", "🎬 Video", "🙂 Sticker", "⤢ Bigger", "➜ Paint over"),
        *("⭐ Save style", "↗ Share", "⚑ Report", "🗑 Delete", "‹ Back"),
    ]
    assert [button.text for button in _buttons(_keys().more(SOME_ID, preset))] == [
        *("↔ Compare", "📄 File", "🙂 Sticker", "➜ Paint over", "🗑 Delete", "‹ Back"),
    ]


def test_a_painting_can_be_shared_by_its_address() -> None:
    draft = Draft(photo=PHOTO, styles=(PAINTING,))
    keyboard = _keys().more(SOME_ID, draft, share="https://t.me/x")
    assert [button.url for button in _buttons(keyboard) if button.url] == ["https://t.me/x"]
