"""The painter: photos and paintings in, ever better canvases out, and at the end a painting of each photo."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.errors import NumericalError, OutOfMemoryError, RecipeError
from engine.painting.checkpoint import read_checkpoint
from engine.painting.colours import match_colours, recolour
from engine.painting.loss import (
    PIXELS,
    FeatureExtractor,
    Losses,
    StyleStatistics,
    StyleTransferLoss,
    Target,
    blend_styles,
)
from engine.painting.memory import choose_method
from engine.painting.network import Network
from engine.painting.optimizers import LBFGS, Adam, Optimizer
from engine.painting.recipe import STROKES, Recipe
from engine.painting.scales import Scale, canvas, cost, plan
from engine.painting.tensors import resize, to_image, to_mask, to_tensor

JITTER: Final = 0.03
"""Standard deviation of the noise on the first canvas, in [0, 1]: what makes two seeds differ."""
LOOK: Final = 16
"""Iterations on a GPU between two looks at whether the numbers are still finite: a look waits for it."""

NOTES: Final = {
    "photo-smaller-than-size": "The photo has fewer pixels than the size asked for; it is not enlarged.",
    "painting-smaller-than-canvas": "A painting is smaller than the canvas; a larger one has finer strokes.",
    "fell-back-to-fp32": "Fast arithmetic failed on this picture; it was painted in full precision.",
    "painted-in-tiles": "The canvas is larger than the memory; it was painted in tiles, which takes longer.",
    "painted-by-adam": "The canvas is far larger than the memory; a thriftier optimizer painted it.",
    "painted-smaller": "There was not enough memory for the size asked for; it was painted smaller.",
    "animation-first-frame": "One of the pictures is an animation; its first frame was painted.",
}
"""What a result may have to say for itself, by code."""

_NO_MEMORY: Final = (
    "can't allocate memory",
    "could not create a primitive",
    "could not execute a primitive",
    "could not create a memory object",
)
"""What a CPU that has no memory left says: torch's allocator, and oneDNN, which convolves."""


@dataclass(frozen=True, slots=True)
class Commission:
    """One painting to be painted."""

    photo: Image.Image
    """RGB."""
    styles: Sequence[Image.Image]
    """One or more RGB paintings, weighted by the recipe."""
    recipe: Recipe
    mask: Image.Image | None = None
    """White where the style goes; it is resized to the photo. Elsewhere the photo stays as it is."""
    presets: Sequence[str | None] = ()
    """The id of each style that is a preset: nobody's secret, so a :class:`StyleStore` may keep it."""
    checkpoint: bytes | None = None
    """What :meth:`Step.checkpoint` gave in an earlier run of the same commission; a damaged one, or
    another plan's, is passed over."""


class StyleStore(Protocol):
    """Remembers presets from one run to the next."""

    def style(self, extractor: FeatureExtractor, painting: Tensor, *, gram: bool) -> StyleStatistics:
        """Return what :meth:`FeatureExtractor.style` returns for a 1×3×H×W painting, to the last bit."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration done."""

    done: float
    """Share of the whole work, 0 to 1."""
    scale: int
    scales: int
    iteration: int
    """Within the scale, from 1."""
    finishes_scale: bool
    """Whether this was the scale's last iteration."""
    losses: Losses
    pixels: Tensor = field(repr=False)
    """N×3×H×W, about [0, 1]: the canvases themselves, so the next step changes them."""
    loss: StyleTransferLoss = field(repr=False)
    optimizer: Optimizer = field(repr=False)

    @property
    def leaves_checkpoint(self) -> bool:
        """Whether this finishes a scale that another follows: the time for a checkpoint."""
        return self.finishes_scale and self.scale + 1 < self.scales

    def picture(self, number: int = 0) -> Image.Image:
        """Render a canvas as it is now."""
        return to_image(self.snapshot()[number])

    def snapshot(self) -> Tensor:
        """Copy the pictures as they are now, N×3×H×W, without waiting for the device."""
        shown = self.loss.picture(self.optimizer.best(self.pixels))
        return shown.clone() if shown is self.pixels else shown

    def checkpoint(self, number: int = 0) -> bytes:
        """Keep a finished scale's canvas, exactly, so that a later run goes on from it."""
        kept = {
            name: part[number : number + 1] if part.dim() else part for name, part in self._state().items()
        }
        out = io.BytesIO()
        arrays: dict[str, Any] = {name: part.detach().cpu().numpy() for name, part in kept.items()}
        np.savez(out, **arrays)
        return out.getvalue()

    def _state(self) -> dict[str, Tensor]:
        moments = {f"optimizer.{name}": part for name, part in self.optimizer.state().items()}
        return {"canvas": self.optimizer.best(self.pixels), "scale": torch.tensor(self.scale), **moments}


