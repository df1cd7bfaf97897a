"""SQL for the bytes that belong to a job: its pictures, its previews and checkpoint, its result."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, LargeBinary, and_, delete, func, or_

from engine.queue.pictures import digest_of, share
from engine.queue.schema import blob
from engine.queue.statements import insert_into

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection


async def store_blobs(
    connection: AsyncConnection, job_id: str, blobs: Mapping[str, bytes], public: Collection[str] = ()
) -> None:
    """Store a job's blobs by their names, in the place of older ones; those named ``public`` once for all."""
    shared = {name: digest_of(content) for name, content in blobs.items() if name in public}
    # In one order everywhere, or two blends of the same styles could wait for each other.
    for name in sorted(shared, key=shared.__getitem__):
        await share(connection, blobs[name])
    for name, content in blobs.items():
        new = insert_into(blob, connection.dialect).values(
            job=job_id, name=name, picture=shared.get(name), bytes=None if name in shared else content
        )
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=[blob.c.job, blob.c.name],
                set_={"picture": new.excluded.picture, "bytes": new.excluded.bytes},
            )
        )


def blob_equals(dialect: Dialect, name: str, content: bytes) -> ColumnElement[bool]:
    """Return whether a blob has this name and content, which need not travel to a server."""
    digest = hashlib.sha256(content)
    if dialect.name == "postgresql":
        own = func.sha256(blob.c.bytes, type_=LargeBinary) == digest.digest()
    else:
        own = blob.c.bytes == content
    return and_(blob.c.name == name, or_(blob.c.picture == digest.hexdigest(), own))


async def drop_blobs(
    connection: AsyncConnection, ids: Collection[str], names: Collection[str] | None = None
) -> None:
    """Delete the blobs of these jobs: all, or those of these names."""
    if ids:
        named = () if names is None else (blob.c.name.in_(names),)
        await connection.execute(delete(blob).where(blob.c.job.in_(ids), *named))
