"""The film of a painting being painted."""

from __future__ import annotations

import contextlib
import io
import math
import threading
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
import torch
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image
from torch import Tensor

from engine.painting import timelapse as module
from engine.painting.timelapse import BEGIN, HOLD, LONGEST_EDGE, MOST_BYTES, RATE, SECONDS, Timelapse

FRAMES = round(SECONDS * RATE)
HELD = round(HOLD * RATE)


def frames(film: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(film), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.streams.video[0].codec_context.name == "h264"
        return [
            Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace="ITU709"))
            for frame in container.decode(video=0)
        ]


def atoms(film: bytes) -> Iterator[tuple[str, int]]:
    """Kinds and sizes of a file's top atoms."""
    place = 0
    while place < len(film):
        size = int.from_bytes(film[place : place + 4], "big")
        yield film[place + 4 : place + 8].decode(), size
        place += size


def flat(level: float, size: tuple[int, int] = (64, 48)) -> Tensor:
    return torch.full((1, 3, size[1], size[0]), level / 255)


def painting(level: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def noise(size: int, seed: int) -> Tensor:
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(seed))


def level(image: Image.Image) -> float:
    return float(np.asarray(image).mean())


def film_of(size: tuple[int, int], canvases: list[tuple[float, Tensor]], final: Image.Image) -> bytes:
    with Timelapse(*size) as timelapse:
        for done, canvas in canvases:
            timelapse.add(done, canvas)
        return timelapse.finish(final)


def test_a_film_shows_each_canvas_until_its_time_has_come_and_then_the_painting() -> None:
    shares = [0.01, 0.25, 0.5, 1.0]
    levels = [0, 60, 120, 180]
    canvases = [(done, flat(grey)) for done, grey in zip(shares, levels, strict=True)]
    shown = [level(image) for image in frames(film_of((64, 48), canvases, painting(250)))]
    assert len(shown) == FRAMES + HELD
    assert len(shown) / RATE <= 10
    ends = [0, *(round(math.sqrt(share) * FRAMES) for share in shares)]
    expected = [
        grey for grey, start, stop in zip(levels, ends, ends[1:], strict=False) for _ in range(stop - start)
    ]
    assert np.abs(np.array(shown) - [*expected, *[250] * HELD]).max() < 6


def test_a_film_begins_with_the_photo_and_stays_short_enough_for_a_live_photo() -> None:
    with Timelapse(64, 48, painting(30, (640, 480))) as timelapse:
        timelapse.add(1.0, flat(120))
        shown = [level(image) for image in frames(timelapse.finish(painting(250)))]
    first = round(BEGIN * RATE)
    assert np.abs(np.array(shown) - [*[30] * first, *[120] * FRAMES, *[250] * HELD]).max() < 6
    assert len(shown) / RATE <= 10


def test_a_film_without_canvases_holds_the_painting() -> None:
    shown = frames(film_of((64, 48), [], painting(200)))
    assert len(shown) == HELD
    assert level(shown[0]) == pytest.approx(200, abs=3)


def test_canvases_of_all_sizes_fill_the_film() -> None:
    """A painting begins on a small canvas; its last may be larger than a film."""
    left_dark = torch.cat([torch.zeros(1, 3, 20, 10), torch.ones(1, 3, 20, 10)], 3)
    canvases = [(0.3, left_dark), (1.0, left_dark.repeat_interleave(8, 2).repeat_interleave(8, 3))]
    for shown in frames(film_of((100, 100), canvases, painting(128, (100, 100))))[:FRAMES]:
        assert shown.size == (100, 100)
        assert level(shown.crop((0, 0, 40, 100))) < 10
        assert level(shown.crop((60, 0, 100, 100))) > 245


@pytest.mark.parametrize("size", [(157, 105), (65, 1300), (2000, 300), (64, 64)])
def test_a_films_sides_are_even_and_at_most_1280_pixels_in_the_paintings_ratio(size: tuple[int, int]) -> None:
    with Timelapse(*size) as timelapse:
        width, height = timelapse.size
        assert width % 2 == height % 2 == 0
        assert max(width, height) <= LONGEST_EDGE
        assert width / height == pytest.approx(size[0] / size[1], rel=0.03)
        assert frames(timelapse.finish(painting(90, size)))[0].size == (width, height)


