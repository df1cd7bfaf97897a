"""The titles of styles and the names of their artists in each language.

English ones, and those of an operator's own styles, come with the style. The others are texts of the
language, ``style-ID`` and ``artist-ID``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bot.i18n import LANGUAGES, Texts, texts
from engine.styles.style import Style

_KEPT = 1024
"""Styles whose names are kept at hand."""


def title(say: Texts, style: Style) -> str:
    """Return a style's title in a language; in English where it has none."""
    key = _key("style", style.id)
    return style.titles.get(say.language) or (say(key) if say.knows(key) else style.title)


def artist(say: Texts, style: Style) -> str:
    """Return the name of a style's artist in a language, as :func:`title`; empty if the artist is unknown."""
    key = _key("artist", style.artist_id)
    return say(key) if style.artist_id and say.knows(key) else style.artist


@lru_cache(_KEPT)
def names(style: Style) -> tuple[str, ...]:
    """Return all names that users may call a style: the id, the titles in every language, and other names."""
    return (
        style.id,
        *_distinct(style.title, *style.titles.values(), *_of_all("style", style.id), *style.also),
    )


@lru_cache(_KEPT)
def artist_names(style: Style) -> tuple[str, ...]:
    """Return all names that users may call a style's artist; none if the artist is unknown."""
    return _distinct(style.artist, *_of_all("artist", style.artist_id), *style.known)


def _of_all(kind: str, own: str) -> Iterator[str]:
    """Yield a name in every language, then the other names in every language."""
    key = _key(kind, own)
    languages = [say for say in map(texts, LANGUAGES) if own and say.knows(key)]
    yield from (say(key) for say in languages)
    for say in languages:
        yield from say.phrases(key, "also")


def _distinct(*found: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in found if name))


def _key(kind: str, own: str) -> str:
    return f"{kind}-{own.replace('_', '-')}"
