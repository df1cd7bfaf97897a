"""The fields of a TIFF's directories, of the hidden ones too (TIFF 6.0), in no more than a moment."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Final

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, MAKE = 256, 257, 258, 259, 262, 271
STRIPS, ORIENTATION, SAMPLES, STRIP_LENGTHS = 273, 274, 277, 279
COLORMAP, TILES, SUB_IFDS, JPEG, JPEG_LENGTH, DNG_VERSION = 320, 324, 330, 513, 514, 50706

_KNOWN: Final = frozenset(
    (
        *(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, MAKE, STRIPS, ORIENTATION, SAMPLES, STRIP_LENGTHS),
        *(COLORMAP, TILES, SUB_IFDS, JPEG, JPEG_LENGTH, DNG_VERSION),
    )
)
"""Fields that are kept: those of a small file can be millions."""
_LETTERS: Final = {1: "B", 2: "B", 3: "H", 4: "L", 7: "B", 13: "L"}
"""struct's letters for TIFF's types."""
_MOST: Final = 64
"""Directories that are looked at, and values of a field, of which there may be more."""
_MOST_FIELDS: Final = 1024
"""Fields of a directory that are looked at."""

Fields = dict[int, tuple[int, ...]]


def directories(data: bytes) -> list[Fields]:
    """Return the fields of each directory of a classic TIFF, as far as it is whole; none for another file.

    Only the fields of this module's names are told, with their first values.
    """
    found: list[Fields] = []
    if data[:4] in (b"II*\0", b"MM\0*"):
        with contextlib.suppress(struct.error):
            found.extend(_walk(data))
    return found


def _walk(data: bytes) -> Iterator[Fields]:
    order = "<" if data.startswith(b"II") else ">"
    waiting, seen = [struct.unpack_from(order + "L", data, 4)[0]], set[int]()
    while waiting and len(seen) < _MOST:
        start = waiting.pop(0)
        if not start or start in seen:
            continue
        seen.add(start)
        fields: Fields = {}
        count = struct.unpack_from(order + "H", data, start)[0]
        for place in range(start + 2, start + 2 + 12 * min(count, _MOST_FIELDS), 12):
            tag, kind, many = struct.unpack_from(order + "HHL", data, place)
            letter = _LETTERS.get(kind)
            if letter and many and tag in _KNOWN:
                layout = struct.Struct(f"{order}{min(many, _MOST)}{letter}")
                where = place + 8
                if layout.size > 4:
                    where = struct.unpack_from(order + "L", data, where)[0]
                if where + layout.size <= len(data):
                    fields[tag] = layout.unpack_from(data, where)
        yield fields
        waiting += fields.get(SUB_IFDS, ())
        with contextlib.suppress(struct.error):
            waiting.append(struct.unpack_from(order + "L", data, start + 2 + 12 * count)[0])
