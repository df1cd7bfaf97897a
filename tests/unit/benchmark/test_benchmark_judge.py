"""The judge: what it must say about pictures of which the answer is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from engine.benchmark.judge import Judge
from engine.errors import WeightsError

SHAPES = {
    0: (64, 3, 11, 11),
    3: (192, 64, 5, 5),
    6: (384, 192, 3, 3),
    8: (256, 384, 3, 3),
    10: (256, 256, 3, 3),
}


def red_eyed() -> dict[str, Tensor]:
    """A network that a person can follow: channel 0 of the first layer is how red a pixel is, channel 1 is 1.

    Every deeper layer has a one in channel 0, whatever the picture. Only channel 0 of the first has a head.
    """
    state = {}
    for number, (index, shape) in enumerate(SHAPES.items()):
        state[f"features.{index}.weight"] = torch.zeros(shape)
        state[f"features.{index}.bias"] = torch.zeros(shape[0])
        state[f"features.{index}.bias"][1 if index == 0 else 0] = 1
        state[f"heads.{number}"] = torch.zeros(shape[0])
    state["features.0.weight"][0, 0, 5, 5] = 1
    state["heads.0"][0] = 1
    return state


def even(red: float, edge: int = 64) -> Tensor:
    picture = torch.zeros(1, 3, edge, edge)
    picture[:, 0] = red
    return picture


def seen(red: float) -> float:
    """Red as the judge sees it: LPIPS's own shift and scale."""
    return (2 * red - 1 + 0.030) / 0.458


def test_the_likeness_of_even_pictures_can_be_computed_by_hand() -> None:
    a, b = seen(0.9), seen(0.6)
    expected = (a / math.hypot(a, 1) - b / math.hypot(b, 1)) ** 2
    assert Judge(red_eyed()).lpips(even(0.9), even(0.6)) == pytest.approx(expected, rel=1e-4)


def test_the_style_of_even_pictures_can_be_computed_by_hand() -> None:
    a, b = seen(0.9), seen(0.6)
    expected = (a - b) ** 2 / (b**2 + 1) / 2  # the mean's error; of the covariance there is none
    assert Judge(red_eyed()).style(even(0.9), even(0.6, edge=96)) == pytest.approx(expected, rel=1e-4)


def test_the_style_of_stripes_can_be_computed_by_hand() -> None:
    a, b = seen(0.9), seen(0.6)
    stripes, wider = even(0.9), even(0.9)
    stripes[:, 0, :, 4::8] = wider[:, 0, :, 4::8] = 0.6  # the first layer looks at every fourth column …
    stripes[:, 0, :, 7::8] = 0.6  # … of which this makes every second one darker
    state = red_eyed()
    columns = 15  # (64 + 2 · 2 - 11) / 4 + 1, rounded down; the kernel's middle looks at 3, 7, 11 …
    dark = sum(column % 8 == 7 for column in range(3, 64, 4)[:columns])
    mean = (a * (columns - dark) + b * dark) / columns
    variance = (a - b) ** 2 * dark * (columns - dark) / columns**2
    expected = ((mean - a) ** 2 / (mean**2 + 1) + (0 - variance) ** 2 / variance**2) / 2
    assert Judge(state).style(wider, stripes) == pytest.approx(expected, rel=1e-3)


def test_a_picture_is_like_itself_in_every_way(judge: Judge, photo_pixels: Tensor) -> None:
    assert judge.lpips(photo_pixels, photo_pixels) == 0
    assert judge.style(photo_pixels, photo_pixels) == 0


def test_likeness_goes_both_ways(judge: Judge, photo_pixels: Tensor) -> None:
    other = photo_pixels.flip(3)
    assert judge.lpips(photo_pixels, other) == pytest.approx(judge.lpips(other, photo_pixels))


def test_the_more_noise_the_less_like(judge: Judge, photo_pixels: Tensor) -> None:
    noise = torch.randn(photo_pixels.shape, generator=torch.Generator().manual_seed(0))
    seen = [judge.lpips((photo_pixels + much * noise).clamp(0, 1), photo_pixels) for much in (0.02, 0.1, 0.4)]
    assert 0 < seen[0] < seen[1] < seen[2]


def test_a_shift_of_a_pixel_matters_less_than_a_blur_as_people_find(
    judge: Judge, photo_pixels: Tensor
) -> None:
    """Zhang et al.'s point: squared differences say the opposite."""
    shifted = photo_pixels.roll(1, 3)
    blurred = torch.nn.functional.avg_pool2d(photo_pixels, 5, 1, 2, count_include_pad=False)
    assert (shifted - photo_pixels).square().mean() > (blurred - photo_pixels).square().mean()
    assert judge.lpips(shifted, photo_pixels) < judge.lpips(blurred, photo_pixels)


def test_a_mirrored_picture_keeps_its_style_nearly_and_another_does_not(
    judge: Judge, photo_pixels: Tensor, painting_pixels: Tensor
) -> None:
    mirrored = judge.style(photo_pixels.flip(3), photo_pixels)
    assert 0 < mirrored < 0.2 * judge.style(painting_pixels, photo_pixels)


def test_a_blank_picture_can_be_judged(judge: Judge, photo_pixels: Tensor) -> None:
    blank = torch.full_like(photo_pixels, 0.5)
    for verdict in (
        judge.lpips(blank, photo_pixels),
        judge.style(blank, photo_pixels),
        judge.style(photo_pixels, blank),
    ):
        assert math.isfinite(verdict)
        assert verdict > 0


def test_another_networks_weights_are_refused() -> None:
    for key in ("features.0.weight", "heads.4", "features.10.bias"):
        state = red_eyed()
        del state[key]
        with pytest.raises(WeightsError, match=key):
            Judge(state)
        with pytest.raises(WeightsError, match=key):
            Judge({**state, key: torch.zeros(2)})
