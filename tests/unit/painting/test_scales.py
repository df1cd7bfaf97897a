"""The plan of canvases: numbers only."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.painting.recipe import SIZES, Quality
from engine.painting.scales import COARSEST, MAX_RATIO, Scale, canvas, cost, is_coarsest, plan

QUALITIES = get_args(Quality)

shapes = st.tuples(st.integers(64, 9000), st.integers(64, 9000)).filter(lambda s: max(s) <= 20 * min(s))
sizes = st.integers(*SIZES)
qualities = st.sampled_from(QUALITIES)


def edge(scale: Scale) -> float:
    return math.sqrt(scale.width * scale.height)


@given(shapes, sizes)
def test_a_canvas_keeps_the_aspect_ratio_to_half_a_pixel(shape: tuple[int, int], size: int) -> None:
    width, height = canvas(*shape, size)
    scale = min(1.0, size / math.sqrt(shape[0] * shape[1]))
    cut = 10 if max(width, height) == MAX_RATIO * min(width, height) else 0
    assert abs(width - shape[0] * scale) <= 0.5 + cut
    assert abs(height - shape[1] * scale) <= 0.5 + cut


@pytest.mark.parametrize("shape", [(8000, 400), (400, 8000), (2300, 115)])
@given(sizes)
def test_rounding_makes_no_canvas_narrower_than_a_photo_may_be(shape: tuple[int, int], size: int) -> None:
    for scale in plan(*shape, size, "normal"):
        assert max(scale.width, scale.height) <= MAX_RATIO * min(scale.width, scale.height)


@given(shapes, sizes)
def test_every_plan_begins_with_the_coarsest_canvas(shape: tuple[int, int], size: int) -> None:
    assert is_coarsest(plan(*shape, size, "normal")[0])
    assert not is_coarsest(Scale(160, 120, 1))


@given(shapes, sizes)
def test_a_canvas_is_never_larger_than_the_photo(shape: tuple[int, int], size: int) -> None:
    width, height = canvas(*shape, size)
    assert width <= shape[0]
    assert height <= shape[1]


@given(shapes, sizes)
def test_a_canvas_has_the_area_that_was_asked_for_or_is_the_photo(shape: tuple[int, int], size: int) -> None:
    width, height = canvas(*shape, size)
    if shape[0] * shape[1] <= size**2:
        assert (width, height) == shape
    else:
        assert abs(width * height - size**2) <= (width + height) / 2 + 1


def test_a_panorama_and_a_square_of_one_size_cost_the_same() -> None:
    panorama = cost(plan(4000, 1000, 512, "normal"))
    square = cost(plan(2000, 2000, 512, "normal"))
    assert panorama == pytest.approx(square, rel=0.01)


@given(shapes, sizes, qualities)
def test_every_canvas_of_the_plan_has_the_photos_aspect_ratio(
    shape: tuple[int, int], size: int, quality: Quality
) -> None:
    ratio = shape[0] / shape[1]
    for scale in plan(*shape, size, quality):
        assert abs(scale.width - scale.height * ratio) <= 1 + ratio  # each side twice rounded


@given(shapes, sizes, qualities)
def test_the_plan_ends_at_the_canvas_and_grows_at_most_twofold(
    shape: tuple[int, int], size: int, quality: Quality
) -> None:
    scales = plan(*shape, size, quality)
    assert (scales[-1].width, scales[-1].height) == canvas(*shape, size)
    for lower, upper in pairwise(scales):
        assert 1 < edge(upper) / edge(lower) <= 2 * 1.03


@given(shapes, sizes, qualities)
def test_the_coarsest_canvas_is_no_smaller_than_128_pixels_when_the_photo_allows(
    shape: tuple[int, int], size: int, quality: Quality
) -> None:
    scales = plan(*shape, size, quality)
    if shape[0] * shape[1] >= COARSEST**2:
        assert edge(scales[0]) >= COARSEST * 0.97
    else:
        assert len(scales) == 1


@pytest.mark.parametrize(("size", "scales"), [(128, 1), (192, 2), (256, 2), (512, 3), (1024, 4), (600, 4)])
def test_the_plan_has_as_few_scales_as_doubling_allows(size: int, scales: int) -> None:
    assert len(plan(4000, 3000, size, "normal")) == scales


@given(shapes, sizes, qualities)
def test_costs_add_up(shape: tuple[int, int], size: int, quality: Quality) -> None:
    scales = plan(*shape, size, quality)
    assert all(scale.iterations > 0 for scale in scales)
    expected = sum(scale.iterations * scale.width * scale.height for scale in scales) / 1e6
    assert cost(scales) == pytest.approx(expected)
    assert cost(scales) == pytest.approx(cost(scales[:1]) + cost(scales[1:]))
    assert cost(()) == 0


@given(shapes, sizes)
def test_a_better_quality_costs_more(shape: tuple[int, int], size: int) -> None:
    draft, normal, fine = (cost(plan(*shape, size, quality)) for quality in ("draft", "normal", "fine"))
    assert draft < normal < fine


@given(shapes, st.integers(SIZES[0], SIZES[1] // 2), qualities)
def test_a_larger_size_never_costs_less(shape: tuple[int, int], size: int, quality: Quality) -> None:
    assert cost(plan(*shape, size, quality)) <= cost(plan(*shape, 2 * size, quality)) + 1e-9


def test_a_scale_costs_its_iterations_times_its_megapixels() -> None:
    assert Scale(1000, 500, 30).cost == pytest.approx(15.0)
