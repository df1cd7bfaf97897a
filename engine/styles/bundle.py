"""Famous paintings that come with the program, in a read-only folder of the container image."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.files import write_whole
from engine.styles.catalogue import PAINTINGS

log = logging.getLogger(__name__)


def unpack_paintings(bundle: Path, data: Path) -> None:
    """Copy the bundle's famous paintings into a data folder, where the catalogue finds them.

    Files that are there stay as they are. A full disk only means fewer styles.

    Args:
        bundle: a folder laid out like a data folder.
        data: the data folder.
    """
    for file in sorted((bundle / PAINTINGS).glob("*.jpg")):
        target = data / PAINTINGS / file.name
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_whole(target, file.read_bytes())
        except OSError as error:
            log.warning("%s cannot be copied to the data folder (%s).", file, error.strerror)
