"""The recorder of a job's timelapse. Its failures never harm the painting."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Self

from PIL import Image
from torch import Tensor

from engine.painting.outlet import Outlet
from engine.painting.painter import Step
from engine.painting.timelapse import Timelapse

log = logging.getLogger(__name__)


class Recorder:
    """Records one job's timelapse. If that fails, for want of an encoder or memory, there is none."""

    def __init__(
        self,
        job_id: str,
        width: int,
        height: int,
        photo: Image.Image | None = None,
        outlet: Outlet | None = None,
    ) -> None:
        """Prepare for a final canvas of ``width`` × ``height`` pixels.

        Args:
            job_id: for the log.
            width: of the canvas.
            height: of the canvas.
            photo: what the film begins with, if anything.
            outlet: the canvases' way to the host.
        """
        self._job_id = job_id
        self._resources = contextlib.ExitStack()
        self._timelapse: Timelapse | None = None
        self._start: float | None = None
        with self._harmless():
            self._timelapse = self._resources.enter_context(Timelapse(width, height, photo, outlet))

    def __enter__(self) -> Self:
        """Return the recorder."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the encoder."""
        self.close()

    def record(self, step: Step, number: int, snapshot: Callable[[], Tensor]) -> None:
        """Record an iteration if the timelapse has a frame for it.

        Args:
            step: the iteration.
            number: which of its canvases is this job's.
            snapshot: returns copies of all canvases.
        """
        if self._start is None:
            # A resumed painting is recorded from there, without a still of what was painted before.
            self._start = step.done if step.scale else 0.0
        with self._harmless():
            # A run that is repeated in fp32 starts again with less of the work done.
            share = max(0.0, (step.done - self._start) / (1.0 - self._start))
            if self._timelapse and self._timelapse.wants(share):
                self._timelapse.add(share, snapshot()[number : number + 1])

    def finish(self, painting: Image.Image) -> bytes | None:
        """Return the timelapse as MP4, or None if it could not be made."""
        film: bytes | None = None
        with self._harmless():
            if self._timelapse:
                film = self._timelapse.finish(painting)
        return film

    def close(self) -> None:
        """Close the encoder, which drops what waits for it."""
        self._timelapse = None
        self._resources.close()

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the encoder or the device failed; the painting goes on
            log.warning("job %s: no timelapse (%r)", self._job_id, error)
            self.close()
