"""The painter: photos and styles in, ever better canvases out, and at the end a painting of each photo."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final, Protocol

import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine.errors import NumericalError, OutOfMemoryError
from engine.painting.checkpoint import resume, write_checkpoint
from engine.painting.colours import match_colours, recolour
from engine.painting.commission import Commission, check
from engine.painting.device import hardware
from engine.painting.device_memory import is_out_of_memory, release_memory
from engine.painting.faces import Face, FaceFinder, face_map
from engine.painting.kernels import kernels_of
from engine.painting.loss import FeatureExtractor, Losses, StyleTransferLoss, Target
from engine.painting.memory_prediction import Method, choose_method
from engine.painting.network import Network
from engine.painting.objective import PIXELS, Style, face_weight, objective_of
from engine.painting.optimizers import OPTIMIZERS, Optimizer
from engine.painting.placement import MATCHED, Seen, place_paint
from engine.painting.recipe import STROKES, Recipe
from engine.painting.result import Painting, notes_on_sizes
from engine.painting.scales import Scale, cost, is_coarsest
from engine.painting.sources import reduce
from engine.painting.sums import Values, blend
from engine.painting.tensors import resize, to_image, to_levels, to_tensor

JITTER: Final = 0.03
"""Standard deviation of the noise on the first canvas, in [0, 1]: what makes two seeds differ."""
CHECK_INTERVAL: Final = 16
"""Iterations on a GPU from one check that the numbers are finite to the next: a check waits for the GPU."""


class StyleStore(Protocol):
    """Keeps the catalogue's styles from one run to the next."""

    def style(self, extractor: FeatureExtractor, image: Tensor) -> Mapping[str, Values]:
        """Return the same as :meth:`FeatureExtractor.style` for a 1×3×H×W style image, to the last bit."""
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
    """True for the scale's last iteration."""
    losses: Losses
    pixels: Tensor = field(repr=False)
    """N×3×H×W, about [0, 1]: the canvases themselves, so the next step changes them."""
    loss: StyleTransferLoss = field(repr=False)
    optimizer: Optimizer = field(repr=False)

    @property
    def leaves_checkpoint(self) -> bool:
        """True if this finishes a scale that another follows: the time for a checkpoint."""
        return self.finishes_scale and self.scale + 1 < self.scales

    def picture(self, number: int = 0) -> Image.Image:
        """Render a canvas as it is now."""
        return to_image(self.snapshot()[number])

    def snapshot(self) -> Tensor:
        """Copy the pictures as they are now, N×3×H×W, without waiting for the device."""
        shown = self.loss.picture(self.optimizer.best(self.pixels))
        return shown.clone() if shown is self.pixels else shown

    def checkpoint(self, number: int = 0) -> bytes:
        """Encode a finished scale's canvas, exactly, so that a later run goes on from it."""
        return write_checkpoint(self.scale, self.pixels, self.optimizer, number)


def paint(
    network: Network,
    *commissions: Commission,
    memory: int | None = None,
    store: StyleStore | None = None,
    finder: FaceFinder | None = None,
) -> Iterator[Step | Painting]:
    """Paint one commission, or several of one canvas shape and quality in one pass.

    Yields a :class:`Step` after every iteration and at the end one :class:`Painting` for each commission, in
    their order. A consumer may stop at any time; that is how cancelling works. It must not keep
    a step while it takes the next one: a run that fails for want of memory is repeated, without its canvases.

    Args:
        network: VGG.
        commissions: what to paint.
        memory: bytes that the run may take; what the device has free if not said. It is never exceeded by
            choice: the canvas is evaluated in tiles, or a thriftier optimizer is taken, and a note says so.
        store: keeps the catalogue's styles; the painting is the same with it and without.
        finder: finds the faces that a recipe keeps; without it they are painted like everything else.

    Raises:
        RecipeError: see :func:`~engine.painting.commission.check`.
        OutOfMemoryError: no way of painting it fits. If the device has less memory than it said, thriftier
            ways are tried first, each from the last finished scale on; several commissions fail at once.
        NumericalError: not finite, in fp32 too.
    """
    check(*commissions)
    wanted = _wanted_precision(network, commissions[0].recipe)
    precisions = list(dict.fromkeys((wanted, torch.float32)))
    commissions = tuple(get_ready(commission, finder) for commission in commissions)
    checkpoints: Sequence[bytes | None] = [commission.checkpoint for commission in commissions]
    precision, failed = precisions.pop(0), None
    for attempt in count(1):
        try:
            run = _Run(network, commissions, precision, memory, store, failed)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise OutOfMemoryError("The network does not fit into the device's memory.") from error
            raise
        try:
            for step in run.paint(checkpoints):
                if isinstance(step, Step) and step.leaves_checkpoint:
                    # A finished scale need not be painted again in another precision, or in tiles.
                    checkpoints = [step.checkpoint(number) for number in range(len(commissions))]
                yield step
                del step  # or its canvases would outlive a run that fails
        except NumericalError:
            if not precisions:
                raise
            precision, failed = precisions.pop(0), None
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            # Graphs hold memory that nothing else can use: without those of others there may be enough.
            if not (network.graphs.clear() and attempt == 1):
                failed = _failed(run, error)
        else:
            return
        release_memory(network.device)


