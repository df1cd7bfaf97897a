"""The catalogue of all styles: presets, downloaded famous paintings, and the host's own.

A process has one catalogue. :meth:`Catalogue.refresh` notices added, changed and removed files by their names
and times, and opens only the new ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import UnknownStyleError, UnusableStyleError
from engine.styles import custom
from engine.styles.famous import MANIFEST, FamousPainting, paintings
from engine.styles.style import Style, find, plain_id, presets

log = logging.getLogger(__name__)

PAINTINGS: Final = "paintings"
"""Folder of the famous paintings in the data folder."""
STYLES: Final = "styles"
"""Folder of the host's own styles in the data folder."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue's content at one moment."""

    all: tuple[Style, ...]
    """All styles, in the order in which users see them."""
    missing: tuple[FamousPainting, ...] = ()
    """Famous paintings that are not downloaded yet."""
    unusable: Mapping[Path, str] = field(default_factory=dict)
    """Reasons why files of the host's cannot be used, by their paths."""


class Catalogue:
    """The styles of one data folder; without one, the presets alone.

    Without ``famous`` the famous paintings are left out, even downloaded ones. Their ids stay reserved.
    """

    def __init__(
        self, data: Path | None = None, manifest: Path | None = None, *, famous: bool = True
    ) -> None:
        self.data = data
        self.famous = famous
        self.manifest = manifest or MANIFEST
        self._now = Snapshot(presets())
        self._seen: dict[custom.File, Style | str] = {}
        self._lock = threading.Lock()

    @property
    def now(self) -> Snapshot:
        """The content at the last refresh."""
        return self._now

    def refresh(self) -> Snapshot:
        """Scan the folders again, and return the content. Decoding a new image may take a second."""
        with self._lock:
            if self.data:
                self._now = self._scan(self.data / PAINTINGS, self.data / STYLES)
            return self._now

    def find(self, id: str) -> Style | None:  # noqa: A002 - the word in the catalogue
        """Return the style with exactly this id, if there is one."""
        return next((style for style in self._now.all if style.id == id), None)

    def get(self, id: str) -> Style:  # noqa: A002
        """Return the style with this id, however it was typed.

        Raises:
            UnknownStyleError: there is none, or it is not downloaded yet, as the message says.
        """
        key = plain_id(id)
        if any(painting.id == key for painting in self._now.missing):
            raise UnknownStyleError(
                f"“{key}” is a famous painting that is not downloaded yet: atelier styles fetch {key}",
                preset=key,
            )
        return find(id, self._now.all)

    def id_of(self, data: bytes) -> str | None:
        """Return the id of the style whose file has this content, if there is one."""
        for style in self.refresh().all:
            try:
                if style.path.stat().st_size == len(data) and style.read() == data:
                    return style.id
            except OSError:  # removed meanwhile
                continue
        return None

    def _scan(self, folder: Path, styles_folder: Path) -> Snapshot:
        known = paintings(self.manifest)
        famous, missing = [], []
        for painting in known if self.famous else ():
            path = folder / f"{painting.id}.jpg"
            try:
                famous.append(painting.style(path, path.stat().st_mtime_ns))
            except OSError:
                missing.append(painting)
        used_ids = {style.id for style in presets()} | {painting.id for painting in known}
        custom_styles: list[Style] = []
        unusable: dict[Path, str] = {}
        seen: dict[custom.File, Style | str] = {}
        try:
            files = custom.files(styles_folder)
        except OSError as error:
            files, unusable[styles_folder] = [], f"the folder cannot be read ({error.strerror})"
        for file in files:
            found = seen[file] = self._seen[file] if file in self._seen else _read(file)
            if isinstance(found, Style) and found.id not in used_ids:
                custom_styles.append(found)
                used_ids.add(found.id)
            elif isinstance(found, Style):
                unusable[file.path] = (
                    f"the id “{found.id}” is taken: rename the file, or set another `id` in its TOML file"
                )
            else:
                unusable[file.path] = found
        for path, reason in unusable.items():
            if self._now.unusable.get(path) != reason:
                log.warning("%s is not used as a style: %s", path, reason)
        self._seen = seen
        return Snapshot((*presets(), *famous, *custom_styles), tuple(missing), unusable)


def _read(file: custom.File) -> Style | str:
    try:
        return custom.read(file)
    except UnusableStyleError as error:
        return str(error)


_current = Catalogue()


def open_catalogue(data: Path, *, famous: bool = True) -> Catalogue:
    """Make the catalogue of a data folder the process's own, and scan it."""
    global _current  # noqa: PLW0603 - a process has one
    _current = Catalogue(data, famous=famous)
    _current.refresh()
    return _current


def catalogue() -> Catalogue:
    """Return the process's catalogue."""
    return _current
