"""The device is chosen, prepared, named, and its free memory is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import AtelierError
from engine.painting import device
from engine.painting.device import choose_device, fast_precision, free_memory, hardware, prepare

CPU = torch.device("cpu")


def test_the_device_is_chosen_or_named() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for missing in ("abacus", "cpu:x", "cuda:99", ""):
        with pytest.raises(AtelierError, match=f"DEVICE: there is no '{missing}'"):
            choose_device(missing)
    assert fast_precision(torch.device("cpu")) in (torch.float32, torch.bfloat16)


def test_workers_of_one_machine_share_its_gpus_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(choose_device("auto", number)) for number in range(3)] == ["cuda:0", "cuda:1", "cuda:0"]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert [str(choose_device("auto", number)) for number in range(2)] == ["cuda", "cuda"]


def test_a_cpu_is_named_and_needs_no_switches() -> None:
    name = hardware(torch.device("cpu"))
    assert name.startswith("cpu ")
    assert len(name) > len("cpu ")
    assert name == hardware(torch.device("cpu"))
    before = torch.backends.cudnn.deterministic
    prepare(torch.device("cpu"))
    assert torch.backends.cudnn.deterministic == before


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


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GiB free, in no container; its files lie in this folder."""
    monkeypatch.setattr(device, "PROC", tmp_path)
    monkeypatch.setattr(device, "CONTROL_GROUP", tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n")
    return tmp_path


def contain(machine: Path, limit: str, used: int, stale: int) -> None:
    (machine / "memory.max").write_text(f"{limit}\n")
    (machine / "memory.current").write_text(f"{used}\n")
    (machine / "memory.stat").write_text(f"anon 17\nfile {stale}\ninactive_file {stale}\nslab 5\n")


def test_the_machines_free_memory_is_told(machine: Path) -> None:
    assert free_memory(CPU) == 8 * 2**30
    contain(machine, "max", 2**30, 0)
    assert free_memory(CPU) == 8 * 2**30


def test_a_containers_limit_counts_but_not_its_cached_files(machine: Path) -> None:
    contain(machine, str(4 * 2**30), 3 * 2**30, 2**30)
    assert free_memory(CPU) == 2 * 2**30
    contain(machine, str(2**30), 3 * 2**30, 0)
    assert free_memory(CPU) == 0
    contain(machine, str(2**50), 0, 0)
    assert free_memory(CPU) == 8 * 2**30


@pytest.mark.parametrize("name", ["memory.max", "memory.current", "memory.stat"])
def test_a_container_that_cannot_be_read_has_no_limit(machine: Path, name: str) -> None:
    contain(machine, str(2**30), 0, 0)
    (machine / name).unlink()
    assert free_memory(CPU) == 8 * 2**30


def test_on_other_systems_half_the_memory_counts(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "meminfo").unlink()
    assert 2**28 < free_memory(CPU) < 2**50
    monkeypatch.delattr(os, "sysconf")
    assert free_memory(CPU) == sys.maxsize


def test_this_machine_has_memory() -> None:
    assert 2**28 < free_memory(CPU) < 2**50
