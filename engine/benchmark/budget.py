"""An iteration's cost on a GPU, counted without one: its kernels, and the bytes that they move.

The iteration is run on tensors that have shapes and no numbers, so the counts are the same on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from unittest import mock

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.benchmark.prediction import Kernel, seconds
from engine.painting.features import Features, convolutions, width_of
from engine.painting.fused_kernels import FUSED, FusedKernels
from engine.painting.graphs import MAX_PIXELS
from engine.painting.kernels import KERNELS
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.optimizers import HISTORY, LBFGS

SIZES: Final = (256, 512, 1024)
"""Sides of the square canvases, in pixels."""
BATCHES: Final = (1, 8)
"""Canvases in one pass."""
_NO_KERNELS: Final = frozenset(
    {
        "_reshape_alias", "_unsafe_view", "alias", "as_strided", "detach", "device", "diagonal", "empty",
        "empty_like", "expand", "lift_fresh", "narrow", "permute", "promote_types", "reshape",
        "scalar_tensor", "select", "slice", "split", "split_with_sizes", "squeeze", "t", "transpose",
        "unbind", "unsqueeze", "view",
    }
)  # fmt: skip
"""Operations that only look at a tensor in another way, or make room."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The cost of one iteration: a loss, its gradient, and a step of L-BFGS with a full history."""

    network: str
    size: int
    """Pixels of the canvas's side."""
    batch: int
    kernels: int
    """Operations that start a kernel; a convolution starts one more for its bias."""
    bytes_per_pixel: float
    """Bytes that the kernels read and write, over the pixels of all canvases."""
    mixed_layout: int
    """Operations on tensors of which some have their channels last and some first."""
    predicted_rate: float
    """Megapixel-iterations a second that an H200 should do; see :mod:`engine.benchmark.prediction`."""


def count(size: int, batch: int, network: str = "vgg16", precision: torch.dtype = torch.bfloat16) -> Budget:
    """Count one iteration on ``batch`` canvases of ``size``² pixels.

    Raises:
        RuntimeError: the iteration asks what a number is, for which a host would wait for its GPU.
    """
    features = Features(weights_without_values(network), precision)
    tally = Tally()
    kernels = _Counted(tally)
    with FakeTensorMode(allow_non_fake_inputs=True), mock.patch.dict(KERNELS, cpu=kernels):
        extractor = FeatureExtractor(features)
        picture = torch.empty(1, 3, size, size, memory_format=kernels.canvas)
        target = Target(picture, extractor.content(picture), extractor.style(picture), 1e-4)
        loss, optimizer = StyleTransferLoss(extractor, [target] * batch), LBFGS()
        canvas = torch.empty_like(loss.photo)
        for _ in range(HISTORY + 1):
            optimizer.step(canvas, canvas.clone())
        with tally:
            _, gradient = loss.evaluate(canvas)
        evaluating = len(tally.started)
        with tally:
            optimizer.step(canvas, gradient)
    pixels = batch * size * size
    parts = tally.started[:evaluating], tally.started[evaluating:]
    return Budget(
        *(network, size, batch, tally.kernels, round(tally.bytes / pixels, 1), tally.mixed_layout),
        round(pixels / 1e6 / seconds(*parts, graph=pixels <= MAX_PIXELS), 1),
    )


class _Counted(FusedKernels):
    """An NVIDIA GPU's operations where there is none: cuDNN's is a convolution that adds and sets nothing.

    PyTorch has it add its result's old contents zero times. They are not counted: cuDNN may skip them.
    Triton's are one kernel each, which reads what it is given and writes what it returns.
    """

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.nvidia = True
        for name in FUSED:
            setattr(self, name, partial(tally.one_kernel, getattr(self, name)))

    def fuses(self, device: torch.device, dtype: torch.dtype) -> bool:  # noqa: ARG002
        """Assume so: nothing can be tried on tensors without numbers."""
        return True

    def convolution_relu(
        self,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,  # noqa: ARG002
        padding: int,
        beneath: Tensor | None = None,  # noqa: ARG002
    ) -> Tensor:
        return functional.conv2d(x, weight, padding=padding)


class Tally(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the kernels that are started inside of ``with``, and the bytes that they move."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.started: list[Kernel] = []
        self.mixed_layout = 0
        self._pauses = False

    @property
    def kernels(self) -> int:
        """Number of kernels started."""
        return len(self.started)

    @property
    def bytes(self) -> int:
        """Bytes that they read and write."""
        return sum(kernel.bytes for kernel in self.started)

    def one_kernel(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Count an operation as one kernel, whatever it takes here."""
        paused, self._pauses = self._pauses, True
        try:
            found = operation(*arguments)
        finally:
            self._pauses = paused
        if not paused:
            self._count(arguments, found)
        return found

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and count it."""
        found = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        results = [each for each in tree_leaves(found) if isinstance(each, Tensor)]
        if self._pauses or name in _NO_KERNELS or not results:
            return found
        flops = 0
        if name in ("convolution", "convolution_backward"):
            places, weight = (results[0], args[1]) if name == "convolution" else (args[0], args[2])
            flops = 2 * weight[0].numel() * places.numel()
        self._count((args, kwargs), results, flops)
        if name == "convolution" and args[2] is not None:
            self.started.append(Kernel(2 * _bytes(results[0])))
        return found

    def _count(self, given: Any, found: Any, flops: int = 0) -> None:
        tensors = [each for each in tree_leaves((given, found)) if isinstance(each, Tensor)]
        self.started.append(Kernel(sum(map(_bytes, tensors)), flops))
        self.mixed_layout += len({layout for each in tensors if (layout := _layout(each))}) > 1


def _bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor; what is repeated by a stride of zero is there once."""
    count = tensor.element_size()
    for side, stride in zip(tensor.shape, tensor.stride(), strict=True):
        count *= side if stride else 1
    return count


def _layout(tensor: Tensor) -> str | None:
    """Tell channels that are last from those that are first; None where there is no difference."""
    if tensor.dim() != 4 or min(tensor.shape[1:]) < 2 or 0 in tensor.stride():
        return None
    return "last" if tensor.stride(1) == 1 else "first"


def weights_without_values(network: str) -> dict[str, Tensor]:
    """Return weights of VGG's shapes, without values."""
    state, channels = {}, 3
    for layer, index in convolutions(network):
        width = width_of(f"relu{layer}")
        state[f"features.{index}.weight"] = torch.empty(width, channels, 3, 3)
        state[f"features.{index}.bias"] = torch.empty(width)
        channels = width
    return state
