"""The device that paints: its choice, its switches, its name, its fast precision and its free memory."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch

from engine.errors import AtelierError

PROC: Final = Path("/proc")
CONTROL_GROUP: Final = Path("/sys/fs/cgroup")


def choose_device(wanted: str = "auto", number: int = 0) -> torch.device:
    """Resolve ``auto`` to a GPU, or the CPU: of several GPUs each next number takes the next one.

    Raises:
        AtelierError: this machine has no such device.
    """
    if wanted == "auto":
        if not torch.cuda.is_available():
            return torch.device("cpu")
        count = torch.cuda.device_count()
        return torch.device("cuda", number % count) if count > 1 else torch.device("cuda")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise AtelierError(f"setting DEVICE: there is no {wanted!r} here; try auto or cpu.") from error
    return device


def prepare(device: torch.device) -> None:
    """Set this process's switches for a device: the same bytes from the same pictures, and fp32 that is fp32.

    On CUDA, cuDNN's own fp32 convolutions would be TF32. Of its algorithms only the deterministic ones are
    used, and they are not chosen by a stopwatch, which would choose otherwise next time.
    """
    if device.type != "cuda":
        return
    with contextlib.suppress(AttributeError):  # a torch before 2.9
        torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def hardware(device: torch.device) -> str:
    """Return the device's model name if it can be found, the same for equal devices."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        lines = (PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        lines = []  # not Linux
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{device.type} {models[0] if models else platform.processor() or platform.machine()}"


def fast_precision(device: torch.device) -> torch.dtype:
    """Choose bf16 where the device multiplies in it natively, else fp32."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = _cpu_capabilities() if device.type == "cpu" else {}
        native = bool(
            capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
        )
    return torch.bfloat16 if native else torch.float32


def _cpu_capabilities() -> Mapping[str, object]:
    ask = getattr(torch.cpu, "get_capabilities", None)  # newer than the oldest torch that will do
    return ask() if ask else {}


def free_memory(device: torch.device) -> int:
    """Return the device's free memory in bytes; a container's limit counts."""
    if device.type == "cuda":
        reserved = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + reserved
    return min(_free_on_machine(), _free_in_container())


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
