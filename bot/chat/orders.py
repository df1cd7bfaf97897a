"""Orders: a draft becomes a job. What was promised about sizes and limits is kept here."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final

from telegram.error import TelegramError

from bot.chat.context import ChatContext
from bot.chat.downloads import fetch
from bot.conversation import CatalogueStyle, Draft, Rules
from bot.settings import Settings
from bot.storage.job_address import Address, owner
from bot.views.captions import credits_of, style_title
from bot.views.images import diptych, in_turn
from engine.imaging.decoding import upright_size
from engine.painting import scales
from engine.painting.recipe import Recipe
from engine.queue import Job, Queue
from engine.styles.catalogue import catalogue

SIZES: Final = (384, 512, 768, 1024, 1536, 2048)
"""Sizes to choose from, as far as the host lets them."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Takes orders."""

    settings: Settings
    queue: Queue

    @property
    def rules(self) -> Rules:
        """What can be chosen."""
        usual, most = self.settings.paint_size, self.settings.paint_size_max
        sizes = tuple(sorted({usual, *(size for size in SIZES if size <= most)}))
        return Rules(sizes, usual, self.settings.paint_quality, catalogue().now.all)

    async def paint(self, context: ChatContext, draft: Draft, job_id: str) -> Job:
        """Queue the draft; the message that was tapped becomes its status, at the delivery's first edit."""
        assert context.message is not None  # noqa: S101 - only a tap paints
        photo, *styles = await self.pictures(context, draft)
        return await self._enqueue(context, draft, job_id, context.message, photo, styles)

    async def paint_anew(self, context: ChatContext, draft: Draft) -> Job:
        """Queue a variation; it gets a message of its own, so that the first painting stays."""
        assert context.tap is not None  # noqa: S101 - only a tap varies
        photo, *styles = await self.pictures(context, draft)
        message = await context.show(await self.preview(draft, photo, styles), context.texts("preparing"))
        try:
            # Telegram may bring one tap twice, after a crash; it has the same id then.
            job_id = blake2s(context.tap.id.encode(), digest_size=9).hexdigest()
            job = await self._enqueue(context, draft, job_id, message.message_id, photo, styles)
        except Exception:
            with contextlib.suppress(TelegramError):  # what went wrong is to be told
                await context.bot.delete_message(context.chat, message.message_id)
            raise
        address = Address.of(job)
        if address and address.message != message.message_id:  # the first time had got as far as the queue
            await context.bot.delete_message(context.chat, message.message_id)
        return job

    async def pictures(self, context: ChatContext, draft: Draft) -> list[bytes]:
        """Fetch the photo and the paintings."""
        return list(
            await asyncio.gather(*(fetch(context.bot, picture) for picture in (draft.photo, *draft.styles)))
        )

    async def preview(self, draft: Draft, photo: bytes, styles: Sequence[bytes]) -> bytes:
        """Show the photo beside the paintings, all as they were fetched."""
        now = catalogue()
        shown = [
            now.get(style.id) if isinstance(style, CatalogueStyle) else data
            for style, data in zip(draft.styles, styles, strict=True)
        ]
        return await in_turn(diptych, photo, shown)

    async def _enqueue(
        self, context: ChatContext, draft: Draft, job_id: str, message: int, photo: bytes, styles: list[bytes]
    ) -> Job:
        settings = draft.choices.settings(self.rules)
        asked: int = settings["size"]
        size = eased(asked, await self.queue.backlog(), self.settings.busy_after)
        settings |= {"size": size, "seed": draft.seed, "style_weights": (1.0,) * len(styles)}
        recipe = Recipe.of(**settings)
        plan = scales.plan(*upright_size(photo), recipe.size, recipe.quality)
        address = Address(
            chat=context.chat,
            message=message,
            language=context.texts.language,
            draft=draft,
            style=style_title(context.texts, draft),
            credit=credits_of(context.texts, draft.styles),
            source=draft.photo.message,
            asked=asked if size < asked else None,
        )
        return await self.queue.enqueue(
            id=job_id,
            owner=owner(context.person),
            recipe=recipe.as_dict(),
            cost=scales.cost(plan),
            shape=scales.shape(plan, recipe),
            blobs={"content": photo} | {f"style{number}": style for number, style in enumerate(styles)},
            address=address.model_dump(mode="json"),
        )


SMALLEST: Final = 0.5
"""Least part of the size that is left."""


STEP: Final = 32
"""Sizes are multiples of this."""


def eased(size: int, backlog: float | None, busy_after: float) -> int:
    """Give the size to paint at: the area shrinks as the wait grows beyond what is busy.

    Args:
        size: what was asked for.
        backlog: seconds until all that is queued now is done; None if nobody knows.
        busy_after: seconds of waiting from which on paintings get smaller; 0 for never.
    """
    if not busy_after or backlog is None or backlog <= busy_after:
        return size
    scale = max(SMALLEST, math.sqrt(busy_after / backlog))
    return min(size, max(STEP, round(size * scale / STEP) * STEP, round(size * SMALLEST)))
