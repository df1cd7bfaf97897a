"""The titles of styles and the names of artists: in the user's language, or else in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.conversation.style_titles import artist, artist_names, names, title
from bot.i18n import DEFAULT, LANGUAGES, texts
from engine.styles.custom import MAX_TITLE_LENGTH
from engine.styles.famous import paintings
from engine.styles.style import Style, preset, presets

FAMOUS = tuple(painting.style(Path(), 0) for painting in paintings())
OTHERS = [language for language in LANGUAGES if language != DEFAULT]
SCRIPTS = {"zh": r"[\u4e00-\u9fff]", "ru": "[а-яё]"}
OWN = Style("harbour", "The Harbour", "", Path(), {"zh": "港口"}, "own", "Ann")


@pytest.mark.parametrize("language", OTHERS)
def test_every_preset_has_a_title_of_its_own_in_every_language(language: str) -> None:
    titles = [title(texts(language), one) for one in presets()]
    assert len(set(titles)) == len(titles)
    assert all(2 <= len(title) <= 24 for title in titles), "they stand on buttons, two in a row"
    assert not {one.title for one in presets()} & set(titles)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_styles_have_one_title_in_a_language(language: str) -> None:
    titles = [title(texts(language), style) for style in (*presets(), *FAMOUS)]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("style", FAMOUS, ids=lambda style: style.id)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_painting_and_its_artist_have_a_name_that_fits(style: Style, language: str) -> None:
    say = texts(language)
    for name in (title(say, style), artist(say, style)):
        assert 1 <= len(name) <= MAX_TITLE_LENGTH
        assert name == name.strip()
        assert re.search(SCRIPTS.get(language, "."), name)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Mosaic"),
        ("ru", "Мозаика"),
        ("zh-hans", "马赛克"),
        ("es-419", "Mosaico"),
        ("fi", "Mosaic"),
        ("", "Mosaic"),
        (None, "Mosaic"),
    ],
)
def test_a_title_is_in_the_users_language_or_else_in_english(language: str | None, words: str) -> None:
    assert title(texts(language), preset("mosaic")) == words


def test_an_artist_is_named_in_the_users_language_or_else_in_english() -> None:
    assert (title(texts("ru"), FAMOUS[0]), artist(texts("ru"), FAMOUS[0])) == (
        *("Звёздная ночь", "Винсент Ван Гог"),
    )
    assert artist(texts("fi"), FAMOUS[0]) == "Vincent van Gogh"
    assert artist(texts("ru"), preset("mosaic")) == ""


def test_an_operators_style_has_the_titles_that_the_operator_gave_it() -> None:
    assert [title(texts(language), OWN) for language in ("en", "zh", "ru")] == [
        *("The Harbour", "港口", "The Harbour"),
    ]
    assert artist(texts("zh"), OWN) == "Ann"
    assert names(OWN) == ("harbour", "The Harbour", "港口")
    assert artist_names(OWN) == ("Ann",)


def test_a_style_goes_by_its_id_its_titles_and_its_other_names() -> None:
    assert {"mosaic", "Mosaic", "Mosaico", "Мозаика", "马赛克"} <= set(names(preset("mosaic")))
    assert artist_names(preset("mosaic")) == ()
    wave = next(style for style in FAMOUS if style.id == "great_wave")
    assert {"Great Wave", "巨浪", "Большая волна", "La gran ola"} < set(names(wave))
    assert {"Hokusai", "北斋", "Хокусай", "Хокусая"} < set(artist_names(wave))
