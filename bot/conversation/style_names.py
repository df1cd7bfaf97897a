"""Find the style that a caption or a message names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import Final

from bot.i18n import LANGUAGES, texts

_Tokens = tuple[str, ...]

_MAX_LENGTH: Final = 200
"""Characters. A style is named in a few words; a longer text is about something else."""
_IDEOGRAPHS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Characters of scripts that write no spaces: each is a token of its own, and says as much as a syllable."""
_TOKEN: Final = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+")
_IDEOGRAPH_WEIGHT: Final = 3
"""Letters that an ideograph counts for."""
_DISTINCTIVE: Final = 9
"""Letters of a name, of several words, from which on it is recognised anywhere in a text."""
_MIN_FUZZY: Final = 6
"""Letters of a name from which on a typing error is tolerated."""
_MIN_LOOSE: Final = 10
"""Letters of a name from which on it may be inflected much, or have several errors."""
_STEM: Final = 3
"""Letters that a word keeps however it is inflected."""
_CUTOFF: Final = 0.8
_LOOSE_CUTOFF: Final = 0.75
_MAX_FILLERS: Final = 4
_REMEMBERED: Final = 4096
"""Texts whose words are remembered: all names, which each message is compared with, and more."""

_LEADS: Final = "name-leads"
"""The text that lists the phrases after which a style is named."""
_FILLERS: Final = "name-fillers"
"""The text that lists phrases which may stand before and after a name, and say nothing."""
_OPENINGS: Final = "name-openings"
"""The text that lists beginnings of a longer lead that ends as a shorter one."""
_REFUSALS: Final = "name-refusals"
"""The text that lists phrases which, before a name or a lead, say that it is not meant."""


@dataclass(frozen=True, slots=True)
class _Name:
    id: str
    text: str
    tokens: _Tokens
    compact: str

    @classmethod
    def of(cls, own: str, text: str) -> _Name:
        tokens = _tokens(text)
        return cls(own, _bare(text), tokens, "".join(tokens))


def named(
    words: str,
    candidates: Iterable[tuple[str, Collection[str]]],
    artists: Mapping[str, Collection[str]] | None = None,
) -> str | None:
    """Return the id of the one style that ``words`` name.

    Case, accents, spaces, hyphens, quotes and small typing errors do not matter, nor the words
    around a name: "in the style of", "please".

    Args:
        words: the text.
        candidates: ids, and the names of each; of two with the same name the first is meant.
        artists: the names of the artist of some of the ids. An artist named alone means the first work.

    Returns:
        The id; None if no style is named, or it is not clear which.
    """
    if len(words) > _MAX_LENGTH:
        return None
    names = [_Name.of(own, text) for own, texts in candidates for text in texts]
    for name in names:
        if name.text and name.text == _bare(words):  # a name may be nothing but an emoji
            return name.id
    people = [_Name.of(own, text) for own, texts in (artists or {}).items() for text in texts]
    tokens = _tokens(words)
    parts = dict.fromkeys(_parts(tokens))
    exact = _exact(parts, names) or _by_artist(tokens, parts, people, names) or _contained(tokens, names)
    if exact:
        return exact
    firsts = {name.compact: name for name in reversed(people)}
    return _closest(parts, [*names, *firsts.values()])


def nearest(
    words: str,
    candidates: Iterable[tuple[str, Collection[str]]],
    artists: Mapping[str, Collection[str]] | None = None,
    count: int = 3,
) -> tuple[str, ...]:
    """Return the ids of the styles with the names most like ``words``, the most alike first.

    The arguments are those of :func:`named`.
    """
    parts = {"".join(part) for part in _parts(_tokens(words[:_MAX_LENGTH]))}
    best: dict[str, float] = {}
    for own, said in (*candidates, *(artists or {}).items()):
        forms = {"".join(_without_start(_tokens(name))) or _bare(name) for name in said}
        ratios = (_closeness(part, form) for part in parts for form in forms)
        best[own] = max(best.get(own, 0.0), max(ratios, default=0.0))
    return tuple(sorted(best, key=lambda own: -best[own])[:count])


def _closeness(part: str, form: str) -> float:
    return SequenceMatcher(None, form, part, autojunk=False).ratio()


def _bare(text: str) -> str:
    return text.strip().casefold()


@cache
def _phrases(*keys: str) -> tuple[_Tokens, ...]:
    """Return the phrases that texts list in every language, the longest first."""
    phrases = (phrase for code in LANGUAGES for key in keys for phrase in texts(code).phrases(key))
    return tuple(sorted({_tokens(phrase) for phrase in phrases}, key=len, reverse=True))


