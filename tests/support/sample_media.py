"""Pictures, films and sounds that tests send."""

from __future__ import annotations

from io import BytesIO

import av
import numpy as np
from PIL import Image


def jpeg(width: int = 400, height: int = 300, color: str = "teal") -> bytes:
    """Return a JPEG of one colour."""
    return _encode(Image.new("RGB", (width, height), color), "JPEG")


def png(width: int = 40, height: int = 30) -> bytes:
    """Return a PNG of noise, which does not compress."""
    return _encode(Image.effect_noise((width, height), 60), "PNG")


def film(width: int = 64, height: int = 48, frames: int = 25) -> bytes:
    """Return an MP4 (H.264) of one second, whose brightness changes."""
    out = BytesIO()
    with av.open(out, "w", "mp4") as container:
        stream = container.add_stream("libx264", rate=frames)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            grey = Image.new("RGB", (width, height), (number * 200 // frames,) * 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(grey), "rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def sound(*, music: bool = False) -> bytes:
    """Return one second of silence: a voice message (Opus in Ogg), or a piece of music (MP3)."""
    out = BytesIO()
    with av.open(out, "w", "mp3" if music else "ogg") as container:
        stream = (
            container.add_stream("libmp3lame", 48_000) if music else container.add_stream("libopus", 48_000)
        )
        stream.layout = "mono"
        size = stream.codec_context.frame_size or 960
        for number in range(48_000 // size):
            silence = av.AudioFrame("s16", "mono", size)
            silence.planes[0].update(bytes(silence.planes[0].buffer_size))
            silence.rate, silence.pts = 48_000, number * size
            container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return out.getvalue()


def _encode(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
