"""Paint the presets again: ``python -m engine.artwork [ID …]``."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from engine.artwork.canvases import CANVASES
from engine.errors import UnknownStyleError
from engine.imaging.encoding import encode_jpeg_within
from engine.styles.style import preset, presets

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 1024
"""Pixels of a preset's width."""
MAX_BYTES = 350_000
"""Bytes of a preset's file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Paint the chosen presets, write them to the ``images`` folder, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.artwork", description="Paint the presets again.")
    parser.add_argument("ids", metavar="ID", nargs="*", help="presets to paint (default: all)")
    parser.add_argument("--width", type=int, default=WIDTH, help="width in pixels (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        chosen = [preset(name) for name in options.ids] or list(presets())
    except UnknownStyleError as error:
        print(error, file=sys.stderr)
        return 2
    for one in chosen:
        started = time.perf_counter()
        image = CANVASES[one.id](options.width)
        data = encode_jpeg_within(image, MAX_BYTES)
        one.path.parent.mkdir(exist_ok=True)
        one.path.write_bytes(data)
        seconds = time.perf_counter() - started
        print(f"{one.id}: {image.width}×{image.height}, {len(data) / 1000:.0f} kB, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
