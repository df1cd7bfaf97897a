"""The film for stories: upright, with the whole picture on a blurred ground of itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

STORY: Final = (720, 1280)
"""Width and height of a story, in pixels."""
_TINY: Final = "72:128"
"""Size at which the ground is blurred: it costs next to nothing there."""
_BIT_RATE: Final = 8 * 10**6
"""Most bits a second: the ten seconds of a film are within 10 MB."""
_INDEX: Final = 2**14
"""Bytes set aside at the film's head for its index, so that a player may begin before it has the rest."""


def story(film: bytes) -> bytes:
    """Turn the film of a painting into one for stories: H.264 in MP4, with a key frame each second.

    It decodes, draws and encodes frame by frame, some seconds for a film of ten.

    Raises:
        av.FFmpegError: it is no film.
    """
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(film), "r") as source,
        av.open(out, "w", format="mp4", options={"moov_size": str(_INDEX)}) as mp4,
    ):
        rate = source.streams.video[0].average_rate or Fraction(25)
        options = {"crf": "21", "preset": "veryfast", "tune": "zerolatency", "threads": "2"}
        options |= {"maxrate": str(_BIT_RATE), "bufsize": str(_BIT_RATE), "g": str(round(rate))}
        stream = mp4.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height = STORY
        stream.pix_fmt = "yuv420p"
        codec = stream.codec_context
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.IEC61966_2_1
        codec.colorspace, codec.color_range = Colorspace.ITU709, ColorRange.MPEG
        for number, frame in enumerate(_upright(source)):
            frame.pts, frame.time_base = number, 1 / rate
            mp4.mux(stream.encode(frame))
        mp4.mux(stream.encode())
    return out.getvalue()


def _upright(source: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """Draw each frame as wide or as high as a story, on a ground that its own blur fills."""
    width, height = STORY
    graph = av.filter.Graph()
    first = graph.add_buffer(template=source.streams.video[0])
    split = graph.add("split")
    ground = [
        graph.add("scale", f"{_TINY}:force_original_aspect_ratio=increase"),
        graph.add("crop", _TINY),
        graph.add("gblur", "sigma=6"),
        graph.add("lutyuv", "y=16+(val-16)*0.6"),
        graph.add("scale", f"{width}:{height}:flags=bicubic"),
    ]
    picture = graph.add(
        "scale", f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic"
    )
    overlay = graph.add("overlay", "(W-w)/2:(H-h)/2")
    last = graph.add("buffersink")
    first.link_to(split)
    split.link_to(ground[0], 0)
    for one, other in zip(ground, [*ground[1:], overlay], strict=True):
        one.link_to(other)
    split.link_to(picture, 1)
    picture.link_to(overlay, 0, 1)
    overlay.link_to(last)
    graph.configure()
    for frame in source.decode(video=0):
        graph.push(frame)
        yield graph.vpull()
