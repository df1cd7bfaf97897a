"""The easel: what the painting thread and the event loop share about one job; and the thread's work."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor

from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.reading import decode
from engine.painting import scales
from engine.painting.network import Network
from engine.painting.painter import Commission, Painting, StyleStore, paint
from engine.painting.recipe import Recipe
from engine.painting.tensors import to_image
from engine.queue import Job
from engine.worker import provenance
from engine.worker.job_state import Easel, T
from engine.worker.recorder import Camera

PREVIEW_EDGE: Final = 640
"""Longest edge of a preview, in pixels."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished painting."""

    data: bytes
    """PNG."""
    facts: dict[str, Any]
    film: bytes | None = None
    """MP4; none if it was not wanted, or could not be made."""


def prepare(job: Job, photo: bytes, styles: Sequence[bytes], checkpoint: bytes | None) -> Commission:
    """Decode a job's pictures.

    Raises:
        AtelierError: by its code, one of them cannot be read, or the recipe is wrong.
    """
    return Commission(
        decode(photo, "the photo"),
        [decode(data, "the painting") for data in styles],
        Recipe.of(**job.recipe),
        presets=[provenance.preset_of(data) for data in styles],
        checkpoint=checkpoint,
    )


def paint_together(
    network: Network, store: StyleStore | None, easels: Sequence[Easel], *, filmed: bool = False
) -> list[Result | None] | None:
    """Paint all in one pass; None if nobody wants any of them any more, None for one that nobody wants."""
    commissions = [easel.commissioned() for easel in easels]
    paintings: list[Painting] = []
    with contextlib.ExitStack() as stack:
        cameras = [stack.enter_context(_camera(easel)) if filmed else None for easel in easels]
        for step in paint(network, *commissions, store=store):
            if isinstance(step, Painting):
                paintings.append(step)
                continue
            snapshot = _once(step.snapshot)
            for number, (easel, camera) in enumerate(zip(easels, cameras, strict=True)):
                easel.see(step, number, snapshot)
                if camera and not easel.unwanted.is_set():
                    camera.see(step, number, snapshot)
            del step, snapshot  # or their canvases would outlive a run that fails and is made again in fp32
            if all(easel.unwanted.is_set() for easel in easels):
                return None
        return [
            None if easel.unwanted.is_set() else _finish(easel, painting, camera)
            for easel, painting, camera in zip(easels, paintings, cameras, strict=True)
        ]


def _camera(easel: Easel) -> Camera:
    commission = easel.commissioned()
    return Camera(easel.job.id, *scales.canvas(*commission.photo.size, commission.recipe.size))


def _finish(easel: Easel, painting: Painting, camera: Camera | None) -> Result:
    easel.stage, easel.moved = "finishing", time.monotonic()
    commission = easel.commissioned()
    facts = provenance.facts_of(painting, commission)
    if easel.job.reduced:
        facts["notes"] = [*facts["notes"], "painted-smaller"]
    film = camera.finish(painting.image) if camera else None
    return Result(encode_png(painting.image, provenance.made_with(painting, commission)), facts, film)


def _once(make: Callable[[], T]) -> Callable[[], T]:
    made: list[T] = []

    def give() -> T:
        if not made:
            made.append(make())
        return made[0]

    return give


def render(pixels: Tensor) -> bytes:
    """Encode a preview."""
    image = to_image(pixels)
    image.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return encode_jpeg(image, quality=85)
