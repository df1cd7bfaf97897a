"""Operations that would be several of PyTorch's, for a GPU that has each in one kernel.

What is here gives their numbers by PyTorch's own operations, on any device: it is what the kernels are
compared with, and what an iteration is counted by without a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.cuda_kernels import CudaKernels
from engine.painting.device import fast_precision
from engine.painting.tensors import rows
from engine.painting.usual_kernels import Kept

FUSED: Final = (
    *("enter", "leave", "detail", "detail_back", "pool", "unpool", "masked"),
    *("squares", "scaled_difference", "colours", "colours_back"),
)
"""Names of the operations that are one kernel each."""
_CHANNELS: Final = 3
"""Of a canvas."""
_EXAMPLE_SIZES: Final = {"cuda": (75, 131)}
"""Height and width of the pictures on which the kernels are tried on a GPU: enough for several programs."""
_EXAMPLE_SIZE: Final = (9, 14)
"""The same elsewhere: an interpreter is slow."""


class FusedKernels(CudaKernels):
    """Pooling without indices of 64 bits, errors and palettes without intermediate results."""

    def pool_relu(self, x: Tensor) -> Tensor:
        """Take the maximum of 2 × 2 places, and set what is negative to zero, in one kernel."""
        found: Tensor = _PoolRelu.apply(self, x)
        return found

    def squared_error(self, activations: Tensor, target: Tensor) -> tuple[Tensor, Kept]:
        """Sum squared differences in one kernel; the way back forms them anew."""
        alike = all(each.is_contiguous(memory_format=torch.channels_last) for each in (activations, target))
        if not alike:  # those of a tile
            return super().squared_error(activations, target)
        return self.squares(activations, target).sum(1), (activations, target)

    def squared_error_back(self, kept: Kept, slope: Tensor) -> Tensor:
        """Return the slope in one kernel."""
        if len(kept) == 1:
            return super().squared_error_back(kept, slope)
        activations, target = kept
        return self.scaled_difference(activations, target, 2 * slope)

    def averages(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Average a palette in one kernel: a product of three channels over a million places is slow."""
        if places.shape[2] != _CHANNELS or not places.is_contiguous():
            return super().averages(places)
        found = self.colours(places).sum(1)
        return found[:, :_CHANNELS], found[:, _CHANNELS:].view(-1, _CHANNELS, _CHANNELS)

    def averages_back(self, places: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Return a palette's slope in one kernel."""
        if places.shape[2] != _CHANNELS or not places.is_contiguous():
            return super().averages_back(places, first, second)
        return self.colours_back(places, first, second + second.mT)

    def pool(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Take the maximum of 2 × 2 places of N×C×H×W and zero, and tell in bytes which place has it.

        Places beyond the last row or column have none. Of equal ones it is the first, row by row.
        """
        height, width = x.shape[2:]
        wide = functional.pad(x, (0, width % 2, 0, height % 2), value=-torch.inf)
        corners = [wide[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)]
        most, which = torch.stack(corners).max(0)
        layout = torch.channels_last
        return most.relu().contiguous(memory_format=layout), which.byte().contiguous(memory_format=layout)

    def unpool(self, slope: Tensor, found: Tensor, which: Tensor, height: int, width: int) -> Tensor:
        """Return the slope, N×C×height×width, of :meth:`pool`'s picture."""
        shape = (*slope.shape[:2], 2 * slope.shape[2], 2 * slope.shape[3])
        wide = torch.empty(shape, dtype=slope.dtype, device=slope.device, memory_format=torch.channels_last)
        passing = torch.where(found <= 0, 0, slope)
        for corner in range(4):
            wide[:, :, corner // 2 :: 2, corner % 2 :: 2] = torch.where(which == corner, passing, 0)
        pull: Tensor = wide[:, :, :height, :width].contiguous(memory_format=torch.channels_last)
        return pull

    def squares(self, activations: Tensor, target: Tensor) -> Tensor:
        """Sum squared differences of N×C×h×w, channels last, in fp32: N×P, over P parts of the places."""
        difference = (activations.float() - target.float()).permute(0, 2, 3, 1)
        squares: Tensor = torch.linalg.vector_norm(difference, dim=3).square()
        return squares.flatten(1)

    def scaled_difference(self, activations: Tensor, target: Tensor, factors: Tensor) -> Tensor:
        """Multiply differences of N×C×h×w, channels last, by N factors, in fp32 before they are rounded."""
        difference = activations.float() - target.float()
        product: Tensor = difference * factors.view(-1, 1, 1, 1)
        return product.to(activations.dtype)

    def colours(self, places: Tensor) -> Tensor:
        """Average N×K×3 numbers and their products: N×P×12, whose sums over P parts are the averages."""
        products = (places[..., None] * places[:, :, None]).flatten(2)
        return torch.cat((places, products), 2).sum(1, keepdim=True) / places.shape[1]

    def colours_back(self, places: Tensor, first: Tensor, both: Tensor) -> Tensor:
        """Return the slope N×K×3 of averages, given those of N×3 and, of both factors, of N×3×3."""
        return (first[:, None] + places @ both) / places.shape[1]


class _PoolRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kernels: FusedKernels, x: Tensor) -> Tensor:
        found, which = kernels.pool(x)
        ctx.kernels, ctx.size = kernels, x.shape[2:]
        ctx.save_for_backward(found, which)
        return found

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor]:
        found, which = ctx.saved_tensors
        return None, ctx.kernels.unpool(slope, found, which, *ctx.size)


def examples(name: str, device: torch.device) -> Iterator[tuple[Any, ...]]:
    """Yield arguments on which an operation of :data:`FUSED` is tried, small and the same each time.

    Args:
        name: of the operation.
        device: where.
    """
    half = fast_precision(device) if device.type == "cuda" else torch.bfloat16
    for precision in dict.fromkeys((torch.float32, half)):
        yield _examples(device, precision)[name]


def _examples(device: torch.device, precision: torch.dtype) -> dict[str, tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(0)
    height, width = _EXAMPLE_SIZES.get(device.type, _EXAMPLE_SIZE)

    def numbers(*shape: int, precision: torch.dtype = torch.float32) -> Tensor:
        found = torch.randn(*shape, generator=generator).to(device, precision)
        return found.contiguous(memory_format=torch.channels_last) if found.dim() == 4 else found

    picture, mean, std = numbers(2, 3, height, width), numbers(1, 3, 1, 1), numbers(1, 3, 1, 1).abs() + 0.5
    colours = rows(picture).view(2, height * width, 3)
    one, other = (numbers(2, 16, height, width, precision=precision) for _ in range(2))
    found, which = FusedKernels().pool(one)
    pooled = numbers(*found.shape, precision=precision)
    return {
        "enter": (picture, mean, std, precision),
        "leave": (numbers(2, 3, height, width, precision=precision), std, torch.float32),
        "detail": (picture,),
        "detail_back": (picture,),
        "pool": (one,),
        "unpool": (pooled, found, which, height, width),
        "masked": (one.relu(), other, one) if precision != torch.float32 else (one.relu(), other),
        "squares": (one, other),
        "scaled_difference": (one, other, numbers(2)),
        "colours": (colours,),
        "colours_back": (colours, numbers(2, 3), numbers(2, 3, 3)),
    }


def results(name: str, found: Any) -> tuple[Tensor, ...]:
    """Return the numbers of an operation of :data:`FUSED` that have to agree: of parts only the sum."""
    if name in ("squares", "colours"):
        return (found.sum(1),)
    return found if isinstance(found, tuple) else (found,)
