"""Samples: a small photo in several styles, painted in one pass while nothing else waits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from PIL import Image
from torch import Tensor

from engine.imaging.encoding import encode_jpeg
from engine.imaging.reading import decode
from engine.painting.commission import Commission
from engine.painting.loss import FeatureExtractor
from engine.painting.network import Network
from engine.painting.objective import Style
from engine.painting.painter import paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.scales import COARSEST
from engine.painting.tensors import to_image

ITERATIONS: Final = 18
"""Iterations, at most, after which a sample shows what its style does."""
POLL_INTERVAL: Final = 0.15
"""Seconds between two looks for a job that waits: with the iteration in progress, all that it waits for."""


def paint_samples(
    network: Network,
    photo: bytes,
    styles: Sequence[bytes],
    unwanted: threading.Event,
) -> bytes | None:
    """Return a photo in each of several styles as one JPEG, one below the other.

    Args:
        network: the network that paints.
        photo: a small picture, which is painted at its own size.
        styles: the styles' pictures.
        unwanted: ends it within an iteration, or before the next style's statistics. It returns None then.

    Raises:
        AtelierError: a picture cannot be read, or painted.
    """
    image, recipe = decode(photo, "the photo"), Recipe(size=COARSEST, quality="draft", faces="paint")
    commissions = [
        Commission(image, [decode(style, "the painting")], recipe, presets=["sample"]) for style in styles
    ]
    finished: list[Image.Image] = []
    try:
        for step in paint(network, *commissions, store=_Statistics(unwanted)):
            if unwanted.is_set():
                return None
            if isinstance(step, Painting):
                finished.append(step.image)
            elif step.iteration >= ITERATIONS:
                return _strip([to_image(pixels) for pixels in step.snapshot()])
    except _UnwantedError:
        return None
    return _strip(finished)


class _UnwantedError(Exception):
    """The samples are not wanted any more."""


class _Statistics:
    """The styles' statistics, until the samples are unwanted. Each photo has its own: none is kept."""

    def __init__(self, unwanted: threading.Event) -> None:
        self._unwanted = unwanted

    def style(self, extractor: FeatureExtractor, image: Tensor) -> Style:
        if self._unwanted.is_set():
            raise _UnwantedError
        return extractor.style(image.to(next(extractor.features.parameters()).device))


def _strip(pictures: Sequence[Image.Image]) -> bytes:
    width, height = pictures[0].size
    strip = Image.new("RGB", (width, height * len(pictures)))
    for number, picture in enumerate(pictures):
        strip.paste(picture, (0, number * height))
    return encode_jpeg(strip, quality=92)
