"""An iteration never asks the device for a number, and so never waits for it.

Seen without a GPU: the tensors of the ``meta`` device have shapes and no numbers, and raise when asked for
one, be it by a branch, by ``item`` or by a copy to the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import pytest
import torch
from torch import Tensor

from engine.painting.features import Features
from engine.painting.loss import FeatureExtractor, Losses, StyleTransferLoss, Target
from engine.painting.objective import objective_of
from engine.painting.optimizers import LBFGS, OPTIMIZERS, Adam, Optimizer
from engine.painting.painter import CHECK_INTERVAL, Step, is_checked
from engine.painting.placement import MATCHED, Seen, place_paint
from engine.painting.recipe import OptimizerName, Recipe

META: Final = torch.device("meta")
SHAPE: Final = (512, 64)
"""Two tiles of :data:`SIDE`."""
SIDE: Final = 384
HISTORY: Final = 2
"""Pairs that L-BFGS keeps, so that its memory is full soon."""
MOVES: Final[Mapping[OptimizerName, Callable[[], Optimizer]]] = {
    "lbfgs": partial(LBFGS, HISTORY),
    "adam": Adam,
}
RECIPES: Final[Mapping[str, Recipe]] = {
    "gram": Recipe(statistic="gram"),
    "classic": Recipe.of(classic=True),
}


@pytest.fixture(scope="module")
def features(vgg16: dict[str, Tensor]) -> Features:
    return Features(vgg16, torch.bfloat16).to(META)


def loss_of(features: Features, kind: str) -> StyleTransferLoss:
    objective = objective_of(RECIPES.get(kind, Recipe()))
    extractor = FeatureExtractor(features, SIDE if kind == "tiles" else None, objective)
    picture = torch.empty(1, 3, *SHAPE, device=META)
    mask = picture[:, :1] if kind == "mask" else None
    paint = {}
    if kind == "placed":
        seen = Seen(picture, extractor.activations(picture, objective.layers.union(MATCHED)))
        paint = place_paint(seen, seen, objective.placement)
    style = extractor.style(picture)
    target = Target(picture, extractor.content(picture), style, 1e-4, mask, placement=paint)
    return StyleTransferLoss(extractor, [target] * (2 if kind == "batch" else 1))


@pytest.mark.parametrize("kind", ["whole", "tiles", "mask", "gram", "classic", "batch", "placed"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_iteration_asks_what_a_number_is(features: Features, kind: str, optimizer: OptimizerName) -> None:
    loss = loss_of(features, kind)
    canvas, moves = torch.empty_like(loss.photo), MOVES[optimizer]()
    assert len(loss.tiles) == (2 if kind == "tiles" else 1)
    enough = HISTORY + 3 if optimizer == "lbfgs" else 3
    for iteration in range(1, enough):
        losses, gradient = loss.evaluate(canvas)
        moves.step(canvas, gradient)
        step = Step(0.5, 0, 2, iteration, False, losses, canvas, loss, moves)
        assert step.snapshot().shape == canvas.shape
    moves.resize(2 * SHAPE[0], 2 * SHAPE[1])


def test_whoever_asks_is_found_out(features: Features) -> None:
    loss = loss_of(features, "whole")
    losses: Losses = loss.evaluate(torch.empty_like(loss.photo))[0]
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        bool(losses.total.isfinite().all())
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        losses.total.cpu()


def test_a_gpu_is_asked_whether_numbers_are_finite_at_the_first_iteration_and_then_now_and_then() -> None:
    """At the first: what fp16 cannot hold is known before a self-test ends, or a painting is far."""
    asked = [iteration for iteration in range(1, 41) if is_checked(iteration, torch.device("cuda"))]
    assert asked == [1, 1 + CHECK_INTERVAL, 1 + 2 * CHECK_INTERVAL]
    assert all(is_checked(iteration, torch.device("cpu")) for iteration in range(1, 41))
