"""A network on a device: its convolutions in the fastest precision that the device does well."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property

import torch
from torch import Tensor

from engine.painting.device import fast_precision
from engine.painting.features import Features
from engine.painting.graphs import CudaRecorder, Graphs


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
        self.state = state
        """As it was given."""
        self.device = device
        self.name = Features(state).name
        self.precision = precision or fast_precision(device)
        self.sharers: Callable[[], int] = lambda: 1
        """How many processes that paint have the device's memory between them, this one included."""
        self._resident: dict[torch.dtype, Features] = {}

    @cached_property
    def graphs(self) -> Graphs:
        """The graphs of evaluations, on an NVIDIA GPU; elsewhere there is none."""
        nvidia = self.device.type == "cuda" and torch.version.cuda
        return Graphs(CudaRecorder(self.device) if nvidia else None)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the weights, in hexadecimal digits."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.state.items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
        return digest.hexdigest()

    def features(self, precision: torch.dtype | None = None) -> Features:
        """Return the convolutions in ``precision``, the fast one if not said; they are built once."""
        precision = precision or self.precision
        if precision not in self._resident:
            self._resident[precision] = Features(self.state, precision).to(self.device)
        return self._resident[precision]
