"""Public pictures, as those of the catalogue: however many jobs are painted from one, it is stored once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, exists, select, update

from engine.queue.schema import Now, ago, blob, picture
from engine.queue.statements import insert_into

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


UNUSED_TTL: Final = 86400.0
"""Seconds since its last new job after which a picture is deleted that no job needs any more."""
NOTED: Final = 3600.0
"""Seconds between two notes that a picture is used: far fewer than after which it is deleted."""
PRUNED_AT_ONCE: Final = 50
"""Pictures that one transaction deletes."""
KEPT: Final = 32
"""Pictures that a process keeps in memory, a third of a megabyte each."""


def digest_of(content: bytes) -> str:
    """Return the name under which a public picture is stored: its SHA-256."""
    return hashlib.sha256(content).hexdigest()


async def share(connection: AsyncConnection, content: bytes) -> str:
    """Store a public picture, unless it is there, for a job of this transaction; return its digest."""
    digest = digest_of(content)
    mine = picture.c.digest == digest
    used: float | None = await connection.scalar(select(Now() - picture.c.used).where(mine))
    if used is not None and abs(used) < NOTED:
        return digest
    # The row is locked then, and not deleted meanwhile: it counts as used.
    if not (await connection.execute(update(picture).where(mine).values(used=Now()))).rowcount:
        new = insert_into(picture, connection.dialect).values(digest=digest, used=Now(), bytes=content)
        again = new.on_conflict_do_update(index_elements=[picture.c.digest], set_={"used": new.excluded.used})
        await connection.execute(again)
    return digest


async def prune_some(connection: AsyncConnection) -> int:
    """Delete some of the pictures that no job needs, nor any has for long, and return their number."""
    needed = exists(select(blob.c.job).where(blob.c.picture == picture.c.digest))
    unused = select(picture.c.digest).where(picture.c.used < ago(UNUSED_TTL), ~needed).limit(PRUNED_AT_ONCE)
    # Asked again where the row is locked: a job may have come since.
    over = delete(picture).where(picture.c.digest.in_(unused), picture.c.used < ago(UNUSED_TTL))
    return (await connection.execute(over)).rowcount


class PictureCache:
    """The public pictures that a process has read lately: they never change."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def read(self, connection: AsyncConnection, digest: str) -> bytes | None:
        """Return the picture with this digest."""
        content: bytes | None = self._kept.pop(digest, None)
        if content is None:
            content = await connection.scalar(select(picture.c.bytes).where(picture.c.digest == digest))
        if content is not None:
            self._kept[digest] = content
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return content
