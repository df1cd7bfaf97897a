"""The reference: the usual loop of style transfer, in fp32, on one canvas, from the photo.

The losses are those of Gatys et al. (2016), at the paper's layers, as in ``paint --classic``; a test compares
the two. The code is independent, in plain PyTorch: a contest against our own sums, tiles and L-BFGS would be
one against ourselves. The rest is what PyTorch's tutorial made popular: torch's L-BFGS as it comes, pixels
clamped before every evaluation, the photo as first canvas, and the tutorial's weights. White noise, as in the
paper, needs many more iterations for the same likeness and would make an easier opponent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from engine.benchmark.stopwatch import Stopwatch
from engine.painting.features import Features

CONTENT_LAYER: Final = "relu4_2"
STYLE_LAYERS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_WEIGHT: Final = 1.0
"""The tutorial's, of the mean squared error of the content."""
STYLE_WEIGHT: Final = 1e6
"""The tutorial's, of the mean squared errors of Gram matrices over C·h·w."""
POOLING: Final = "average"
"""The paper's."""
_LAYERS: Final = frozenset((CONTENT_LAYER, *STYLE_LAYERS))


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


def paint(features: Features, photo: Tensor, style_image: Tensor, marks: Sequence[int]) -> Iterator[Mark]:
    """Paint, and yield the picture after each of ``marks`` iterations, in one run.

    Args:
        features: VGG, in fp32.
        photo: 1×3×H×W in [0, 1]; the canvas has its size.
        style_image: 1×3×h×w in [0, 1].
        marks: numbers of iterations, ascending.
    """
    watch = Stopwatch(photo.device)
    with watch:
        loop = _Loop(features, photo, style_image)
    for mark in marks:
        with watch:
            loop.run_to(mark)
        yield Mark(loop.evaluations, watch.seconds, float(loop.loss), loop.canvas.detach().clone())


def iterations(features: Features, photo: Tensor, style_image: Tensor) -> Iterator[None]:
    """Yield after each iteration, without end; arguments as in :func:`paint`."""
    loop = _Loop(features, photo, style_image)
    while True:
        loop.run_to(loop.evaluations + 1)
        yield


class _Loop:
    def __init__(self, features: Features, photo: Tensor, style_image: Tensor) -> None:
        self.features = features
        with torch.no_grad():
            self.content = features(photo, frozenset({CONTENT_LAYER}), POOLING)[CONTENT_LAYER]
            activations = features(style_image, frozenset(STYLE_LAYERS), POOLING)
            self.style = {layer: gram(activations[layer]) for layer in STYLE_LAYERS}
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
        content, style = self.losses()
        # The paper's errors in the tutorial's units: means instead of sums, Gram matrices over C·h·w.
        mean_content = content * 2 / self.content.numel()
        mean_style = torch.stack([style[layer] * 4 / aim.numel() for layer, aim in self.style.items()]).sum()
        loss: Tensor = CONTENT_WEIGHT * mean_content + STYLE_WEIGHT * mean_style
        loss.backward()  # type: ignore[no-untyped-call]
        self.loss = loss.detach()
        self.evaluations += 1
        return loss

    def losses(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the errors of the content and of each style layer (Gatys et al. 2016, equations 1 and 4)."""
        activations = self.features(self.canvas, _LAYERS, POOLING)
        content = (activations[CONTENT_LAYER] - self.content).square().sum() / 2
        return content, {
            layer: (gram(activations[layer]) - aim).square().sum() / (4 * aim.numel())
            for layer, aim in self.style.items()
        }

    @torch.no_grad()
    def _clamp(self) -> None:
        self.canvas.clamp_(0, 1)


@contextmanager
def _torchs_own_switches() -> Iterator[None]:
    """Undo the CUDA settings of our painter's ``prepare``, which must not affect the reference."""
    cudnn = torch.backends.cudnn
    convolutions = cudnn.conv  # type: ignore[attr-defined]
    before = convolutions.fp32_precision, cudnn.deterministic
    try:
        convolutions.fp32_precision = "tf32"
        cudnn.deterministic = False
        yield
    finally:
        convolutions.fp32_precision = before[0]
        cudnn.deterministic = before[1]


def gram(activations: Tensor) -> Tensor:
    """Return the Gram matrix (C×C) of 1×C×h×w activations, over h·w."""
    channels = activations.squeeze(0).flatten(1)
    return channels @ channels.T / channels.shape[1]
