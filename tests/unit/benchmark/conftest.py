"""The judges, a quick network, and two small pictures as tensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor

    from engine.benchmark.judge import Judge
    from engine.benchmark.second_judge import SecondJudge
    from engine.painting.network import Network


@pytest.fixture(scope="session")
def network(vgg16: dict[str, Tensor]) -> Network:
    """VGG-16 with a quarter of its channels: it is timed, but nobody looks at the time."""
    import torch

    from tests.support.narrow import NarrowNetwork

    return NarrowNetwork(vgg16, torch.device("cpu"))


@pytest.fixture(scope="session")
def judge(judge_file: Path) -> Judge:
    """AlexNet with the heads of LPIPS."""
    from engine import weights
    from engine.benchmark.judge import Judge

    return Judge(weights.resolve_judge(judge_file.parent, judge_file).state)


@pytest.fixture(scope="session")
def second_judge(second_judge_file: Path) -> SecondJudge:
    """EfficientNet-Lite0."""
    from engine import weights
    from engine.benchmark.second_judge import SecondJudge

    return SecondJudge(weights.resolve_second_judge(second_judge_file.parent).state)


@pytest.fixture(scope="session")
def photo_pixels(photo: Image.Image) -> Tensor:
    """1×3×64×96 of the photo."""
    from engine.painting.tensors import to_tensor

    return to_tensor(photo, (96, 64))


@pytest.fixture(scope="session")
def painting_pixels(painting: Image.Image) -> Tensor:
    """1×3×80×80 of the painting."""
    from engine.painting.tensors import to_tensor

    return to_tensor(painting, (80, 80))
