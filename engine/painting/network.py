"""A network on a device: its convolutions in the fastest precision that the device does well."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from engine.errors import AtelierError
from engine.painting.features import Features


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
        lines = Path("/proc/cpuinfo").read_text().splitlines()
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


class Network:
    """VGG, resident on one device, in each precision that was used."""

    def __init__(
        self, state: Mapping[str, Tensor], device: torch.device, precision: torch.dtype | None = None
    ) -> None:
        """Build from a torchvision state dict.

        Args:
            state: the weights.
            device: the device.
            precision: of the convolutions; :func:`fast_precision`'s choice if not said.

        Raises:
            WeightsError: not VGG-16 or VGG-19.
        """
        self._state = state
        self.device = device
        self.name = Features(state).name
        self.precision = precision or fast_precision(device)
        self._resident: dict[torch.dtype, Features] = {}

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the weights, in hexadecimal digits."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._state.items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def features(self, precision: torch.dtype | None = None) -> Features:
        """Return the convolutions in ``precision``, the fast one if not said; they are built once."""
        precision = precision or self.precision
        if precision not in self._resident:
            self._resident[precision] = Features(self._state, precision).to(self.device)
        return self._resident[precision]
