"""Optimizers for a batch of canvases: each canvas descends by itself, all of them in one pass.

One evaluation of the loss an iteration, no line search, and no reading from the device, for which the host
would wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.recipe import OptimizerName

HISTORY: Final = 10
"""Pairs of steps and changes of the gradient that L-BFGS keeps."""
FIRST_STEP: Final = 0.01
"""Root mean square of L-BFGS's first step, in [0, 1]: nothing is known of the curvature yet."""
MAX_STEP: Final = 0.1
"""Largest root mean square of a later step, in place of a line search."""
RATE: Final = 0.05
"""Adam's learning rate, in [0, 1]."""
BETAS: Final = (0.9, 0.99)
"""Adam's decay of the averages of gradients and of their squares."""
AVERAGING: Final = 0.9
"""Decay of Adam's average over its iterates."""


class Optimizer(Protocol):
    """Moves N×3×H×W pixels, from coarse canvases to fine ones."""

    def step(self, pixels: Tensor, gradient: Tensor) -> None:
        """Move the pixels, in place, for the gradient at the pixels as they are."""
        ...

    def best(self, pixels: Tensor) -> Tensor:
        """Return the result: the pixels themselves, or an average of the iterates."""
        ...

    def resize(self, height: int, width: int) -> None:
        """Prepare for a canvas of another size."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Return what a later run needs to go on from the next canvas as if there had been no pause."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore a :meth:`state`."""
        ...


class LBFGS:
    """Limited-memory BFGS (Liu & Nocedal 1989; Nocedal & Wright, algorithm 7.4).

    It begins afresh on every canvas: curvature that was measured on a coarser one gained nothing.
    """

    def __init__(self, history: int = HISTORY) -> None:
        self._pairs: deque[tuple[Tensor, Tensor, Tensor]] = deque(maxlen=history)
        self._gradient: Tensor | None = None
        self._change: Tensor | None = None
        self._scale: Tensor | None = None
        """N×1×1×1: how long a step the last curvature suggests; 0 while none is known."""

    def step(self, pixels: Tensor, gradient: Tensor) -> None:
        """Move by the approximate Newton step, shortened to :data:`MAX_STEP`."""
        if self._gradient is not None and self._change is not None:
            self._remember(self._change, gradient - self._gradient)
        if self._scale is None:
            self._scale = torch.zeros_like(_dot(gradient, gradient))
        direction = -self._inverse_hessian_times(gradient)
        length = _rms(direction).clamp_min(1e-30)
        shorten = torch.where(self._scale > 0, (MAX_STEP / length).clamp_max(1), FIRST_STEP / length)
        change = direction * shorten
        self._gradient, self._change = gradient, change
        pixels.add_(change)

    def best(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def resize(self, height: int, width: int) -> None:  # noqa: ARG002 - it forgets, whatever comes
        """Drop all pairs."""
        self._pairs.clear()
        self._gradient = self._change = self._scale = None

    def state(self) -> dict[str, Tensor]:
        """Return nothing: no pair outlasts a canvas."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore nothing."""

    def _remember(self, change: Tensor, bend: Tensor) -> None:
        """Keep a pair; one without positive curvature gets a weight of zero, without a branch."""
        curvature = _dot(change, bend)
        sound = curvature > 1e-10 * _dot(bend, bend).sqrt() * _dot(change, change).sqrt()
        inverse = torch.where(sound, 1 / curvature, 0)
        self._pairs.append((change, bend, inverse))
        if self._scale is not None:
            scale = curvature / _dot(bend, bend).clamp_min(1e-30)
            self._scale = torch.where(sound, scale, self._scale)

    def _inverse_hessian_times(self, gradient: Tensor) -> Tensor:
        result = gradient
        weights = []
        for change, bend, inverse in reversed(self._pairs):
            weight = inverse * _dot(change, result)
            weights.append(weight)
            result = torch.addcmul(result, weight, bend, value=-1)
        if self._scale is not None:
            result = result * torch.where(self._scale > 0, self._scale, 1)
        for (change, bend, inverse), weight in zip(self._pairs, reversed(weights), strict=True):
            result = torch.addcmul(result, weight - inverse * _dot(bend, result), change)
        return result


class Adam:
    """Adam (Kingma & Ba 2015), with an exponential average of the iterates as its result.

    A third of the memory of L-BFGS. The moments are resized with the canvas.
    """

    def __init__(self, rate: float = RATE) -> None:
        self.rate = rate
        self._mean: Tensor | None = None
        self._square: Tensor | None = None
        self._average: Tensor | None = None
        self._steps = 0
        self._averaged = 0

    def step(self, pixels: Tensor, gradient: Tensor) -> None:
        """Move every pixel by about the rate."""
        if self._mean is None or self._square is None:
            self._mean, self._square = torch.zeros_like(pixels), torch.zeros_like(pixels)
        if self._average is None:
            self._average = torch.zeros_like(pixels)
        self._steps += 1
        self._averaged += 1
        first, second = BETAS
        self._mean.lerp_(gradient, 1 - first)
        self._square.lerp_(gradient.square(), 1 - second)
        spread = (self._square / (1 - second**self._steps)).sqrt_().add_(1e-12)
        pixels.addcdiv_(self._mean, spread, value=-self.rate / (1 - first**self._steps))
        pixels.clamp_(0, 1)
        self._average.lerp_(pixels, 1 - AVERAGING)

    def best(self, pixels: Tensor) -> Tensor:
        """Return the average of this canvas's iterates, corrected for its start at zero."""
        if self._average is None:
            return pixels
        return self._average / (1 - AVERAGING**self._averaged)

    def resize(self, height: int, width: int) -> None:
        """Resize the moments; the average begins afresh.

        The loss is relative, so a canvas of twice the pixels has gradients half as large.
        """
        if self._mean is not None and self._square is not None:
            share = self._mean.shape[2] * self._mean.shape[3] / (height * width)
            size = (height, width)
            self._mean = functional.interpolate(self._mean, size, mode="bicubic") * share
            self._square = functional.interpolate(self._square, size, mode="bilinear") * share**2
        self._average, self._averaged = None, 0

    def state(self) -> dict[str, Tensor]:
        """Return the moments."""
        if self._mean is None or self._square is None:
            return {}
        return {"mean": self._mean, "square": self._square, "steps": torch.tensor(self._steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore the moments; another optimizer's state has none."""
        if state:
            self._mean, self._square, self._steps = state["mean"], state["square"], int(state["steps"])


OPTIMIZERS: Final[Mapping[OptimizerName, Callable[[], Optimizer]]] = {"lbfgs": LBFGS, "adam": Adam}
"""The optimizers that a recipe may name."""


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """N×1×1×1."""
    return (a * b).sum((1, 2, 3), keepdim=True)


def _rms(a: Tensor) -> Tensor:
    """N×1×1×1: over the pixels that move, since a mask may leave but a few."""
    moving = (a != 0).sum((1, 2, 3), keepdim=True).clamp_min(1)
    return (a.square().sum((1, 2, 3), keepdim=True) / moving).sqrt()
