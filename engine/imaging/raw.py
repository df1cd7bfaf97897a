"""Raw photos in TIFF's clothes (DNG, NEF, ARW, CR2, PEF …): the JPEG in them that their camera made.

Their first picture is a thumbnail, which a reader of TIFF takes for the whole (TIFF 6.0; TIFF/EP; DNG 1.7).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from engine.imaging.kinds import unread
from engine.imaging.tiff_fields import (
    COMPRESSION,
    DNG_VERSION,
    JPEG,
    JPEG_LENGTH,
    MAKE,
    ORIENTATION,
    PHOTOMETRIC,
    STRIP_LENGTHS,
    STRIPS,
    Fields,
    directories,
)

LEAST: Final = 1024
"""Pixels of the longer side of a JPEG that is taken for the photo."""

_SENSOR: Final = {32803, 34892}
"""Photometric interpretations of a sensor's values: a colour filter array, and linear raw."""
_COMPRESSED_AS_JPEG: Final = {6, 7}
_MAKERS: Final = {"nikon": "NEF", "sony": "ARW", "pentax": "PEF", "ricoh": "PEF", "hasselblad": "3FR"}
_HEAD: Final = 2**20
"""Bytes of a JPEG in which its size is looked for."""
_SEGMENTS: Final = 1000
"""Segments that may come before it."""

MARKER: Final = re.compile(rb"\xff([\xc0-\xcf\xda-\xfe])")
"""A JPEG's marker that begins a segment, unlike restarts and escaped bytes of a scan, start and end."""


def developed(data: bytes, name: str) -> bytes:
    """Return the largest JPEG in a raw photo, with the photo's orientation; any other file as it is.

    Raises:
        ImageKindError: a raw photo has no JPEG of at least :data:`LEAST` pixels.
    """
    found = directories(data)
    kind = _kind(data, found)
    if kind is None:
        return data
    previews = (jpeg for fields in found for jpeg in _jpegs(data, fields))
    largest = max(previews, key=_area, default=memoryview(b""))
    if not _area(largest):
        raise unread(name, kind)
    turn = next((fields[ORIENTATION][0] for fields in found if fields.get(ORIENTATION)), 1)
    return b"".join((largest[:2], _exif(turn), largest[2:]))


def _kind(data: bytes, found: list[Fields]) -> str | None:
    """Return the name of a raw photo's format; None for any other TIFF."""
    if data.startswith(b"II*\0") and data[8:10] == b"CR":
        return "CR2"
    if any(DNG_VERSION in fields for fields in found):
        return "DNG"
    if not any(_SENSOR & set(fields.get(PHOTOMETRIC, ())) for fields in found):
        return None
    letters = next((fields[MAKE] for fields in found if MAKE in fields), ())
    make = bytes(letter & 255 for letter in letters).decode("latin-1").lower()
    return next((kind for maker, kind in _MAKERS.items() if maker in make), "RAW")


def _jpegs(data: bytes, fields: Fields) -> Iterator[memoryview]:
    """Yield the JPEGs that a directory refers to, without a copy: many may refer to the same bytes."""
    places = [(JPEG, JPEG_LENGTH)]
    if _COMPRESSED_AS_JPEG & set(fields.get(COMPRESSION, ())):
        places.append((STRIPS, STRIP_LENGTHS))
    for start, length in places:
        starts, lengths = fields.get(start, ()), fields.get(length, ())
        if len(starts) == len(lengths) == 1:
            jpeg = memoryview(data)[starts[0] : starts[0] + lengths[0]]
            if bytes(jpeg[:3]) == b"\xff\xd8\xff":
                yield jpeg


def _area(jpeg: memoryview) -> int:
    """Return the pixels of a JPEG; none of one that is small or lossless, as a sensor's values are."""
    head, at = jpeg[:_HEAD], 2
    for _ in range(_SEGMENTS):
        marker = MARKER.search(head, at)
        if not marker or marker[1] == b"\xda":
            break
        at = marker.end()
        if marker[1] in b"\xc0\xc1\xc2" and len(head) >= at + 7:
            height, width = struct.unpack_from(">HH", head, at + 3)
            return height * width if max(height, width) >= LEAST else 0
        at += int.from_bytes(head[at : at + 2], "big")
    return 0


def _exif(orientation: int) -> bytes:
    """Return a JPEG's segment that says the orientation, before any other that the JPEG may have."""
    if orientation not in range(2, 9):
        return b""
    content = b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(">HHLHxxL", 0x112, 3, 1, orientation, 0)
    return struct.pack(">BBH", 0xFF, 0xE1, len(content) + 2) + content
