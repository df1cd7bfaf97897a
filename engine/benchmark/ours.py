"""Our painter in the benchmark: iteration by iteration, or from two pictures to a painting."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image
from torch import Tensor

from engine.benchmark.stopwatch import Stopwatch
from engine.painting.commission import Commission
from engine.painting.faces import FaceFinder
from engine.painting.kernels import kernels_of
from engine.painting.loss import FeatureExtractor, StyleTransferLoss, Target
from engine.painting.network import Network
from engine.painting.optimizers import LBFGS
from engine.painting.painter import paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting


def iterations(network: Network, photo: Tensor, style_image: Tensor, batch: int = 1) -> Iterator[None]:
    """Yield after each iteration, without end, in the device's fast precision.

    Args:
        network: VGG.
        photo: 1×3×H×W in [0, 1], on the network's device.
        style_image: 1×3×h×w in [0, 1], likewise.
        batch: how many canvases are painted in one pass.
    """
    extractor, optimizer = FeatureExtractor(network.features()), LBFGS()
    photo = photo.contiguous(memory_format=kernels_of(network.device).canvas)
    target = Target(photo, extractor.content(photo), extractor.style(style_image), Recipe().alpha)
    loss = StyleTransferLoss(extractor, [target] * batch)
    evaluate, canvas = network.graphs.evaluator(loss), loss.photo.clone()
    while True:
        _, gradient = evaluate(canvas)
        optimizer.step(canvas, gradient)
        yield


def painted(
    network: Network,
    photo: Image.Image,
    style_image: Image.Image,
    recipe: Recipe,
    finder: FaceFinder | None = None,
) -> tuple[float, Image.Image]:
    """Paint from end to end; return the seconds and the painting.

    Raises:
        NumericalError: the optimisation diverged.
    """
    watch = Stopwatch(network.device)
    with watch:
        steps = paint(network, Commission(photo, [style_image], recipe), finder=finder)
        finished = next(step for step in steps if isinstance(step, Painting))
    return watch.seconds, finished.image
