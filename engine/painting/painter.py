"""The painter: a photo and paintings in, ever better canvases out, and at the end a painting."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor
from torch.nn import functional

from engine.errors import NumericalError, RecipeError
from engine.painting.colours import match_colours
from engine.painting.energy import Energy, Losses
from engine.painting.ladder import Rung, canvas, cost, plan
from engine.painting.network import Network
from engine.painting.recipe import Recipe

HISTORY: Final = 10
"""Pairs that L-BFGS remembers."""
JITTER: Final = 0.03
"""Standard deviation of the noise on the first canvas, in [0, 1]: what makes two seeds differ."""

NOTES: Final = {
    "photo-smaller-than-size": "The photo has fewer pixels than the size asked for; it is not enlarged.",
    "painting-smaller-than-canvas": "A painting is smaller than the canvas; a larger one has finer strokes.",
    "fell-back-to-fp32": "Fast arithmetic failed on this picture; it was painted in full precision.",
}
"""What a result may have to say for itself, by code."""


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration done."""

    done: float
    """Share of the whole work, 0 to 1."""
    rung: int
    rungs: int
    iteration: int
    """Within the rung, from 1."""
    finishes_rung: bool
    """Whether this was the rung's last iteration: the time for a checkpoint."""
    losses: Losses
    pixels: Tensor = field(repr=False)
    """1×3×H×W, about [0, 1]: the canvas itself, so the next step changes it."""

    def picture(self) -> Image.Image:
        """Render the canvas as it is now."""
        return to_image(self.pixels)

    def checkpoint(self) -> bytes:
        """Keep the finished rung's canvas, exactly, so that a later run goes on from it."""
        return save_safetensors({"canvas": self.pixels.detach().cpu(), "rung": torch.tensor(self.rung)})


@dataclass(frozen=True, slots=True)
class Painting:
    """The result."""

    image: Image.Image
    facts: dict[str, Any]
    """width, height, iterations, megapixel_iterations, seconds, device, precision, network, content_loss,
    style_loss, notes."""


def paint(
    network: Network,
    photo: Image.Image,
    styles: Sequence[Image.Image],
    recipe: Recipe,
    checkpoint: bytes | None = None,
) -> Iterator[Step | Painting]:
    """Paint ``photo`` in the style of ``styles``.

    Yields a :class:`Step` after every iteration and one :class:`Painting` at the end. Whoever consumes
    this may stop at any time; that is how cancelling works.

    Args:
        network: the eyes.
        photo: RGB.
        styles: one or more RGB paintings, weighted by the recipe.
        recipe: how to paint.
        checkpoint: what :meth:`Step.checkpoint` gave in an earlier run of the same painting; a damaged one,
            or another plan's, is passed over.

    Raises:
        RecipeError: not one weight for each style.
        NumericalError: not finite, in fp32 too.
    """
    if len(recipe.style_weights) != len(styles):
        raise RecipeError(f"{len(styles)} paintings need as many weights, not {len(recipe.style_weights)}.")
    precisions = [network.precision]
    if network.precision != torch.float32:
        precisions.append(torch.float32)
    for precision in precisions:
        try:
            for step in _Run(network, photo, styles, recipe, precision).paint(checkpoint):
                if isinstance(step, Step) and step.finishes_rung and precision != precisions[-1]:
                    checkpoint = step.checkpoint()  # what is good so far need not be painted again
                yield step
        except NumericalError:
            if precision == precisions[-1]:
                raise
        else:
            return


