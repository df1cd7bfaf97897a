"""Statistics of activations, against numpy in double precision and against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from engine.painting.loss import total
from engine.painting.statistic import STATISTICS, ClassicGram, Gram, Moments, Statistic
from engine.painting.sums import Values, distance, palette_weights, sums

gradcheck: Any = torch.autograd.gradcheck


def palette_distance(palette: Values, target: Values) -> Tensor:
    return distance(palette, target, palette_weights(target))


def activations(seed: int, channels: int = 6, height: int = 9, width: int = 7, images: int = 1) -> Tensor:
    noise = torch.randn(images, channels, height, width, generator=torch.Generator().manual_seed(seed))
    return noise.relu()


MOMENTS, GRAM = Moments(), Gram()
every_statistic = pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS)


def look(x: Tensor, weights: Tensor | None = None, statistic: Statistic = MOMENTS) -> Values:
    return statistic.values(statistic.sums(x, weights))


def numbers(loss: Tensor) -> list[float]:
    return [float(value) for value in loss]


def number(loss: Tensor) -> float:
    (value,) = numbers(loss)
    return value


def test_moments_are_numpys_mean_and_covariance() -> None:
    x = activations(0, channels=8, height=30, width=20) * 50 + 3
    mean, covariance = look(x)
    places = x.double().numpy().reshape(8, -1)
    np.testing.assert_allclose(mean[0].numpy(), places.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(covariance[0].numpy(), np.cov(places, bias=True), rtol=1e-3, atol=1e-2)


def test_moments_of_two_places_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    mean, covariance = look(x)
    assert mean.tolist() == [[2.0, 2.0]]
    assert covariance.tolist() == [[[1.0, 2.0], [2.0, 4.0]]]


def test_a_gram_matrix_of_two_places_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    (matrix,) = look(x, statistic=GRAM)
    assert matrix.tolist() == [[[5.0, 6.0], [6.0, 8.0]]]


def test_weighted_moments_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0, 9.0]], [[0.0, 4.0, 9.0]]]])
    mean, covariance = look(x, torch.tensor([[[[0.25, 0.75, 0.0]]]]))
    assert mean.tolist() == [[2.5, 3.0]]
    assert covariance.tolist() == [[[0.75, 1.5], [1.5, 3.0]]]


def test_weights_count_a_place_as_often_as_they_say() -> None:
    x = activations(1)
    counts = torch.randint(0, 4, (1, 1, 9, 7), generator=torch.Generator().manual_seed(1)).float()
    places = x.double().numpy().reshape(6, -1).repeat(counts.int().numpy().ravel(), axis=1)
    mean, covariance = look(x, counts / counts.sum())
    np.testing.assert_allclose(mean[0].numpy(), places.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(covariance[0].numpy(), np.cov(places, bias=True), atol=1e-5)


def test_equal_weights_are_no_weights() -> None:
    x = activations(1, images=2)
    with_weights, without = look(x, torch.full((2, 1, 9, 7), 1 / 63)), look(x)
    torch.testing.assert_close(with_weights, without)


@every_statistic
def test_the_sums_of_tiles_add_up_to_those_of_the_whole(statistic: Statistic) -> None:
    x = activations(1)
    weights = torch.rand(1, 1, 9, 7, generator=torch.Generator().manual_seed(2))
    weights /= weights.sum()
    whole = statistic.sums(x, weights)
    parts = [statistic.sums(x[..., :4], weights[..., :4]), statistic.sums(x[..., 4:], weights[..., 4:])]
    torch.testing.assert_close(total(parts), whole)


def test_pictures_in_one_batch_do_not_touch_each_other() -> None:
    ours, theirs = activations(1, images=3), activations(2, images=3)
    together = MOMENTS.distance(look(ours), look(theirs))
    palettes = palette_distance(look(ours), look(theirs))
    for n in range(3):
        one, other = look(ours[n : n + 1]), look(theirs[n : n + 1])
        assert float(together[n]) == pytest.approx(number(MOMENTS.distance(one, other)), rel=1e-5)
        assert float(palettes[n]) == pytest.approx(number(palette_distance(one, other)), rel=1e-5)


def test_sums_of_sixteen_bit_activations_are_taken_in_fp32() -> None:
    x = (activations(1, height=60, width=60) * 100).bfloat16()
    first, second = sums(x)
    assert (first.dtype, second.dtype) == (torch.float32, torch.float32)
    exact = x.double().flatten(2)[0]
    torch.testing.assert_close(second[0].double(), exact @ exact.T / 3600, rtol=1e-5, atol=0)


def test_the_layout_of_the_channels_does_not_matter() -> None:
    x = activations(1, images=2)
    one, other = sums(x), sums(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(one, other)


@every_statistic
def test_a_statistic_does_not_depend_on_where_things_are(statistic: Statistic) -> None:
    x = activations(1)
    shuffled = x.flatten(2)[..., torch.randperm(63, generator=torch.Generator().manual_seed(0))].view_as(x)
    torch.testing.assert_close(look(x, statistic=statistic), look(shuffled, statistic=statistic))


def test_a_distance_by_hand() -> None:
    ours = (torch.tensor([[1.0, 2.0]]), torch.tensor([[[2.0, 0.0], [0.0, 4.0]]]))
    target = (torch.tensor([[1.0, 4.0]]), torch.tensor([[[2.0, 1.0], [1.0, 2.0]]]))
    assert number(MOMENTS.distance(ours, target)) == pytest.approx((4 / 17 + 6 / 10) / 2)


def test_a_distance_of_gram_matrices_by_hand() -> None:
    ours = (torch.tensor([[[2.0, 0.0], [0.0, 4.0]]]),)
    target = (torch.tensor([[[2.0, 1.0], [1.0, 2.0]]]),)
    assert number(GRAM.distance(ours, target)) == pytest.approx(6 / 10)


def test_the_papers_distance_of_gram_matrices_by_hand() -> None:
    ours = (torch.tensor([[[2.0, 0.0], [0.0, 4.0]]]),)
    target = (torch.tensor([[[2.0, 1.0], [1.0, 2.0]]]),)
    assert number(ClassicGram().distance(ours, target)) == pytest.approx(6 / (4 * 2**2))


def test_every_statistic_is_registered_under_its_own_name() -> None:
    assert all(statistic.name == name for name, statistic in STATISTICS.items())
    assert {"moments", "gram"} <= set(STATISTICS), "stored recipes name them"
    assert all(statistic.summary for statistic in STATISTICS.values())


def test_a_distance_of_palettes_by_hand() -> None:
    ours = (torch.tensor([[0.5, 0.5, 0.5]]), torch.eye(3)[None] * 0.02)
    target = (torch.tensor([[0.5, 0.7, 0.4]]), torch.eye(3)[None] * 0.04)
    # The mean: (0.2² + 0.1²) over the spread 3 · 0.04; the covariance: 3 · 0.02² over 3 · 0.04².
    assert number(palette_distance(ours, target)) == pytest.approx(0.05 / 0.12 + 0.25)


@every_statistic
def test_the_distance_of_equals_is_zero_and_of_nothing_is_one(statistic: Statistic) -> None:
    target = look(activations(2), statistic=statistic)
    assert number(statistic.distance(target, target)) == 0.0
    nothing = tuple(torch.zeros_like(value) for value in target)
    assert number(statistic.distance(nothing, target)) == pytest.approx(1.0)
    assert number(statistic.distance(look(activations(3), statistic=statistic), target)) > 0


def test_a_mean_colour_is_judged_by_the_spread_of_the_colours() -> None:
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(3))
    bright = look(picture * 0.2 + 0.7)
    faint = look((picture - picture.mean((2, 3), keepdim=True)) * 0.2 + 0.6)
    assert number(palette_distance(bright, bright)) == 0.0
    assert number(palette_distance(faint, bright)) > 1, "all that differs is the mean, and it does a lot"
    assert number(MOMENTS.distance(faint, bright)) < 0.1, "compared with black, the means are near each other"


@given(st.floats(min_value=1e-2, max_value=1e3), st.sampled_from([MOMENTS, GRAM]))
def test_the_networks_scale_does_not_change_the_distance(scale: float, statistic: Statistic) -> None:
    def measured(scale: float) -> float:
        ours, target = (look(activations(seed) * scale, statistic=statistic) for seed in (4, 5))
        return number(statistic.distance(ours, target))

    unscaled, scaled = measured(1.0), measured(scale)
    assert scaled == pytest.approx(unscaled, rel=1e-3)


def test_the_pictures_size_does_not_change_the_distance() -> None:
    ours, target = activations(4), look(activations(5))
    once = number(MOMENTS.distance(look(ours), target))
    assert number(MOMENTS.distance(look(ours.repeat(1, 1, 3, 2)), target)) == pytest.approx(once, rel=1e-4)


@pytest.mark.parametrize("measure", [MOMENTS.distance, palette_distance])
def test_a_distance_has_a_finite_gradient_even_of_black_and_flat_activations(measure: Any) -> None:
    for ours in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(6, 4, 5, 5)):
        for target in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(7, 4, 5, 5)):
            x = ours.clone().requires_grad_()
            loss = measure(look(x), look(target))
            (gradient,) = torch.autograd.grad(loss.sum(), x)
            assert bool(loss.isfinite().all())
            assert bool(gradient.isfinite().all())


@pytest.mark.parametrize(
    ("measure", "statistic"),
    [
        (MOMENTS.distance, MOMENTS),
        (GRAM.distance, GRAM),
        (ClassicGram().distance, GRAM),
        (palette_distance, MOMENTS),
    ],
)
def test_the_gradient_of_a_distance_is_right(measure: Any, statistic: Statistic) -> None:
    generator = torch.Generator().manual_seed(8)
    first, mean = (torch.rand(2, 3, generator=generator).double() for _ in range(2))
    second, covariance = (torch.rand(2, 3, 3, generator=generator).double() for _ in range(2))
    target = (covariance,) if statistic is GRAM else (mean, covariance)

    def measured(first: Tensor, second: Tensor) -> Tensor:
        found: Tensor = measure(statistic.values((first, second)), target)
        return found

    assert gradcheck(measured, (first.requires_grad_(), second.requires_grad_()))


def test_the_gradient_of_the_sums_is_right() -> None:
    x = torch.randn(2, 3, 4, 3, generator=torch.Generator().manual_seed(9)).double().requires_grad_()
    weights = torch.rand(2, 1, 4, 3, generator=torch.Generator().manual_seed(9)).double()
    for places in (None, weights, weights[:1]):

        def summed(x: Tensor, places: Tensor | None = places) -> tuple[Tensor, ...]:
            return sums(x, places)

        assert gradcheck(summed, (x,))


def test_the_gradient_of_sixteen_bit_activations_is_nearly_that_of_exact_ones() -> None:
    exact = activations(1, channels=16, height=20, width=20).bfloat16().float()
    target = look(activations(2, channels=16))
    weights = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(3))
    for places in (None, weights / weights.sum()):
        slopes = []
        for precision in (torch.float32, torch.bfloat16):
            x = exact.to(precision).requires_grad_()
            (slope,) = torch.autograd.grad(MOMENTS.distance(look(x, places), target).sum(), x)
            assert slope.dtype == precision
            slopes.append(slope.float())
        assert float((slopes[1] - slopes[0]).norm() / slopes[0].norm()) < 0.02


@every_statistic
def test_a_blend_is_linear_and_only_proportions_count(statistic: Statistic) -> None:
    a, b = (look(activations(seed), statistic=statistic) for seed in (10, 11))
    found = statistic.blend([(2.0, a), (6.0, b)])
    wanted = tuple(0.25 * one + 0.75 * other for one, other in zip(a, b, strict=True))
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(statistic.blend([(0.1, a), (0.3, b)]), found)


@given(st.permutations([(1.0, 20), (3.0, 21), (0.2, 22)]))
def test_the_order_of_what_is_blended_does_not_matter(parts: list[tuple[float, int]]) -> None:
    found = MOMENTS.blend((weight, look(activations(seed))) for weight, seed in parts)
    expected = MOMENTS.blend((weight, look(activations(seed))) for weight, seed in sorted(parts))
    torch.testing.assert_close(found, expected)


def test_a_blend_of_one_or_of_equals_is_itself() -> None:
    a = look(activations(12))
    for parts in ([(7.0, a)], [(7.0, a), (0.3, a)]):
        torch.testing.assert_close(MOMENTS.blend(iter(parts)), a)