@lru_cache(_REMEMBERED)
def _tokens(text: str) -> _Tokens:
    """Return the words without case and accents; ideographs one by one."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return tuple(_TOKEN.findall("".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf"))))


def _parts(tokens: _Tokens) -> Iterator[_Tokens]:
    """Yield possible names: the whole, and the words after a lead; each with and without fillers."""
    leads = _phrases(_LEADS)
    after = (
        at + len(lead)
        for at in range(len(tokens))
        for lead in leads
        if _at(tokens, at, lead) and not _refused(tokens[:at])
    )
    for start in (0, *after):
        part = tokens[start:]
        for _ in range(_MAX_FILLERS):
            rest = part
            for _ in range(_MAX_FILLERS):
                if rest:
                    yield rest
                rest = _without_end(rest)
            part = _without_start(part)


def _at(tokens: _Tokens, at: int, phrase: _Tokens) -> bool:
    return tokens[at : at + len(phrase)] == phrase


@lru_cache(_REMEMBERED)
def _without_start(tokens: _Tokens) -> _Tokens:
    return next((tokens[len(one) :] for one in _phrases(_FILLERS) if _at(tokens, 0, one)), tokens)


def _without_end(tokens: _Tokens) -> _Tokens:
    return next((tokens[: -len(one)] for one in _phrases(_FILLERS) if tokens[-len(one) :] == one), tokens)


def _exact(parts: Iterable[_Tokens], names: Iterable[_Name]) -> str | None:
    """Find a name that is one of the parts, whatever its spaces."""
    by_compact: dict[str, str] = {}
    for name in names:
        by_compact.setdefault(name.compact, name.id)
    return next((by_compact[key] for part in parts if (key := "".join(part)) in by_compact), None)


def _by_artist(
    tokens: _Tokens, parts: Iterable[_Tokens], artists: Iterable[_Name], names: Iterable[_Name]
) -> str | None:
    """Find a work by its artist: the one that is named, too, or else their first; of two artists none."""
    compact = {"".join(part) for part in parts}
    found = [
        name
        for name in artists
        if name.compact in compact or (len(name.tokens) > 1 and _within(tokens, name.tokens))
    ]
    theirs = {name.id for name in found}
    works = [name for name in names if name.id in theirs and _within(tokens, _without_start(name.tokens))]
    if works:
        return max(works, key=lambda name: len(name.compact)).id
    meant = [name for name in found if name.compact in compact or _is_distinctive(name.tokens)]
    if not meant:
        return None
    longest = max(meant, key=lambda name: len(name.compact))
    return longest.id if all(name.compact in longest.compact for name in meant) else None


def _within(tokens: _Tokens, phrase: _Tokens) -> bool:
    """Return whether the phrase stands somewhere and is not refused there."""
    return bool(phrase) and any(
        _at(tokens, at, phrase) and not _refused(tokens[:at]) for at in range(len(tokens))
    )


def _refused(before: _Tokens) -> bool:
    """Return whether the words before a name refuse it, with leads and fillers between or without."""
    for _ in range(_MAX_FILLERS):
        if any(before[-len(one) :] == one for one in _phrases(_REFUSALS)):
            return True
        between = _phrases(_LEADS, _FILLERS, _OPENINGS)
        before = next((before[: -len(one)] for one in between if before[-len(one) :] == one), ())
    return False


def _contained(tokens: _Tokens, names: Collection[_Name]) -> str | None:
    """Find a distinctive name anywhere in the text; if another style's is there, too, neither."""
    found = [name for name in names if _is_distinctive(name.tokens) and _within(tokens, name.tokens)]
    if not found:
        return None
    longest = max(found, key=lambda name: len(name.compact))
    others = (
        name
        for name in names
        if name.id != longest.id and len(name.compact) >= _MIN_FUZZY and _within(tokens, name.tokens)
    )
    return None if any(name.compact not in longest.compact for name in others) else longest.id


@lru_cache(_REMEMBERED)
def _is_distinctive(tokens: _Tokens) -> bool:
    weight = sum(_IDEOGRAPH_WEIGHT if re.match(f"[{_IDEOGRAPHS}]", token) else len(token) for token in tokens)
    return len(tokens) > 1 and weight >= _DISTINCTIVE


def _closest(parts: Iterable[_Tokens], names: Iterable[_Name]) -> str | None:
    """Find the name that is nearest to a part; of two as near neither."""
    best: dict[str, float] = {}
    forgiving = [
        (name.id, form)
        for name in names
        if len("".join(core := _without_start(name.tokens))) >= _MIN_FUZZY
        for form in {name.tokens, core}
    ]
    for part in parts:
        if any(_at(part, 0, one) for one in _phrases(_REFUSALS)):
            continue
        matcher = SequenceMatcher(None, b="".join(part), autojunk=False)
        for own, form in forgiving:
            text = "".join(form)
            cutoff = _LOOSE_CUTOFF if len(text) >= _MIN_LOOSE else _CUTOFF
            matcher.set_seq1(text)
            if matcher.real_quick_ratio() < cutoff or matcher.quick_ratio() < cutoff:
                continue
            ratio = matcher.ratio()
            if ratio < max(cutoff, best.get(own, 0)):
                continue
            if _same_numbers(part, form) and (_one_error(ratio, part, form) or _inflected(part, form)):
                best[own] = ratio
    nearest = sorted(best.items(), key=lambda item: item[1], reverse=True)
    if not nearest or (len(nearest) > 1 and nearest[0][1] == nearest[1][1]):
        return None
    return nearest[0][0]


def _one_error(ratio: float, part: _Tokens, form: _Tokens) -> bool:
    """Return whether at most one letter differs: added, dropped, wrong, or in its neighbour's place."""
    longest = max(len("".join(part)), len("".join(form)))
    return ratio * longest >= longest - 1 - 1e-9


def _inflected(part: _Tokens, form: _Tokens) -> bool:
    """Return whether each word begins as the name's: a whole word that differs makes it something else."""
    return len(part) == len(form) and all(
        said[:_STEM] == meant[:_STEM] for said, meant in zip(part, form, strict=True)
    )


def _same_numbers(part: _Tokens, form: _Tokens) -> bool:
    """Return whether no number differs: “Summer 3” is no misspelt “Summer 2”, but “m0saic” is a mosaic."""
    numbers = re.findall(r"\d+", "".join(form))
    if numbers:
        return re.findall(r"\d+", "".join(part)) == numbers
    return len(part) <= len(form) or not any(token.isdecimal() for token in part)
