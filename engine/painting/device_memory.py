"""A device's memory: how much is free, the errors of too little, and its release."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import torch

from engine.painting.device import GPUS, PROC

CONTROL_GROUP: Final = Path("/sys/fs/cgroup")


def let_segments_grow() -> None:
    """Have CUDA's allocator grow its segments, unless the host has settings of their own; before it is used.

    Otherwise the blocks of one canvas fit badly between those of the next, and memory is lost.
    """
    own = {"PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF"} & os.environ.keys()
    if sys.platform == "linux" and not own:
        os.environ["PYTORCH_ALLOC_CONF"] = "expandable_segments:True"


def free_memory(device: torch.device) -> int:
    """Return the device's free memory in bytes; a container's limit counts."""
    if device.type in ("cuda", "xpu"):
        backend = getattr(torch, device.type)
        kept = backend.memory_reserved(device) - backend.memory_allocated(device)
        return int(backend.mem_get_info(device)[0] + kept)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return min(_free_on_machine(), _free_in_container())


def total_memory(device: torch.device) -> int | None:
    """Return a GPU's memory in bytes, that of a slice of one included; None where it is not told."""
    if device.type in ("cuda", "xpu"):
        return int(getattr(torch, device.type).mem_get_info(device)[1])
    return None


def _free_on_machine() -> int:
    try:
        for line in (PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux
    if not hasattr(os, "sysconf"):
        return sys.maxsize
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _free_in_container() -> int:
    """Return the memory left in the control group; inactive cached files count as free."""
    try:
        limit = (CONTROL_GROUP / "memory.max").read_text().strip()
        used = int((CONTROL_GROUP / "memory.current").read_text())
        for line in (CONTROL_GROUP / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                used -= int(line.split()[1])
    except (OSError, ValueError):
        return sys.maxsize
    return sys.maxsize if limit == "max" else max(0, int(limit) - used)


_NO_ENGINE: Final = "unable to find an engine"
"""Part of the error when cuDNN's every way to convolve has failed; why, be it want of memory, is dropped."""
_NO_MEMORY: Final = (
    "out of memory",
    "alloc_failed",
    "allocation_failed",
    "out_of_device_memory",
    "out_of_host_memory",
    _NO_ENGINE,
    "can't allocate memory",
    "could not create a primitive",
    "could not execute a primitive",
    "could not create a memory object",
)
"""Parts of errors that are a lack of memory, in small letters: of CUDA, HIP and MPS, of cuBLAS and cuDNN, of
XPU's runtime, of torch's allocator on a CPU, and of oneDNN, which convolves there."""


def is_out_of_memory(error: BaseException) -> bool:
    """Recognise a device's lack of memory, for which torch has an error of its own only now and then."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _NO_MEMORY)


def first_line(error: BaseException) -> str:
    """Return the first line of an error of torch's, for a log: some have pages."""
    return str(error).strip().partition("\n")[0][:200]


def lacks_engine(error: BaseException) -> bool:
    """Recognise that cuDNN found no way to convolve: it has none for such numbers, or too little memory."""
    return isinstance(error, RuntimeError) and _NO_ENGINE in str(error).lower()


def release_memory(device: torch.device) -> None:
    """Give the memory back that torch keeps for later."""
    if device.type in GPUS:
        getattr(torch, device.type).empty_cache()