class _Run:
    def __init__(
        self,
        network: Network,
        photo: Image.Image,
        styles: Sequence[Image.Image],
        recipe: Recipe,
        precision: torch.dtype,
    ) -> None:
        self.network, self.photo, self.styles, self.recipe = network, photo, styles, recipe
        self.features = network.features(precision)
        self.precision = precision
        self.rungs = plan(*photo.size, recipe.size, recipe.quality)

    def paint(self, checkpoint: bytes | None) -> Iterator[Step | Painting]:
        started = time.perf_counter()
        first, pixels = self._resume(checkpoint)
        work, spent = cost(self.rungs), cost(self.rungs[:first])
        losses: Losses | None = None
        for number, rung in enumerate(self.rungs[first:], start=first):
            pixels = self._start(rung) if pixels is None else _resize(pixels, rung)
            energy = self._energy(rung)
            iterations = descend(energy, pixels, rung.iterations)
            for iteration, losses in enumerate(iterations, start=1):
                spent += rung.cost / rung.iterations
                finished = iteration == rung.iterations
                _check_finite(losses, pixels, thoroughly=finished)
                yield Step(spent / work, number, len(self.rungs), iteration, finished, losses, pixels)
        assert pixels is not None  # noqa: S101 - a plan has at least one rung
        yield Painting(to_image(pixels), self._facts(losses, time.perf_counter() - started, first))

    def _resume(self, checkpoint: bytes | None) -> tuple[int, Tensor | None]:
        """Find the rung to begin with, and the canvas to begin from."""
        if checkpoint is None:
            return 0, None
        try:
            number, pixels = read_checkpoint(checkpoint)
        except ValueError:
            return 0, None
        if not 0 <= number < len(self.rungs) - 1:
            return 0, None
        rung = self.rungs[number]
        if pixels.shape != (1, 3, rung.height, rung.width) or not pixels.isfinite().all():
            return 0, None
        return number + 1, pixels.to(self.network.device)

    def _start(self, rung: Rung) -> Tensor:
        generator = torch.Generator().manual_seed(self.recipe.seed)
        noise = torch.randn(1, 3, rung.height, rung.width, generator=generator)
        match self.recipe.init:
            case "photo":
                start = to_tensor(self.photo, (rung.width, rung.height)) + JITTER * noise
            case "painting":
                fitted = ImageOps.fit(self.styles[0], (rung.width, rung.height), Image.Resampling.LANCZOS)
                start = to_tensor(fitted) + JITTER * noise
            case "noise":
                start = 0.5 + 0.2 * noise
        return start.clamp(0, 1).to(self.network.device)

    def _energy(self, rung: Rung) -> Energy:
        device = self.network.device
        photo = to_tensor(self.photo, (rung.width, rung.height))
        size = math.sqrt(rung.width * rung.height)
        paintings = []
        for weight, style in zip(self.recipe.style_weights, self.styles, strict=True):
            painting = to_tensor(style, canvas(*style.size, max(1, round(size * self.recipe.stroke))))
            if self.recipe.keep_colours:
                painting = match_colours(painting, photo)
            paintings.append((weight, painting.to(device)))
        return Energy.towards(self.features, photo.to(device), paintings, self.recipe.alpha)

    def _facts(self, losses: Losses | None, seconds: float, first: int) -> dict[str, Any]:
        final, done = self.rungs[-1], self.rungs[first:]
        return {
            "width": final.width,
            "height": final.height,
            "iterations": sum(rung.iterations for rung in done),
            "megapixel_iterations": round(cost(done), 3),
            "seconds": round(seconds, 3),
            "device": _device_name(self.network.device),
            "precision": str(self.precision).removeprefix("torch."),
            "network": self.network.name,
            "content_loss": round(float(losses.content), 6) if losses else None,
            "style_loss": round(float(losses.style), 6) if losses else None,
            "notes": self._notes(final),
        }

    def _notes(self, final: Rung) -> list[str]:
        """Say what was done differently from what was asked for, in the codes of :data:`NOTES`."""
        notes = []
        if final.width * final.height < 0.98 * self.recipe.size**2:
            notes.append("photo-smaller-than-size")
        wanted = final.width * final.height * self.recipe.stroke**2
        if any(style.width * style.height < 0.98 * wanted for style in self.styles):
            notes.append("painting-smaller-than-canvas")
        if self.precision != self.network.precision:
            notes.append("fell-back-to-fp32")
        return notes


def descend(energy: Energy, pixels: Tensor, iterations: int) -> Iterator[Losses]:
    """Minimise in place by L-BFGS, one evaluation an iteration."""
    pixels.requires_grad_()
    optimiser = torch.optim.LBFGS(
        [pixels], lr=1, max_iter=1, history_size=HISTORY, tolerance_grad=0, tolerance_change=0
    )
    losses: Losses

    def evaluate() -> Tensor:
        nonlocal losses
        optimiser.zero_grad()
        losses = energy(pixels)
        losses.total.backward()  # type: ignore[no-untyped-call]
        return losses.total

    for _ in range(iterations):
        optimiser.step(evaluate)  # type: ignore[no-untyped-call]
        yield Losses(losses.total.detach(), losses.content.detach(), losses.style.detach())


def _check_finite(losses: Losses, pixels: Tensor, *, thoroughly: bool) -> None:
    """Stop at once when a loss is lost; look at the pixels before anybody keeps the canvas."""
    if not math.isfinite(float(losses.total)) or (thoroughly and not pixels.isfinite().all()):
        raise NumericalError("The optimisation diverged: a loss or a pixel is not a finite number.")


def _resize(pixels: Tensor, rung: Rung) -> Tensor:
    size = (rung.height, rung.width)
    return functional.interpolate(pixels.detach(), size, mode="bicubic", align_corners=False).contiguous()


def read_checkpoint(data: bytes) -> tuple[int, Tensor]:
    """Read the number of the finished rung and its 1×3×H×W canvas.

    Raises:
        ValueError: damaged.
    """
    try:
        kept = load_safetensors(data)
        return int(kept["rung"]), kept["canvas"]
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise ValueError("The checkpoint is damaged.") from error


def to_tensor(image: Image.Image, size: tuple[int, int] | None = None) -> Tensor:
    """Turn an RGB image into 1×3×H×W in [0, 1], resized to ``size`` (width, height) with Lanczos."""
    if size is not None and size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float().div(255).contiguous()


def to_image(pixels: Tensor) -> Image.Image:
    """Turn 1×3×H×W in [0, 1] into an RGB image, rounding to the nearest level."""
    levels = pixels.detach()[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0)
    return Image.fromarray(levels.cpu().numpy())


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
