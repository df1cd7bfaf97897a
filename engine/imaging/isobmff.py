"""The boxes of a HEIF or AVIF file (ISO/IEC 14496-12 and 23008-12) that Pillow does not tell."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_MOST: Final = 2**16
"""Boxes in a box, and items in a table, that are looked at. A large picture's tiles are a few thousand."""


class Box(NamedTuple):
    """A box's place in a file."""

    name: bytes
    start: int
    """Where its size is."""
    content: int
    """Behind its size and name."""
    end: int


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes in a part of a file, in their order, up to one that is damaged."""
    for _ in range(_MOST):
        if start + 8 > end:
            return
        size, name = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1 and start + 16 <= end:
            size, content = struct.unpack_from(">Q", data, content)[0], content + 8
        stop = start + size if size else end
        if not content <= stop <= end:
            return
        yield Box(name, start, content, stop)
        start = stop


def inside(data: bytes, outer: Box, name: bytes, skipped: int = 0) -> list[Box]:
    """Return the boxes of a name that a box contains, after so many bytes of its own."""
    return [box for box in boxes(data, outer.content + skipped, outer.end) if box.name == name]


def nclx(data: bytes) -> tuple[int, int] | None:
    """Return H.273's numbers of the primary image's primaries and curve, if its own properties say them."""
    with contextlib.suppress(struct.error, IndexError, ValueError):
        (meta,) = (box for box in boxes(data, 0, len(data)) if box.name == b"meta")
        for place in _properties(data, meta):
            if place.name == b"colr" and data[place.content : place.content + 4] == b"nclx":
                primaries, transfer = struct.unpack_from(">HH", data, place.content + 4)
                return primaries, transfer
    return None


def is_of_eight_bits(data: bytes) -> bool:
    """Return whether an AVIF's primary image says that it has no more (AV1 in ISOBMFF, 2.3)."""
    with contextlib.suppress(struct.error, IndexError, ValueError):
        (meta,) = (box for box in boxes(data, 0, len(data)) if box.name == b"meta")
        for place in _properties(data, meta):
            if place.name == b"av1C":
                return not data[place.content + 2] & 0x40
    return False


def _properties(data: bytes, meta: Box) -> Iterator[Box]:
    """Yield the properties of the primary item."""
    (primary,) = inside(data, meta, b"pitm", 4)
    wide = data[primary.content] > 0
    wanted = struct.unpack_from(">I" if wide else ">H", data, primary.content + 4)[0]
    (properties,) = inside(data, meta, b"iprp", 4)
    (container,) = inside(data, properties, b"ipco")
    every = list(boxes(data, container.content, container.end))
    for table in inside(data, properties, b"ipma"):
        for item, numbers in _associations(data, table):
            if item == wanted:
                yield from (every[number - 1] for number in numbers if 0 < number <= len(every))


def _associations(data: bytes, table: Box) -> Iterator[tuple[int, list[int]]]:
    """Yield the items of an ``ipma`` box, and the numbers of their properties, from 1."""
    version, wide = data[table.content], data[table.content + 3] & 1
    count, place = struct.unpack_from(">I", data, table.content + 4)[0], table.content + 8
    for _ in range(min(count, _MOST)):
        if place >= table.end:
            return
        item = struct.unpack_from(">I" if version else ">H", data, place)[0]
        place += 4 if version else 2
        many, place = data[place], place + 1
        if wide:
            numbers = [number & 0x7FFF for number in struct.unpack_from(f">{many}H", data, place)]
        else:
            numbers = [number & 0x7F for number in data[place : place + many]]
        place += many * (2 if wide else 1)
        yield item, numbers


def readable(data: bytes) -> bytes:
    """Return an AVIF whose tables of properties are one, as libavif wants it; any other file as it is.

    The file's length, and so the places of its pixels, stay as they are.
    """
    with contextlib.suppress(struct.error, IndexError, ValueError):
        (meta,) = (box for box in boxes(data, 0, len(data)) if box.name == b"meta")
        (properties,) = inside(data, meta, b"iprp", 4)
        first, *others = inside(data, properties, b"ipma")
        alike = all(
            data[box.content : box.content + 4] == data[first.content : first.content + 4] for box in others
        )
        if not others or not alike or others[-1].end != properties.end:
            return data
        tables = [first, *others]
        count = sum(struct.unpack_from(">I", data, box.content + 4)[0] for box in tables)
        entries = b"".join(data[box.content + 8 : box.end] for box in tables)
        table = struct.pack(
            ">I4s4sI", 16 + len(entries), b"ipma", data[first.content : first.content + 4], count
        )
        spare = properties.end - first.start - len(table) - len(entries)
        size = struct.pack(">I", properties.end - properties.start - spare)
        empty = struct.pack(">I4s", spare, b"free") + bytes(spare - 8)
        return b"".join(
            (
                data[: properties.start] + size + data[properties.start + 4 : first.start],
                table + entries + empty,
                data[properties.end :],
            )
        )
    return data
