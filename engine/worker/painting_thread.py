"""The painting thread's part of a job: decode the pictures, paint, encode the results."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor

from engine.imaging.encoding import encode_jpeg, encode_png
from engine.imaging.reading import decode
from engine.imaging.transparency import set_alpha_apart, with_alpha_of
from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.faces import FaceFinder
from engine.painting.network import Network
from engine.painting.painter import StyleStore, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.tensors import to_image
from engine.queue import Job
from engine.worker import provenance
from engine.worker.active_job import ActiveJob, T
from engine.worker.timelapse_recorder import Recorder

PREVIEW_EDGE: Final = 640
"""Longest edge of a preview, in pixels."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished painting."""

    data: bytes
    """PNG."""
    facts: dict[str, Any]
    timelapse: bytes | None = None
    """MP4; None if it was not wanted, or could not be made."""


def prepare(job: Job, photo: bytes, styles: Sequence[bytes], checkpoint: bytes | None) -> Commission:
    """Decode a job's pictures.

    Raises:
        AtelierError: one of them cannot be read, or the recipe is invalid; see its code.
    """
    return Commission(
        set_alpha_apart(decode(photo, "the photo", keep_alpha=True)),
        [decode(data, "the painting") for data in styles],
        Recipe.of(**job.recipe),
        presets=[provenance.style_id_of(data) for data in styles],
        checkpoint=checkpoint,
    )


def paint_together(
    network: Network,
    store: StyleStore | None,
    active_jobs: Sequence[ActiveJob],
    *,
    finder: FaceFinder | None = None,
    timelapse: bool = False,
) -> list[Result | None] | None:
    """Paint several jobs in one pass.

    Args:
        network: the network that paints.
        store: the cache of the styles' statistics.
        active_jobs: prepared jobs of one shape.
        finder: finds the faces that are kept.
        timelapse: record a timelapse of each.

    Returns:
        A result for each job, None for one that has become unwanted; None alone if all have.
    """
    commissions = [active.prepared() for active in active_jobs]
    paintings: list[Painting] = []
    with contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(_recorder(active)) if timelapse else None for active in active_jobs]
        for step in paint(network, *commissions, store=store, finder=finder):
            if isinstance(step, Painting):
                paintings.append(step)
                continue
            snapshot = _once(step.snapshot)
            for number, (active, recorder) in enumerate(zip(active_jobs, recorders, strict=True)):
                active.update(step, number, snapshot)
                if recorder and not active.unwanted.is_set():
                    recorder.record(step, number, snapshot)
            del step, snapshot  # or their canvases would outlive a run that fails and is repeated in fp32
            if all(active.unwanted.is_set() for active in active_jobs):
                return None
        return [
            None if active.unwanted.is_set() else _finish(active, painting, recorder)
            for active, painting, recorder in zip(active_jobs, paintings, recorders, strict=True)
        ]


def _recorder(active: ActiveJob) -> Recorder:
    commission = active.prepared()
    size = scales.canvas(*commission.photo.size, commission.recipe.size)
    return Recorder(active.job.id, *size, photo=commission.photo)


def _finish(active: ActiveJob, painting: Painting, recorder: Recorder | None) -> Result:
    active.stage, active.last_progress = "finishing", time.monotonic()
    commission = active.prepared()
    facts = provenance.facts_of(painting, commission)
    if active.job.reduced:
        facts["notes"] = [*facts["notes"], "painted-smaller"]
    timelapse = recorder.finish(painting.image) if recorder else None
    image = with_alpha_of(commission.photo, painting.image)
    return Result(encode_png(image, provenance.metadata_of(painting, commission)), facts, timelapse)


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls ``make`` once, and then returns the same value."""
    made: list[T] = []

    def get() -> T:
        if not made:
            made.append(make())
        return made[0]

    return get


def render(pixels: Tensor) -> bytes:
    """Encode a preview as JPEG."""
    image = to_image(pixels)
    image.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return encode_jpeg(image, quality=85)
