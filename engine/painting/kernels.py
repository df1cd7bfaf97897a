"""The heaviest operations of an iteration: PyTorch's usual ones, and those that an NVIDIA GPU has as well.

Each kind gives the other's numbers within rounding. A GPU without one of its own uses the usual one.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.device_memory import is_out_of_memory, lacks_engine, release_memory

SPLIT: Final = 64
"""Parts of a sum over places, at most: a product of few channels over a million places leaves a GPU idle."""
_BINOMIAL: Final = (1.0, 4.0, 6.0, 4.0, 1.0)
_SIXTEEN_BITS: Final = (torch.bfloat16, torch.float16)
_EXAMPLES: Final = ((3, 64), (64, 64), (256, 512))
"""Channels in and out of the convolutions that are tried: cuDNN has different algorithms for few and many."""
_EXAMPLE_SIDE: Final = 32
"""Pixels of the side of a picture on which they are tried."""
_TOLERANCE: Final = 0.01
"""Relative difference of two convolutions up to which it is rounding, be it to 16 bits."""


class Kernels:
    """PyTorch's usual operations."""

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, for a maximum and a :meth:`relu` to come."""
        return functional.conv2d(x, weight, bias, padding=padding)

    def convolve_relu(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero."""
        return self.convolve(x, weight, bias, padding).relu_()

    def averages(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Average N×P×C numbers, and their products, over the places, in fp32 at least: N×C and N×C×C."""
        wide = places.to(torch.promote_types(places.dtype, torch.float32))
        return wide.mean(1), (wide.mT @ wide).div_(places.shape[1])

    def scaled(self, x: Tensor, factors: Tensor) -> Tensor:
        """Multiply N×C×h×w by N factors in fp32, in the precision of the former."""
        # A factor by itself is not rounded to 16 bits, nor are the numbers copied to 32.
        found = torch.empty_like(x)
        for each, factor, out in zip(x, factors, found, strict=True):
            torch.mul(each, factor, out=out)
        return found

    def blurred(self, x: Tensor) -> Tensor:
        """Blur N×C×H×W by 1 4 6 4 1 along both axes; two pixels on each side are lost."""
        for axis in (-1, -2):
            first, second, middle, fourth, fifth = (x.narrow(axis, at, x.shape[axis] - 4) for at in range(5))
            x = (first + fifth).add_(middle, alpha=6).add_(second, alpha=4).add_(fourth, alpha=4)
        return x.div_(256)


class CudaKernels(Kernels):
    """Those of cuDNN and cuBLAS."""

    def __init__(self) -> None:
        self.nvidia = bool(torch.version.cuda)
        """False for ROCm, which calls itself CUDA too and has none of them."""
        self._fuses: dict[tuple[torch.device, torch.dtype], bool] = {}
        self._never_wide: set[torch.dtype] = set()
        """Kinds of numbers whose products cuBLAS has refused to give in fp32."""
        self._lines: dict[tuple[torch.device, torch.dtype], Tensor] = {}

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero without a slope of its own."""
        return self._fused(x, weight, bias, padding, masks=False)

    def convolve_relu(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero, in one kernel."""
        return self._fused(x, weight, bias, padding, masks=True)

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
        return all(self._agrees(*_example(device, dtype, *layer)) for layer in _EXAMPLES)

    def _agrees(self, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
        """Compare the convolution in one kernel with the usual one, and with itself to the last bit.

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
            return False
        return _near(over, wanted) and _near(first, wanted) and torch.equal(first, second)

    def _fused(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, *, masks: bool) -> Tensor:
        for _ in range(2 if self.fuses(x.device, x.dtype) else 0):
            try:
                fused: Tensor = _ConvolveRelu.apply(self, x, weight, bias, padding, masks)
                return fused
            except RuntimeError as error:
                if _is_short(error):
                    raise
            release_memory(x.device)  # most often it is what was lacking
        found = super().convolve(x, weight, bias, padding)
        return found.relu_() if masks else found

    def convolution_relu(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int, beneath: Tensor | None = None
    ) -> Tensor:
        """Call cuDNN; ``beneath`` is added zero times, in place of the result's own memory as it is found."""
        geometry = ((1, 1), (padding,) * 2, (1, 1), 1)
        if beneath is None:
            return torch.cudnn_convolution_relu(x, weight, bias, *geometry)
        return torch.cudnn_convolution_add_relu(x, weight, beneath, 0, bias, *geometry)

    def scaled(self, x: Tensor, factors: Tensor) -> Tensor:
        """Multiply in one kernel."""
        return torch.mul(x, factors.view(-1, 1, 1, 1), out=torch.empty_like(x))

    def averages(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Average numbers of 16 bits without a copy of them in fp32."""
        if self.nvidia and places.dtype in _SIXTEEN_BITS and places.dtype not in self._never_wide:
            try:
                return places.mean(1, dtype=torch.float32), self._wide_products(places)
            except (RuntimeError, TypeError) as error:  # TypeError: torch before 2.8
                if is_out_of_memory(error):
                    raise
                self._never_wide.add(places.dtype)
        return super().averages(places)

    def _wide_products(self, places: Tensor) -> Tensor:
        count, length, channels = places.shape
        parts = math.gcd(length, SPLIT)
        split = places.reshape(count * parts, length // parts, channels)
        found = torch.bmm(split.mT, split, out_dtype=torch.float32)
        return found.view(count, parts, channels, channels).sum(1).div_(length)

    def blurred(self, x: Tensor) -> Tensor:
        """Blur in two kernels."""
        channels, where = x.shape[1], (x.device, x.dtype)
        if where not in self._lines:
            self._lines[where] = x.new_tensor(_BINOMIAL).div_(16)
        line = self._lines[where].expand(channels, 1, -1)
        across = functional.conv2d(x, line[:, :, None], groups=channels)
        return functional.conv2d(across, line[..., None], groups=channels)


def _is_short(error: RuntimeError) -> bool:
    """Recognise a lack of memory that is said, and not hidden behind a lack of engines."""
    return is_out_of_memory(error) and not lacks_engine(error)


def _near(found: Tensor, wanted: Tensor) -> bool:
    """Compare up to rounding; what is no number is near nothing."""
    off, size = (torch.linalg.vector_norm(each.float()) for each in (found - wanted, wanted))
    return bool(off <= _TOLERANCE * size)


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
        ctx: Any, kernels: CudaKernels, x: Tensor, weight: Tensor, bias: Tensor, padding: int, masks: bool
    ) -> Tensor:
        found = kernels.convolution_relu(x, weight, bias, padding)
        ctx.padding, ctx.masks = (padding, padding), masks
        ctx.save_for_backward(x, weight, *([found] if masks else []))
        return found

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, *found = ctx.saved_tensors
        if found:
            slope = torch.ops.aten.threshold_backward(slope, found[0], 0)
        geometry = ((1, 1), ctx.padding, (1, 1), False, (0, 0), 1)
        wanted = (True, False, False)
        pull, _, _ = torch.ops.aten.convolution_backward(slope, x, weight, None, *geometry, wanted)
        return None, pull, None, None, None, None


KERNELS: Final[dict[str, Kernels]] = {"cuda": CudaKernels()}
"""By the device's type; the usual ones where there are none."""
_USUAL: Final = Kernels()


def kernels_of(device: torch.device) -> Kernels:
    """Return the operations for a device."""
    return KERNELS.get(device.type, _USUAL)
