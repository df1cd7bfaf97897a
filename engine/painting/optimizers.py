"""Optimizers for a batch of canvases: each canvas descends by itself, all of them in one pass.

One evaluation of the loss an iteration, no line search, and no reading from the device, for which the host
would wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.recipe import OptimizerName
from engine.painting.tensors import from_rows, rows

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
    """Limited-memory BFGS in its compact form (Byrd, Nocedal & Schnabel 1994, theorem 2.2).

    A step reads the history three times as a whole: once for the inner products of the newest bend, once for
    those of the gradient, once for the sum. Between them are triangular systems of :data:`HISTORY` unknowns.

    It begins afresh on every canvas: curvature that was measured on a coarser one gained nothing.
    """

    def __init__(self, history: int = HISTORY) -> None:
        self.history = history
        self._pairs: _Pairs | None = None
        self._gradient: Tensor | None = None
        self._change: Tensor | None = None

    def step(self, pixels: Tensor, gradient: Tensor) -> None:
        """Move by the approximate Newton step, shortened to :data:`MAX_STEP`."""
        if self._gradient is not None and self._change is not None:
            self._remember(self._change, gradient - self._gradient)
        direction = self._inverse_hessian_times(gradient)
        length = _rms(direction).clamp_min(1e-30)
        shorten = FIRST_STEP / length
        if self._pairs is not None:
            known = self._pairs.scale.view(-1, 1, 1, 1) > 0
            shorten = torch.where(known, (MAX_STEP / length).clamp_max(1), shorten)
        change = direction * -shorten
        self._gradient, self._change = gradient, change
        pixels.add_(change)

    def best(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def resize(self, height: int, width: int) -> None:  # noqa: ARG002 - it forgets, whatever comes
        """Drop all pairs."""
        self._pairs = self._gradient = self._change = None

    def state(self) -> dict[str, Tensor]:
        """Return nothing: no pair outlasts a canvas."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restore nothing."""

    def _remember(self, change: Tensor, bend: Tensor) -> None:
        if self._pairs is None:
            self._pairs = _Pairs(rows(change), self.history)
        self._pairs.add(rows(change), rows(bend))

    def _inverse_hessian_times(self, gradient: Tensor) -> Tensor:
        if self._pairs is None:
            return gradient
        return from_rows(self._pairs.inverse_hessian_times(rows(gradient)), gradient)


class _Pairs:
    """The latest changes of N canvases and bends of their gradients, D numbers each, in a ring."""

    def __init__(self, like: Tensor, size: int) -> None:
        """Make room for ``size`` pairs of tensors like an N×D one."""
        count, length = like.shape
        self.size, self.added = size, 0
        self.history = like.new_zeros(count, 2 * size, length)
        """The changes, then the bends."""
        self.changes_bends = like.new_zeros(count, size, size)
        """Inner products of each change with its bend and with later ones."""
        self.bends_bends = like.new_zeros(count, size, size)
        self.sound = like.new_zeros(count, size)
        """1 for a pair of positive curvature, else 0: it then counts for nothing, without a branch."""
        self.scale = like.new_zeros(count, 1)
        """How long a step the last curvature suggests; 0 while none is known."""

    def add(self, change: Tensor, bend: Tensor) -> None:
        """Take a pair in, N×D each, in the place of the oldest."""
        size, place = self.size, self.added % self.size
        self.added += 1
        self.history[:, place], self.history[:, size + place] = change, bend
        products = (self.history @ bend[..., None])[..., 0]
        # What the newest change has in common with older bends is below the triangle, and never read.
        self.changes_bends[:, :, place] = products[:, :size]
        self.bends_bends[:, place] = self.bends_bends[:, :, place] = products[:, size:]
        curvature, square = products[:, place], products[:, size + place]
        sound = curvature > 1e-10 * (square * _squared(change)).sqrt()
        self.sound[:, place] = sound
        self.scale = torch.where(sound, curvature / square.clamp_min(1e-30), self.scale[:, 0])[:, None]

    def inverse_hessian_times(self, gradient: Tensor) -> Tensor:
        """Return N×D, for N×D.

        With the changes S, the bends Y, the scale γ and R, the upper triangle of SᵀY with the pairs in their
        order in time: α = R⁻¹Sᵀg, β = R⁻ᵀ(diag(R)α + γ(YᵀYα - Yᵀg)), and the result is γ(g - Yα) + Sβ.
        """
        turn = -(self.added % self.size) if self.added > self.size else 0  # the oldest first
        sound = self.sound.roll(turn, 1)[..., None]
        scale = torch.where(self.scale > 0, self.scale, 1)[..., None]
        products = (self.history @ gradient[..., None]).view(-1, 2, self.size, 1).roll(turn, 2)
        with_changes, with_bends = products[:, 0] * sound, products[:, 1]
        triangle = self.changes_bends.roll((turn, turn), (1, 2)).triu() * sound * sound.mT
        triangle = triangle + torch.diag_embed(1 - sound[..., 0])
        alpha = torch.linalg.solve_triangular(triangle, with_changes, upper=True)
        bends_bends = self.bends_bends.roll((turn, turn), (1, 2))
        right = triangle.diagonal(dim1=1, dim2=2)[..., None] * alpha
        right = (right + scale * (bends_bends @ alpha - with_bends)) * sound
        beta = torch.linalg.solve_triangular(triangle.mT, right, upper=False)
        weights = torch.cat((beta.roll(-turn, 1), -scale * alpha.roll(-turn, 1)), 1)
        return torch.baddbmm(scale * gradient[:, None], weights.mT, self.history)[:, 0]


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


def _rms(a: Tensor) -> Tensor:
    """N×1×1×1: over the pixels that move, since a mask may leave but a few."""
    moving = torch.linalg.vector_norm(a, ord=0, dim=3).sum((1, 2)).clamp_min(1)
    found: Tensor = (_squared(rows(a)) / moving).sqrt().view(-1, 1, 1, 1)
    return found


def _squared(a: Tensor) -> Tensor:
    """N numbers, of N×D."""
    found: Tensor = torch.bmm(a[:, None], a[..., None])[:, 0, 0]
    return found