@dataclass(frozen=True, slots=True)
class Painting:
    """The result."""

    image: Image.Image
    facts: dict[str, Any]
    """width, height, iterations, megapixel_iterations, seconds, device, precision, network, optimizer,
    tile, content_loss, style_loss, notes. The seconds are those of the whole batch."""


def paint(
    network: Network,
    *commissions: Commission,
    memory: int | None = None,
    store: StyleStore | None = None,
) -> Iterator[Step | Painting]:
    """Paint one commission, or several of one canvas shape and quality in one pass.

    Yields a :class:`Step` after every iteration and at the end one :class:`Painting` for each commission, in
    their order. Whoever consumes this may stop at any time; that is how cancelling works.

    Args:
        network: the eyes.
        commissions: what to paint.
        memory: bytes that the run may take; what the device has free if not said. It is never exceeded by
            choice: the run looks at the canvas in tiles, or takes a thriftier optimizer, and says so.
        store: where presets need not be looked at again; the painting is the same with it and without.

    Raises:
        RecipeError: commissions that do not belong together, a mask without any white, not one weight for
            each style.
        OutOfMemoryError: no way of painting it fits, or the device had less than it said.
        NumericalError: not finite, in fp32 too.
    """
    check(*commissions)
    precisions = [network.precision]
    if network.precision != torch.float32:
        precisions.append(torch.float32)
    checkpoints: Sequence[bytes | None] = [commission.checkpoint for commission in commissions]
    for precision in precisions:
        try:
            for step in _Run(network, commissions, precision, memory, store).paint(checkpoints):
                if isinstance(step, Step) and step.leaves_checkpoint and precision != precisions[-1]:
                    # What is good so far need not be painted again.
                    checkpoints = [step.checkpoint(number) for number in range(len(commissions))]
                yield step
                del step  # or its canvases would outlive a run that fails
        except NumericalError:
            if precision == precisions[-1]:
                raise
        except (RuntimeError, MemoryError) as error:
            if not _is_out_of_memory(error):
                raise
            message = "The painting needs more memory than there is; try a smaller size."
            raise OutOfMemoryError(message) from error
        else:
            return


def check(*commissions: Commission) -> None:
    """Refuse what :func:`paint` would refuse, before a network is at hand.

    Raises:
        RecipeError: as there.
    """
    if not commissions:
        raise RecipeError("There is nothing to paint.")
    for commission in commissions:
        styles, weights = len(commission.styles), len(commission.recipe.style_weights)
        if styles != weights:
            raise RecipeError(f"Each painting needs one weight: {styles}, not {weights}.")
        if commission.mask is not None:
            coarsest = plan(*commission.photo.size, commission.recipe.size, commission.recipe.quality)[0]
            if not to_mask(commission.mask, (coarsest.width, coarsest.height)).any():
                raise RecipeError("The mask is all black, or nearly: white is where the style goes.")
    shapes = {
        (plan(*each.photo.size, each.recipe.size, each.recipe.quality), each.recipe.statistic,
         each.recipe.optimizer)
        for each in commissions
    }  # fmt: skip
    if len(shapes) > 1:
        raise RecipeError("One pass needs one canvas shape, quality, statistic and optimizer for all.")


