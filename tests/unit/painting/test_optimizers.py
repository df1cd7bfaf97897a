"""The optimizers, on functions whose minimum is known, against dense formulas and against torch's own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.painting.optimizers import (
    AVERAGING,
    BETAS,
    FIRST_STEP,
    HISTORY,
    LBFGS,
    MAX_STEP,
    Adam,
    Optimizer,
)

Array = npt.NDArray[np.float64]
SHAPE = (1, 3, 4, 5)
PIXELS = 60


def noise(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape or SHAPE, generator=torch.Generator().manual_seed(seed))


def bowl(seed: int, steepest: float = 20.0) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """Make the gradient of a convex quadratic function of one canvas, and its minimum in [0, 1]."""
    rotation, _ = torch.linalg.qr(noise(seed, PIXELS, PIXELS).double())
    hessian = rotation @ torch.logspace(0, np.log10(steepest), PIXELS).double().diag() @ rotation.T
    minimum = noise(seed + 1).mul(0.1).add(0.5).clamp(0.2, 0.8)

    def gradient(pixels: Tensor) -> Tensor:
        slope: Tensor = (hessian @ (pixels - minimum).double().flatten()).view(SHAPE).float()
        return slope

    return gradient, minimum


def descend(optimizer: Optimizer, gradient: Callable[[Tensor], Tensor], pixels: Tensor, steps: int) -> Tensor:
    pixels = pixels.clone()
    for _ in range(steps):
        optimizer.step(pixels, gradient(pixels))
    return pixels


def rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def test_lbfgs_finds_the_minimum_of_a_quadratic() -> None:
    gradient, minimum = bowl(0)
    start = noise(5).mul(0.3).add(0.5)
    found = descend(LBFGS(), gradient, start, 60)
    assert rms(found - minimum) < 1e-4 * rms(start - minimum)


def test_lbfgs_needs_fewer_steps_than_the_steepest_descent() -> None:
    gradient, minimum = bowl(2, steepest=100.0)
    start = noise(5).mul(0.3).add(0.5)
    steep = start.clone()
    for _ in range(40):
        steep -= gradient(steep) * (2 / 101)  # the best constant rate for this function
    assert rms(descend(LBFGS(), gradient, start, 40) - minimum) < 0.1 * rms(steep - minimum)


def dense_inverse_hessian(pairs: list[tuple[Array, Array]]) -> Array:
    """Build the BFGS matrix (Nocedal & Wright, equation 6.17) from a scaled identity (equation 7.20)."""
    change, bend = pairs[-1]
    inverse = np.eye(change.size) * (change @ bend) / (bend @ bend)
    for change, bend in pairs:
        rho = 1 / (change @ bend)
        left = np.eye(change.size) - rho * np.outer(change, bend)
        inverse = left @ inverse @ left.T + rho * np.outer(change, change)
    return inverse


def array(tensor: Tensor) -> Array:
    return tensor.double().flatten().numpy()


@pytest.mark.parametrize(
    ("steps", "history"),
    [(1, HISTORY), (2, HISTORY), (5, HISTORY), (HISTORY, HISTORY), (HISTORY + 4, HISTORY), (9, 3), (6, 3)],
)
def test_lbfgs_steps_as_the_dense_formula_of_its_latest_pairs_says(steps: int, history: int) -> None:
    gradient, _ = bowl(7, steepest=5.0)
    optimizer, pixels = LBFGS(history), noise(8).mul(0.01).add(0.5)
    pixels_seen, gradients_seen = [pixels.clone()], [gradient(pixels)]
    for _ in range(steps):
        optimizer.step(pixels, gradients_seen[-1])
        pixels_seen.append(pixels.clone())
        gradients_seen.append(gradient(pixels))
    changes = [array(b - a) for a, b in pairwise(pixels_seen)]
    bends = [array(b - a) for a, b in pairwise(gradients_seen)]
    pairs = list(zip(changes, bends, strict=True))[-history:]
    wanted = -dense_inverse_hessian(pairs) @ array(gradients_seen[-1])
    assert np.sqrt(np.mean(wanted**2)) < MAX_STEP, "this step would be cut"
    optimizer.step(pixels, gradients_seen[-1])
    step = array(pixels - pixels_seen[-1])
    assert np.linalg.norm(step - wanted) < 1e-3 * np.linalg.norm(wanted) + 1e-6


def test_lbfgs_and_torchs_agree_on_the_direction() -> None:
    gradient, _ = bowl(9, steepest=5.0)
    start = noise(10).mul(0.01).add(0.5)
    theirs = start.clone().requires_grad_()
    first = FIRST_STEP / rms(gradient(start))
    torchs: Any = torch.optim.LBFGS([theirs], lr=1, max_iter=1, history_size=HISTORY)
    optimizer, ours = LBFGS(), start.clone()
    for step in range(6):
        # Torch's first step is as long as its rule says; ours then takes the same.
        slope = gradient(ours)
        torchs.param_groups[0]["lr"] = 1.0 if step else first * max(1.0, float(slope.abs().sum()))

        def closure(slope: Tensor = slope) -> Any:
            theirs.grad = slope.clone()
            return torch.zeros(())

        torchs.step(closure)
        optimizer.step(ours, slope)
        assert rms(ours - theirs.detach()) < 1e-5


def test_the_first_step_goes_down_the_gradient_and_is_short() -> None:
    for scale in (1e-6, 1.0, 1e6):
        slope, pixels = noise(0) * scale, torch.zeros(SHAPE)
        LBFGS().step(pixels, slope)
        assert rms(pixels) == pytest.approx(FIRST_STEP, rel=1e-4)
        assert float(torch.cosine_similarity(pixels.flatten(), -slope.flatten(), 0)) == pytest.approx(1)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
@settings(max_examples=30, deadline=None)
def test_no_step_is_longer_than_the_longest(seed: int, scale: float) -> None:
    optimizer, pixels = LBFGS(), torch.zeros(SHAPE)
    for step in range(6):
        before = pixels.clone()
        optimizer.step(pixels, noise(seed + step) * scale)
        assert bool(pixels.isfinite().all())
        assert rms(pixels - before) <= MAX_STEP * 1.001


@pytest.mark.parametrize("kind", [LBFGS, Adam])
def test_nothing_moves_at_a_minimum(kind: Callable[[], Optimizer]) -> None:
    optimizer, pixels = kind(), torch.full(SHAPE, 0.5)
    for _ in range(4):
        optimizer.step(pixels, torch.zeros(SHAPE))
    assert float((pixels - 0.5).abs().max()) < 1e-6
    optimizer.step(pixels, noise(1))
    assert bool(pixels.isfinite().all())


def test_a_pair_without_positive_curvature_changes_no_later_step() -> None:
    gradient, _ = bowl(11, steepest=5.0)
    start = noise(12).mul(0.01).add(0.5)
    slopes = [gradient(start)]
    optimizer, pixels = LBFGS(), start.clone()
    for _ in range(3):
        optimizer.step(pixels, slopes[-1])
        slopes.append(gradient(pixels))
    slope = slopes[-1]
    known = optimizer._inverse_hessian_times(slope)
    change = noise(13)
    for bend in (-change, torch.zeros(SHAPE), change - change.square().sum() / noise(14).sum()):
        if float((change * bend).sum()) <= 0:
            optimizer._remember(change, bend)
            torch.testing.assert_close(optimizer._inverse_hessian_times(slope), known, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e-8])
def test_lbfgs_gets_over_a_concave_place_however_small_the_gradients(scale: float) -> None:
    """Along x⁴ - x² the curvature is negative around zero, between the two minima."""
    optimizer, pixels = LBFGS(), torch.full(SHAPE, 0.05)
    for _ in range(90):
        optimizer.step(pixels, scale * (4 * pixels**3 - 2 * pixels))
    torch.testing.assert_close(pixels, torch.full(SHAPE, 0.5**0.5), rtol=0, atol=1e-3)


@pytest.mark.parametrize("kind", [LBFGS, Adam])
def test_two_canvases_descend_together_as_they_do_alone(kind: Callable[[], Optimizer]) -> None:
    (one, _), (other, _) = bowl(20), bowl(30, steepest=300.0)
    starts = [noise(21).mul(0.1).add(0.5), noise(31).mul(0.3).add(0.5)]
    optimizer, together = kind(), torch.cat(starts)
    for _ in range(12):
        optimizer.step(together, torch.cat([one(together[:1]), other(together[1:])]))
    alone = [descend(kind(), *each, 12) for each in zip((one, other), starts, strict=True)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-3, atol=1e-4)
    shown = optimizer.best(together)
    assert shown.shape == together.shape


def test_one_canvas_without_curvature_does_not_stop_the_other() -> None:
    gradient, minimum = bowl(0)
    pixels = torch.cat([noise(5).mul(0.3).add(0.5), torch.full(SHAPE, 0.5)])
    optimizer = LBFGS()
    for _ in range(60):
        optimizer.step(pixels, torch.cat([gradient(pixels[:1]), torch.zeros(SHAPE)]))
    assert rms(pixels[:1] - minimum) < 1e-4
    assert bool((pixels[1:] == 0.5).all())


def test_lbfgs_begins_afresh_on_another_canvas() -> None:
    gradient, _ = bowl(0)
    optimizer = LBFGS()
    start = descend(optimizer, gradient, noise(5).mul(0.3).add(0.5), 5)
    optimizer.resize(4, 5)
    assert torch.equal(descend(optimizer, gradient, start, 5), descend(LBFGS(), gradient, start, 5))
    assert optimizer.state() == {}
    assert optimizer.best(start) is start


def torchs_adam(rate: float, pixels: Tensor) -> tuple[torch.optim.Adam, Tensor]:
    theirs = pixels.clone().requires_grad_()
    return torch.optim.Adam([theirs], lr=rate, betas=BETAS, eps=1e-12), theirs


def test_adam_is_torchs() -> None:
    gradient, _ = bowl(40)
    ours = noise(41).mul(0.05).add(0.5)
    torchs, theirs = torchs_adam(0.01, ours)
    optimizer = Adam(rate=0.01)
    for _ in range(15):
        theirs.grad = gradient(theirs.detach())
        torchs.step()
        optimizer.step(ours, gradient(ours))
        torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-5)
    assert 0 < float(ours.min()) < float(ours.max()) < 1, "the clamp was not to matter here"


def test_adam_finds_the_minimum_and_never_leaves_the_colours() -> None:
    gradient, minimum = bowl(42)
    optimizer, pixels = Adam(rate=0.02), noise(43).mul(2).clamp(0, 1)
    start = rms(pixels - minimum)
    for _ in range(200):
        optimizer.step(pixels, gradient(pixels))
        assert float(pixels.min()) >= 0
        assert float(pixels.max()) <= 1
    assert rms(optimizer.best(pixels) - minimum) < 0.05 * start
    optimizer.step(pixels, torch.full(SHAPE, 1e9))
    assert float(pixels.min()) >= 0


def test_adams_average_is_that_of_its_iterates() -> None:
    gradient, _ = bowl(44)
    optimizer, pixels = Adam(), noise(45).mul(0.1).add(0.5)
    assert optimizer.best(pixels) is pixels
    weights: list[float] = []
    iterates: list[Tensor] = []
    for _ in range(7):
        optimizer.step(pixels, gradient(pixels))
        iterates.append(pixels.clone())
        weights = [weight * AVERAGING for weight in weights] + [1 - AVERAGING]
        wanted = sum((weight * seen for weight, seen in zip(weights, iterates, strict=True)), torch.zeros(()))
        torch.testing.assert_close(optimizer.best(pixels), wanted / sum(weights), rtol=0, atol=1e-5)
    torch.testing.assert_close(pixels, iterates[-1])


def test_the_best_is_not_a_view_that_later_steps_change() -> None:
    optimizer, pixels = Adam(), torch.full(SHAPE, 0.5)
    optimizer.step(pixels, noise(0))
    best = optimizer.best(pixels)
    before = best.clone()
    optimizer.step(pixels, noise(1))
    assert torch.equal(best, before)


def test_adam_takes_its_moments_to_another_canvas() -> None:
    optimizer, pixels = Adam(), torch.full(SHAPE, 0.5)
    for _ in range(5):
        optimizer.step(pixels, torch.ones(SHAPE))
    optimizer.resize(8, 11)
    state = optimizer.state()
    assert state["mean"].shape == state["square"].shape == (1, 3, 8, 11)
    share = SHAPE[2] * SHAPE[3] / (8 * 11)  # as a relative energy's gradients shrink
    torch.testing.assert_close(state["mean"], torch.full((1, 3, 8, 11), share * (1 - BETAS[0] ** 5)))
    torch.testing.assert_close(state["square"], torch.full((1, 3, 8, 11), share**2 * (1 - BETAS[1] ** 5)))
    larger = torch.full((1, 3, 8, 11), 0.5)
    assert optimizer.best(larger) is larger, "the average of the smaller canvas is of no use"
    optimizer.step(larger, torch.full((1, 3, 8, 11), share))
    torch.testing.assert_close(larger, torch.full((1, 3, 8, 11), 0.5 - optimizer.rate), rtol=1e-4, atol=0)


def test_adam_goes_on_from_its_state_as_if_there_had_been_no_pause() -> None:
    gradient, _ = bowl(46)
    straight = Adam()
    pixels = descend(straight, gradient, noise(47).mul(0.1).add(0.5), 6)
    resumed = Adam()
    resumed.restore({name: part.clone() for name, part in straight.state().items()})
    for optimizer in (straight, resumed):
        optimizer.resize(4, 5)
    assert torch.equal(descend(straight, gradient, pixels, 4), descend(resumed, gradient, pixels, 4))
    assert Adam().state() == {}


def test_adam_begins_afresh_where_another_optimizer_left_off() -> None:
    gradient, _ = bowl(46)
    start = noise(47).mul(0.1).add(0.5)
    optimizer = Adam()
    optimizer.restore(LBFGS().state())
    assert torch.equal(descend(optimizer, gradient, start, 3), descend(Adam(), gradient, start, 3))


def test_a_step_is_measured_where_pixels_move_at_all() -> None:
    """A mask of a few pixels leaves the others without a gradient."""
    gradient = torch.zeros(1, 3, 20, 20)
    gradient[..., :2, :2] = 1.0
    pixels = torch.zeros_like(gradient)
    LBFGS().step(pixels, gradient)
    torch.testing.assert_close(pixels, -FIRST_STEP * gradient)
