"""Which style somebody means by the words that they write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from typing import Final

_LIKENESS: Final = 0.86
"""From 0 to 1: how alike a name and the words for it have to be; a slip of the finger in eight letters is."""
_LONGEST: Final = 120
"""Characters of a text that may be a name; what is longer is a story."""
_PHRASES: Final = (
    *("in the style of", "in style of", "as", "like", "style"),
    *("in der art von", "en el estilo de", "al estilo", "estilo", "como"),
    *("в стиле", "стиль", "как", "à la", "风格", "像", "用"),
)
"""What people put before or after a name."""


def named(words: str, candidates: Iterable[tuple[str, Collection[str]]]) -> str | None:
    """Find the style that somebody names.

    Letter case, accents, hyphens, quotes and small slips do not matter, nor does "in the style of" before it.

    Args:
        words: a caption or a message.
        candidates: each style's id and all its names; of two alike the first is meant.

    Returns the id; None if the words name nothing.
    """
    if len(words) > _LONGEST:
        return None
    meant = {plain for plain in (_plain(words), _bare(_plain(words))) if plain}
    best, likeness = None, 0.0
    for key, names in candidates:
        for name in filter(None, map(_plain, names)):
            alike = max((_likeness(text, name) for text in meant), default=0.0)
            if alike > likeness:
                best, likeness = key, alike
    return best if likeness >= _LIKENESS else None


def _likeness(text: str, name: str) -> float:
    if text == name:
        return 1.0
    # Short names have too many neighbours among other words.
    return SequenceMatcher(None, text, name).ratio() if min(len(text), len(name)) >= len("mosaic") else 0.0


def _plain(words: str) -> str:
    """Small letters without accents, and single spaces between the words."""
    folded = unicodedata.normalize("NFKD", words.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", letters)).split())


def _bare(words: str) -> str:
    """The same without a phrase before or after it."""
    for phrase in map(_plain, _PHRASES):
        space = "" if not phrase.isascii() and len(phrase) <= 2 else " "
        if words.startswith(phrase + space):
            return words[len(phrase) :].strip()
        if words.endswith(space + phrase):
            return words[: -len(phrase)].strip()
    return words
