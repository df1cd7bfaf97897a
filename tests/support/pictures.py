"""Photos and paintings of the tests, and comparisons between pictures."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image

from engine.painting.timelapse import MOST_BYTES, RATE
from engine.styles.style import preset


def decoded(data: bytes) -> Image.Image:
    """Decode a picture, and return it as RGB."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def correlation(one: Image.Image, other: Image.Image) -> float:
    """Return the correlation of two pictures' luminance at 96 × 64: high if they show the same scene."""
    grey = [
        np.asarray(image.convert("L").resize((96, 64)), dtype=np.float64).ravel() for image in (one, other)
    ]
    return float(np.asarray(np.corrcoef(np.stack(grey)))[0, 1])


def halves(diptych: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Cut a diptych into its two pictures. Ground and margins are nearly black."""
    grey = np.asarray(diptych.convert("L"))
    columns = np.flatnonzero((grey > 60).mean(0) > 0.1)
    gap = int(np.argmax(np.diff(columns)))
    rows = np.flatnonzero((grey > 60).mean(1) > 0.1)
    top, bottom = int(rows[0]), int(rows[-1])
    left = diptych.crop((int(columns[0]), top, int(columns[gap]), bottom))
    return left, diptych.crop((int(columns[gap + 1]), top, int(columns[-1]), bottom))


MARK: Final = (255, 0, 255)
"""The first pixel of a photo that triggers the fault of ``worker_program.py``."""


def jpeg(image: Image.Image) -> bytes:
    """Encode a picture as JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def png(image: Image.Image) -> bytes:
    """Encode a picture as PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def china_jpeg() -> bytes:
    """Return a photo of 640 × 427 pixels as JPEG: large enough for several scales."""
    return jpeg(sample("china.jpg"))


def small_photo(*, width: int = 96, flower: bool = False, flipped: bool = False) -> Image.Image:
    """Return a photo that is painted in a second, at one scale and its own size."""
    image = sample("flower.jpg" if flower else "china.jpg").resize((width, round(width / 1.5)))
    return image.transpose(Image.Transpose.ROTATE_180) if flipped else image


def marked_png(image: Image.Image) -> bytes:
    """Encode a picture as PNG, its first pixel the mark."""
    image = image.copy()
    image.putpixel((0, 0), MARK)
    return png(image)


def small_painting() -> bytes:
    """Return a painting of 96 × 96 pixels as PNG."""
    with Image.open(preset("mosaic").path) as image:
        return png(image.convert("RGB").resize((96, 96)))


def sample(name: str) -> Image.Image:
    """Open ``china.jpg`` or ``flower.jpg``, photos of scikit-learn, whose import would take a second."""
    package = importlib.util.find_spec("sklearn")
    assert package
    assert package.origin
    with Image.open(Path(package.origin).parent / "datasets" / "images" / name) as image:
        return image.convert("RGB")


def image_of(result: bytes | None) -> Image.Image:
    """Decode a result, which must be there."""
    assert result is not None
    image = Image.open(io.BytesIO(result))
    image.load()
    return image


@dataclass(frozen=True)
class Film:
    """A timelapse's length, first frame and last frame."""

    seconds: float
    first: Image.Image
    last: Image.Image


def film_of(result: bytes | None) -> Film:
    """Decode a timelapse, which must be there and within its size limit."""
    assert result is not None
    assert len(result) <= MOST_BYTES
    with av.open(io.BytesIO(result), "r") as mp4:
        frames = [
            Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace="ITU709"))
            for frame in mp4.decode(video=0)
        ]
    return Film(len(frames) / RATE, frames[0], frames[-1])


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures' samples, of 255."""
    size = other.size
    a, b = (np.asarray(each.convert("RGB").resize(size), np.float64) for each in (one, other))
    return float(np.abs(a - b).mean())
