"""The easel: what the painting thread and the event loop share about one job; and the thread's work."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from torch import Tensor

from engine import runtime
from engine.imaging.decoding import decode, encode_jpeg, encode_png
from engine.painting import scales
from engine.painting.network import Network
from engine.painting.painter import Commission, Painting, Step, StyleStore, paint
from engine.painting.recipe import Recipe
from engine.painting.tensors import to_image
from engine.queue import Job
from engine.worker.recorder import Camera

PREVIEW_EDGE: Final = 640
"""Longest edge of a preview, in pixels."""
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Easel:
    """One job on its way, between thread and event loop: flags, and queues of one for what is large."""

    job: Job
    unwanted: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for this painting any more; the thread stops within one iteration."""
    over: bool = False
    """The queue has been told how the job ended, or has taken it away."""
    commission: Commission | None = None
    progress: float = 0.0
    stage: str = "preparing"
    preview_wanted: bool = False
    preview: deque[Tensor] = field(default_factory=lambda: deque(maxlen=1))
    checkpoint: deque[bytes] = field(default_factory=lambda: deque(maxlen=1))
    moved: float = field(default_factory=time.monotonic)
    """When the thread was last heard of."""

    def commissioned(self) -> Commission:
        """The commission, once the pictures are decoded."""
        assert self.commission is not None  # noqa: S101
        return self.commission

    def see(self, step: Step, number: int, snapshot: Callable[[], Tensor]) -> None:
        """Take from an iteration what the queue is to know."""
        self.moved = time.monotonic()
        self.stage, self.progress = "painting", step.done
        if step.leaves_checkpoint:
            self.checkpoint.append(step.checkpoint(number))
        if self.preview_wanted:
            self.preview_wanted = False
            # A device without memory for a copy paints on without.
            with contextlib.suppress(RuntimeError, MemoryError):
                self.preview.append(snapshot()[number])


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
        presets=[runtime.preset_of(data) for data in styles],
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
    facts = runtime.facts_of(painting, commission)
    if easel.job.reduced:
        facts["notes"] = [*facts["notes"], "painted-smaller"]
    film = camera.finish(painting.image) if camera else None
    return Result(encode_png(painting.image, runtime.made_with(painting, commission)), facts, film)


def _once(make: Callable[[], T]) -> Callable[[], T]:
    made: list[T] = []

    def give() -> T:
        if not made:
            made.append(make())
        return made[0]

    return give


def take(newest: deque[T]) -> T | None:
    """Take what lies there, if anything does; the other thread may lay something down meanwhile."""
    return newest.popleft() if newest else None


def render(pixels: Tensor) -> bytes:
    """Encode a preview."""
    image = to_image(pixels)
    image.thumbnail((PREVIEW_EDGE, PREVIEW_EDGE))
    return encode_jpeg(image, quality=85)
