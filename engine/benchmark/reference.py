"""The reference: the usual loop of style transfer, in fp32, on one canvas, from the photo.

Gatys et al. (2016) with the choices that PyTorch's tutorial made popular: L-BFGS as it comes, pixels clamped
before every evaluation, mean squared errors of Gram matrices. Only its eyes are ours (relu4_2; relu1_1 …
relu5_1, average pooling), because the tutorial's first five convolutions are known to paint worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.benchmark.stopwatch import Stopwatch
from engine.painting.features import Features

CONTENT_LAYER: Final = "relu4_2"
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_WEIGHT: Final = 1.0
STYLE_WEIGHT: Final = 1e6
_WANTED: Final = frozenset((CONTENT_LAYER, *STYLE_LAYERS))


@dataclass(frozen=True, slots=True)
class Mark:
    """The reference's picture at one time."""

    iterations: int
    """Evaluations of the loss so far."""
    seconds: float
    """Time so far, including the targets', without the consumer's time between two marks."""
    loss: float
    """Loss of the last evaluation."""
    pixels: Tensor = field(repr=False)
    """1×3×H×W in [0, 1], a copy."""


def paint(features: Features, photo: Tensor, painting: Tensor, marks: Sequence[int]) -> Iterator[Mark]:
    """Paint, and yield the picture after each of ``marks`` iterations, in one run.

    Args:
        features: the eyes, in fp32.
        photo: 1×3×H×W in [0, 1]; the canvas has its size.
        painting: 1×3×h×w in [0, 1].
        marks: numbers of iterations, ascending.
    """
    watch = Stopwatch(photo.device)
    with watch:
        loop = _Loop(features, photo, painting)
    for mark in marks:
        with watch:
            loop.run_to(mark)
        yield Mark(loop.evaluations, watch.seconds, float(loop.loss), loop.canvas.detach().clone())


def iterations(features: Features, photo: Tensor, painting: Tensor) -> Iterator[None]:
    """Yield after each iteration, without end; arguments as in :func:`paint`."""
    loop = _Loop(features, photo, painting)
    while True:
        loop.run_to(loop.evaluations + 1)
        yield


class _Loop:
    def __init__(self, features: Features, photo: Tensor, painting: Tensor) -> None:
        self.features = features
        with torch.no_grad():
            self.content = features(photo, frozenset({CONTENT_LAYER}))[CONTENT_LAYER]
            seen = features(painting, frozenset(STYLE_LAYERS))
            self.style = {layer: gram(seen[layer]) for layer in STYLE_LAYERS}
        self.canvas = photo.clone().requires_grad_()
        self.optimizer = torch.optim.LBFGS([self.canvas])
        (self._options,) = self.optimizer.param_groups
        self._stride: int = self._options["max_iter"]
        self.evaluations = 0
        self.loss = torch.tensor(torch.nan)

    def run_to(self, mark: int) -> None:
        with _torchs_own_switches():
            while self.evaluations < mark:
                # L-BFGS keeps its memory between steps, so that a shorter step changes nothing but its end.
                self._options["max_iter"] = min(self._stride, mark - self.evaluations)
                self.optimizer.step(self._evaluate)  # type: ignore[no-untyped-call]
            self._clamp()

    def _evaluate(self) -> Tensor:
        self._clamp()
        self.optimizer.zero_grad()
        seen = self.features(self.canvas, _WANTED)
        content = functional.mse_loss(seen[CONTENT_LAYER], self.content)
        errors = [functional.mse_loss(gram(seen[layer]), aim) for layer, aim in self.style.items()]
        loss = CONTENT_WEIGHT * content + STYLE_WEIGHT * torch.stack(errors).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        self.loss = loss.detach()
        self.evaluations += 1
        return loss

    @torch.no_grad()
    def _clamp(self) -> None:
        self.canvas.clamp_(0, 1)


@contextmanager
def _torchs_own_switches() -> Iterator[None]:
    """Undo the CUDA settings of our painter's ``prepare``, which must not affect the reference."""
    cudnn = torch.backends.cudnn
    convolutions = getattr(cudnn, "conv", None)  # a torch before 2.9 has no such switch
    before = convolutions and convolutions.fp32_precision, cudnn.deterministic
    try:
        if convolutions:
            convolutions.fp32_precision = "tf32"
        cudnn.deterministic = False
        yield
    finally:
        if convolutions:
            convolutions.fp32_precision = before[0]
        cudnn.deterministic = before[1]


def gram(activations: Tensor) -> Tensor:
    """Return the Gram matrix (C×C) of 1×C×h×w activations, over C·h·w."""
    channels = activations.squeeze(0).flatten(1)
    return channels @ channels.T / channels.numel()
