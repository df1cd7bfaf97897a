"""Famous paintings: the manifest of those that can be downloaded, and the check of a downloaded file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from engine.errors import WrongPictureError
from engine.styles.style import Style

if TYPE_CHECKING:
    from PIL import Image

MANIFEST: Final = Path(__file__).with_name("paintings.toml")
"""The manifest of the famous paintings."""
ASPECT_TOLERANCE: Final = 0.05
"""Relative difference from the expected aspect that is accepted: a scan may show some of the frame."""
WIDTH: Final = 1280
"""Pixels of the requested width, one that Wikimedia Commons has ready."""


@dataclass(frozen=True, slots=True)
class Artist:
    """A painter."""

    id: str
    name: str
    born: int
    died: int
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FamousPainting:
    """A famous painting of the manifest."""

    id: str
    title: str
    also: tuple[str, ...]
    artist: Artist
    year: str
    museum: str
    licence: str
    file: str
    """File name on Wikimedia Commons."""
    source: str
    """Address of the file's page there."""
    seen: str
    """Source of that file name."""
    aspect: float
    perceptual_hash: int

    @property
    def address(self) -> str:
        """Path of the file at :data:`WIDTH`, relative to FAMOUS_URL."""
        return f"{quote(self.file)}?width={WIDTH}"

    def check(self, image: Image.Image) -> None:
        """Check that an image shows this painting.

        Raises:
            WrongPictureError: it shows something else.
        """
        from engine.styles.perceptual_hash import TOLERANCE, difference, perceptual_hash

        aspect = image.width / image.height
        if abs(aspect / self.aspect - 1) > ASPECT_TOLERANCE:
            raise WrongPictureError(f"{self.id}: the aspect is {aspect:.2f} instead of {self.aspect:.2f}")
        bits = difference(perceptual_hash(image), self.perceptual_hash)
        if bits > TOLERANCE:
            raise WrongPictureError(f"{self.id}: another picture ({bits} bits differ, {TOLERANCE} may)")

    def style(self, path: Path, stamp: int) -> Style:
        """Return the style of the downloaded file at ``path``."""
        return Style(
            self.id,
            self.title,
            f"{self.artist.name}, {self.year} · {self.museum}",
            path,
            kind="famous",
            artist=self.artist.name,
            artist_id=self.artist.id,
            year=self.year,
            also=self.also,
            known=self.artist.also,
            stamp=stamp,
        )


def recognise(image: Image.Image, known: Iterable[FamousPainting] | None = None) -> FamousPainting | None:
    """Return the famous painting that an image shows, cut no closer than its frame; None if it shows none.

    ``known``: the paintings to compare with; all of the manifest if None.
    """
    from engine.styles.perceptual_hash import TOLERANCE, difference, perceptual_hash

    seen, aspect = perceptual_hash(image), image.width / image.height
    near = [
        (difference(seen, each.perceptual_hash), each)
        for each in (paintings() if known is None else known)
        if abs(aspect / each.aspect - 1) <= ASPECT_TOLERANCE
    ]
    bits, nearest = min(near, key=lambda found: found[0], default=(TOLERANCE + 1, None))
    return nearest if bits <= TOLERANCE else None


@cache
def paintings(manifest: Path = MANIFEST) -> tuple[FamousPainting, ...]:
    """Return all famous paintings, in the order in which users see them."""
    content = tomllib.loads(manifest.read_text("utf-8"))
    artists = {key: _artist(key, entry) for key, entry in content["artist"].items()}
    return tuple(_painting(entry, artists) for entry in content["painting"])


def _artist(artist_id: str, entry: dict[str, Any]) -> Artist:
    return Artist(artist_id, entry["name"], entry["born"], entry["died"], tuple(entry["also"]))


def _painting(entry: dict[str, Any], artists: dict[str, Artist]) -> FamousPainting:
    return FamousPainting(
        id=entry["id"],
        title=entry["title"],
        also=tuple(entry["also"]),
        artist=artists[entry["artist"]],
        perceptual_hash=int(entry["perceptual_hash"], 16),
        **{key: entry[key] for key in ("year", "museum", "licence", "file", "source", "seen", "aspect")},
    )
