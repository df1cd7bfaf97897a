"""Which style somebody means by the words that they write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.naming import named
from engine.gallery.presets import presets

STYLES = [(preset.id, (preset.id, *preset.titles)) for preset in presets()]
NAMES = [(key, name) for key, names in STYLES for name in names]


@pytest.mark.parametrize(("key", "name"), NAMES)
def test_every_title_in_every_language_names_its_style(key: str, name: str) -> None:
    for words in (name, name.upper(), name.replace(" ", "-"), f"  “{name}” !"):
        assert named(words, STYLES) == key


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, name in NAMES if len(name) >= 8])
def test_a_slip_of_the_finger_does_not_matter(key: str, name: str) -> None:
    middle = len(name) // 2
    for words in (name[:middle] + name[middle + 1 :], name[:middle] + "q" + name[middle:]):
        assert named(words, STYLES) == key


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("in the style of Stained Glass", "stained_glass"),
        ("like: woodblock waves", "woodblock_waves"),
        ("Mosaic style", "mosaic"),
        ("马赛克风格", "mosaic"),
        ("в стиле витраж", "stained_glass"),
        ("como vidriera", "stained_glass"),
        ("Mosaïc", "mosaic"),
    ],
)
def test_people_say_it_in_many_ways(words: str, key: str) -> None:
    assert named(words, STYLES) == key


@pytest.mark.parametrize(
    "words",
    [
        "",
        "hello",
        "paint this please",
        "our cat on the sofa",
        "😀",
        "3",
        "waves at night",
        "glass",
        "x" * 500,
    ],
)
def test_other_words_name_nothing(words: str) -> None:
    assert named(words, STYLES) is None


def test_of_two_alike_the_first_is_meant() -> None:
    assert named("mosaic", [("m:1", ("Mosaic",)), *STYLES]) == "m:1"


@given(st.text(), st.lists(st.tuples(st.text(max_size=5), st.lists(st.text(max_size=40), max_size=3))))
def test_wild_words_and_wild_names_are_borne(words: str, styles: list[tuple[str, list[str]]]) -> None:
    assert named(words, styles) in (None, *(key for key, _ in styles))
