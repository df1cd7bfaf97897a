"""A real worker at the pace of a test, perhaps with changes: ``worker_program.py [narrow] [FAULT] work …``.

Drafts take few iterations. Better paintings pause after each (:mod:`tests.support.pace`), and take their time
without keeping a core busy. Most faults are triggered by a photo whose first pixel has the mark.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import av
import torch
from PIL import Image

from engine import runtime
from engine.__main__ import main
from engine.imaging.reading import decode
from engine.painting import scales
from engine.painting.painter import paint
from engine.queue import file_watch
from engine.worker import painting_thread, samples
from tests.support.moved_clock import follow
from tests.support.narrow import NarrowNetwork
from tests.support.pace import ITERATIONS, PAUSE
from tests.support.pictures import MARK

CUDA: Final = "CUDA error: an illegal memory access was encountered"


def at_mark(strike: Callable[[], None]) -> None:
    """Call ``strike`` when a photo with the mark is decoded."""

    def watching(*arguments: Any, **options: Any) -> Image.Image:
        image = decode(*arguments, **options)
        if is_marked(image):
            strike()
        return image

    setattr(painting_thread, "decode", watching)  # noqa: B010 - to mypy the module does not export it


def is_marked(image: Image.Image) -> bool:
    """Return whether a photo has the mark."""
    return image.getpixel((0, 0)) == MARK


def kills() -> None:
    """Kill the worker at the mark, as a fault in a decoder does, or the kernel short of memory."""
    at_mark(lambda: os.kill(os.getpid(), signal.SIGKILL))


def device_broken() -> None:
    """Let the device fail from the start."""

    def convolve(*_: Any, **__: Any) -> Any:
        raise RuntimeError(CUDA)

    torch.nn.functional.conv2d = convolve


def device_breaks() -> None:
    """Let the device fail from the mark on."""
    at_mark(device_broken)


def painter_fails() -> None:
    """Let the painter, not the device, fail at the mark."""

    def failing(network: Any, *commissions: Any, **settings: Any) -> Iterator[Any]:
        for step in paint(network, *commissions, **settings):
            if any(is_marked(each.photo) for each in commissions):
                raise RuntimeError("an unexpected shape")
            yield step

    setattr(painting_thread, "paint", failing)  # noqa: B010


def pausing(paint: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Return ``paint`` with a pause after each iteration, of drafts only in a slow worker."""

    def painting(network: Any, *commissions: Any, **settings: Any) -> Iterator[Any]:
        pause = PAUSE if commissions[0].recipe.quality in paused else 0.0
        for step in paint(network, *commissions, **settings):
            yield step
            time.sleep(pause)

    return painting


def samples_wait() -> None:
    """Let samples go on until they are unwanted."""

    def waiting(*arguments: Any) -> None:
        arguments[-1].wait()

    setattr(samples, "paint_samples", waiting)  # noqa: B010


def no_encoder() -> None:
    """Let there be no encoder for timelapses."""

    def opened(*_: Any, **__: Any) -> Any:
        raise av.FFmpegError(22, "no encoder")

    av.open = opened


paused: Final = {"normal", "fine"}
"""Qualities whose paintings pause after each iteration."""


iterations: Final = dict(ITERATIONS)
"""Iterations on the coarsest and on the finest canvas."""


def brief() -> None:
    """Let drafts take as few iterations as take all of a painting's memory."""
    iterations["draft"] = (2, 2)


def own_pace() -> None:
    """Paint at the product's pace, without pauses: of what people order as they like, all has to end."""
    iterations.clear()
    paused.clear()


def slow() -> None:
    """Let drafts pause, too: their progress is seen on a quick machine as well."""
    paused.add("draft")


def watches_closely() -> None:
    """Look after the database's file more often."""
    setattr(file_watch, "INTERVAL", 0.1)  # noqa: B010 - a constant


def moved_clock() -> None:
    """Have the clock of the file ``CLOCK_FILE``, as far as SQLite tells it."""
    follow(Path(os.environ["CLOCK_FILE"]))


def narrow() -> None:
    """Paint with a quarter of the network's channels."""
    setattr(runtime, "Network", NarrowNetwork)  # noqa: B010


CHANGES: Final = {
    each.__name__: each
    for each in (
        narrow,
        brief,
        own_pace,
        slow,
        kills,
        device_broken,
        device_breaks,
        painter_fails,
        samples_wait,
        no_encoder,
        watches_closely,
        moved_clock,
    )
}

if __name__ == "__main__":
    words = sys.argv[1:]
    while change := CHANGES.get(words[0]):
        change()
        del words[0]
    scales._BUDGET.update(iterations)
    setattr(painting_thread, "paint", pausing(vars(painting_thread)["paint"]))  # noqa: B010
    sys.exit(main(words))