def test_no_canvas_is_wanted_that_would_not_be_seen() -> None:
    with Timelapse(64, 48) as timelapse:
        assert not timelapse.wants(0.0)
        taken = 0
        for step in range(1, 2001):
            if timelapse.wants(step / 2000):
                timelapse.add(step / 2000, flat(0))
                assert not timelapse.wants(step / 2000)
                taken += 1
        assert FRAMES / 2 < taken <= FRAMES
        assert not timelapse.wants(0.5), "as after a fall-back to fp32, which begins anew"
        assert len(frames(timelapse.finish(painting(0)))) == FRAMES + HELD


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An encoder that does nothing until this is set."""
    go = threading.Event()
    show = module._Film.show

    def waiting(film: Any, *picture: Any) -> None:
        assert go.wait(30)
        show(film, *picture)

    monkeypatch.setattr(module._Film, "show", waiting)
    return go


def test_a_painting_does_not_wait_for_the_encoder(held: threading.Event) -> None:
    with Timelapse(64, 48) as timelapse:
        for step in range(1, 101):
            timelapse.add(step / 100, flat(step))
        assert not held.is_set()
        held.set()
        shown = [level(image) for image in frames(timelapse.finish(painting(250)))]
    assert len(shown) == FRAMES + HELD
    assert np.abs(np.diff(shown[:FRAMES])).max() < 12, "every canvas is seen"


def test_an_encoder_that_lags_far_behind_is_given_no_more_but_the_last(
    held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_BYTES", 20 * 3 * 64 * 48)
    taken = 0
    with Timelapse(64, 48) as timelapse:
        for step in range(1, 101):
            if timelapse.wants(step / 100):
                timelapse.add(step / 100, flat(step))
                taken += 1
        held.set()
        shown = [level(image) for image in frames(timelapse.finish(painting(250)))]
    assert taken == 21
    assert len(shown) == FRAMES + HELD
    assert shown[FRAMES - 1] == pytest.approx(100, abs=6)


def test_a_player_need_not_wait_for_the_end_of_the_film() -> None:
    canvases = [(step / FRAMES, noise(64, step)) for step in range(1, FRAMES + 1)]
    order = list(atoms(film_of((64, 64), canvases, painting(90, (64, 64)))))
    kinds = [kind for kind, _ in order if kind != "free"]
    assert kinds == ["ftyp", "moov", "mdat"]


def test_colours_are_tagged_and_stay_what_they_are() -> None:
    red = torch.tensor([200, 40, 60]).view(1, 3, 1, 1).expand(1, 3, 48, 64) / 255
    film = film_of((64, 48), [(1.0, red)], Image.new("RGB", (64, 48), (200, 40, 60)))
    with av.open(io.BytesIO(film), "r") as container:
        codec = container.streams.video[0].codec_context
        assert codec.pix_fmt == "yuv420p"
        assert (codec.color_primaries, codec.color_trc) == (ColorPrimaries.BT709, ColorTrc.IEC61966_2_1)
        assert (codec.colorspace, codec.color_range) == (Colorspace.ITU709, ColorRange.MPEG)
    shown = frames(film)
    for image in (shown[0], shown[-1]):
        assert np.abs(np.asarray(image).mean((0, 1)) - [200, 40, 60]).max() < 4


def test_the_same_canvases_give_the_same_bytes() -> None:
    canvases = [(share, noise(96, seed)) for seed, share in enumerate((0.1, 0.4, 0.9))]
    one, other = (film_of((96, 96), canvases, painting(90, (96, 96))) for _ in range(2))
    assert one == other


def test_the_worst_film_has_ten_megabytes_at_most() -> None:
    """Noise that is new in every frame."""
    canvases = [(((step + 0.5) / FRAMES) ** 2, noise(400, step)) for step in range(FRAMES)]
    film = film_of((400, 400), canvases, painting(90, (400, 400)))
    assert len(film) <= MOST_BYTES


def test_a_film_that_is_too_large_all_the_same_is_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    canvases = [(((step + 0.5) / FRAMES) ** 2, noise(96, step)) for step in range(FRAMES)]
    final = painting(90, (96, 96))
    before = film_of((96, 96), canvases, final)
    monkeypatch.setattr(module, "MOST_BYTES", len(before) // 4)
    film = film_of((96, 96), canvases, final)
    assert len(film) <= len(before) // 4
    assert len(frames(film)) == FRAMES + HELD
    assert level(frames(film)[-1]) == pytest.approx(90, abs=4)


def test_a_painting_that_is_stopped_leaves_no_encoder_behind() -> None:
    with contextlib.suppress(KeyboardInterrupt), Timelapse(64, 48) as timelapse:
        timelapse.add(0.5, flat(0))
        raise KeyboardInterrupt
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("timelapse")]
