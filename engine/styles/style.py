"""A style that users choose, and the presets that come with Atelier. Imports nothing else of the engine."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final, Literal

from engine.errors import UnknownPresetError

LONGEST_ID: Final = 40
"""Characters of an id: a button carries it in 64 bytes, beside what it does and whose it is."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Preset:
    """A style image that people choose by its name."""

    id: str
    title: str
    note: str
    path: Path
    titles: dict[str, str] = field(default_factory=dict, hash=False)
    """An operator's own, in languages other than English, by their two letters."""
    kind: Literal["ours", "famous", "own"] = "ours"
    """``ours`` came with Atelier, ``famous`` is a famous painting, ``own`` is the host's."""
    artist: str = ""
    artist_id: str = ""
    """Names the artist of a famous painting to translators."""
    year: str = ""
    """Such as ``1884–1886``; may be empty, as the artist may."""
    credit: str = ""
    """A credit that has to stand below each painting made with it; may be empty."""
    also: tuple[str, ...] = ()
    """Other names that people may give it, in English."""
    known: tuple[str, ...] = ()
    """Other names of the artist."""
    stamp: int = 0
    """Changes with the file."""

    def read(self) -> bytes:
        """The image as JPEG."""
        return self.path.read_bytes()


@cache
def presets() -> tuple[Preset, ...]:
    """All presets, in the order in which people see them."""
    entries = tomllib.loads((_HERE / "presets.toml").read_text("utf-8"))["preset"]
    return tuple(
        Preset(
            entry["id"],
            entry["title"],
            entry["note"],
            _HERE / "images" / f"{entry['id']}.jpg",
        )
        for entry in entries
    )


def preset(id: str) -> Preset:  # noqa: A002 - the word that people and the command line use
    """The preset of ours with this id; letter case and ``-`` for ``_`` do not matter.

    Raises:
        UnknownPresetError: there is none; it names the closest.
    """
    return find(id, presets())


def find(id: str, styles: Iterable[Preset]) -> Preset:  # noqa: A002 - as above
    """Do as :func:`preset` does, among these."""
    by_id = {one.id: one for one in styles}
    key = plain_id(id)
    if key in by_id:
        return by_id[key]
    close = get_close_matches(key, by_id, n=1, cutoff=0.5)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    raise UnknownPresetError(
        f"There is no preset style called “{id}”.{hint} You can choose from: {', '.join(by_id)}.",
        preset=id,
        closest=close[0] if close else None,
    )


def plain_id(text: str) -> str:
    """Write an id as it is kept, however it was typed."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")