class _Run:
    def __init__(
        self,
        network: Network,
        commissions: Sequence[Commission],
        precision: torch.dtype,
        memory: int | None,
        store: StyleStore | None,
    ) -> None:
        self.network, self.commissions, self.precision, self.store = network, commissions, precision, store
        first = commissions[0]
        self.recipe = first.recipe
        self.scales = plan(*first.photo.size, self.recipe.size, self.recipe.quality)
        stroke = max(_stroke_that_counts(commission, self.scales[-1]) for commission in commissions)
        dearest = replace(self.recipe, stroke=stroke)
        self.method = choose_method(network, precision, self.scales[-1], len(commissions), dearest, memory)
        self.extractor = FeatureExtractor(network.features(precision), self.method.tile)

    def paint(self, checkpoints: Sequence[bytes | None]) -> Iterator[Step | Painting]:
        started = time.perf_counter()
        optimizer: Optimizer = Adam() if self.method.optimizer == "adam" else LBFGS()
        first, pixels = self._resume(checkpoints, optimizer)
        work, spent = cost(self.scales), cost(self.scales[:first])
        pace = _Pace(self.network.device)
        for number, scale in enumerate(self.scales[first:], start=first):
            targets = [self._target(commission, scale) for commission in self.commissions]
            loss = StyleTransferLoss(self.extractor, targets, gram=self.recipe.statistic == "gram")
            if pixels is None:
                starts = map(_first_canvas, self.commissions, targets)
                pixels = torch.cat(list(starts)).to(self.network.device)
            else:
                pixels = resize(pixels, scale.height, scale.width)
                optimizer.resize(scale.height, scale.width)
            for iteration in range(1, scale.iterations + 1):
                losses, gradient = loss.evaluate(pixels)
                optimizer.step(pixels, gradient)
                pace.keep()
                spent += scale.cost / scale.iterations
                finished = iteration == scale.iterations
                if finished or pixels.device.type == "cpu" or iteration % LOOK == 0:
                    _check_finite(losses, pixels, thoroughly=finished)
                yield Step(
                    spent / work,
                    number,
                    len(self.scales),
                    iteration,
                    finished,
                    losses,
                    pixels,
                    loss,
                    optimizer,
                )
            pixels = optimizer.best(pixels)
        assert pixels is not None  # noqa: S101 - a plan has at least one scale, and resuming leaves one
        pictures = loss.picture(pixels).cpu()
        seconds = time.perf_counter() - started
        for number, picture in enumerate(pictures):
            yield Painting(to_image(picture), self._facts(number, losses, seconds, first))

    def _resume(self, checkpoints: Sequence[bytes | None], optimizer: Optimizer) -> tuple[int, Tensor | None]:
        """Find the scale to begin with, and the canvases to begin from: those of all, or none."""
        try:
            kept = [read_checkpoint(data or b"") for data in checkpoints]
            scales = {int(part["scale"]) for part in kept}
            number = scales.pop()
            if scales or not 0 <= number < len(self.scales) - 1:
                return 0, None
            joined = {
                name: torch.cat([part[name] for part in kept]).to(self.network.device) if part.dim() else part
                for name, part in kept[0].items()
            }
            pixels, scale = joined["canvas"], self.scales[number]
            fits = (len(kept), 3, scale.height, scale.width)
            for plane in (pixels, *(part for part in joined.values() if part.dim())):
                if plane.shape != fits or plane.dtype != torch.float32 or not plane.isfinite().all():
                    return 0, None
            prefix = "optimizer."
            optimizer.restore(
                {name.removeprefix(prefix): part for name, part in joined.items() if name.startswith(prefix)}
            )
        except (ValueError, KeyError, RuntimeError, OverflowError):
            return 0, None
        return number + 1, pixels

    def _target(self, commission: Commission, scale: Scale) -> Target:
        device, recipe = self.network.device, commission.recipe
        size = (scale.width, scale.height)
        photo = to_tensor(commission.photo, size)
        style_size = max(1, round(math.sqrt(scale.width * scale.height) * recipe.stroke))
        styles: list[tuple[float, StyleStatistics]] = []
        gram = recipe.statistic == "gram"
        for number, (weight, style) in enumerate(zip(recipe.style_weights, commission.styles, strict=True)):
            painting = to_tensor(style, canvas(*style.size, style_size))
            if recipe.keep_colours:
                painting = match_colours(painting, photo)
            if self.store and any(commission.presets[number : number + 1]) and not recipe.keep_colours:
                seen = self.store.style(self.extractor, painting, gram=gram)
            else:
                seen = self.extractor.style(painting.to(device), gram=gram)
            styles.append((weight, seen))
        photo = photo.to(device)
        mask = None if commission.mask is None else to_mask(commission.mask, size).to(device)
        return Target(photo, self.extractor.content(photo), blend_styles(styles), recipe.alpha, mask)

    def _facts(self, number: int, losses: Losses, seconds: float, first: int) -> dict[str, Any]:
        final, done = self.scales[-1], self.scales[first:]
        return {
            "width": final.width,
            "height": final.height,
            "iterations": sum(scale.iterations for scale in done),
            "megapixel_iterations": round(cost(done), 3),
            "seconds": round(seconds, 3),
            "device": _device_name(self.network.device),
            "precision": str(self.precision).removeprefix("torch."),
            "optimizer": self.method.optimizer,
            "tile": self.method.tile,
            "network": self.network.name,
            "content_loss": round(float(losses.content[number]), 6),
            "style_loss": round(float(losses.style[number]), 6),
            "notes": self._notes(self.commissions[number], final),
        }

    def _notes(self, commission: Commission, final: Scale) -> list[str]:
        """Say what was done differently from what was asked for, in the codes of :data:`NOTES`."""
        notes, recipe = [], commission.recipe
        if final.width * final.height < 0.98 * recipe.size**2:
            notes.append("photo-smaller-than-size")
        wanted = final.width * final.height * recipe.stroke**2
        if any(style.width * style.height < 0.98 * wanted for style in commission.styles):
            notes.append("painting-smaller-than-canvas")
        if self.precision != self.network.precision:
            notes.append("fell-back-to-fp32")
        if self.method.tile is not None:
            notes.append("painted-in-tiles")
        if self.method.optimizer != recipe.optimizer:
            notes.append("painted-by-adam")
        return notes


