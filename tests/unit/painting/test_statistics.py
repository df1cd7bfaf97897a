"""Statistics of activations, against numpy in double precision and against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from engine.painting.statistics import Moments, Sums, blend, distance, moments, palette_distance, sums

gradcheck: Any = torch.autograd.gradcheck


def activations(seed: int, channels: int = 6, height: int = 9, width: int = 7, images: int = 1) -> Tensor:
    noise = torch.randn(images, channels, height, width, generator=torch.Generator().manual_seed(seed))
    return noise.relu()


def look(x: Tensor, weights: Tensor | None = None, *, gram: bool = False) -> Moments:
    return moments(sums(x, weights), gram=gram)


def numbers(loss: Tensor) -> list[float]:
    return [float(value) for value in loss]


def number(loss: Tensor) -> float:
    (value,) = numbers(loss)
    return value


def test_moments_are_numpys_mean_and_covariance() -> None:
    x = activations(0, channels=8, height=30, width=20) * 50 + 3
    found = look(x)
    places = x.double().numpy().reshape(8, -1)
    np.testing.assert_allclose(found.mean[0].numpy(), places.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.covariance[0].numpy(), np.cov(places, bias=True), rtol=1e-3, atol=1e-2)


def test_moments_of_two_places_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    found = look(x)
    assert found.mean.tolist() == [[2.0, 2.0]]
    assert found.covariance.tolist() == [[[1.0, 2.0], [2.0, 4.0]]]


def test_a_gram_matrix_of_two_places_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    found = look(x, gram=True)
    assert found.mean.shape == (1, 0)
    assert found.covariance.tolist() == [[[5.0, 6.0], [6.0, 8.0]]]


def test_weighted_moments_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0, 9.0]], [[0.0, 4.0, 9.0]]]])
    found = look(x, torch.tensor([[[[0.25, 0.75, 0.0]]]]))
    assert found.mean.tolist() == [[2.5, 3.0]]
    assert found.covariance.tolist() == [[[0.75, 1.5], [1.5, 3.0]]]


def test_weights_count_a_place_as_often_as_they_say() -> None:
    x = activations(1)
    counts = torch.randint(0, 4, (1, 1, 9, 7), generator=torch.Generator().manual_seed(1)).float()
    places = x.double().numpy().reshape(6, -1).repeat(counts.int().numpy().ravel(), axis=1)
    found = look(x, counts / counts.sum())
    np.testing.assert_allclose(found.mean[0].numpy(), places.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.covariance[0].numpy(), np.cov(places, bias=True), atol=1e-5)


def test_equal_weights_are_no_weights() -> None:
    x = activations(1, images=2)
    with_weights, without = look(x, torch.full((2, 1, 9, 7), 1 / 63)), look(x)
    torch.testing.assert_close(with_weights.mean, without.mean)
    torch.testing.assert_close(with_weights.covariance, without.covariance)


def test_the_sums_of_tiles_add_up_to_those_of_the_whole() -> None:
    x = activations(1)
    weights = torch.rand(1, 1, 9, 7, generator=torch.Generator().manual_seed(2))
    weights /= weights.sum()
    whole = sums(x, weights)
    parts = sums(x[..., :4], weights[..., :4]) + sums(x[..., 4:], weights[..., 4:])
    torch.testing.assert_close(parts.first, whole.first)
    torch.testing.assert_close(parts.second, whole.second)


def test_pictures_in_one_batch_do_not_touch_each_other() -> None:
    ours, theirs = activations(1, images=3), activations(2, images=3)
    together = distance(look(ours), look(theirs))
    palettes = palette_distance(look(ours), look(theirs))
    for n in range(3):
        one, other = look(ours[n : n + 1]), look(theirs[n : n + 1])
        assert float(together[n]) == pytest.approx(number(distance(one, other)), rel=1e-5)
        assert float(palettes[n]) == pytest.approx(number(palette_distance(one, other)), rel=1e-5)


def test_sums_of_sixteen_bit_activations_are_taken_in_fp32() -> None:
    x = (activations(1, height=60, width=60) * 100).bfloat16()
    found = sums(x)
    assert (found.first.dtype, found.second.dtype) == (torch.float32, torch.float32)
    exact = x.double().flatten(2)[0]
    torch.testing.assert_close(found.second[0].double(), exact @ exact.T / 3600, rtol=1e-5, atol=0)


def test_the_layout_of_the_channels_does_not_matter() -> None:
    x = activations(1, images=2)
    one, other = sums(x), sums(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(one.first, other.first)
    torch.testing.assert_close(one.second, other.second)


@pytest.mark.parametrize("gram", [False, True])
def test_moments_do_not_depend_on_where_things_are(*, gram: bool) -> None:
    x = activations(1)
    shuffled = x.flatten(2)[..., torch.randperm(63, generator=torch.Generator().manual_seed(0))].view_as(x)
    ours, theirs = look(x, gram=gram), look(shuffled, gram=gram)
    torch.testing.assert_close(ours.covariance, theirs.covariance)
    torch.testing.assert_close(ours.mean, theirs.mean)


def test_a_distance_by_hand() -> None:
    ours = Moments(torch.tensor([[1.0, 2.0]]), torch.tensor([[[2.0, 0.0], [0.0, 4.0]]]))
    target = Moments(torch.tensor([[1.0, 4.0]]), torch.tensor([[[2.0, 1.0], [1.0, 2.0]]]))
    assert number(distance(ours, target)) == pytest.approx((4 / 17 + 6 / 10) / 2)


def test_a_distance_of_gram_matrices_by_hand() -> None:
    ours = Moments(torch.zeros(1, 0), torch.tensor([[[2.0, 0.0], [0.0, 4.0]]]))
    target = Moments(torch.zeros(1, 0), torch.tensor([[[2.0, 1.0], [1.0, 2.0]]]))
    assert number(distance(ours, target)) == pytest.approx(6 / 10)


def test_a_distance_of_palettes_by_hand() -> None:
    ours = Moments(torch.tensor([[0.5, 0.5, 0.5]]), torch.eye(3)[None] * 0.02)
    target = Moments(torch.tensor([[0.5, 0.7, 0.4]]), torch.eye(3)[None] * 0.04)
    # The mean: (0.2² + 0.1²) over the spread 3 · 0.04; the covariance: 3 · 0.02² over 3 · 0.04².
    assert number(palette_distance(ours, target)) == pytest.approx(0.05 / 0.12 + 0.25)


@pytest.mark.parametrize("gram", [False, True])
def test_the_distance_of_equals_is_zero_and_of_nothing_is_one(*, gram: bool) -> None:
    target = look(activations(2), gram=gram)
    assert number(distance(target, target)) == 0.0
    nothing = Moments(torch.zeros_like(target.mean), torch.zeros_like(target.covariance))
    assert number(distance(nothing, target)) == pytest.approx(1.0)
    assert number(distance(look(activations(3), gram=gram), target)) > 0


def test_a_mean_colour_is_judged_by_the_spread_of_the_colours() -> None:
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    bright = look(picture * 0.2 + 0.7)
    faint = look((picture - picture.mean((2, 3), keepdim=True)) * 0.2 + 0.6)
    assert number(palette_distance(bright, bright)) == 0.0
    assert number(palette_distance(faint, bright)) > 1, "all that differs is the mean, and it does a lot"
    assert number(distance(faint, bright)) < 0.1, "compared with black, the means are near each other"


@given(st.floats(min_value=1e-2, max_value=1e3), st.booleans())
def test_the_networks_scale_does_not_change_the_distance(scale: float, gram: bool) -> None:
    ours, target = activations(4), activations(5)
    unscaled = number(distance(look(ours, gram=gram), look(target, gram=gram)))
    scaled = number(distance(look(ours * scale, gram=gram), look(target * scale, gram=gram)))
    assert scaled == pytest.approx(unscaled, rel=1e-3)


def test_the_pictures_size_does_not_change_the_distance() -> None:
    ours, target = activations(4), look(activations(5))
    once = number(distance(look(ours), target))
    assert number(distance(look(ours.repeat(1, 1, 3, 2)), target)) == pytest.approx(once, rel=1e-4)


@pytest.mark.parametrize("measure", [distance, palette_distance])
def test_a_distance_has_a_finite_gradient_even_of_black_and_flat_activations(measure: Any) -> None:
    for ours in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(6, 4, 5, 5)):
        for target in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(7, 4, 5, 5)):
            x = ours.clone().requires_grad_()
            loss = measure(look(x), look(target))
            (gradient,) = torch.autograd.grad(loss.sum(), x)
            assert bool(loss.isfinite().all())
            assert bool(gradient.isfinite().all())


@pytest.mark.parametrize(
    ("measure", "gram"), [(distance, False), (distance, True), (palette_distance, False)]
)
def test_the_gradient_of_a_distance_is_right(measure: Any, *, gram: bool) -> None:
    generator = torch.Generator().manual_seed(8)
    first, mean = (torch.rand(2, 3, generator=generator).double() for _ in range(2))
    second, covariance = (torch.rand(2, 3, 3, generator=generator).double() for _ in range(2))
    target = Moments(mean[:, :0] if gram else mean, covariance)

    def measured(first: Tensor, second: Tensor) -> Tensor:
        found: Tensor = measure(moments(Sums(first, second), gram=gram), target)
        return found

    assert gradcheck(measured, (first.requires_grad_(), second.requires_grad_()))


def test_the_gradient_of_the_sums_is_right() -> None:
    x = torch.randn(2, 3, 4, 3, generator=torch.Generator().manual_seed(9)).double().requires_grad_()
    weights = torch.rand(2, 1, 4, 3, generator=torch.Generator().manual_seed(9)).double()
    for places in (None, weights, weights[:1]):

        def summed(x: Tensor, places: Tensor | None = places) -> tuple[Tensor, Tensor]:
            found = sums(x, places)
            return found.first, found.second

        assert gradcheck(summed, (x,))


def test_the_gradient_of_sixteen_bit_activations_is_nearly_that_of_exact_ones() -> None:
    exact = activations(1, channels=16, height=20, width=20).bfloat16().float()
    target = look(activations(2, channels=16))
    weights = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(3))
    for places in (None, weights / weights.sum()):
        slopes = []
        for precision in (torch.float32, torch.bfloat16):
            x = exact.to(precision).requires_grad_()
            (slope,) = torch.autograd.grad(distance(look(x, places), target).sum(), x)
            assert slope.dtype == precision
            slopes.append(slope.float())
        assert float((slopes[1] - slopes[0]).norm() / slopes[0].norm()) < 0.02


def test_a_blend_is_linear_and_only_proportions_count() -> None:
    a, b = look(activations(10)), look(activations(11))
    found = blend([(2.0, a), (6.0, b)])
    torch.testing.assert_close(found.mean, 0.25 * a.mean + 0.75 * b.mean)
    torch.testing.assert_close(found.covariance, 0.25 * a.covariance + 0.75 * b.covariance)
    again = blend([(0.1, a), (0.3, b)])
    torch.testing.assert_close(again.covariance, found.covariance)


@given(st.permutations([(1.0, 20), (3.0, 21), (0.2, 22)]))
def test_the_order_of_what_is_blended_does_not_matter(parts: list[tuple[float, int]]) -> None:
    found = blend((weight, look(activations(seed))) for weight, seed in parts)
    expected = blend((weight, look(activations(seed))) for weight, seed in sorted(parts))
    torch.testing.assert_close(found.mean, expected.mean)
    torch.testing.assert_close(found.covariance, expected.covariance)


def test_a_blend_of_one_or_of_equals_is_itself() -> None:
    a = look(activations(12))
    for parts in ([(7.0, a)], [(7.0, a), (0.3, a)]):
        found = blend(iter(parts))
        torch.testing.assert_close(found.mean, a.mean)
        torch.testing.assert_close(found.covariance, a.covariance)
