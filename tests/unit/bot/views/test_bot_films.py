"""A film for stories, as a player decodes it."""

from __future__ import annotations

import io

import av
import pytest
from PIL import Image, ImageStat

from bot.views.films import story
from tests.support.pictures import mean_difference
from tests.support.sample_media import film


@pytest.mark.parametrize(("size", "whole"), [((96, 54), (0, 438, 720, 842)), ((54, 120), (72, 0, 648, 1280))])
def test_a_story_keeps_the_whole_picture_upright(
    size: tuple[int, int], whole: tuple[int, int, int, int]
) -> None:
    made = film(*size, frames=5)
    data = story(made)
    assert data.index(b"moov") < data.index(b"mdat"), "it plays before it has arrived whole"
    with av.open(io.BytesIO(data), "r") as mp4, av.open(io.BytesIO(made), "r") as before:
        stream = mp4.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 720, 1280)
        assert mp4.duration == before.duration
        pairs = list(zip(mp4.decode(video=0), before.decode(video=0), strict=True))
    assert pairs[0][0].key_frame
    for shown, frame in pairs:
        picture, photo = _image(shown), _image(frame)
        assert mean_difference(picture.crop(whole), photo) < 4
    last = _image(pairs[-1][0])
    ground, middle = (
        ImageStat.Stat(last.crop(box)).mean[0] for box in ((0, 0, 40, 40), (350, 630, 370, 650))
    )
    assert 60 < ground < middle - 30


def _image(frame: av.VideoFrame) -> Image.Image:
    return Image.fromarray(frame.to_ndarray(format="rgb24"))
