"""The painting being painted, as a short silent H.264 film."""

from __future__ import annotations

import io
from typing import Final

import av
import numpy as np
from PIL import Image

SECONDS: Final = 8.0
"""Length of the film, before the finished painting is held."""
HOLD: Final = 1.5
"""Seconds that the finished painting is held."""
RATE: Final = 25
"""Frames a second."""
LONGEST_EDGE: Final = 1280
"""Of the film, in pixels."""


class Timelapse:
    """Collects evenly spaced canvases while a painting is painted; then encodes them."""

    def __init__(self, width: int, height: int) -> None:
        """Set up for a final canvas of ``width`` × ``height`` pixels; the film's sides are even."""
        scale = min(1.0, LONGEST_EDGE / max(width, height))
        self.size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        self._frames: list[Image.Image] = []

    def wants(self, done: float) -> bool:
        """Whether a frame at this share of the work is still missing."""
        return len(self._frames) < done * SECONDS * RATE

    def add(self, picture: Image.Image) -> None:
        """Add the canvas as it is now."""
        self._frames.append(picture.resize(self.size, Image.Resampling.BICUBIC))

    def encode(self, final: Image.Image) -> bytes:
        """Encode as MP4, at most ten seconds, each canvas shown equally long."""
        last = final.resize(self.size, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        with av.open(out, "w", format="mp4") as film:
            stream = film.add_stream("libx264", rate=RATE, options={"crf": "20", "preset": "medium"})
            stream.width, stream.height, stream.pix_fmt = *self.size, "yuv420p"
            total = round(SECONDS * RATE)
            shown = (
                [self._frames[n * len(self._frames) // total] for n in range(total)] if self._frames else []
            )
            for picture in [*shown, *[last] * round(HOLD * RATE)]:
                film.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
            film.mux(stream.encode())
        return out.getvalue()
