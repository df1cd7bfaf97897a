"""Files that cannot be painted: the answer says whether one is damaged, a video, or of which kind."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import numpy as np
import pytest
from PIL import Image

from bot.i18n import LANGUAGES, texts
from engine.errors import ImageDamagedError, ImageError, ImageKindError, ImageTruncatedError, ImageVideoError
from engine.imaging.reading import decode, inspect
from tests.unit.imaging.test_imaging_reading import quadrants, saved


def video(format: str, codec: str) -> bytes:  # noqa: A002 - PyAV's word
    """Make a video of two frames."""
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for level in (50, 200):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), level, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


VIDEOS: dict[str, Callable[[], bytes]] = {
    "MP4": lambda: video("mp4", "mpeg4"),
    "QuickTime": lambda: video("mov", "mpeg4"),
    "Matroska": lambda: video("matroska", "mpeg4"),
    "AVI": lambda: video("avi", "mpeg4"),
    "MPEG": lambda: video("mpeg", "mpeg2video"),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_a_video_is_called_a_video(kind: str) -> None:
    for call in (decode, inspect):
        with pytest.raises(ImageVideoError, match="holiday is a video"):
            call(VIDEOS[kind](), "holiday")


KINDS: dict[str, bytes] = {
    "JPEG XL": b"\xff\x0a" + bytes(100),
    "JPEG 2000": saved(quadrants(), "JPEG2000"),
    "PSD": b"8BPS\0\1" + bytes(100),
    "PDF": saved(quadrants(), "PDF"),
    "EPS": saved(quadrants(), "EPS"),
    "ICO": saved(quadrants(), "ICO"),
    "DDS": saved(quadrants(), "DDS"),
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "PNM": saved(quadrants(), "PPM"),
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(100),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(100),
    "ZIP": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_not_read_is_named(kind: str) -> None:
    for call in (decode, inspect):
        with pytest.raises(
            ImageKindError, match=f"holiday is of the kind {kind}, not an image that I"
        ) as caught:
            call(KINDS[kind], "holiday")
        assert caught.value.facts == {"kind": kind}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF", "BMP"])
def test_a_picture_whose_head_is_damaged_is_called_damaged(format: str) -> None:  # noqa: A002 - Pillow's word
    data = bytearray(saved(quadrants(), format))
    data[{"JPEG": 4, "AVIF": 40, "HEIF": 40, "BMP": 14}.get(format, 12) :] = (
        b"\0" if format == "TIFF" else b"\x99"
    ) * 400
    for call in (decode, inspect):
        with pytest.raises((ImageDamagedError, ImageTruncatedError), match=r"holiday is (damaged|cut off)"):
            call(bytes(data), "holiday")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_answer_says_what_it_is_and_what_to_do(language: str) -> None:
    say, said = texts(language), list[str]()
    for data in (KINDS["PSD"], VIDEOS["MP4"](), saved(quadrants(), "PNG")[:12] + b"\x99" * 99, b"Dear sir"):
        with pytest.raises(ImageError) as caught:
            decode(data)
        said.append(say.error(caught.value.code, **caught.value.facts))
    assert len(set(said)) == 4
    assert "PSD" in said[0]
    assert "JPEG" in said[0]
    whole = saved(Image.effect_noise((200, 200), 80), "JPEG")
    with pytest.raises(ImageTruncatedError) as cut:
        decode(whole[: len(whole) // 2])
    assert str(cut.value.facts["percent"]) in say.error(cut.value.code, **cut.value.facts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stored_error_has_a_sentence_without_its_facts(language: str) -> None:
    say = texts(language)
    for code in ("image-kind", "image-truncated"):
        sentence = say.error(code)
        assert sentence != say("error-internal")
        assert not {"0", "unknown", "{"} & set(sentence.split())
