"""An operator's own styles: images in a folder, each with a TOML file of the same name beside it, or none."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import AtelierError, UnusableStyleError
from engine.styles.style import LONGEST_ID, Preset, plain_id

SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".gif", ".tif", ".tiff", ".bmp"}
)
MOST_BYTES: Final = 10 * 2**20
"""Of an image: every painting's job carries it."""
LONGEST_TITLE: Final = 46
"""Characters of a title: what a phone shows on one button."""
ID: Final = re.compile(rf"[a-z0-9_]{{1,{LONGEST_ID}}}")

Stamp = tuple[int, int, int, int]
"""When image and TOML were changed, and how large they are."""


class Card(BaseModel):
    """The optional TOML file beside an image."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    id: str = ""
    title: str = Field(default="", max_length=LONGEST_TITLE)
    titles: dict[str, str] = Field(default_factory=dict)
    """By a language's two letters."""
    artist: str = Field(default="", max_length=40)
    year: str = Field(default="", max_length=16)
    credit: str = Field(default="", max_length=80)


@dataclass(frozen=True, slots=True)
class File:
    """An image of the folder."""

    path: Path
    stamp: Stamp

    @property
    def card(self) -> Path:
        """The TOML beside it, if there is one."""
        return self.path.with_suffix(".toml")


def files(folder: Path) -> list[File]:
    """Give the images of a folder, by their names; none if there is no folder.

    Raises:
        OSError: it cannot be looked into.
    """
    if not folder.exists():
        return []
    return [File(path, _stamp(path)) for path in sorted(folder.iterdir()) if _is_image(path)]


def read(file: File) -> Preset:
    """Look at an image and its TOML.

    Raises:
        UnusableStyleError: it cannot be used.
    """
    card = _card(file)
    own = id_of(card.id or file.path.stem)
    size = file.stamp[1]
    if size > MOST_BYTES:
        raise UnusableStyleError(
            f"it has {size / 2**20:.0f} MB, of {MOST_BYTES // 2**20} at most; `styles add` makes it smaller"
        )
    _look(file.path)
    return Preset(
        own,
        card.title or title_of(file.path.stem),
        " · ".join(part for part in (card.artist, card.year, card.credit) if part) or "the operator’s own",
        file.path,
        dict(card.titles),
        "own",
        card.artist,
        year=card.year,
        credit=card.credit,
        stamp=hash(file.stamp),
    )


def id_of(text: str) -> str:
    """Make an id of a file's name, or of what somebody wants it to be.

    Raises:
        UnusableStyleError: that makes none.
    """
    letters = unicodedata.normalize("NFKD", text)
    own = re.sub(r"\W+", "_", plain_id("".join(c for c in letters if not unicodedata.combining(c)))).strip(
        "_"
    )
    if not ID.fullmatch(own):
        raise UnusableStyleError(
            f"“{text}” makes no id, which has 1 to {LONGEST_ID} of a–z, 0–9 and _: rename it, or give it one"
        )
    return own


def title_of(stem: str) -> str:
    """Make a title of a file's name."""
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return (words[:1].upper() + words[1:])[:LONGEST_TITLE]


def check_card(content: dict[str, Any], name: str) -> Card:
    """See that a TOML file says what it may.

    Raises:
        UnusableStyleError: it does not; ``name`` is the file's, for the message.
    """
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableStyleError(f"{name}: {where}: {first['msg']}") from error
    if any(not 0 < len(title) <= LONGEST_TITLE for title in card.titles.values()):
        raise UnusableStyleError(f"{name}: titles: 1 to {LONGEST_TITLE} characters each")
    return card


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _stamp(path: Path) -> Stamp:
    times = []
    for one in (path, path.with_suffix(".toml")):
        try:
            found = one.stat()
            times += [found.st_mtime_ns, found.st_size]
        except FileNotFoundError:
            times += [0, 0]
    return (times[0], times[1], times[2], times[3])


def _card(file: File) -> Card:
    if not file.stamp[2]:
        return Card()
    try:
        content = tomllib.loads(file.card.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableStyleError(f"{file.card.name} cannot be read ({error})") from error
    return check_card(content, file.card.name)


def _look(path: Path) -> None:
    from engine.imaging.reading import inspect

    try:
        inspect(path.read_bytes(), path.name)
    except AtelierError as error:
        raise UnusableStyleError(str(error)) from error
    except OSError as error:
        raise UnusableStyleError(f"it cannot be read ({error.strerror})") from error
