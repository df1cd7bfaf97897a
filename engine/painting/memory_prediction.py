"""The memory that a painting takes, predicted before it is begun, and ways to paint it with less.

The coefficients were measured on the CPU with VGG-19, to which VGG-16 comes within a few percent, at 256 to
2048 px; ``tests/integration/painting`` holds them to the measured peak.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch

from engine.errors import OutOfMemoryError
from engine.painting.device_memory import free_memory, total_memory
from engine.painting.features import stride_of, width_of
from engine.painting.loss import TARGET_TILE
from engine.painting.network import Network
from engine.painting.objective import DEFAULT
from engine.painting.optimizers import HISTORY
from engine.painting.recipe import OptimizerName, Recipe
from engine.painting.scales import Scale
from engine.painting.tiles import STRIDE, lay

USABLE_SHARE: Final = 0.8
"""Share of the free memory that a run may take: other programs grow, and allocators waste."""
MAX_TILE: Final = 2048
"""Side of a tile in pixels, if there is memory for it: the larger it is, the less its surroundings cost."""
MIN_TILE: Final = 384
"""Smallest side of a tile in pixels: a smaller one is mostly surroundings."""
BACKWARD: Final = {torch.bfloat16: 1150, torch.float16: 1150, torch.float32: 1900}
"""Bytes for each pixel of a window: the activations kept for the gradient, and the gradient."""
WASTE: Final = {"whole": 575, "tiles": 950}
"""Bytes more, which the allocator keeps between the large blocks; tiles ask for blocks of more sizes."""
MAX_WASTE: Final = 384 * 2**20
"""Bytes: blocks of more than 32 MiB go back to the system (glibc's M_MMAP_THRESHOLD)."""
FORWARD: Final = {torch.bfloat16: 530, torch.float16: 530, torch.float32: 770}
"""Bytes for each pixel of a window without a gradient: of a target's."""
CANVAS: Final = 3 * 4
"""Bytes for each pixel of an RGB canvas in fp32."""
CANVASES: Final[dict[OptimizerName, int]] = {"lbfgs": 2 * HISTORY + 8, "adam": 9}
"""Canvases alive during an iteration: the optimizer's, the photo, the gradient, copies."""
STYLE_IMAGE: Final = 80
"""Bytes for each pixel of a style image."""
CONTENT: Final = sum(width_of(layer) / stride_of(layer) ** 2 for layer in DEFAULT.content_layers)
"""Values of the content's targets for each pixel of the canvas."""
OVERHEAD: Final = 16 * 2**20
"""Bytes of statistics and of the libraries' own buffers."""
MAX_STYLE_PIXELS: Final = 80 * 10**6
"""Pixels of the largest style image: more are not decoded (``imaging.limits.MAX_PIXELS``)."""


@dataclass(frozen=True, slots=True)
class Method:
    """The tiles and the optimizer that fit into the memory."""

    tile: int | None
    """Side of a tile in pixels; None: the canvas is evaluated whole."""
    optimizer: OptimizerName


def predict(
    scale: Scale, batch: int, precision: torch.dtype, method: Method, *, reach: int, stroke: float = 1.0
) -> int:
    """Predict the peak of a run beyond the loaded network, in bytes.

    Args:
        scale: the finest canvas.
        batch: canvases in one pass.
        precision: of the convolutions.
        method: tiles and optimizer.
        reach: the network's, see :attr:`Features.reach`.
        stroke: scale of the style images against the canvas.
    """
    pixels = scale.width * scale.height
    side = method.tile or max(scale.width, scale.height)
    tiles = list(lay(scale.height, scale.width, side, reach))
    window = max(tile.pixels for tile in tiles)
    wasted = window * WASTE["tiles" if len(tiles) > 1 else "whole"]
    iterating = batch * (window * BACKWARD[precision] + pixels * CANVASES[method.optimizer] * CANVAS)
    iterating += min(batch * wasted, MAX_WASTE)
    style_image = min(pixels * stroke**2, MAX_STYLE_PIXELS)
    targets = (
        style_image * STYLE_IMAGE + min(style_image, (method.tile or TARGET_TILE) ** 2) * FORWARD[precision]
    )
    return round(OVERHEAD + batch * pixels * CONTENT * precision.itemsize + max(iterating, targets))


def choose_method(
    network: Network,
    precision: torch.dtype,
    scale: Scale,
    batch: int,
    recipe: Recipe,
    memory: int | None,
    failed: Method | None = None,
) -> Method:
    """Choose the first that fits: whole, in tiles, by Adam.

    Args:
        network: VGG.
        precision: of the convolutions.
        scale: the finest canvas.
        batch: canvases in one pass.
        recipe: the recipe.
        memory: bytes that the run may take; a share of what the device has free if not said.
        failed: a method that the device had too little memory for; only thriftier ones are chosen.

    Raises:
        OutOfMemoryError: none fits.
    """
    room = _room(network) if memory is None else memory
    reach = network.features(precision).reach
    sides = [None, *(side for side in _sides() if side < max(scale.width, scale.height))]
    optimizers: dict[OptimizerName, None] = {recipe.optimizer: None}
    if not recipe.classic:
        optimizers["adam"] = None
    methods = [Method(side, optimizer) for optimizer in optimizers for side in sides]
    for method in methods[methods.index(failed) + 1 if failed else 0 :]:
        if predict(scale, batch, precision, method, reach=reach, stroke=recipe.stroke) <= room:
            return method
    if failed:
        raise OutOfMemoryError("The painting needs more memory than there is; try a smaller size.")
    least = predict(scale, batch, precision, methods[-1], reach=reach, stroke=recipe.stroke)
    need, free = (f"{amount / 2**20:.0f} MB" for amount in (least, room))
    raise OutOfMemoryError(f"{scale.width} × {scale.height} pixels need {need} at least; there are {free}.")


def together(network: Network, scale: Scale, most: int, recipe: Recipe, memory: int | None = None) -> int:
    """Return how many canvases fit into one pass without tiles, which take longer than smaller passes."""
    room = _room(network) if memory is None else memory
    precision, whole = network.precision, Method(None, recipe.optimizer)
    reach = network.features(precision).reach
    for count in range(most, 1, -1):
        if predict(scale, count, precision, whole, reach=reach, stroke=recipe.stroke) <= room:
            return count
    return 1


def _room(network: Network) -> float:
    """Return the bytes that a run may take: of a GPU with several workers never more than this one's share.

    Another may be about to begin, and has not taken its memory yet.
    """
    room = free_memory(network.device) * USABLE_SHARE
    sharers, total = network.sharers(), total_memory(network.device)
    return room if sharers == 1 or total is None else min(room, total * USABLE_SHARE / sharers)


def _sides() -> Iterator[int]:
    side = MAX_TILE
    while side >= MIN_TILE:
        yield side
        side = side * 3 // 4 // STRIDE * STRIDE
