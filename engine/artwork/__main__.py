"""Repaint the preset styles: ``python -m engine.artwork [ID …]``."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from engine.artwork.canvases import CANVASES
from engine.errors import UnknownPresetError
from engine.imaging.encoding import encode_jpeg_within
from engine.styles.style import preset, presets

if TYPE_CHECKING:
    from collections.abc import Sequence


WIDTH = 1024
MOST_BYTES = 350_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Paint, write to the package's ``images`` folder, say how long each took."""
    parser = argparse.ArgumentParser(prog="python -m engine.artwork", description="Repaint preset styles.")
    parser.add_argument("ids", metavar="ID", nargs="*", help="presets to repaint; all when none is given")
    parser.add_argument("--width", type=int, default=WIDTH, help="pixels (default %(default)s)")
    options = parser.parse_args(arguments)
    try:
        chosen = [preset(name) for name in options.ids] or list(presets())
    except UnknownPresetError as error:
        print(error, file=sys.stderr)
        return 2
    for one in chosen:
        started = time.perf_counter()
        image = CANVASES[one.id](options.width)
        data = encode_jpeg_within(image, MOST_BYTES)
        one.path.parent.mkdir(exist_ok=True)
        one.path.write_bytes(data)
        seconds = time.perf_counter() - started
        print(f"{one.id}: {image.width}×{image.height}, {len(data) / 1000:.0f} kB, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
