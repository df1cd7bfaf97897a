"""Statistics of activations, against numpy in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from engine.painting.statistics import Moments, blend, distance, moments


def activations(seed: int, channels: int = 6, height: int = 9, width: int = 7) -> Tensor:
    return torch.randn(1, channels, height, width, generator=torch.Generator().manual_seed(seed)).relu()


def backward(loss: Tensor) -> None:
    anything: Any = loss
    anything.backward()


def test_moments_are_numpys_mean_and_covariance() -> None:
    x = activations(0, channels=8, height=30, width=20) * 50 + 3
    found = moments(x)
    places = x.double().numpy().reshape(8, -1)
    np.testing.assert_allclose(found.mean.numpy(), places.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.covariance.numpy(), np.cov(places, bias=True), rtol=1e-3, atol=1e-2)


def test_moments_of_two_places_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 4.0]]]])
    found = moments(x)
    assert found.mean.tolist() == [2.0, 2.0]
    assert found.covariance.tolist() == [[1.0, 2.0], [2.0, 4.0]]


def test_moments_do_not_depend_on_where_things_are() -> None:
    x = activations(1)
    shuffled = x.flatten(2)[..., torch.randperm(63, generator=torch.Generator().manual_seed(0))].view_as(x)
    ours, theirs = moments(x), moments(shuffled)
    torch.testing.assert_close(ours.covariance, theirs.covariance)
    torch.testing.assert_close(ours.mean, theirs.mean)


def test_the_distance_of_equals_is_zero_and_of_nothing_is_one() -> None:
    target = moments(activations(2))
    assert float(distance(target, target)) == 0.0
    nothing = Moments(torch.zeros_like(target.mean), torch.zeros_like(target.covariance))
    assert float(distance(nothing, target)) == pytest.approx(1.0)
    assert float(distance(moments(activations(3)), target)) > 0


@given(st.floats(min_value=1e-2, max_value=1e3))
def test_the_networks_scale_does_not_change_the_distance(scale: float) -> None:
    ours, target = activations(4), activations(5)
    unscaled = float(distance(moments(ours), moments(target)))
    assert float(distance(moments(ours * scale), moments(target * scale))) == pytest.approx(
        unscaled, rel=1e-3
    )


def test_the_pictures_size_does_not_change_the_distance() -> None:
    ours, target = activations(4), moments(activations(5))
    once = float(distance(moments(ours), target))
    assert float(distance(moments(ours.repeat(1, 1, 3, 2)), target)) == pytest.approx(once, rel=1e-4)


def test_the_distance_has_a_finite_gradient_even_of_black_and_flat_activations() -> None:
    for ours in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(6, 4)):
        for target in (torch.zeros(1, 4, 5, 5), torch.ones(1, 4, 5, 5), activations(7, 4)):
            x = ours.clone().requires_grad_()
            loss = distance(moments(x), moments(target))
            backward(loss)
            assert x.grad is not None
            assert bool(loss.isfinite())
            assert bool(x.grad.isfinite().all())


def test_the_gradient_of_the_distance_is_right() -> None:
    x = activations(8, 3, 4, 3).double().requires_grad_()
    target = moments(activations(9, 3, 4, 3).double())
    check: Any = torch.autograd.gradcheck
    assert check(lambda x: distance(moments(x), target), (x,))


def test_a_blend_is_linear_and_only_proportions_count() -> None:
    a, b = moments(activations(10)), moments(activations(11))
    found = blend([(2.0, a), (6.0, b)])
    torch.testing.assert_close(found.mean, 0.25 * a.mean + 0.75 * b.mean)
    torch.testing.assert_close(found.covariance, 0.25 * a.covariance + 0.75 * b.covariance)
    again = blend([(0.1, a), (0.3, b)])
    torch.testing.assert_close(again.covariance, found.covariance)


def test_a_blend_of_one_is_itself() -> None:
    a = moments(activations(12))
    found = blend(iter([(7.0, a)]))
    torch.testing.assert_close(found.mean, a.mean)
    torch.testing.assert_close(found.covariance, a.covariance)
