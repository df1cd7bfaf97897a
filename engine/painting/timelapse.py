"""The painting being painted, as a short silent H.264 film."""

from __future__ import annotations

import io
import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from types import TracebackType
from typing import Any, Final, Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine.painting.outlet import Direct, Outlet

BEGIN: Final = 0.8
"""Seconds that the photo is shown first."""
SECONDS: Final = 7.6
"""Seconds of the painting in progress, between the photo and the finished painting."""
HOLD: Final = 1.5
"""Seconds that the finished painting is held."""
RATE: Final = 25
"""Frames a second."""
LONGEST_EDGE: Final = 1280
"""Of the film, in pixels."""
MOST_BYTES: Final = 10**7
"""Size that a film never exceeds."""

_FRAMES: Final = round(SECONDS * RATE)
_PIXEL_RATE: Final = 0.9
"""Bits a second for each pixel of a frame, at most. A canvas that is seen for a moment is coarser for it, and
what is held gets fine within some frames. 512² take four tenths of a megabyte."""
_SLACK: Final = 2
"""Seconds of the most bits that may come at once, as those of the photo do that the film begins with."""
_LEAST_RATE: Final = 25 * 10**4
"""Most bits a second of the smallest film."""
_INDEX: Final = 2**14
"""Bytes set aside at the film's head for its index, so that a player may begin before it has the rest."""
WAITING_BYTES: Final = 256 * 2**20
"""Bytes of canvases that wait for the encoder, at most: 325 of 512², more than a film has."""


class Timelapse:
    """Films a painting while it is painted; a thread of its own encodes, for which only the end waits.

    A canvas is shown until the next one's time has come, and its time is the square root of the share of
    the work that is done: the first strokes change most. The same canvases give the same bytes, unless so
    many wait for the encoder that some are left out.
    """

    def __init__(
        self, width: int, height: int, photo: Image.Image | None = None, outlet: Outlet | None = None
    ) -> None:
        """Set up for a final canvas of ``width`` × ``height`` pixels; the film's sides are even.

        Args:
            width: of the canvas.
            height: of the canvas.
            photo: what the film begins with, if anything.
            outlet: the canvases' way to the host.
        """
        scale = min(1.0, LONGEST_EDGE / max(width, height))
        self.size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
        self._shown = 0
        self._rate = max(_LEAST_RATE, round(_PIXEL_RATE * self.size[0] * self.size[1]))
        self._film = _Film(self.size, self._rate)
        self._outlet = outlet or Direct()
        self._encoder = ThreadPoolExecutor(1, "timelapse")
        self._waiting: deque[Future[None]] = deque()
        self._most_waiting = WAITING_BYTES // (3 * self.size[0] * self.size[1])
        if photo is not None:
            self._waiting.append(self._encoder.submit(self._begin, photo))

    def __enter__(self) -> Self:
        """Films are closed even if the painting is stopped."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the encoder."""
        self._encoder.shutdown(cancel_futures=True)

    def wants(self, done: float) -> bool:
        """Whether a canvas at this share of the work, 0 to 1, would be seen; the last one always is.

        Raises:
            Exception: the encoder has failed.
        """
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft().result()
        return _frame(done) > self._shown and (done >= 1 or len(self._waiting) < self._most_waiting)

    def add(self, done: float, canvas: Tensor) -> None:
        """Add a canvas, 1×3×H×W in [0, 1], at a share of the work, without waiting for anything."""
        times = _frame(done) - self._shown
        self._shown += times
        width, height = self.size
        if canvas.shape[2] > height or canvas.shape[3] > width:
            canvas = functional.interpolate(canvas, (height, width), mode="bilinear", antialias=True)
        levels = self._outlet.send(canvas[0])
        self._waiting.append(self._encoder.submit(lambda: self._film.show(levels(), times)))

    def _begin(self, photo: Image.Image) -> None:
        self._film.show(_levels(photo, self.size), round(BEGIN * RATE))

    def finish(self, final: Image.Image) -> bytes:
        """Show the finished painting, and give the film as MP4: at most ten seconds and ten megabytes.

        This waits for the encoder.
        """
        while self._waiting:
            self._waiting.popleft().result()
        self._film.show(_levels(final, self.size), round(HOLD * RATE))
        film, rate = self._film.finish(), self._rate
        while len(film) > MOST_BYTES and rate > 1:  # a limit on the rate is no promise of the encoder's
            rate = int(rate * 0.8 * MOST_BYTES / len(film))
            smaller = _Film(self.size, rate)
            for frame in _frames(film):
                smaller.show(frame)
            film = smaller.finish()
        return film


class _Film:
    """Frames in, MP4 out."""

    def __init__(self, size: tuple[int, int], rate: int) -> None:
        """Open a film of ``size``, width and height, of at most ``rate`` bits a second."""
        self._out = io.BytesIO()
        # FFmpeg's own faststart reads the file again by its name, which bytes in memory do not have.
        self._mp4 = av.open(self._out, "w", format="mp4", options={"moov_size": str(_INDEX)})
        options = {"crf": "26", "preset": "veryfast", "maxrate": str(rate), "bufsize": str(_SLACK * rate)}
        # The encoder then keeps no frames to look ahead to: some 70 MB instead of 300 at full size. What it
        # writes depends on its threads, so it does not choose their number by the machine.
        options |= {"tune": "zerolatency", "threads": "4"}
        self._stream = self._mp4.add_stream("libx264", rate=RATE, options=options)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        codec = self._stream.codec_context
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.IEC61966_2_1
        codec.colorspace, codec.color_range = Colorspace.ITU709, ColorRange.MPEG
        self._length = 0

    def show(self, picture: np.ndarray[Any, Any] | av.VideoFrame, times: int = 1) -> None:
        """Show H×W×3 levels of sRGB, or a film's own frame, for so many frames."""
        if not isinstance(picture, av.VideoFrame):
            picture = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                self._stream.width,
                self._stream.height,
                "yuv420p",
                interpolation=Interpolation.BICUBIC,
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
        for _ in range(times):
            picture.pts, picture.time_base = self._length, Fraction(1, RATE)
            self._mp4.mux(self._stream.encode(picture))
            self._length += 1

    def finish(self) -> bytes:
        self._mp4.mux(self._stream.encode())
        self._mp4.close()
        return self._out.getvalue()


def _levels(image: Image.Image, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return an image's levels at a size, H×W×3."""
    return np.array(image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _frames(film: bytes) -> Iterator[av.VideoFrame]:
    with av.open(io.BytesIO(film), "r") as mp4:
        yield from mp4.decode(video=0)


def _frame(done: float) -> int:
    """Number of frames until a canvas at this share of the work has been seen."""
    return round(math.sqrt(done) * _FRAMES)