def _failed(run: _Run, error: BaseException) -> Method:
    """Return the method that needs more memory than there is, unless there is no thriftier one."""
    if len(run.commissions) > 1:
        raise OutOfMemoryError("The paintings need more memory together than there is.") from error
    return run.method


def _wanted_precision(network: Network, recipe: Recipe) -> torch.dtype:
    return torch.float32 if recipe.classic else network.precision


def get_ready(commission: Commission, finder: FaceFinder | None) -> Commission:
    """Do what has to be done before the device can paint, unless it was done: reduce pictures, find faces."""
    return replace(
        commission,
        sources=commission.sources or reduce(commission),
        faces=_faces(commission, finder) if commission.faces is None else commission.faces,
    )


def _faces(commission: Commission, finder: FaceFinder | None) -> Sequence[Face]:
    """Return the faces that a commission's recipe keeps: none without a finder."""
    recipe = commission.recipe
    if finder is None or recipe.faces != "keep" or face_weight(recipe.alpha) <= 1:
        return ()
    return finder.find(commission.photo)


class _Run:
    """One pass over a batch, in one precision."""

    def __init__(
        self,
        network: Network,
        commissions: Sequence[Commission],
        precision: torch.dtype,
        memory: int | None,
        store: StyleStore | None,
        failed: Method | None,
    ) -> None:
        self.network, self.precision, self.store = network, precision, store
        self.commissions = commissions
        first = commissions[0]
        self.recipe = first.recipe
        self.scales = first.scales
        stroke = max(_effective_stroke(commission, self.scales[-1]) for commission in commissions)
        dearest = replace(self.recipe, stroke=stroke)
        finest, batch = self.scales[-1], len(commissions)
        self.method = choose_method(network, precision, finest, batch, dearest, memory, failed)
        objective = objective_of(self.recipe)
        self.extractor = FeatureExtractor(network.features(precision), self.method.tile, objective)

    def paint(self, checkpoints: Sequence[bytes | None]) -> Iterator[Step | Painting]:
        started = time.perf_counter()
        device = self.network.device
        optimizer = OPTIMIZERS[self.method.optimizer]()
        first, pixels = resume(checkpoints, self.scales, optimizer, device)
        work, spent = cost(self.scales), cost(self.scales[:first])
        layout = kernels_of(device).canvas
        throttle = _Throttle(device)
        for number, scale in enumerate(self.scales[first:], start=first):
            targets = [self._target(commission, scale) for commission in self.commissions]
            loss = StyleTransferLoss(self.extractor, targets)
            evaluate = self.network.graphs.evaluator(loss)
            if pixels is None:
                starts = map(_first_canvas, self.commissions, targets)
                pixels = torch.cat(list(starts)).to(device, memory_format=layout)
            else:
                pixels = resize(pixels, scale.height, scale.width).contiguous(memory_format=layout)
                optimizer.resize(scale.height, scale.width)
            for iteration in range(1, scale.iterations + 1):
                losses, gradient = evaluate(pixels)
                optimizer.step(pixels, gradient)
                throttle.wait()
                spent += scale.cost / scale.iterations
                finished = iteration == scale.iterations
                if finished or is_checked(iteration, device):
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
        paintings = [to_levels(picture).cpu().numpy() for picture in loss.picture(pixels)]
        seconds = time.perf_counter() - started
        for number, levels in enumerate(paintings):
            yield Painting(levels, self._facts(number, losses, seconds, first))

    def _target(self, commission: Commission, scale: Scale) -> Target:
        sources, faces = commission.sources or reduce(commission), commission.faces
        device, recipe = self.network.device, commission.recipe
        photo = sources.photo(scale)
        styles: list[tuple[float, Style]] = []
        paints: list[tuple[float, Style]] = []
        for number, weight in enumerate(recipe.style_weights):
            image = sources.style(number, scale)
            if recipe.keep_colours:
                image = match_colours(image, photo)
            if self.store and any(commission.presets[number : number + 1]) and not recipe.keep_colours:
                values = self.store.style(self.extractor, image)
            else:
                values = self.extractor.style(image.to(device))
            styles.append((weight, values))
            if scale is self.scales[0] and is_coarsest(scale):  # a self-test's only canvas may be larger
                paints.append((weight, self._paint_of(photo, image)))
        photo = photo.to(device, memory_format=kernels_of(device).canvas)
        mask = sources.mask(scale)
        if mask is not None:
            mask = mask.to(device)
        blended = self.extractor.objective.blend(styles)
        size = (scale.width, scale.height)
        kept = face_map(faces, commission.photo.size, size).to(device) if faces else None
        content = self.extractor.content(photo)
        return Target(
            *(photo, content, blended, recipe.alpha, mask, kept, face_weight(recipe.alpha)),
            placement=_blended(paints, self.extractor.objective.placement),
        )

    def _paint_of(self, photo: Tensor, painting: Tensor) -> dict[str, Values]:
        """Return the paint of each cell of a photo, both 1×3×H×W, for the objective's placement."""
        layers, matched = self.extractor.objective.placement, frozenset(MATCHED)
        if not layers:
            return {}
        recoloured = self._seen(match_colours(photo, painting), matched)
        return place_paint(recoloured, self._seen(painting, matched.union(layers)), layers)

    def _seen(self, image: Tensor, layers: frozenset[str]) -> Seen:
        pixels = image.to(self.network.device)
        return Seen(pixels, self.extractor.activations(pixels, layers))

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
            "classic": self.recipe.classic,
            "faces": len(self.commissions[number].faces or ()),
            "content_loss": round(float(losses.content[number]), 6),
            "style_loss": round(float(losses.style[number]), 6),
            "notes": self._notes(self.commissions[number]),
        }

    def _notes(self, commission: Commission) -> list[str]:
        """Return the codes of what was done differently from what was asked for."""
        notes = notes_on_sizes(commission)
        if self.precision != _wanted_precision(self.network, self.recipe):
            notes.append("fell-back-to-fp32")
        if self.method.tile is not None:
            notes.append("painted-in-tiles")
        if self.method.optimizer != self.recipe.optimizer:
            notes.append("painted-by-adam")
        return notes


