"""An NVIDIA GPU's operations by cuDNN and cuBLAS; a convolution in one kernel is tried before it is used."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from engine.painting.device_memory import first_line, is_out_of_memory, lacks_engine, release_memory
from engine.painting.edges import edges_repeated
from engine.painting.usual_kernels import Kernels

log = logging.getLogger(__name__)

SPLIT: Final = 64
"""Parts of a sum over places, at most: a product of few channels over a million places leaves a GPU idle."""
_SIXTEEN_BITS: Final = (torch.bfloat16, torch.float16)
_EXAMPLES: Final = ((3, 64), (64, 64), (256, 512))
"""Channels in and out of the convolutions that are tried: cuDNN has different algorithms for few and many."""
_EXAMPLE_SIDE: Final = 32
"""Pixels of the side of a picture on which they are tried."""
TOLERANCE: Final = 0.01
"""Relative difference of two results up to which it is rounding, be it to 16 bits."""


class CudaKernels(Kernels):
    """Those of cuDNN and cuBLAS, on canvases whose channels are last, as the network's."""

    canvas = torch.channels_last

    def __init__(self) -> None:
        self.nvidia = bool(torch.version.cuda)
        """False for ROCm, which calls itself CUDA too and has none of them."""
        self._fuses: dict[tuple[torch.device, torch.dtype], bool] = {}
        self._never_wide: set[torch.dtype] = set()
        """Kinds of numbers whose products cuBLAS has refused to give in fp32."""

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero without a slope of its own."""
        return self._fused(x, weight, bias, padding, uses=0)[0]

    def convolve_relu(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero, in one kernel."""
        return self._fused(x, weight, bias, padding, uses=1)[0]

    def convolve_relu_twice(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int
    ) -> tuple[Tensor, Tensor]:
        """Return the same twice; the slopes of both are added where they are masked."""
        found = self._fused(x, weight, bias, padding, uses=2)
        return found[0], found[-1]

    def fuses(self, device: torch.device, dtype: torch.dtype) -> bool:
        """Tell whether cuDNN convolves, adds the bias and sets to zero in one kernel.

        It is tried and compared with the usual one once for each kind of numbers, on small pictures. So too
        little memory for a large one is not taken for a refusal, and a painting does not depend on those
        before it.

        Raises:
            RuntimeError: cuDNN does not convolve such numbers at all.
        """
        where = (device, dtype)
        if where not in self._fuses:
            self._fuses[where] = self.nvidia and self._tried(device, dtype)
        return self._fuses[where]

    def _tried(self, device: torch.device, dtype: torch.dtype) -> bool:
        release_memory(device)
        for layer in _EXAMPLES:
            if why := self._refusal(*_example(device, dtype, *layer)):
                log.warning(
                    "Convolutions of %s are several kernels each: %d to %d channels: %s", dtype, *layer, why
                )
                return False
        return True

    def _refusal(self, x: Tensor, weight: Tensor, bias: Tensor) -> str | None:
        """Say why the convolution in one kernel is not used: compare it with the usual one, and with itself.

        PyTorch gives cuDNN memory that nobody has written to, as a picture to be added zero times
        (``beneath``), and does not ask for a deterministic algorithm. Zero times what happens to be no number
        would be none.
        """
        try:
            wanted = super().convolve(x, weight, bias, 1).relu_()
        except RuntimeError as error:
            if not lacks_engine(error):
                raise
            raise RuntimeError(f"cuDNN convolves not even a small picture in {x.dtype}.") from error
        poison = torch.full_like(wanted, math.nan)
        try:
            over = self.convolution_relu(x, weight, bias, 1, poison)
            del poison  # the next result may lie there
            first, second = (self.convolution_relu(x, weight, bias, 1) for _ in range(2))
        except RuntimeError as error:
            if _is_short(error):
                raise
            return first_line(error)
        if not (near(over, wanted) and near(first, wanted)):
            return "one gives other numbers"
        return None if torch.equal(first, second) else "one gives other bits each time"

    def _fused(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, *, uses: int) -> Sequence[Tensor]:
        """Return the result once for each use of its own slope; 0: it is returned, and has none."""
        for _ in range(2 if self.fuses(x.device, x.dtype) else 0):
            try:
                fused: Sequence[Tensor] = _ConvolveRelu.apply(self, x, weight, bias, padding, uses)
                return fused
            except RuntimeError as error:
                if _is_short(error):
                    raise
            release_memory(x.device)  # most often it is what was lacking
        found = super().convolve(x, weight, bias, padding)
        return [found.relu_() if uses else found]

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        """Call cuDNN; ``beneath`` is added zero times, in place of the result's own memory as it is found."""
        geometry = ((1, 1), (padding,) * 2, (1, 1), 1)
        if beneath is None:
            return torch.cudnn_convolution_relu(x, weight, bias, *geometry)
        return torch.cudnn_convolution_add_relu(x, weight, beneath, 0, bias, *geometry)

    def masked(self, found: Tensor, slope: Tensor, other: Tensor | None = None) -> Tensor:
        """Add up the slopes of a ReLU's result, and set them to zero where it is."""
        slope = slope if other is None else slope + other
        masked: Tensor = torch.ops.aten.threshold_backward(slope, found, 0)
        return masked

    def enter(self, image: Tensor, mean: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        """Normalise, repeat the edges and cast; a GPU's own padding would put the channels first."""
        return edges_repeated(image.sub(mean).div_(std), 1, precision)

    def detail(self, x: Tensor) -> Tensor:
        """Return what a blur takes away."""
        return x - self.blurred(edges_repeated(x, 2, x.dtype))

    def scaled(self, x: Tensor, factors: Tensor) -> Tensor:
        """Multiply in one kernel."""
        return torch.mul(x, factors.view(-1, 1, 1, 1), out=torch.empty_like(x))

    def averages(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Average numbers of 16 bits without a copy of them in fp32."""
        if self.nvidia and places.dtype in _SIXTEEN_BITS and places.dtype not in self._never_wide:
            try:
                return places.mean(1, dtype=torch.float32), self._wide_products(places)
            except RuntimeError as error:
                if is_out_of_memory(error):
                    raise
                self._never_wide.add(places.dtype)
                log.warning("cuBLAS gives no products of %s in fp32: %s", places.dtype, first_line(error))
        return super().averages(places)

    def _wide_products(self, places: Tensor) -> Tensor:
        count, length, channels = places.shape
        parts = math.gcd(length, SPLIT)
        while parts > 1 and length // parts < 2 * channels:  # or the parts would weigh more than the places
            parts //= 2
        split = places.reshape(count * parts, length // parts, channels)
        found = torch.bmm(split.mT, split, out_dtype=torch.float32)
        return found.view(count, parts, channels, channels).sum(1).div_(length)


def _is_short(error: RuntimeError) -> bool:
    """Recognise a lack of memory that is said, and not hidden behind a lack of engines."""
    return is_out_of_memory(error) and not lacks_engine(error)


def near(found: Tensor, wanted: Tensor) -> bool:
    """Compare up to rounding; what is no number is near nothing."""
    off, size = (torch.linalg.vector_norm(each.float()) for each in (found - wanted, wanted))
    return bool(off <= TOLERANCE * size)


def _example(
    device: torch.device, dtype: torch.dtype, channels: int, width: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a small picture, a convolution's weights and its bias, the same each time."""
    generator = torch.Generator().manual_seed(0)
    picture = torch.randn(1, channels, _EXAMPLE_SIDE, _EXAMPLE_SIDE, generator=generator)
    weight = torch.randn(width, channels, 3, 3, generator=generator) / math.sqrt(9 * channels)
    bias = torch.randn(width, generator=generator)
    x, kernel = (each.to(device, dtype, memory_format=torch.channels_last) for each in (picture, weight))
    return x, kernel, bias.to(device, dtype)


class _ConvolveRelu(torch.autograd.Function):
    """A convolution, its bias and its ReLU, whose weights are frozen."""

    @staticmethod
    def forward(
        ctx: Any, kernels: CudaKernels, x: Tensor, weight: Tensor, bias: Tensor, padding: int, uses: int
    ) -> tuple[Tensor, ...]:
        found = kernels.convolution_relu(x, weight, bias, padding)
        ctx.kernels, ctx.padding = kernels, (padding, padding)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, weight, *([found] if uses else []))
        return (found, found.detach()) if uses > 1 else (found,)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor | None) -> tuple[Tensor | None, ...]:
        x, weight, *found = ctx.saved_tensors
        slope, *others = [each for each in slopes if each is not None]
        if found:
            slope = ctx.kernels.masked(found[0], slope, *others)
        geometry = ((1, 1), ctx.padding, (1, 1), False, (0, 0), 1)
        wanted = (True, False, False)
        pull, _, _ = torch.ops.aten.convolution_backward(slope, x, weight, None, *geometry, wanted)
        return None, pull, None, None, None, None
