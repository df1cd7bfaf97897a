"""The chunks of a PNG, as far as Pillow does not read them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class Chunk(NamedTuple):
    """A chunk's place in a file."""

    name: bytes
    start: int
    """Where its length is."""
    end: int
    """Behind its checksum."""

    def content(self, data: bytes) -> bytes:
        """Return its content."""
        return data[self.start + 8 : self.end - 4]


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a file that are whole, in their order."""
    start = len(SIGNATURE)
    while data.startswith(SIGNATURE) and start + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            return
        yield Chunk(name, start, end)
        start = end


def first(data: bytes, name: bytes, beyond_pixels: bool = False) -> bytes | None:
    """Return the content of the first chunk of a name, before the pixels or anywhere."""
    for chunk in chunks(data):
        if chunk.name == name:
            return chunk.content(data)
        if chunk.name == b"IDAT" and not beyond_pixels:
            break
    return None
