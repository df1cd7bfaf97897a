"""A job's work in threads: decode the pictures, paint with the device, encode the results without it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from engine.imaging.encoding import encode_jpeg, encode_lossless
from engine.imaging.reading import decode
from engine.imaging.transparency import set_alpha_apart, with_alpha_of
from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.faces import FaceFinder
from engine.painting.network import Network
from engine.painting.outlet import Direct, Outlet
from engine.painting.painter import Step, StyleStore, get_ready, paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.tensors import Levels
from engine.queue import Job
from engine.worker import provenance
from engine.worker.active_job import ActiveJob, T
from engine.worker.timelapse_recorder import Recorder

PREVIEW_EDGE: Final = 640
"""Longest edge of a preview, in pixels."""


Painter = Callable[..., Iterable[Step | Painting]]
"""Paints like :func:`~engine.painting.painter.paint`."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A painting that is done with the device; the recorder has its film, and is to be closed."""

    painting: Painting
    recorder: Recorder | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A finished painting, encoded."""

    data: bytes
    """Lossless; ``engine.imaging.encoding.as_png`` makes it the file that users get."""
    facts: dict[str, Any]
    timelapse: bytes | None = None
    """MP4; None if it was not wanted, or could not be made."""


def prepare(
    job: Job,
    photo: bytes,
    styles: Sequence[bytes],
    checkpoint: bytes | None = None,
    finder: FaceFinder | None = None,
) -> Commission:
    """Decode a job's pictures, and get them ready for the painter.

    Raises:
        AtelierError: one of them cannot be read, or the recipe is invalid; see its code.
    """
    commission = Commission(
        set_alpha_apart(decode(photo, "the photo", keep_alpha=True)),
        [decode(data, "the painting") for data in styles],
        Recipe.of(**job.recipe),
        presets=[provenance.style_id_of(data) for data in styles],
        checkpoint=checkpoint,
    )
    # What fails here fails again when it is painted, where a broken device is told from a broken job.
    with contextlib.suppress(RuntimeError):
        commission = get_ready(commission, finder)
    return commission


def paint_together(
    network: Network,
    store: StyleStore | None,
    active_jobs: Sequence[ActiveJob],
    *,
    finder: FaceFinder | None = None,
    outlet: Outlet | None = None,
    timelapse: bool = False,
    painter: Painter | None = None,
) -> list[Painted | None] | None:
    """Paint several jobs in one pass.

    Args:
        network: the network that paints.
        store: the cache of the styles' statistics.
        active_jobs: prepared jobs of one shape.
        finder: finds the faces that are kept, where that was not done before.
        outlet: the pictures' way to the host.
        timelapse: record a timelapse of each.
        painter: paints in the place of :func:`~engine.painting.painter.paint`.

    Returns:
        A painting for each job, None for one that has become unwanted; None alone if all have.
    """
    outlet = outlet or Direct()
    commissions = [active.prepared() for active in active_jobs]
    paintings: list[Painting] = []
    with contextlib.ExitStack() as stack:
        recorders = [
            stack.enter_context(_recorder(active, outlet)) if timelapse else None for active in active_jobs
        ]
        for step in (painter or paint)(network, *commissions, store=store, finder=finder):
            if isinstance(step, Painting):
                paintings.append(step)
                continue
            snapshot = _once(step.snapshot)
            for number, (active, recorder) in enumerate(zip(active_jobs, recorders, strict=True)):
                active.update(step, number, snapshot, outlet)
                if recorder and not active.unwanted.is_set():
                    recorder.record(step, number, snapshot)
            del step, snapshot  # or their canvases would outlive a run that fails and is repeated in fp32
            if all(active.unwanted.is_set() for active in active_jobs):
                return None
        stack.pop_all()
    painted: list[Painted | None] = []
    for active, painting, recorder in zip(active_jobs, paintings, recorders, strict=True):
        if active.unwanted.is_set():
            if recorder:
                recorder.close()
            painted.append(None)
        else:
            active.stage, active.last_progress = "finishing", time.monotonic()
            painted.append(Painted(painting, recorder))
    return painted


def _recorder(active: ActiveJob, outlet: Outlet) -> Recorder:
    commission = active.prepared()
    size = scales.canvas(*commission.photo.size, commission.recipe.size)
    return Recorder(active.job.id, *size, photo=commission.photo, outlet=outlet)


def encode(active: ActiveJob, painted: Painted) -> Result:
    """Encode a painting and its film; the device is not needed."""
    painting, recorder = painted.painting, painted.recorder
    commission = active.prepared()
    facts = provenance.facts_of(painting, commission)
    if active.job.reduced:
        facts["notes"] = [*facts["notes"], "painted-smaller"]
    with contextlib.closing(recorder) if recorder else contextlib.nullcontext():
        timelapse = recorder.finish(painting.image) if recorder else None
    image = with_alpha_of(commission.photo, painting.image)
    return Result(encode_lossless(image, provenance.metadata_of(painting, commission)), facts, timelapse)


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls ``make`` once, and then returns the same value."""
    made: list[T] = []

    def get() -> T:
        if not made:
            made.append(make())
        return made[0]

    return get


def render(levels: Levels) -> bytes:
    """Encode a preview as JPEG."""
    image = Image.fromarray(levels)
    image.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return encode_jpeg(image, quality=85)
