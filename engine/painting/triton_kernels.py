"""An iteration's operations in Triton, one kernel each, for canvases whose channels are last.

Each gives the numbers of :class:`~engine.painting.fused_kernels.FusedKernels` within rounding, and is
compared with it once on small pictures before it is trusted: a machine may lack the C compiler that Triton
needs.
"""

from __future__ import annotations

import contextlib
import logging
import math
from typing import Any, Final

import torch
from torch import Tensor

from engine.painting import triton_code as code
from engine.painting.cuda_kernels import near
from engine.painting.device_memory import first_line, is_out_of_memory
from engine.painting.fused_kernels import FUSED, FusedKernels, examples, results

log = logging.getLogger(__name__)

BLOCK: Final = 1024
"""Numbers, or pixels, of one program."""
PART: Final = 8 * BLOCK
"""Numbers that one program sums."""
PIXELS: Final = 256
"""Pixels of one program; Triton's blocks are powers of two, so a pixel has a fourth channel there."""
OPTIONS: Final = {"enable_fp_fusion": True}
"""Of the compiler. A product and a sum may be rounded once: unasked, Triton's versions differ in that."""


class TritonKernels(FusedKernels):
    """Those of Triton, where they are trusted; else PyTorch's."""

    def __init__(self) -> None:
        super().__init__()
        self._trusted: dict[torch.device, bool] = {}

    def trusts(self, device: torch.device) -> bool:
        """Tell whether all kernels give the numbers of PyTorch's operations here; they are tried once."""
        if device not in self._trusted:
            self._trusted[device] = True  # or they would not be tried
            try:
                self._trusted[device] = self._tried_all(device)
            except BaseException:
                del self._trusted[device]
                raise
        return self._trusted[device]

    def enter(self, image: Tensor, mean: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        """Normalise, repeat the edges and cast."""
        if not self._takes(image):
            return super().enter(image, mean, std, precision)
        count, channels, height, width = image.shape
        found = _empty((count, channels, height + 2, width + 2), precision, image.device)
        total = count * (height + 2) * (width + 2)
        _launch(code.enter_kernel, total, PIXELS, image, mean, std, found, total, height, width)
        return found

    def leave(self, slope: Tensor, std: Tensor, precision: torch.dtype) -> Tensor:
        """Return the slope of :meth:`enter`'s image."""
        if not self._takes(slope):
            return super().leave(slope, std, precision)
        count, channels, height, width = slope.shape
        found = _empty((count, channels, height - 2, width - 2), precision, slope.device)
        total = count * (height - 2) * (width - 2)
        _launch(code.leave_kernel, total, PIXELS, slope, std, found, total, height - 2, width - 2)
        return found

    def detail(self, x: Tensor) -> Tensor:
        """Return what a blur takes away."""
        return self._detail(x, back=False) if self._takes(x) else super().detail(x)

    def detail_back(self, slope: Tensor) -> Tensor:
        """Return the slope of :meth:`detail`."""
        return self._detail(slope, back=True) if self._takes(slope) else super().detail_back(slope)

    def _detail(self, x: Tensor, *, back: bool) -> Tensor:
        count, _, height, width = x.shape
        found, total = torch.empty_like(x), count * height * width
        _launch(code.detail_kernel, total, PIXELS, x, found, total, height, width, BACK=back)
        return found

    def pool(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Take the maximum of 2 × 2 places and zero."""
        if not self._takes(x):
            return super().pool(x)
        count, channels, height, width = x.shape
        shape = (count, channels, (height + 1) // 2, (width + 1) // 2)
        found, which = (_empty(shape, kind, x.device) for kind in (x.dtype, torch.uint8))
        total = found.numel()
        _launch(code.pool_kernel, total, BLOCK, x, found, which, total, channels, height, width)
        return found, which

    def unpool(self, slope: Tensor, found: Tensor, which: Tensor, height: int, width: int) -> Tensor:
        """Return the slope of :meth:`pool`'s picture."""
        if not self._takes(slope, found, which):
            return super().unpool(slope, found, which, height, width)
        count, channels = slope.shape[:2]
        pull, total = _empty((count, channels, height, width), slope.dtype, slope.device), slope.numel()
        _launch(code.unpool_kernel, total, BLOCK, slope, found, which, pull, total, channels, height, width)
        return pull

    def masked(self, found: Tensor, slope: Tensor, other: Tensor | None = None) -> Tensor:
        """Add up the slopes of a ReLU's result, and set them to zero where it is."""
        second = slope if other is None else other
        if not self._takes(found, slope, second):
            return super().masked(found, slope, other)
        result, total = torch.empty_like(slope), slope.numel()
        _launch(code.masked_kernel, total, BLOCK, found, slope, second, result, total, TWO=other is not None)
        return result

    def squares(self, activations: Tensor, target: Tensor) -> Tensor:
        """Sum squared differences."""
        if not self._takes(activations, target):
            return super().squares(activations, target)
        count, length = len(activations), activations[0].numel()
        parts = math.ceil(length / PART)
        found = activations.new_empty(count, parts, dtype=torch.float32)
        arguments = (activations, target, found, length, parts)
        _launch(code.squares_kernel, length, PART, *arguments, PART=PART, block=BLOCK, count=count)
        return found

    def scaled_difference(self, activations: Tensor, target: Tensor, factors: Tensor) -> Tensor:
        """Multiply differences by factors."""
        if not self._takes(activations, target):
            return super().scaled_difference(activations, target, factors)
        count, length, found = len(activations), activations[0].numel(), torch.empty_like(activations)
        arguments = (activations, target, factors.contiguous(), found, length)
        _launch(code.difference_kernel, length, BLOCK, *arguments, count=count)
        return found

    def colours(self, places: Tensor) -> Tensor:
        """Average colours and their products."""
        if not self.trusts(places.device):
            return super().colours(places)
        count, length, _ = places.shape
        parts = math.ceil(length / PART)
        found = places.new_empty(count, parts, 12)
        arguments = (places, found, length, parts)
        _launch(code.colours_kernel, length, PART, *arguments, PART=PART, block=PIXELS, count=count)
        return found

    def colours_back(self, places: Tensor, first: Tensor, both: Tensor) -> Tensor:
        """Return the slope of averages of colours."""
        if not self.trusts(places.device):
            return super().colours_back(places, first, both)
        (count, length, _), found = places.shape, torch.empty_like(places)
        arguments = (places, first.contiguous(), both.contiguous(), found, length)
        _launch(code.colours_back_kernel, length, PIXELS, *arguments, count=count)
        return found

    def _takes(self, *tensors: Tensor) -> bool:
        """Tell whether the kernels may be used: on whole tensors of one shape, whose channels are last."""
        laid = all(each.is_contiguous(memory_format=torch.channels_last) for each in tensors)
        return laid and self.trusts(tensors[0].device)

    def _tried_all(self, device: torch.device) -> bool:
        for name in FUSED:
            for arguments in examples(name, device):
                wanted = getattr(FusedKernels, name)(self, *arguments)
                try:
                    found = getattr(self, name)(*arguments)
                except Exception as error:  # no compiler, or one that fails: there are many ways
                    if is_out_of_memory(error):
                        raise
                    log.warning("Triton's kernels are not used: %s", first_line(error))
                    return False
                pairs = zip(results(name, found), results(name, wanted), strict=True)
                if not all(near(one.float(), other.float()) for one, other in pairs):
                    log.warning("Triton's kernels are not used: %s gives other numbers than PyTorch.", name)
                    return False
        return True


def _empty(shape: tuple[int, ...], precision: torch.dtype, device: torch.device) -> Tensor:
    return torch.empty(shape, dtype=precision, device=device, memory_format=torch.channels_last)


def _launch(
    kernel: Any, length: int, part: int, *arguments: Any, block: int = 0, count: int = 1, **constants: Any
) -> None:
    """Start a program for each ``part`` of ``length``, of each of ``count`` pictures."""
    device = arguments[0].device
    with torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext():
        kernel[(math.ceil(length / part), count)](*arguments, **constants, BLOCK=block or part, **OPTIONS)
