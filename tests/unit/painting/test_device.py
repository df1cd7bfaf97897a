"""The device is chosen, prepared, named, and its free memory is told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from engine.errors import AtelierError
from engine.painting import device
from engine.painting.device import (
    choose_device,
    fast_precision,
    hardware,
    identity,
    prepare,
    synchronize,
    too_old,
    unchosen_slice,
    unused_gpu,
)
from tests.support.gpus import gpus

CPU = torch.device("cpu")


def test_the_device_is_chosen_or_named() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for missing in ("abacus", "cpu:x", "cuda:99", ""):
        with pytest.raises(AtelierError, match=f"DEVICE: there is no '{missing}'"):
            choose_device(missing)
    assert fast_precision(torch.device("cpu")) in (torch.float32, torch.bfloat16)


def test_a_gpu_for_which_torch_has_no_kernels_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, (6, 1), (8, 9), (7, 0))
    assert [str(choose_device("auto", number)) for number in range(2)] == ["cuda:1", "cuda:1"]
    gpus(monkeypatch, (6, 1))
    assert choose_device("auto") == CPU
    said = "GPU 0 has compute capability 6.1, for which this torch has no kernels"
    with pytest.raises(AtelierError, match=f"DEVICE: {said}"):
        choose_device("cuda")
    trouble = unused_gpu()
    assert trouble
    assert trouble[0].startswith(said)


@pytest.mark.parametrize(
    ("capability", "old"),
    [((7, 0), True), ((7, 5), False), ((8, 0), False), ((8, 9), False), ((9, 0), False), ((10, 0), True),
     ((12, 1), False), ((13, 0), False)],
)  # fmt: skip
def test_kernels_run_on_later_gpus_of_their_generation_and_code_is_compiled_for_later_ones(
    capability: tuple[int, int], old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(monkeypatch, capability)
    assert (too_old() is not None) is old


@pytest.mark.parametrize("kind", ["xpu", "mps"])
def test_other_makers_gpus_are_taken_where_there_is_none_of_nvidia_or_amd(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(monkeypatch)
    monkeypatch.setattr(getattr(torch, kind), "is_available", lambda: True)
    monkeypatch.setattr(getattr(torch, kind), "device_count", lambda: 1)
    assert choose_device("auto") == torch.device(kind)
    gpus(monkeypatch, (9, 0))
    assert choose_device("auto") == torch.device("cuda")


def test_sixteen_bits_are_asked_of_the_gpu_that_paints(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, (9, 0), (7, 5), (6, 1))
    wanted = (torch.bfloat16, torch.float16, torch.float32)
    assert tuple(fast_precision(torch.device("cuda", number)) for number in range(3)) == wanted


@pytest.mark.parametrize(
    ("driver", "built_for", "words"),
    [
        (False, None, None),
        (True, None, "built without CUDA"),
        (True, "12.8", "built for CUDA 12.8, sees no GPU"),
    ],
)
def test_a_gpu_that_torch_does_not_see_is_told(
    driver: bool, built_for: str | None, words: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(monkeypatch, built_for=built_for)
    monkeypatch.setattr(device.shutil, "which", lambda _: None)  # type: ignore[attr-defined]
    monkeypatch.setattr(device, "NVIDIA_DRIVER", tmp_path / "version")
    if driver:
        (tmp_path / "version").write_text("NVRM version: 535")
    trouble = unused_gpu()
    assert (trouble is None) is (words is None)
    assert trouble is None or (words and words in trouble[0] and trouble[1])


def test_a_variable_that_names_no_gpu_is_told_and_not_the_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus(monkeypatch)
    monkeypatch.setattr(device, "NVIDIA_DRIVER", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-deadbeef")
    trouble = unused_gpu()
    assert trouble
    assert trouble[0].startswith("CUDA_VISIBLE_DEVICES=MIG-deadbeef names no GPU")
    assert "nvidia-smi -L" in trouble[1]


def test_slices_of_a_gpu_are_told_apart_and_so_are_gpus_seen_under_one_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpus(monkeypatch, (9, 0), (9, 0))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    properties = [SimpleNamespace(uuid="GPU-7f"), SimpleNamespace(uuid="GPU-80")]
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda where: properties[where.index or 0])
    assert [identity(torch.device(name)) for name in ("cuda", "cuda:1", "xpu", "mps")] == [
        *("GPU-7f", "GPU-80", "xpu", "mps")
    ]
    one = torch.device("cuda")
    assert not unchosen_slice(one)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200 MIG 1g.18gb")
    assert unchosen_slice(one)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1234")
    assert not unchosen_slice(one)
    assert identity(one) == "MIG-1234"


def test_workers_of_one_machine_share_its_gpus_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, (9, 0), (9, 0))
    for wanted in ("auto", "cuda"):
        assert [str(choose_device(wanted, number)) for number in range(3)] == ["cuda:0", "cuda:1", "cuda:0"]
    gpus(monkeypatch, (9, 0))
    assert [str(choose_device("auto", number)) for number in range(2)] == ["cuda", "cuda"]


def test_a_cpu_is_named_and_needs_no_switches() -> None:
    name = hardware(torch.device("cpu"))
    assert name.startswith("cpu ")
    assert len(name) > len("cpu ")
    assert name == hardware(torch.device("cpu"))
    before = torch.backends.cudnn.deterministic
    prepare(torch.device("cpu"))
    assert torch.backends.cudnn.deterministic == before


@pytest.mark.parametrize(
    ("name", "asked"), [("cuda:1", [torch.device("cuda:1")]), ("xpu:1", [torch.device("xpu:1")]), ("mps", [])]
)
def test_the_gpu_that_paints_is_waited_for(
    name: str, asked: list[torch.device], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[tuple[Any, ...]] = []
    backend = getattr(torch, name.partition(":")[0])
    monkeypatch.setattr(backend, "synchronize", lambda *devices: waited.append(devices))
    synchronize(torch.device(name))
    synchronize(torch.device("cpu"))
    assert waited == [tuple(asked)]


def test_a_gpu_is_set_to_do_the_same_again_in_fp32_that_is_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    cudnn: Any = torch.backends.cudnn
    monkeypatch.setattr(cudnn, "deterministic", False)
    monkeypatch.setattr(cudnn, "benchmark", True)
    before = cudnn.conv.fp32_precision
    try:
        prepare(torch.device("cuda"))
        assert (cudnn.deterministic, cudnn.benchmark, cudnn.conv.fp32_precision) == (True, False, "ieee")
    finally:
        cudnn.conv.fp32_precision = before
