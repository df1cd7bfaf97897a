"""The bot's texts in each user's language: one Fluent file a language in ``locales``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast

_FOLDER: Final = Path(__file__).parent / "locales"
DEFAULT: Final = "en"


def languages(folder: Path = _FOLDER) -> tuple[str, ...]:
    """Return the codes of the languages that a folder has a file of, English first."""
    return tuple(
        sorted((path.stem for path in folder.glob("*.ftl")), key=lambda code: (code != DEFAULT, code))
    )


LANGUAGES: Final = languages()
"""The bot's languages by Telegram's codes, in the order in which users see them."""
_SEPARATOR: Final = "|"
_UNSAID: Final[dict[str, str | float]] = {"percent": 0, "kind": "unknown", "megabytes": 0}
"""Facts about errors in place of those that are not known, as those of a job that failed."""


class Texts:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """Load ``locales/LANGUAGE.ftl``."""
        self.language = language
        self._bundle = FluentBundle([language], use_isolating=False)
        self._resource = FluentResource((_FOLDER / f"{language}.ftl").read_text("utf-8"))
        self._bundle.add_resource(self._resource)

    def __call__(self, key: str, /, **values: str | float) -> str:
        """Return the text ``key`` with its values put in.

        Raises:
            KeyError: there is no such text.
            ValueError: a value is missing, so that the sentence would have a hole.
        """
        message = self._bundle.get_message(key)
        if message.value is None:
            raise KeyError(key)
        text, errors = self._bundle.format_pattern(message.value, values)
        if errors:
            raise ValueError(f"{key}: {errors[0]}")
        return str(text)

    def knows(self, key: str) -> bool:
        """Return whether there is such a text."""
        return bool(self._bundle.has_message(key))

    def phrases(self, key: str, attribute: str | None = None) -> tuple[str, ...]:
        """Return the phrases that a text lists, or one of its attributes; none if it has no such attribute.

        Raises:
            KeyError: there is no such text.
        """
        message = self._bundle.get_message(key)
        pattern = message.attributes.get(attribute) if attribute else message.value
        if pattern is None:
            return ()
        text, _ = self._bundle.format_pattern(pattern)
        return tuple(phrase for part in str(text).split(_SEPARATOR) if (phrase := part.strip()))

    def templates(self, prefix: str) -> dict[str, str]:
        """Return the texts whose keys begin with a prefix, by the rest of their keys.

        A value's place is ``{name}``, for a program that puts it in by itself. Such texts choose no variants.
        """
        messages = [entry for entry in self._resource.body if isinstance(entry, ast.Message)]
        return {
            message.id.name.removeprefix(prefix): self(
                message.id.name, **{name: f"{{{name}}}" for name in _values(message)}
            )
            for message in messages
            if message.id.name.startswith(prefix)
        }

    def listed(self, things: Sequence[str]) -> str:
        """Return several things as one, as in "the sea, the sky and the sand"."""
        return format_list(list(things), locale=self.language)

    def error(self, code: str, **facts: object) -> str:
        """Return the sentence about an error for its user."""
        key = f"error-{code}"
        values = _UNSAID | {
            name: value for name, value in facts.items() if isinstance(value, (str, int, float))
        }
        return self(key if self.knows(key) else "error-internal", **values)

    def elapsed(self, seconds: float) -> str:
        """Return how long something took: to a second up to a minute, then roughly."""
        return self("seconds", count=max(1, round(seconds))) if seconds < 60 else self.duration(seconds)

    def duration(self, seconds: float) -> str:
        """Return a duration, rounded to 5 seconds, to a minute or to an hour."""
        if seconds < 55:
            return self("seconds", count=max(5, round(seconds / 5) * 5))
        if seconds < 55 * 60:
            return self("minutes", count=max(1, round(seconds / 60)))
        return self("hours", count=max(1, round(seconds / 3600)))

    def brief(self, seconds: float, step: int = 1) -> str:
        """Return a duration in few letters: seconds, rounded to so many, or minutes."""
        if seconds < 55:
            return self("brief-seconds", count=max(step, round(seconds / step) * step))
        return self("brief-minutes", count=max(1, round(seconds / 60)))


def _values(message: ast.Message) -> set[str]:
    """Return the names of a message's values; those of its variants are not among them."""
    parts = message.value.elements if message.value else ()
    placed = [part.expression for part in parts if isinstance(part, ast.Placeable)]
    return {each.id.name for each in placed if isinstance(each, ast.VariableReference)}


def accepted(header: str) -> Texts:
    """Return the texts of the first language that there is of an Accept-Language header; else English."""
    codes = (part.split(";")[0].split("-")[0].strip().lower() for part in header.split(","))
    return texts(next((code for code in codes if code in LANGUAGES), DEFAULT))


def texts(language: str | None = None) -> Texts:
    """Return the texts of a language, such as Telegram's ``language_code``; English where there is none."""
    base = (language or DEFAULT).split("-")[0].lower()
    return _loaded(base if base in LANGUAGES else DEFAULT)


@cache
def _loaded(language: str) -> Texts:
    """Cached by the languages that there are: forged language codes have no end."""
    return Texts(language)