def _blended(paints: Sequence[tuple[float, Style]], layers: Iterable[str]) -> Style:
    return {layer: blend((weight, paint[layer]) for weight, paint in paints) for layer in layers if paints}


def _effective_stroke(commission: Commission, final: Scale) -> float:
    """Return the stroke that the memory depends on: a style is not enlarged for a broad one."""
    if commission.recipe.classic:
        return 1.0
    largest = max(style.width * style.height for style in commission.styles)
    stroke = min(commission.recipe.stroke, math.sqrt(largest / (final.width * final.height)))
    return max(stroke, STROKES[0])


class _Throttle:
    """Keeps the host at most one iteration ahead of a GPU, so that a run stops soon when it is cancelled."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._last: torch.cuda.Event | None = None

    def wait(self) -> None:
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
            mean, covariance = target.style[PIXELS]
            start = recolour(photo, mean[0].cpu(), covariance[0].cpu()) + JITTER * noise
        case "painting":
            size = (photo.shape[3], photo.shape[2])
            start = to_tensor(ImageOps.fit(commission.styles[0], size, Image.Resampling.LANCZOS))
            if recipe.keep_colours:
                start = match_colours(start, photo)
            start = start + JITTER * noise
        case "noise":
            start = 0.5 + 0.2 * noise
    return start.clamp(0, 1)


def is_checked(iteration: int, device: torch.device) -> bool:
    """Tell whether the loss of an iteration, from 1, is looked at: the first one's, then one in some."""
    return device.type == "cpu" or iteration % CHECK_INTERVAL == 1


def _check_finite(losses: Losses, pixels: Tensor, *, thoroughly: bool) -> None:
    """Raise at once when a loss is not finite; check the pixels too before a canvas is kept."""
    if not losses.total.isfinite().all() or (thoroughly and not pixels.isfinite().all()):
        raise NumericalError("The optimisation diverged: a loss or a pixel is not a finite number.")


def _device_name(device: torch.device) -> str:
    return hardware(device) if device.type in ("cuda", "xpu") else str(device)
