"""A device's free memory is told, and its errors of too little are known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from engine.painting import device_memory
from engine.painting.device_memory import free_memory, is_out_of_memory, let_segments_grow

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB",
        "CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "GET was unable to find an engine to execute this computation",
        "FIND was unable to find an engine to execute this computation",
        "HIP out of memory. Tried to allocate 2.00 GiB",
        "MPS backend out of memory (MPS allocated: 8.1 GB, other allocations: 1 GB, max allowed: 9 GB)",
        "Native API failed. Native API returns: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)",
        "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory",
        "could not create a primitive",
    ],
)
def test_every_devices_lack_of_memory_is_known(words: str) -> None:
    assert is_out_of_memory(RuntimeError(words))
    assert not is_out_of_memory(ValueError(words))


@pytest.mark.parametrize(
    "words", ["CUDA error: an illegal memory access was encountered", "expected a matrix", "memory format"]
)
def test_other_errors_are_no_lack_of_memory(words: str) -> None:
    assert not is_out_of_memory(RuntimeError(words))


def test_torchs_and_pythons_own_errors_are_known() -> None:
    assert is_out_of_memory(torch.OutOfMemoryError("?"))
    assert is_out_of_memory(MemoryError())


@pytest.mark.skipif(sys.platform != "linux", reason="CUDA's segments grow on Linux only")
def test_the_hosts_own_settings_of_the_allocator_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(names[1], "max_split_size_mb:64")
    let_segments_grow()
    assert names[0] not in os.environ
    monkeypatch.delenv(names[1])
    monkeypatch.setenv(names[0], "")
    monkeypatch.delenv(names[0])
    let_segments_grow()
    assert os.environ[names[0]] == "expandable_segments:True"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GiB free, in no container; its files lie in this folder."""
    monkeypatch.setattr(device_memory, "PROC", tmp_path)
    monkeypatch.setattr(device_memory, "CONTROL_GROUP", tmp_path)
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
