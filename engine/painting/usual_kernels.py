"""The heaviest operations of an iteration: PyTorch's usual ones.

Each kind gives the other's numbers within rounding. A GPU without one of its own uses the usual one.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.edges import edges_folded

Kept = tuple[Tensor, ...]
"""What an operation's way back needs."""


class Kernels:
    """PyTorch's usual operations."""

    canvas = torch.contiguous_format
    """The layout of canvases, photos and their slopes."""

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, for a :meth:`pool_relu` to come."""
        return functional.conv2d(x, weight, bias, padding=padding)

    def convolve_relu(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve N×C×H×W, and set what is negative to zero."""
        return self.convolve(x, weight, bias, padding).relu_()

    def convolve_relu_twice(
        self, x: Tensor, weight: Tensor, bias: Tensor, padding: int
    ) -> tuple[Tensor, Tensor]:
        """Return the same twice, for the next convolution and for the loss: each has a slope of its own."""
        found = self.convolve_relu(x, weight, bias, padding)
        return found, found

    def pool_relu(self, x: Tensor) -> Tensor:
        """Take the maximum of 2 × 2 places of N×C×H×W, and set what is negative to zero.

        The maximum and the ReLU may change places, which leaves a quarter for the latter.
        """
        return functional.max_pool2d(x, 2, ceil_mode=True).relu_()

    def averages(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Average N×P×C numbers, and their products, over the places, in fp32 at least: N×C and N×C×C."""
        wide = places.to(torch.promote_types(places.dtype, torch.float32))
        return wide.mean(1), (wide.mT @ wide).div_(places.shape[1])

    def averages_back(self, places: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Return the slope N×P×C of :meth:`averages`, given those of its results."""
        share, both = 1 / places.shape[1], (second + second.mT).to(places.dtype)
        return torch.baddbmm(first[:, None].to(places.dtype), places, both, beta=share, alpha=share)

    def squared_error(self, activations: Tensor, target: Tensor) -> tuple[Tensor, Kept]:
        """Sum the squares, in fp32, of differences of N×C×h×w in their own precision: N numbers."""
        difference = activations - target
        places = difference.permute(0, 2, 3, 1).flatten(1, 2)  # a view, as channels are last
        wide = torch.promote_types(places.dtype, torch.float32)
        # Place by place: a CPU would lose thousandths of a sum of millions.
        found = torch.linalg.vector_norm(places, dim=2, dtype=wide).square().sum(1)
        return found, (difference,)

    def squared_error_back(self, kept: Kept, slope: Tensor) -> Tensor:
        """Return the slope N×C×h×w of :meth:`squared_error`, given that of its N numbers."""
        return self.scaled(kept[0], 2 * slope)

    def scaled(self, x: Tensor, factors: Tensor) -> Tensor:
        """Multiply N×C×h×w by N factors in fp32, in the precision of the former."""
        # A factor by itself is not rounded to 16 bits, nor are the numbers copied to 32.
        found = torch.empty_like(x)
        for each, factor, out in zip(x, factors, found, strict=True):
            torch.mul(each, factor, out=out)
        return found

    def enter(self, image: Tensor, mean: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        """Normalise N×3×H×W, repeat its edges by one pixel, and cast it, channels last: N×3×(H+2)×(W+2)."""
        normal = image.sub(mean).div_(std)
        wide = functional.pad(normal, (1, 1, 1, 1), mode="replicate")
        return wide.to(dtype=precision, memory_format=torch.channels_last)

    def leave(self, slope: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        """Return the slope N×3×H×W of :meth:`enter`'s image."""
        own = torch.empty(slope.shape, dtype=precision, device=slope.device, memory_format=self.canvas)
        return edges_folded(own.copy_(slope)) / std

    def detail(self, x: Tensor) -> Tensor:
        """Return what a binomial blur of 5 × 5 pixels takes away from N×C×H×W; the edges are repeated."""
        return x - self.blurred(functional.pad(x, (2, 2, 2, 2), mode="replicate"))

    def detail_back(self, slope: Tensor) -> Tensor:
        """Return the slope of :meth:`detail`: the same blur. Each sum's own way back takes twice the time."""
        spread = self.blurred(functional.pad(slope, (4, 4, 4, 4)))
        return slope - edges_folded(edges_folded(spread))

    def blurred(self, x: Tensor) -> Tensor:
        """Blur N×C×H×W by 1 4 6 4 1 along both axes; two pixels on each side are lost."""
        for axis in (-1, -2):
            first, second, middle, fourth, fifth = (x.narrow(axis, at, x.shape[axis] - 4) for at in range(5))
            x = (first + fifth).add_(middle, alpha=6).add_(second, alpha=4).add_(fourth, alpha=4)
        return x.div_(256)
