"""The preset styles that people choose from. Needs nothing else: the bot imports this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from engine.errors import UnknownPresetError

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Preset:
    """A style image that comes with Atelier."""

    id: str
    title: str
    note: str
    path: Path
    titles: dict[str, str] = field(hash=False)
    """In languages other than English, by their two letters."""

    def title_in(self, language: str | None) -> str:
        """The title in a language, such as Telegram's ``language_code``; English where there is none."""
        return self.titles.get((language or "").replace("_", "-").split("-")[0].lower(), self.title)

    @property
    def names(self) -> tuple[str, ...]:
        """All that people may call it: the id, and the title in every language."""
        return (self.id, self.title, *self.titles.values())

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
            _HERE / "styles" / f"{entry['id']}.jpg",
            entry["titles"],
        )
        for entry in entries
    )


def preset(id: str) -> Preset:  # noqa: A002 - the word that people and the command line use
    """The preset with this id; letter case and ``-`` for ``_`` do not matter."""
    by_id = {one.id: one for one in presets()}
    key = id.strip().lower().replace("-", "_").replace(" ", "_")
    if key in by_id:
        return by_id[key]
    close = get_close_matches(key, by_id, n=1, cutoff=0.5)
    hint = f" Did you mean “{close[0]}”?" if close else ""
    raise UnknownPresetError(
        f"There is no preset style called “{id}”.{hint} You can choose from: {', '.join(by_id)}.",
        preset=id,
        closest=close[0] if close else None,
    )
