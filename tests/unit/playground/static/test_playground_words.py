"""The page says nothing by itself: each of its words is a text of bot/locales."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bot.playground
from bot.i18n import LANGUAGES, accepted, texts

PLAYGROUND = Path(bot.playground.__file__).parent
STATIC = PLAYGROUND / "static"
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))}
PAGE = (STATIC / "index.html").read_text("utf-8")
SERVER = "\n".join(path.read_text("utf-8") for path in sorted(PLAYGROUND.rglob("*.py")))
NAMES = {"Atelier"}
"""What is the same in every language."""


def _said() -> set[str]:
    """Every key that the page or its server names."""
    said = set(re.findall(r"\$\{([a-z-]+)\}", PAGE)) - {"language", "texts"}
    said |= {f"refused-{key}" for key in re.findall(r'Refused\(\s*"([a-z-]+)"', SERVER)}
    for choice in re.findall(r'Refused\("([a-z-]+)" if \w+ else "([a-z-]+)"\)', SERVER):
        said |= {f"refused-{key}" for key in choice}
    for script in SCRIPTS.values():
        said |= set(re.findall(r'\b(?:say|listed|doing|label|button)\("([a-z-]+)"', script))
    return said


def test_each_text_that_the_page_says_is_there() -> None:
    icons = {"left", "right", "close", "zoom", "compare"}  # which buttons name before their text
    said = _said() - icons
    assert len(said) > 60, "the scan finds what is said"
    assert said - texts().templates("page-").keys() == set()


def test_each_text_of_the_page_is_said() -> None:
    source = "\n".join(SCRIPTS.values())
    said = _said() | {"visitor"}  # the server's name for who opens the page
    unsaid = {key for key in texts().templates("page-").keys() - said if f'"{key}"' not in source}
    assert unsaid == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_has_a_sentence_of_its_own(name: str) -> None:
    code = re.sub(r"^\s*(?://|/?\*).*$", "", SCRIPTS[name], flags=re.MULTILINE)
    code = re.sub(r"new Error\(.*\)", "", code)  # for developers
    shown = re.findall(r'"([A-Z][a-z]+[ …][^"]*|[a-z]+…)"|`([A-Z][a-z]+ [^`]*)`', code)
    labels = re.findall(r'(?:aria-label|title|placeholder|alt)"?: "([^"]+)"', code)
    assert [each for pair in shown for each in pair if each] + labels == []


def test_the_page_has_no_word_of_its_own() -> None:
    body = re.sub(r"<!--.*?-->", "", PAGE, flags=re.DOTALL)
    labels = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"$]+)"', body)
    between = [word for word in re.findall(r">\s*([^<>\s][^<>]*)<", body) if "${" not in word]
    assert set(labels + between) <= NAMES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_templates_of_a_language_have_places_for_their_values(language: str) -> None:
    words = texts(language).templates("page-")
    assert words.keys() == texts().templates("page-").keys()
    assert "{name}" in words["joined"]
    assert "{at}" in words["of-all"]
    assert "{all}" in words["of-all"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de-DE,de;q=0.9,ru;q=0.8,en;q=0.7", "ru"),
        ("zh-Hans-CN, zh;q=0.9", "zh"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
    ],
)
def test_the_browsers_first_known_language_is_the_pages(header: str, language: str) -> None:
    assert accepted(header).language == language
