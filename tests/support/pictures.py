"""Photos and paintings of the tests, and comparisons between pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from engine.painting.timelapse import MOST_BYTES, RATE
from engine.styles.style import preset


def decoded(data: bytes) -> Image.Image:
    """Decode a picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def correlation(one: Image.Image, other: Image.Image) -> float:
    """Of the luminance, coarsely: whether one still sees what was photographed."""
    grey = [
        np.asarray(image.convert("L").resize((96, 64)), dtype=np.float64).ravel() for image in (one, other)
    ]
    return float(np.asarray(np.corrcoef(np.stack(grey)))[0, 1])


def halves(diptych: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The two pictures on their ground, which is nearly black, as are their margins."""
    grey = np.asarray(diptych.convert("L"))
    columns = np.flatnonzero((grey > 60).mean(0) > 0.1)
    gap = int(np.argmax(np.diff(columns)))
    rows = np.flatnonzero((grey > 60).mean(1) > 0.1)
    top, bottom = int(rows[0]), int(rows[-1])
    left = diptych.crop((int(columns[0]), top, int(columns[gap]), bottom))
    return left, diptych.crop((int(columns[gap + 1]), top, int(columns[-1]), bottom))


MARK: Final = (255, 0, 255)
"""The first pixel of a photo that ``faulty_worker.py`` stumbles over."""


def jpeg(image: Image.Image) -> bytes:
    """Encode."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def png(image: Image.Image) -> bytes:
    """Encode to the pixel."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photo() -> bytes:
    """640 × 427 pixels, so that there is room for a plan."""
    return jpeg(_sight("china.jpg"))


def small(*, width: int = 96, flower: bool = False, flipped: bool = False) -> Image.Image:
    """A photo that is painted in a second: one canvas, as large as it is itself."""
    image = _sight("flower.jpg" if flower else "china.jpg").resize((width, round(width / 1.5)))
    return image.transpose(Image.Transpose.ROTATE_180) if flipped else image


def marked(image: Image.Image) -> bytes:
    """The same photo, with the mark."""
    image = image.copy()
    image.putpixel((0, 0), MARK)
    return png(image)


def painting() -> bytes:
    """A painting as small as the photos."""
    with Image.open(preset("mosaic").path) as image:
        return png(image.convert("RGB").resize((96, 96)))


def _sight(name: str) -> Image.Image:
    return Image.fromarray(load_sample_image(name))


def paint_of(result: bytes | None) -> Image.Image:
    """Decode."""
    assert result is not None
    image = Image.open(io.BytesIO(result))
    image.load()
    return image


@dataclass(frozen=True)
class Film:
    """What a film shows."""

    seconds: float
    first: Image.Image
    last: Image.Image


def film_of(result: bytes | None) -> Film:
    """Decode a whole film, of a size that is never exceeded."""
    assert result is not None
    assert len(result) <= MOST_BYTES
    with av.open(io.BytesIO(result), "r") as mp4:
        frames = [
            Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace="ITU709"))
            for frame in mp4.decode(video=0)
        ]
    return Film(len(frames) / RATE, frames[0], frames[-1])


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures' samples, of 255."""
    size = other.size
    a, b = (np.asarray(each.convert("RGB").resize(size), np.float64) for each in (one, other))
    return float(np.abs(a - b).mean())
