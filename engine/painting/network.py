"""A network on a device: its convolutions in the fastest precision that the device does well."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.errors import AtelierError
from engine.painting.features import Features


def choose_device(wanted: str = "auto") -> torch.device:
    """Resolve ``auto`` to the first GPU, or the CPU.

    Raises:
        AtelierError: this machine has no such device.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise AtelierError(f"setting DEVICE: there is no {wanted!r} here; try auto or cpu.") from error
    return device


def fast_precision(device: torch.device) -> torch.dtype:
    """Choose bf16 where the device multiplies in it natively, else fp32."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
        native = bool(
            capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("bf16")
        )
    return torch.bfloat16 if native else torch.float32


class Network:
    """VGG, resident on one device, in one precision at a time."""

    def __init__(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        """Build from a torchvision state dict.

        Raises:
            WeightsError: not VGG-16 or VGG-19.
        """
        self._state = state
        self.device = device
        self.name = Features(state).name
        self.precision = fast_precision(device)
        self._resident: dict[torch.dtype, Features] = {}

    def features(self, precision: torch.dtype | None = None) -> Features:
        """Give the convolutions in ``precision``, the fast one if not said; kept once built."""
        precision = precision or self.precision
        if precision not in self._resident:
            self._resident[precision] = Features(self._state, precision).to(self.device)
        return self._resident[precision]
