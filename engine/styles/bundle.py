"""Unpack the read-only bundle of paintings that a container's image brings."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.files import write_whole
from engine.styles.catalogue import PAINTINGS

log = logging.getLogger(__name__)


def unpack_paintings(bundle: Path, data: Path) -> None:
    """Put the bundle's famous paintings where the gallery looks; a bot with the same folder shows them, too.

    Those that are there stay as they are. Without room there is only the less to choose from.

    Args:
        bundle: laid out like a data folder.
        data: the data folder.
    """
    for file in sorted((bundle / PAINTINGS).glob("*.jpg")):
        place = data / PAINTINGS / file.name
        try:
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                write_whole(place, file.read_bytes())
        except OSError as error:
            log.warning("%s is not put into the gallery (%s).", file, error.strerror)
