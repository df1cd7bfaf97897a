"""Photo and styles on the canvases of a plan: reduced from their full size once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from PIL import Image, ImageOps

from engine.painting.commission import Commission
from engine.painting.recipe import CLASSIC, Recipe
from engine.painting.scales import canvas
from engine.painting.sources import reduce
from engine.painting.tensors import to_mask, to_tensor
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import draft, finish, small_plan

LARGE, WIDE = (601, 403), (640, 397)
"""Sizes of a photo and of a painting, both larger than every canvas."""


@pytest.fixture
def large(photo: Image.Image) -> Image.Image:
    return photo.resize(LARGE, Image.Resampling.BICUBIC)


@pytest.fixture
def wide(painting: Image.Image) -> Image.Image:
    return painting.resize(WIDE, Image.Resampling.BICUBIC)


def test_a_painting_of_several_scales_resizes_each_picture_from_its_full_size_once(
    vgg16: dict[str, torch.Tensor],
    large: Image.Image,
    wide: Image.Image,
    small: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resized: Counter[tuple[int, int]] = Counter()
    resize = Image.Image.resize

    def count(image: Image.Image, *args: Any, **kwargs: Any) -> Image.Image:
        resized[image.size] += 1
        return resize(image, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "resize", count)
    network = NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)
    run = finish(network, Commission(large, [wide], draft()))
    assert len(run.checkpoints) > 1
    assert (resized[LARGE], resized[WIDE]) == (1, 1)


def test_the_finest_canvas_is_exact_and_the_others_are_within_rounding(
    large: Image.Image, wide: Image.Image
) -> None:
    mask = Image.radial_gradient("L").resize((301, 199))
    with small_plan(4, 3):
        commission = Commission(large, [wide], draft(), mask)
        sources, scales = reduce(commission), commission.scales
    assert len(scales) == 3
    for scale in scales:
        size = (scale.width, scale.height)
        style = canvas(*WIDE, round((scale.width * scale.height) ** 0.5))
        found = sources.mask(scale)
        assert found is not None
        for ours, direct in (
            (sources.photo(scale), to_tensor(large, size)),
            (sources.style(0, scale), to_tensor(wide, style)),
            (found, to_mask(mask, size)),
        ):
            assert ours.shape == direct.shape
            away = 255 * (ours - direct).abs()
            assert float(away.max()) < (0.01 if scale is scales[-1] else 12)
            assert float(away.mean()) < 1


def test_a_style_that_is_smaller_than_its_place_is_not_enlarged(large: Image.Image) -> None:
    little = Image.effect_noise((50, 40), 40).convert("RGB")
    sources = reduce(commission := Commission(large, [little], draft()))
    for scale in commission.scales:
        torch.testing.assert_close(sources.style(0, scale), to_tensor(little), rtol=0, atol=0)


def test_the_classic_method_gives_a_style_the_size_of_the_photo(
    large: Image.Image, wide: Image.Image
) -> None:
    commission = Commission(large, [wide], Recipe(size=128, quality="draft", classic=True, **CLASSIC))
    (scale,) = commission.scales
    size = (scale.width, scale.height)
    expected = to_tensor(ImageOps.fit(wide, size, Image.Resampling.LANCZOS))
    torch.testing.assert_close(reduce(commission).style(0, scale), expected, rtol=0, atol=0)
