"""NVIDIA GPUs that torch seems to see."""

from __future__ import annotations

from typing import Any, Final

import pytest
import torch

KERNELS: Final = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_120", "compute_120"]


def gpus(patch: pytest.MonkeyPatch, *capabilities: tuple[int, int], built_for: str | None = "13.2") -> None:
    """Let torch see NVIDIA GPUs of these compute capabilities."""

    def index(device: Any) -> int:
        return device if isinstance(device, int) else device.index or 0

    patch.setattr(torch.version, "cuda", built_for)
    patch.setattr(torch.cuda, "is_available", lambda: bool(capabilities))
    patch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
    patch.setattr(torch.cuda, "get_device_capability", lambda device: capabilities[index(device)])
    patch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {index(device)}")
    patch.setattr(torch.cuda, "get_arch_list", lambda: KERNELS)
