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
_FRAME: Final = re.compile(rb"\xff([\xc0-\xcf\xda-\xfe])")


def developed(data: bytes, name: str) -> bytes:
    """Return the largest JPEG in a raw photo, with the photo's orientation; any other file as it is.

    Raises:
        ImageKindError: a raw photo has no JPEG of at least :data:`LEAST` pixels.
    """
    found = directories(data)
    kind = _kind(data, found)
    if kind is None:
        return data
    previews = [jpeg for fields in found for jpeg in _jpegs(data, fields) if max(_size(jpeg)) >= LEAST]
    if not previews:
        raise unread(name, kind)
    largest = max(previews, key=lambda jpeg: _size(jpeg)[0] * _size(jpeg)[1])
    turn = next((fields[ORIENTATION][0] for fields in found if fields.get(ORIENTATION)), 1)
    return largest[:2] + _exif(turn) + largest[2:]


def _kind(data: bytes, found: list[Fields]) -> str | None:
    """Return the name of a raw photo's format; None for any other TIFF."""
    if data[8:10] == b"CR":
        return "CR2"
    if any(DNG_VERSION in fields for fields in found):
        return "DNG"
    if not any(_SENSOR & set(fields.get(PHOTOMETRIC, ())) for fields in found):
        return None
    make = bytes(next((fields[MAKE] for fields in found if MAKE in fields), ())).decode("latin-1").lower()
    return next((kind for maker, kind in _MAKERS.items() if maker in make), "RAW")


def _jpegs(data: bytes, fields: Fields) -> Iterator[bytes]:
    """Yield the JPEGs that a directory refers to."""
    places = [(JPEG, JPEG_LENGTH)]
    if _COMPRESSED_AS_JPEG & set(fields.get(COMPRESSION, ())):
        places.append((STRIPS, STRIP_LENGTHS))
    for start, length in places:
        starts, lengths = fields.get(start, ()), fields.get(length, ())
        if len(starts) == len(lengths) == 1:
            jpeg = data[starts[0] : starts[0] + lengths[0]]
            if jpeg.startswith(b"\xff\xd8\xff"):
                yield jpeg


def _size(jpeg: bytes) -> tuple[int, int]:
    """Return the height and width of a JPEG; nothing of one that is lossless, as a sensor's values are."""
    marker = _FRAME.search(jpeg, 2)
    while marker and marker[1] not in b"\xd9\xda":
        at = marker.end()
        if marker[1] in b"\xc0\xc1\xc2" and len(jpeg) >= at + 7:
            height, width = struct.unpack_from(">HH", jpeg, at + 3)
            return height, width
        marker = _FRAME.search(jpeg, at + int.from_bytes(jpeg[at : at + 2], "big"))
    return 0, 0


def _exif(orientation: int) -> bytes:
    """Return a JPEG's segment that says the orientation, before any other that the JPEG may have."""
    if orientation not in range(2, 9):
        return b""
    content = b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(">HHLHxxL", 0x112, 3, 1, orientation, 0)
    return struct.pack(">BBH", 0xFF, 0xE1, len(content) + 2) + content
