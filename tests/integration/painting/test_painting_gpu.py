"""What only a GPU can show: no iteration waits for it, and the same pictures give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.device import choose_device, prepare
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.network import Network
from engine.painting.optimizers import LBFGS
from engine.painting.painter import paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.tensors import to_tensor

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


@pytest.fixture(scope="module")
def gpu(vgg16: dict[str, Tensor]) -> Network:
    device = choose_device("cuda")
    prepare(device)
    return Network(vgg16, device)


@pytest.fixture
def no_waiting() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.fixture
def loss(gpu: Network, photo: Image.Image, painting: Image.Image) -> StyleTransferLoss:
    extractor, picture = FeatureExtractor(gpu.features()), to_tensor(photo).to(gpu.device)
    style = extractor.style(to_tensor(painting).to(gpu.device))
    return StyleTransferLoss(extractor, [Target(picture, extractor.content(picture), style, 1e-4)])


def test_an_iteration_does_not_wait_for_the_gpu(loss: StyleTransferLoss, no_waiting: None) -> None:
    pixels, optimizer = loss.photo.clone(), LBFGS()
    for _ in range(3):
        _, gradient = loss.evaluate(pixels)
        optimizer.step(pixels, gradient)


def test_the_same_pictures_give_the_same_bytes(
    gpu: Network, photo: Image.Image, painting: Image.Image
) -> None:
    commission = Commission(photo, [painting], Recipe(size=128, quality="draft"))
    one, other = (
        step.image.tobytes()
        for _ in range(2)
        for step in paint(gpu, commission)
        if isinstance(step, Painting)
    )
    assert one == other
    if torch.version.cuda:
        assert gpu.graphs.records, "a replay gave other bits"
