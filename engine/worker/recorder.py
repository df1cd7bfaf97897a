"""The camera: films a painting while it is painted; what goes wrong with that never harms the painting."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Self

from PIL import Image
from torch import Tensor

from engine.painting.painter import Step
from engine.painting.timelapse import Timelapse

log = logging.getLogger(__name__)


class Recorder:
    """Makes one job's film; without an encoder, memory or whatever else it needs, it makes none."""

    def __init__(self, job_id: str, width: int, height: int) -> None:
        """Set up for a final canvas of ``width`` × ``height`` pixels."""
        self._job_id = job_id
        self._held = contextlib.ExitStack()
        self._film: Timelapse | None = None
        self._start: float | None = None
        with self._harmless():
            self._film = self._held.enter_context(Timelapse(width, height))

    def __enter__(self) -> Self:
        """Stop filming in the end, whatever becomes of the painting."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the encoder."""
        self._stop()

    def see(self, step: Step, number: int, snapshot: Callable[[], Tensor]) -> None:
        """Film an iteration if it would be seen.

        Args:
            step: the iteration.
            number: which of its canvases is this job's.
            snapshot: gives copies of them all.
        """
        if self._start is None:
            # A painting that is gone on with is filmed from there, not shown standing still until then.
            self._start = step.done if step.scale else 0.0
        with self._harmless():
            # A run that is made again in fp32 goes back in its work.
            share = max(0.0, (step.done - self._start) / (1.0 - self._start))
            if self._film and self._film.wants(share):
                self._film.add(share, snapshot()[number : number + 1])

    def finish(self, painting: Image.Image) -> bytes | None:
        """Give the film, if there is one."""
        film: bytes | None = None
        with self._harmless():
            if self._film:
                film = self._film.finish(painting)
        return film

    def _stop(self) -> None:
        self._film = None
        self._held.close()

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - an encoder's, a device's: whatever it is, the painting goes on
            log.warning("job %s: no film (%r)", self._job_id, error)
            self._stop()
