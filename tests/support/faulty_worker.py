"""The real worker with one thing wrong: ``faulty_worker.py FAULT work …``.

What is wrong happens to a photo whose first pixel has the mark, or begins with it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import av
import torch
from PIL import Image

from engine.__main__ import main
from engine.imaging.reading import decode
from engine.painting.painter import paint
from engine.worker import painting_thread
from tests.support.pictures import MARK

CUDA: Final = "CUDA error: an illegal memory access was encountered"


def at_mark(strike: Callable[[], None]) -> None:
    """Have something happen when a photo with the mark is decoded."""

    def watching(data: bytes, name: str) -> Image.Image:
        image = decode(data, name)
        if is_marked(image):
            strike()
        return image

    setattr(painting_thread, "decode", watching)  # noqa: B010 - to mypy the module does not export it


def is_marked(image: Image.Image) -> bool:
    """Whether this is the photo."""
    return image.getpixel((0, 0)) == MARK


def poison() -> None:
    """A picture kills its worker, as a fault in a decoder does, or the kernel for want of memory."""
    at_mark(lambda: os.kill(os.getpid(), signal.SIGKILL))


def broken() -> None:
    """The device fails from the start."""

    def convolve(*_: Any, **__: Any) -> Any:
        raise RuntimeError(CUDA)

    torch.nn.functional.conv2d = convolve


def breaks() -> None:
    """The device fails from the mark on."""
    at_mark(broken)


def spell() -> None:
    """The painter, not the device, fails at one picture."""

    def bewitched(network: Any, *commissions: Any, **settings: Any) -> Iterator[Any]:
        for step in paint(network, *commissions, **settings):
            if any(is_marked(each.photo) for each in commissions):
                raise RuntimeError("a shape that nobody thought of")
            yield step

    setattr(painting_thread, "paint", bewitched)  # noqa: B010


def blind() -> None:
    """There is no encoder for films."""

    def opened(*_: Any, **__: Any) -> Any:
        raise av.FFmpegError(22, "no encoder")

    av.open = opened


if __name__ == "__main__":
    {"poison": poison, "broken": broken, "breaks": breaks, "spell": spell, "blind": blind}[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
