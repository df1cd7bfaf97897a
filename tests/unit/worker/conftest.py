"""The worker's modules, with paintings that take few iterations."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
import torch
from torch import Tensor

from engine.painting import scales
from engine.painting.network import Network
from tests.support.narrow import NarrowNetwork
from tests.support.pace import ITERATIONS


@pytest.fixture(scope="module", autouse=True)
def paced() -> Iterator[None]:
    """Paint drafts with as few iterations as the tests' workers."""
    with mock.patch.dict(scales._BUDGET, ITERATIONS):
        yield


@pytest.fixture(scope="session")
def network(vgg16: dict[str, Tensor]) -> Network:
    """VGG-16 with a quarter of its channels: the network is not the point here."""
    return NarrowNetwork(vgg16, torch.device("cpu"))
