"""The film of a painting being painted."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from engine.painting.timelapse import HOLD, LONGEST_EDGE, RATE, SECONDS, Timelapse


def frames(film: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(film), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.streams.video[0].codec_context.name == "h264"
        return [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def flat(level: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def level(image: Image.Image) -> float:
    return float(np.asarray(image).mean())


def test_a_film_shows_every_canvas_equally_long_and_then_the_painting() -> None:
    timelapse = Timelapse(64, 48)
    for brightness in (0, 60, 120, 180):
        timelapse.add(flat(brightness))
    shown = [level(image) for image in frames(timelapse.encode(flat(250)))]
    assert len(shown) == round((SECONDS + HOLD) * RATE)
    assert len(shown) / RATE <= 10
    expected = [brightness for brightness in (0, 60, 120, 180) for _ in range(50)] + [250] * round(
        HOLD * RATE
    )
    assert np.abs(np.array(shown) - expected).max() < 6


def test_a_film_without_canvases_holds_the_painting() -> None:
    shown = frames(Timelapse(64, 48).encode(flat(200)))
    assert len(shown) == round(HOLD * RATE)
    assert level(shown[0]) == pytest.approx(200, abs=3)


@pytest.mark.parametrize("size", [(157, 105), (65, 1300), (2000, 300), (64, 64)])
def test_a_films_sides_are_even_and_at_most_1280_pixels_in_the_paintings_ratio(size: tuple[int, int]) -> None:
    timelapse = Timelapse(*size)
    width, height = timelapse.size
    assert width % 2 == height % 2 == 0
    assert max(width, height) <= LONGEST_EDGE
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)
    assert frames(timelapse.encode(flat(90, size)))[0].size == (width, height)


def test_no_more_canvases_are_wanted_than_are_shown() -> None:
    timelapse = Timelapse(64, 48)
    assert not timelapse.wants(0.0)
    taken = 0
    for step in range(1, 2001):
        if timelapse.wants(step / 2000):
            timelapse.add(flat(0))
            taken += 1
    assert taken == round(SECONDS * RATE)
