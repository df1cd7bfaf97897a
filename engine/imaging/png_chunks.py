"""The chunks of a PNG, as far as Pillow does not read them."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from PIL import ImageFile

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_PROFILE: Final = 16 * 2**20
"""Bytes of a profile. Those of printers have a few million."""
_LONG: Final = 2**16
"""Bytes above which texts are kept from Pillow. Those that unfold are, too: it refuses a million bytes."""
_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")


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
    """Return the content of the first whole chunk of a name, before the pixels or anywhere."""
    for chunk in chunks(data):
        if chunk.name == name and _is_whole(data, chunk):
            return chunk.content(data)
        if chunk.name == b"IDAT" and not beyond_pixels:
            break
    return None


def readable(data: bytes) -> bytes:
    """Return a PNG without what does not matter and yet keeps Pillow from reading it; another file as it is.

    That are texts, long profiles, all profiles but the first, and chunks with a wrong checksum that a decoder
    need not know, as their names say (PNG, third edition, 5.4).
    """
    kept, start, dropped, profiles = [data[: len(SIGNATURE)]], len(SIGNATURE), False, 0
    for chunk in chunks(data):
        profiles += chunk.name == b"iCCP"
        if _is_needless(data, chunk) or (chunk.name == b"iCCP" and (profiles > 1 or _is_long(data))):
            kept.append(data[start : chunk.start])
            start, dropped = chunk.end, True
    return b"".join((*kept, data[start:])) if dropped else data


def profile(data: bytes) -> bytes | None:
    """Return a PNG's ICC profile, which may be longer than Pillow takes, up to :data:`MAX_PROFILE`."""
    unfolded = _unfolded_profile(data, MAX_PROFILE + 1)
    return unfolded if 0 < len(unfolded) <= MAX_PROFILE else None


def _unfolded_profile(data: bytes, most: int) -> bytes:
    """Return so many bytes of a PNG's ICC profile, at most; none if there is none, or it is damaged."""
    _, _, packed = (first(data, b"iCCP") or b"").partition(b"\0")
    if not packed.startswith(b"\0"):  # the one method of compression
        return b""
    with contextlib.suppress(zlib.error):
        return zlib.decompressobj().decompress(packed[1:], most)
    return b""


def _is_needless(data: bytes, chunk: Chunk) -> bool:
    length = chunk.end - chunk.start - 12
    if chunk.name in _TEXTS:
        return length > _LONG or chunk.name != b"tEXt" or not _is_whole(data, chunk)
    if not chunk.name[0] & 0x20:  # critical
        return False
    return not _is_whole(data, chunk)


def _is_long(data: bytes) -> bool:
    """Return whether the profile is longer than Pillow takes."""
    return len(_unfolded_profile(data, ImageFile.SAFEBLOCK + 1)) > ImageFile.SAFEBLOCK


def _is_whole(data: bytes, chunk: Chunk) -> bool:
    said = int.from_bytes(data[chunk.end - 4 : chunk.end], "big")
    return said == zlib.crc32(memoryview(data)[chunk.start + 4 : chunk.end - 4])
