"""The host's own styles: images in a folder, each with an optional TOML file of the same name."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import AtelierError, UnusableStyleError
from engine.styles.style import MAX_ID_LENGTH, Style, plain_id

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".gif", ".tif", ".tiff", ".bmp"}
)
"""Suffixes of the files that count as images."""
MAX_METADATA: Final = 64 * 2**10
"""Bytes of the TOML file beside a style."""
MAX_BYTES: Final = 10 * 2**20
"""Bytes of an image. Every job in this style carries it."""
MAX_TITLE_LENGTH: Final = 46
"""Characters of a title, as many as fit on a button on a phone."""
ID: Final = re.compile(rf"[a-z0-9_]{{1,{MAX_ID_LENGTH}}}")

Stamp = tuple[int, int, int, int]
"""Change time (ns) and size of the image, then of the TOML file; zeros where there is none."""


class Metadata(BaseModel):
    """The content of a style's TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    id: str = ""
    title: str = Field(default="", max_length=MAX_TITLE_LENGTH)
    titles: dict[str, str] = Field(default_factory=dict)
    """Titles by language code."""
    artist: str = Field(default="", max_length=40)
    year: str = Field(default="", max_length=16)
    credit: str = Field(default="", max_length=80)


@dataclass(frozen=True, slots=True)
class File:
    """An image in the folder."""

    path: Path
    stamp: Stamp

    @property
    def metadata(self) -> Path:
        """Path of its TOML file, which need not exist."""
        return self.path.with_suffix(".toml")


def files(folder: Path) -> list[File]:
    """Return the images of a folder, sorted by name; none if there is no folder.

    Raises:
        OSError: the folder cannot be read.
    """
    if not folder.exists():
        return []
    return [File(path, _stamp(path)) for path in sorted(folder.iterdir()) if _is_image(path)]


def read(file: File) -> Style:
    """Read an image and its TOML file as a style.

    Raises:
        UnusableStyleError: one of them cannot be used.
    """
    metadata = _read_metadata(file)
    style_id = id_of(metadata.id or file.path.stem)
    size = file.stamp[1]
    if size > MAX_BYTES:
        raise UnusableStyleError(
            f"it has {size / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB at most (`styles add` makes it smaller)"
        )
    _check_image(file.path)
    return Style(
        style_id,
        metadata.title or title_of(file.path.stem),
        " · ".join(part for part in (metadata.artist, metadata.year, metadata.credit) if part)
        or "the operator’s own",
        file.path,
        dict(metadata.titles),
        "own",
        metadata.artist,
        year=metadata.year,
        credit=metadata.credit,
        stamp=hash(file.stamp),
    )


def id_of(text: str) -> str:
    """Make an id of a file's name or of an id as it was typed.

    Raises:
        UnusableStyleError: the text does not make an id.
    """
    letters = unicodedata.normalize("NFKD", text)
    style_id = re.sub(
        r"\W+", "_", plain_id("".join(c for c in letters if not unicodedata.combining(c)))
    ).strip("_")
    if not ID.fullmatch(style_id):
        raise UnusableStyleError(
            f"“{text}” makes no id (1 to {MAX_ID_LENGTH} of a–z, 0–9 and _): rename the file, or set an id"
        )
    return style_id


def title_of(stem: str) -> str:
    """Make a title of a file's name without its suffix."""
    words = " ".join(stem.replace("_", " ").replace("-", " ").split())
    return (words[:1].upper() + words[1:])[:MAX_TITLE_LENGTH]


def check_metadata(content: dict[str, Any], name: str) -> Metadata:
    """Check the content of a style's TOML file.

    Args:
        content: the parsed file.
        name: the file's name, for the message.

    Raises:
        UnusableStyleError: it is invalid.
    """
    try:
        metadata = Metadata.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableStyleError(f"{name}: {where}: {first['msg']}") from error
    if any(not 0 < len(title) <= MAX_TITLE_LENGTH for title in metadata.titles.values()):
        raise UnusableStyleError(f"{name}: titles: 1 to {MAX_TITLE_LENGTH} characters each")
    return metadata


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _stamp(path: Path) -> Stamp:
    times = []
    for one in (path, path.with_suffix(".toml")):
        try:
            found = one.stat()
            times += [found.st_mtime_ns, found.st_size]
        except FileNotFoundError:
            times += [0, 0]
    return (times[0], times[1], times[2], times[3])


def _read_metadata(file: File) -> Metadata:
    if not file.stamp[2]:
        return Metadata()
    if not file.metadata.is_file():  # a pipe would be waited for
        raise UnusableStyleError(f"{file.metadata.name} is no file")
    if file.stamp[3] > MAX_METADATA:
        raise UnusableStyleError(f"{file.metadata.name} has more than {MAX_METADATA} bytes")
    try:
        content = tomllib.loads(file.metadata.read_text("utf-8"))
    except RecursionError as error:
        raise UnusableStyleError(f"{file.metadata.name} cannot be read (it is nested too deep)") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableStyleError(f"{file.metadata.name} cannot be read ({error})") from error
    return check_metadata(content, file.metadata.name)


def _check_image(path: Path) -> None:
    from engine.imaging.reading import inspect

    try:
        inspect(path.read_bytes(), path.name)
    except AtelierError as error:
        raise UnusableStyleError(str(error)) from error
    except OSError as error:
        raise UnusableStyleError(f"it cannot be read ({error.strerror})") from error
