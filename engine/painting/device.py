"""The device that paints: its choice, its switches, its name and its fast precision."""

from __future__ import annotations

import os
import platform
import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import torch

from engine.errors import AtelierError

PROC: Final = Path("/proc")
NVIDIA_DRIVER: Final = PROC / "driver/nvidia/version"
"""A file that exists if NVIDIA's driver is loaded."""


VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
"""The variable that says which of NVIDIA's GPUs a process may see, by their numbers or UUIDs."""
SLICE: Final = "MIG-"
"""The beginning of the UUID of a slice of a GPU (NVIDIA's Multi-Instance GPU)."""
GPUS: Final = ("cuda", "xpu", "mps")
"""Kinds of GPU that torch may know, the best first; ROCm's call themselves ``cuda``."""


def choose_device(wanted: str = "auto", number: int = 0) -> torch.device:
    """Resolve ``auto`` to CUDA or ROCm, else XPU, MPS, the CPU.

    Args:
        wanted: ``auto``, a kind of device such as ``cuda``, or one device such as ``cuda:1``.
        number: number of the worker on this machine: of several GPUs of a kind each next takes the next one.

    Raises:
        AtelierError: this machine has no such device, or torch has no kernels for it.
    """
    with warnings.catch_warnings(action="ignore"):  # torch's pages about drivers and GPUs: unused_gpu says it
        return _choose(wanted, number)


def _choose(wanted: str, number: int) -> torch.device:
    kind = next(filter(_usable, GPUS), "cpu") if wanted == "auto" else wanted
    if kind in GPUS and (usable := _usable(kind)):
        return torch.device(kind) if usable == [0] else torch.device(kind, usable[number % len(usable)])
    try:
        device = torch.device(kind)
        if device.type == "cuda" and (trouble := too_old(device.index or 0)):
            raise AtelierError(f"setting DEVICE: {trouble}")
        torch.zeros(1, device=device).item()  # "meta" has memory, and nothing in it
    except (RuntimeError, AssertionError) as error:
        raise AtelierError(f"setting DEVICE: there is no {wanted!r} here; try auto or cpu.") from error
    return device


def _usable(kind: str) -> list[int]:
    """Return the indices of the GPUs of a kind that torch sees and has kernels for."""
    backend = getattr(torch, kind, None)
    if backend is None or not backend.is_available():
        return []
    return [index for index in range(backend.device_count()) if kind != "cuda" or not too_old(index)]


def unused_gpu() -> tuple[str, str] | None:
    """Say why an NVIDIA GPU of this machine does not paint, and what to do, if there is one that cannot."""
    with warnings.catch_warnings(action="ignore"):
        return _unused()


def _unused() -> tuple[str, str] | None:
    built_for = torch.version.cuda
    if torch.cuda.is_available():
        said = too_old()
        return (said, "Install a torch that has kernels for it, or set DEVICE=cpu.") if said else None
    if not (NVIDIA_DRIVER.exists() or shutil.which("nvidia-smi")):
        return None
    if built_for is None:
        said = "NVIDIA's driver is here, but this torch was built without CUDA: the processor paints."
        return said, "Install torch as its makers' page says for your CUDA."
    if VISIBLE in os.environ:
        said = f"{VISIBLE}={os.environ[VISIBLE]} names no GPU of this machine: the processor paints."
        return said, "nvidia-smi -L lists the GPUs, and their slices, with their UUIDs."
    said = (
        f"NVIDIA's driver is here, but torch, built for CUDA {built_for}, sees no GPU: the processor paints."
    )
    return (
        said,
        f"Update the driver to one that knows CUDA {built_for}, and see that nvidia-smi lists the GPU.",
    )


def unchosen_slice(device: torch.device) -> bool:
    """Tell whether a process paints on a slice of a GPU that it was not told: each then sees the first."""
    sliced = device.type == "cuda" and " MIG " in hardware(device)
    return sliced and SLICE not in os.environ.get(VISIBLE, "")


def too_old(index: int = 0) -> str | None:
    """Say so if torch has no kernels for an NVIDIA GPU, which then fails at the first of them."""
    if torch.version.cuda is None or index >= torch.cuda.device_count():
        return None
    capability, known = torch.cuda.get_device_capability(index), torch.cuda.get_arch_list()
    if _has_kernels(capability, known):
        return None
    name, (major, minor) = torch.cuda.get_device_name(index), capability
    return (
        f"{name} has compute capability {major}.{minor}, for which this torch has no kernels "
        f"({', '.join(known)})."
    )


def _has_kernels(capability: tuple[int, int], known: Sequence[str]) -> bool:
    """Tell whether binary code of the same major version, or code to compile, is among ``known``.

    Source: NVIDIA, "CUDA C++ Programming Guide", "Application Compatibility".
    """
    for name in known:
        kind, _, number = name.partition("_")
        version = divmod(int("".join(filter(str.isdigit, number)) or 0), 10)
        if kind == "sm" and version[0] == capability[0] and version <= capability:
            return True
        if kind == "compute" and version <= capability:
            return True
    return False


def prepare(device: torch.device) -> None:
    """Set this process's switches for a device: the same bytes for the same pictures, and fp32 that is fp32.

    On CUDA, cuDNN's own fp32 convolutions would be TF32. Of its algorithms only the deterministic ones are
    used, and they are not chosen by a stopwatch, which would choose otherwise next time. PyTorch does not
    restrict the convolutions with a ReLU in one kernel to these; of them, see :meth:`CudaKernels.fuses`.
    """
    if device.type != "cuda":
        return
    torch.backends.cudnn.conv.fp32_precision = "ieee"  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def hardware(device: torch.device) -> str:
    """Return the device's model name if it can be found, the same for equal devices."""
    if device.type in ("cuda", "xpu"):
        return str(getattr(torch, device.type).get_device_name(device))
    try:
        lines = (PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        lines = []  # not Linux
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{device.type} {models[0] if models else platform.processor() or platform.machine()}"


def identity(device: torch.device) -> str:
    """Return what tells a device from the others of its machine, whichever of them a process may see."""
    if device.type != "cuda":
        return str(device)
    seen = [each.strip() for each in os.environ.get(VISIBLE, "").split(",")]
    index = device.index or 0
    if index < len(seen) and seen[index].startswith(SLICE):
        return seen[index]  # its GPU's other slices have memory of their own
    return str(getattr(torch.cuda.get_device_properties(device), "uuid", device))


def fast_precision(device: torch.device) -> torch.dtype:
    """Choose the numbers that this very device multiplies in natively: bf16, else fp16, else fp32.

    fp16 is for Turing. Its range is small, so the loss is scaled (:class:`StyleTransferLoss`).
    """
    if device.type == "cuda":
        capability = torch.cuda.get_device_capability(device)
        if torch.version.cuda and (7, 5) <= capability < (8, 0):
            return torch.float16
        native = capability >= (8, 0)  # Ampere; of AMD's, MI100 and later
    elif device.type == "xpu":
        native = True
    else:
        capabilities = _cpu_capabilities() if device.type == "cpu" else {}
        native = bool(
            capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
        )
    return torch.bfloat16 if native else torch.float32


def _cpu_capabilities() -> Mapping[str, object]:
    ask = getattr(torch.cpu, "get_capabilities", None)  # newer than the oldest torch that will do
    return ask() if ask else {}


def synchronize(device: torch.device) -> None:
    """Wait for the device to have done all that it was given."""
    if device.type == "mps":  # of which there is one
        torch.mps.synchronize()
    elif device.type in GPUS:
        getattr(torch, device.type).synchronize(device)
