"""Orders: a draft becomes a job."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.chat.context import ChatContext
from bot.chat.downloads import Downloads, Picture
from bot.conversation import CatalogueStyle, Choices, Draft, Rules, Sent, Style
from bot.i18n import Texts
from bot.settings import Settings
from bot.storage.job_address import Address, owner
from bot.views.captions import credits_of, style_title
from bot.views.images import diptych, in_image_thread
from engine.errors import AtelierError, ImageError
from engine.imaging.decoding import upright_size
from engine.imaging.fitting import fitted
from engine.painting import scales
from engine.painting.recipe import Recipe
from engine.queue import LIVE, Job, Queue, State
from engine.styles.catalogue import catalogue
from engine.styles.famous import FamousPainting

SIZES: Final = (384, 512, 768, 1024, 1536, 2048)
"""Sizes to choose from, up to the host's largest."""
MIN_SCALE: Final = 0.5
"""Smallest part of the size asked for that a busy host paints."""
SIZE_STEP: Final = 32
"""Pixels that a reduced size is a multiple of."""
JOBS_SEARCHED: Final = 200
"""Jobs of a user that are searched for live ones."""
ROOM: Final = 1.25
"""Sides of a stored picture, at most, in sides of its canvas. A larger painting is an order of its own, for
which the pictures come from Telegram again."""
USUAL_PHOTO: Final = (4000, 3000)
"""Pixels of a phone's photo."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Turns drafts into jobs."""

    settings: Settings
    queue: Queue
    downloads: Downloads = field(default_factory=Downloads)

    @property
    def rules(self) -> Rules:
        """The choices that the host offers."""
        usual, most = self.settings.paint_size, self.settings.paint_size_max
        sizes = tuple(sorted({usual, *(size for size in SIZES if size <= most)}))
        return Rules(sizes, usual, self.settings.paint_quality, catalogue().now.all)

    def sentence(self, say: Texts, error: AtelierError) -> str:
        """Return the sentence about an error for its user, with the host's limits."""
        return say.error(error.code, **{"megabytes": self.downloads.max_bytes // 2**20} | error.facts)

    async def paint(
        self,
        context: ChatContext,
        draft: Draft,
        job_id: str,
        message: int | None = None,
        guest_message: str = "",
    ) -> Job:
        """Queue a draft. The delivery makes ``message`` its card, or sends a new one.

        Nothing is sent here: an order may be repeated, after a crash, and is queued once by its id. The
        painting is shown in ``guest_message``, too, if there is one.
        """
        photo, *styles = await self.pictures(context, draft)
        return await self._enqueue(context, draft, job_id, message or 0, guest_message, photo, styles)

    async def correct(self, context: ChatContext, message: int, draft: Draft) -> bool | None:
        """Give the paintings that a message has ordered the styles of a draft, as far as they have not begun.

        Returns:
            False if one of them has; None if there is none.
        """
        ordered = [
            (job, address)
            for job in await self.queue.jobs(owner(context.person), JOBS_SEARCHED)
            if (address := Address.of(job)) and (address.chat, address.ordered_by) == (context.chat, message)
        ]
        # The words of a photo's caption are about the painting that they ordered, not about later ones.
        named = [each for each in ordered if each[1].said == message]
        corrected = [
            await self._revise(context, job, draft)
            for job, address in named or ordered
            if job.state in LIVE and not job.cancel and address.draft.styles != draft.styles
        ]
        return all(corrected) if corrected else None

    async def seconds(self, choices: Choices) -> float | None:
        """Return roughly how long a usual photo takes to paint; None if it is unknown."""
        rate = await self.queue.rate()
        if rate is None:
            return None
        settings = choices.settings(self.rules)
        return scales.cost(scales.plan(*USUAL_PHOTO, settings["size"], settings["quality"])) / rate

    async def pictures(self, context: ChatContext, draft: Draft) -> list[Picture]:
        """Return the photo and the paintings of a draft."""
        fetched = (self.downloads.fetch(context.bot, one) for one in (draft.photo, *draft.styles))
        return list(await asyncio.gather(*fetched))

    async def works(self, draft: Draft, styles: Sequence[Picture]) -> dict[Style, FamousPainting]:
        """Return the famous paintings among the pictures that the user sent as styles."""
        sent = [
            (style, picture)
            for style, picture in zip(draft.styles, styles, strict=True)
            if isinstance(style, Sent)
        ]
        found = [(style, await self.downloads.recognised(picture)) for style, picture in sent]
        return {style: work for style, work in found if work is not None}

    def known_works(self, draft: Draft) -> dict[Style, FamousPainting]:
        """Return the famous paintings among those that were recognised lately. Nothing is downloaded."""
        found = [
            (style, self.downloads.known_work(style)) for style in draft.styles if isinstance(style, Sent)
        ]
        return {style: work for style, work in found if work is not None}

    async def preview(self, draft: Draft, photo: Picture, styles: Sequence[Picture]) -> bytes:
        """Return an image of the photo beside the paintings."""
        now = catalogue()
        shown = [
            now.get(style.id) if isinstance(style, CatalogueStyle) else picture.data
            for style, picture in zip(draft.styles, styles, strict=True)
        ]
        return await in_image_thread(diptych, photo.data, shown)

    async def _revise(self, context: ChatContext, job: Job, draft: Draft) -> bool:
        """Give a queued job the styles of a draft; False if it has begun, or has ended."""
        pictures = [await self.downloads.fetch(context.bot, style) for style in draft.styles]
        works = await self.works(draft, pictures)
        styles = await _fitted_styles(draft, pictures, Recipe.of(**job.recipe))
        now: Job | None = job
        while now is not None and now.state is State.QUEUED and now.started is None:
            address, photo = Address.of(now), await self.queue.read(job.id, "content")
            if address is None or photo is None:
                break
            same = {"styles": draft.styles, "name": draft.name}
            revised = address.model_copy(
                update={
                    "draft": address.draft.model_copy(update=same),
                    "style": style_title(context.texts, draft, works),
                    "credit": credits_of(context.texts, draft.styles, works),
                }
            )
            if await self.queue.revise(
                job.id,
                now.address or {},
                recipe=now.recipe | {"style_weights": [1.0] * len(pictures)},
                blobs=_blobs(photo, styles),
                public=_public(draft),
                address=revised.model_dump(mode="json"),
            ):
                return True
            now = await self.queue.get(job.id)  # it has begun, or its card was sent meanwhile
        return False

    async def _enqueue(
        self,
        context: ChatContext,
        draft: Draft,
        job_id: str,
        message: int,
        guest_message: str,
        photo: Picture,
        styles: Sequence[Picture],
    ) -> Job:
        settings = draft.choices.settings(self.rules)
        asked: int = settings["size"]
        size = eased(asked, await self.queue.backlog(), self.settings.busy_after)
        settings |= {"size": size, "seed": draft.seed, "style_weights": (1.0,) * len(styles)}
        recipe = Recipe.of(**settings)
        content = await _fitted(photo.data, *stored_size(*photo.size, recipe.size))
        plan = scales.plan(*upright_size(content), recipe.size, recipe.quality)
        works = await self.works(draft, styles)
        address = Address(
            chat=context.chat,
            message=message,
            guest_message=guest_message,
            language=context.texts.language,
            draft=draft,
            style=style_title(context.texts, draft, works),
            credit=credits_of(context.texts, draft.styles, works),
            source=draft.photo.message,
            thread=context.thread,
            said=draft.said or (context.source.message_id if context.source else None),
            asked=asked if size < asked else None,
        )
        job = await self.queue.enqueue(
            id=job_id,
            owner=owner(context.person),
            recipe=recipe.as_dict(),
            cost=scales.cost(plan),
            shape=scales.shape(plan, recipe),
            blobs=_blobs(content, await _fitted_styles(draft, styles, recipe)),
            public=_public(draft),
            address=address.model_dump(mode="json"),
        )
        self.downloads.discard(draft.photo, *draft.styles)
        return job


async def _fitted_styles(draft: Draft, styles: Sequence[Picture], recipe: Recipe) -> list[bytes]:
    """Return the files of styles as they are stored. Those of the catalogue are known by their bytes."""
    largest = round(max(ROOM, recipe.stroke) * recipe.size)
    return [
        await _fitted(picture.data, *scales.canvas(*picture.size, largest))
        if isinstance(style, Sent)
        else picture.data
        for style, picture in zip(draft.styles, styles, strict=True)
    ]


async def _fitted(data: bytes, width: int, height: int) -> bytes:
    """Return a picture of at most so many pixels; what cannot be decoded, as it is."""
    try:
        return await in_image_thread(fitted, data, width, height)
    except ImageError:  # the worker says what is wrong with it
        return data


def _blobs(photo: bytes, styles: Sequence[bytes]) -> dict[str, bytes]:
    return {"content": photo} | {f"style{number}": style for number, style in enumerate(styles)}


def _public(draft: Draft) -> set[str]:
    """Return the names of the blobs of the catalogue's styles."""
    return {f"style{number}" for number, style in enumerate(draft.styles) if not isinstance(style, Sent)}


def stored_size(width: int, height: int, size: int) -> tuple[int, int]:
    """Return the pixels that a photo is stored with: :data:`ROOM` times its canvas's sides, or a little more.

    So much more, up to twice, that rounding twice leaves the canvas of ``size`` as it is; else those it has.
    """
    canvas = scales.canvas(width, height, size)
    for step in range(16):
        stored = scales.canvas(width, height, round((ROOM + step / 20) * size))
        if scales.canvas(*stored, size) == canvas:
            return stored
    return width, height


def eased(size: int, backlog: float | None, busy_after: float) -> int:
    """Return the size to paint at: the area shrinks as the backlog grows beyond ``busy_after``.

    Args:
        size: the size that was asked for, in pixels.
        backlog: seconds until all that is queued now is done; None if it is unknown.
        busy_after: seconds of backlog from which on paintings get smaller; 0 for never.
    """
    if not busy_after or backlog is None or backlog <= busy_after:
        return size
    scale = max(MIN_SCALE, math.sqrt(busy_after / backlog))
    return min(size, max(SIZE_STEP, round(size * scale / SIZE_STEP) * SIZE_STEP, round(size * MIN_SCALE)))
