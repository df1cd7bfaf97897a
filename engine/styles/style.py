"""A style that users choose by name, and the presets that come with Atelier."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final, Literal

from engine.errors import UnknownStyleError

MAX_ID_LENGTH: Final = 40
"""Characters of an id, which has to fit into the 64 bytes of a button with its action and its owner."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Style:
    """An image that users choose by its name, and what is known of it."""

    id: str
    title: str
    note: str
    path: Path
    titles: dict[str, str] = field(default_factory=dict, hash=False)
    """Titles of one of the host's own styles in languages other than English, by language code."""
    kind: Literal["ours", "famous", "own"] = "ours"
    """``ours`` for a preset, ``famous`` for a famous painting, ``own`` for the host's own."""
    artist: str = ""
    artist_id: str = ""
    """Id of a famous painting's artist, under which the name is translated."""
    year: str = ""
    """Such as ``1884–1886``. May be empty, as the artist may."""
    credit: str = ""
    """Credit line that has to stand below each painting in this style. May be empty."""
    also: tuple[str, ...] = ()
    """Other English titles that users may write."""
    known: tuple[str, ...] = ()
    """Other names of the artist that users may write."""
    stamp: int = 0
    """Changes whenever the file does."""

    def read(self) -> bytes:
        """Return the image file's bytes."""
        return self.path.read_bytes()


@cache
def presets() -> tuple[Style, ...]:
    """Return all presets, in the order in which users see them."""
    entries = tomllib.loads((_HERE / "presets.toml").read_text("utf-8"))["preset"]
    return tuple(
        Style(
            entry["id"],
            entry["title"],
            entry["note"],
            _HERE / "images" / f"{entry['id']}.jpg",
            also=tuple(entry.get("also", ())),
        )
        for entry in entries
    )


def preset(id: str) -> Style:  # noqa: A002 - the word in the catalogue and on the command line
    """Return the preset with this id. Letter case and ``-`` for ``_`` do not matter.

    Raises:
        UnknownStyleError: there is none. The message names the closest.
    """
    return find(id, presets())


def find(id: str, styles: Iterable[Style]) -> Style:  # noqa: A002 - as above
    """Return the style with this id among ``styles``, as :func:`preset` does.

    Raises:
        UnknownStyleError: there is none. The message names the closest.
    """
    by_id = {one.id: one for one in styles}
    key = plain_id(id)
    if key in by_id:
        return by_id[key]
    close = get_close_matches(key, by_id, n=1, cutoff=0.5)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    raise UnknownStyleError(
        f"There is no style called “{id}”.{hint} You can choose from: {', '.join(by_id)}.",
        preset=id,
        closest=close[0] if close else None,
    )


def plain_id(text: str) -> str:
    """Normalise an id, however it was typed."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")
