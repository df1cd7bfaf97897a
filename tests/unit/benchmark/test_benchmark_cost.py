"""The cost of an iteration."""

from __future__ import annotations

import pytest
import torch

from engine.benchmark.cost import flops_per_pixel, matmul_peak
from engine.errors import WeightsError
from tests.support.networks import torchvision_vgg

FIRST_TWO = 9 * (3 * 64 + 64 * 64) + 9 * (64 * 128 + 128 * 128) / 4
"""Multiplications of the first two blocks, for each pixel: alike in both networks."""
FIFTH = 9 * 512 * 512 / 256
"""conv5_1, the only one of its block that is looked through."""


@pytest.mark.parametrize(
    ("layers", "third", "fourth"),
    [
        ("D", 128 * 256 + 2 * 256 * 256, 256 * 512 + 2 * 512 * 512),
        ("E", 128 * 256 + 3 * 256 * 256, 256 * 512 + 3 * 512 * 512),
    ],
)
def test_an_iteration_is_counted_by_hand(layers: str, third: int, fourth: int) -> None:
    with torch.device("meta"):
        network = torchvision_vgg().make_layers(torchvision_vgg().cfgs[layers], batch_norm=False)
    state = {f"features.{key}": value for key, value in network.state_dict().items()}
    forward = 2 * (FIRST_TWO + 9 * third / 16 + 9 * fourth / 64 + FIFTH)
    assert flops_per_pixel(state) == 2 * forward  # and as much backward, to the picture


def test_vgg19_costs_what_is_known() -> None:
    with torch.device("meta"):
        network = torchvision_vgg().make_layers(torchvision_vgg().cfgs["E"], batch_norm=False)
    state = {f"features.{key}": value for key, value in network.state_dict().items()}
    assert flops_per_pixel(state) == pytest.approx(1.44e6, rel=0.01)


def test_another_network_has_no_price() -> None:
    with pytest.raises(WeightsError):
        flops_per_pixel({"features.0.weight": torch.zeros(1)})


def test_this_machine_multiplies() -> None:
    assert matmul_peak(torch.device("cpu"), torch.float32, repeat=1) > 1e8