def _stroke_that_counts(commission: Commission, final: Scale) -> float:
    """Give the stroke by which memory goes: a painting is never enlarged, whatever stroke was asked for."""
    largest = max(style.width * style.height for style in commission.styles)
    stroke = min(commission.recipe.stroke, math.sqrt(largest / (final.width * final.height)))
    return max(stroke, STROKES[0])


class _Pace:
    """Keeps the host at most one iteration ahead of a GPU, so that whoever stops does not wait long."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._last: torch.cuda.Event | None = None

    def keep(self) -> None:
        """Wait for the iteration before this one; the device has this one to go on with."""
        if self._device.type != "cuda":
            return
        now = torch.cuda.Event()  # type: ignore[no-untyped-call]
        now.record(torch.cuda.current_stream(self._device))
        if self._last is not None:
            self._last.synchronize()
        self._last = now


def _first_canvas(commission: Commission, target: Target) -> Tensor:
    recipe, photo = commission.recipe, target.photo.cpu()
    generator = torch.Generator().manual_seed(recipe.seed)
    noise = torch.randn(photo.shape, generator=generator)
    match recipe.init:
        case "photo":
            palette = target.style[PIXELS]
            start = recolour(photo, palette.mean[0].cpu(), palette.covariance[0].cpu()) + JITTER * noise
        case "painting":
            size = (photo.shape[3], photo.shape[2])
            start = to_tensor(ImageOps.fit(commission.styles[0], size, Image.Resampling.LANCZOS))
            if recipe.keep_colours:
                start = match_colours(start, photo)
            start = start + JITTER * noise
        case "noise":
            start = 0.5 + 0.2 * noise
    return start.clamp(0, 1)


def _check_finite(losses: Losses, pixels: Tensor, *, thoroughly: bool) -> None:
    """Stop at once when a loss is lost; look at the pixels before anybody keeps the canvas."""
    if not losses.total.isfinite().all() or (thoroughly and not pixels.isfinite().all()):
        raise NumericalError("The optimisation diverged: a loss or a pixel is not a finite number.")


def _is_out_of_memory(error: Exception) -> bool:
    """On a CPU torch has no error of its own for it, only words."""
    known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return known or any(words in str(error) for words in _NO_MEMORY)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
