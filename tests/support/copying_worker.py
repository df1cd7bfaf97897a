"""A worker without skill: it has the real queue, and hands each photo back as its painting."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Final

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from engine.imaging.encoding import encode_png
from engine.queue import TIMELAPSE, Leases, Queue

NAME: Final = "copyist"
IDLE: Final = 0.025
"""Seconds until it looks for work again."""


@contextlib.asynccontextmanager
async def copying(database: AsyncEngine, film: bytes | None = None) -> AsyncIterator[Queue]:
    """Work until the end of the block; ``film`` comes with each painting."""
    queue, leases = Queue(database), Leases(database)

    async def work() -> None:
        while True:
            for job in await leases.claim(NAME):
                photo = Image.open(io.BytesIO(await queue.read(job.id, "content") or b"")).convert("RGB")
                facts = {"width": photo.width, "height": photo.height, "seconds": 0.1}
                extra = {TIMELAPSE: film} if film else {}
                await leases.finish(job.id, NAME, encode_png(photo), facts, extra)
            await asyncio.sleep(IDLE)

    await leases.announce(NAME, "cpu", "none", 1.0)
    task = asyncio.create_task(work())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()
