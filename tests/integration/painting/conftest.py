"""A quick network for most tests, and the whole one for those that look at what it paints."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.painting.network import Network
from tests.support.narrow import NarrowNetwork


@pytest.fixture(scope="session")
def network(vgg16: dict[str, Tensor]) -> Network:
    """VGG-16 with a quarter of its channels, in the CPU's fast precision."""
    return NarrowNetwork(vgg16, torch.device("cpu"))


@pytest.fixture(scope="session")
def whole_network(vgg16: dict[str, Tensor]) -> Network:
    """All of VGG-16, in the CPU's fast precision."""
    return Network(vgg16, torch.device("cpu"))
