"""All styles that there are: ours, the famous paintings that have been fetched, and the operator's own.

A process has one catalogue. Files that come, change or go are noticed by :meth:`Catalogue.refresh`, which
looks at names and times alone, and opens what is new.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.errors import UnknownPresetError, UnusableStyleError
from engine.styles import custom
from engine.styles.famous import MANIFEST, FamousPainting, paintings
from engine.styles.style import Preset, find, plain_id, presets

log = logging.getLogger(__name__)

PAINTINGS: Final = "paintings"
OWN: Final = "styles"


@dataclass(frozen=True, slots=True)
class Styles:
    """The catalogue's contents at one moment."""

    all: tuple[Preset, ...]
    """In the order in which people see them."""
    missing: tuple[FamousPainting, ...] = ()
    """Famous paintings that are not there yet."""
    unusable: Mapping[Path, str] = field(default_factory=dict)
    """An operator's files that cannot be used, and why."""


class Catalogue:
    """The styles of one data folder; without one, ours alone.

    Without ``famous`` the famous paintings are left out, those that are there too; their ids stay theirs.
    """

    def __init__(
        self, data: Path | None = None, manifest: Path | None = None, *, famous: bool = True
    ) -> None:
        self.data = data
        self.famous = famous
        self.manifest = manifest or MANIFEST
        self._now = Styles(presets())
        self._seen: dict[custom.File, Preset | str] = {}
        self._lock = threading.Lock()

    @property
    def now(self) -> Styles:
        """The contents at the last refresh."""
        return self._now

    def refresh(self) -> Styles:
        """Look at the folders again. A new image is decoded, which may take a second; the rest takes none."""
        with self._lock:
            if self.data:
                self._now = self._look(self.data / PAINTINGS, self.data / OWN)
            return self._now

    def find(self, id: str) -> Preset | None:  # noqa: A002 - as everywhere
        """The style with this very id, if it is there."""
        return next((style for style in self._now.all if style.id == id), None)

    def get(self, id: str) -> Preset:  # noqa: A002
        """The style with this id, however it is typed.

        Raises:
            UnknownPresetError: there is none, or it is not there yet; the message says so.
        """
        key = plain_id(id)
        if any(painting.id == key for painting in self._now.missing):
            raise UnknownPresetError(
                f"“{key}” is a famous painting that is not fetched yet: python -m engine styles fetch {key}",
                preset=key,
            )
        return find(id, self._now.all)

    def id_of(self, data: bytes) -> str | None:
        """Tell which style's file this is, if it is one's."""
        for style in self.refresh().all:
            try:
                if style.path.stat().st_size == len(data) and style.read() == data:
                    return style.id
            except OSError:  # it goes as we look
                continue
        return None

    def _look(self, folder: Path, own_folder: Path) -> Styles:
        known = paintings(self.manifest)
        famous, missing = [], []
        for painting in known if self.famous else ():
            path = folder / f"{painting.id}.jpg"
            try:
                famous.append(painting.preset(path, path.stat().st_mtime_ns))
            except OSError:
                missing.append(painting)
        taken = {style.id for style in presets()} | {painting.id for painting in known}
        mine: list[Preset] = []
        unusable: dict[Path, str] = {}
        seen: dict[custom.File, Preset | str] = {}
        try:
            files = custom.files(own_folder)
        except OSError as error:
            files, unusable[own_folder] = [], f"it cannot be looked into ({error.strerror})"
        for file in files:
            found = seen[file] = self._seen[file] if file in self._seen else _read(file)
            if isinstance(found, Preset) and found.id not in taken:
                mine.append(found)
                taken.add(found.id)
            elif isinstance(found, Preset):
                unusable[file.path] = (
                    f"the id “{found.id}” is taken: rename it, or give it an `id` in its TOML"
                )
            else:
                unusable[file.path] = found
        for path, reason in unusable.items():
            if self._now.unusable.get(path) != reason:
                log.warning("%s is not used as a style: %s", path, reason)
        self._seen = seen
        return Styles((*presets(), *famous, *mine), tuple(missing), unusable)


def _read(file: custom.File) -> Preset | str:
    try:
        return custom.read(file)
    except UnusableStyleError as error:
        return str(error)


_current = Catalogue()


def open_catalogue(data: Path, *, famous: bool = True) -> Catalogue:
    """Make this data folder's catalogue that of the process, and look at it for the first time."""
    global _current  # noqa: PLW0603 - a process has one
    _current = Catalogue(data, famous=famous)
    _current.refresh()
    return _current


def catalogue() -> Catalogue:
    """The process's catalogue."""
    return _current
