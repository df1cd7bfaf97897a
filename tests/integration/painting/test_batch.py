"""Several commissions in one pass come out as they do one by one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.network import Network
from tests.support.narrow import NarrowNetwork
from tests.support.painting_runs import difference, draft, finish, small_plan


@pytest.fixture(scope="module")
def exact(vgg16: dict[str, Tensor]) -> Network:
    """A network in fp32: in 16 bits a pass of several rounds otherwise, and the optimisation amplifies it."""
    return NarrowNetwork(vgg16, torch.device("cpu"), torch.float32)


def various(view: Image.Image, swirls: Image.Image, optimizer: Any, statistic: Any) -> list[Commission]:
    other, mask = ImageOps.invert(swirls), Image.linear_gradient("L")
    mirrored = ImageOps.mirror(view)
    same = {"optimizer": optimizer, "statistic": statistic}
    return [
        Commission(view, [swirls], draft(**same)),
        Commission(mirrored, [other], draft(alpha=1e-6, seed=5, **same), mask),
        Commission(view, [other], draft(alpha=1e-2, keep_colours=True, stroke=0.5, **same)),
        Commission(mirrored, [swirls, other], draft(style_weights=(1, 3), init="noise", **same)),
    ]


@pytest.mark.parametrize(
    ("optimizer", "statistic"), [("lbfgs", "moments"), ("adam", "moments"), ("lbfgs", "gram")]
)
def test_a_pass_of_several_gives_what_each_would_get_alone(
    optimizer: str, statistic: str, exact: Network, view: Image.Image, swirls: Image.Image
) -> None:
    commissions = various(view, swirls, optimizer, statistic)
    with small_plan(3, 3):
        together = finish(exact, *commissions)
        alone = [finish(exact, commission) for commission in commissions]
    assert len(together.first) == len({image.tobytes() for image in together.first}) == 4
    for found, run in zip(together.paintings, alone, strict=True):
        assert difference(found.image, run.image) < 0.5
        for loss in ("content_loss", "style_loss"):
            assert found.facts[loss] == pytest.approx(run.facts[loss], rel=1e-2)
        for fact in ("width", "height", "iterations", "megapixel_iterations", "precision", "notes"):
            assert found.facts[fact] == run.facts[fact]
    assert together.marks == alone[0].marks


def test_in_16_bits_a_pass_of_several_gives_nearly_the_same(
    network: Network, view: Image.Image, swirls: Image.Image
) -> None:
    commissions = various(view, swirls, "lbfgs", "moments")[:2]
    with small_plan(3, 3):
        together = finish(network, *commissions)
        alone = [finish(network, commission) for commission in commissions]
    for found, run in zip(together.paintings, alone, strict=True):
        assert difference(found.image, run.image) < 6
        assert found.facts["style_loss"] == pytest.approx(run.facts["style_loss"], rel=0.1)


def test_equal_commissions_give_equal_paintings(
    exact: Network, view: Image.Image, swirls: Image.Image
) -> None:
    commission = Commission(view, [swirls], draft())
    with small_plan(2, 2):
        one, other = finish(exact, commission, commission).paintings
    assert difference(one.image, other.image) < 0.1
