"""What the painter's tests share: pictures that are painted in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from tests.unit.painting.painting_runs import FINE, small_plan


@pytest.fixture
def small() -> Iterator[None]:
    """A plan of two small canvases, with 4 and 3 iterations."""
    with small_plan(4, 3):
        yield


@pytest.fixture(scope="session")
def view(photo: Image.Image) -> Image.Image:
    """The photo, as small as the small plan wants it."""
    return photo.resize(FINE, Image.Resampling.LANCZOS)


@pytest.fixture(scope="session")
def swirls(painting: Image.Image) -> Image.Image:
    """The painting, as small as suits it."""
    return painting.resize((96, 96), Image.Resampling.LANCZOS)


@pytest.fixture(scope="session")
def vgg19(repo: Path) -> dict[str, Tensor]:
    """VGG-19's convolutions, which no package carries, from a folder beside the repository if it is there."""
    file = repo.parent / "shared" / "weights" / "vgg19.safetensors"
    if not file.is_file():
        pytest.skip(f"there is no VGG-19 at {file}")
    return load_file(file)
