"""Pictures that other painters made of the same pairs, from a folder, to be judged in the same table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from engine.benchmark.pairs import open_picture, picture_names
from engine.errors import ImageError

SECONDS: Final = "seconds.json"
"""A file in the folder, if there is one: the CPU seconds of each picture by its file name without suffix."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A picture of another painter."""

    photo: str
    """Name of the photo's file, without suffix."""
    painting: str
    """Likewise."""
    system: str
    """The painter, and how it painted."""
    picture: Image.Image
    """RGB."""
    seconds: float
    """CPU seconds that it took; NaN if unknown."""

    @property
    def pair(self) -> str:
        """The pair's name."""
        return f"{self.photo}-{self.painting}"


def peers_of(folder: Path) -> list[Peer]:
    """Return a folder's pictures, whose names are PHOTO-PAINTING-SYSTEM, in the order of their names.

    Raises:
        ImageError: there are none, or a file cannot be read.
    """
    seconds = _seconds(folder / SECONDS)
    peers = []
    for name in picture_names(folder):
        stem = Path(name).stem
        photo, _, rest = stem.partition("-")
        painting, _, system = rest.partition("-")
        if system:
            picture = open_picture(folder / name)
            peers.append(Peer(photo, painting, system, picture, seconds.get(stem, math.nan)))
    if not peers:
        raise ImageError(f"{folder} has no pictures named PHOTO-PAINTING-SYSTEM.")
    return peers


def _seconds(file: Path) -> Mapping[str, float]:
    if not file.exists():
        return {}
    try:
        return {str(name): float(value) for name, value in json.loads(file.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ImageError(f"{file} cannot be read as CPU seconds by file name.") from error
