"""Which operations a device has for the heaviest parts of an iteration."""

from __future__ import annotations

from typing import Final

import torch

from engine.painting.cuda_kernels import CudaKernels
from engine.painting.usual_kernels import Kernels

KERNELS: Final[dict[str, Kernels]] = {}
"""By the device's type, as far as they were asked for; the usual ones where there are no others."""
_USUAL: Final = Kernels()


def kernels_of(device: torch.device) -> Kernels:
    """Return the operations for a device."""
    if device.type == "cuda" and "cuda" not in KERNELS:
        KERNELS["cuda"] = _of_cuda()
    return KERNELS.get(device.type, _USUAL)


def _of_cuda() -> Kernels:
    """Return an NVIDIA or AMD GPU's operations: for the former with Triton's, where it is installed."""
    if torch.version.cuda:
        try:
            from engine.painting.triton_kernels import TritonKernels
        except ImportError:  # torch brings it on Linux only
            pass
        else:
            return TritonKernels()
    return CudaKernels()
