"""Like paint on like places: the paint of a painting that belongs to each cell of a photo.

Statistics of a whole painting say nothing about place, so a piece of its scenery may hang in a sky. Here each
cell of a photo finds the places of the painting that are like it: in the network's eyes, in height and in
brightness. Their activations, averaged by how alike they are, are what the canvas's should be there on
average. A cell is large enough to leave the strokes free.

Matching with position and brightness is the idea of Zhou et al., "Neural Texture Synthesis with Guided
Correspondence" (2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.sums import Values

CELL: Final = 8
"""Pixels of the canvas, to one side of a cell; tiles begin at its multiples."""
PLACE: Final = 4
"""Pixels of the painting, to one side of a place; more if it is larger than the canvas, for broad strokes."""
MATCHED: Final = ("relu3_1", "relu4_1")
"""Layers by which places are alike."""
SHARPNESS: Final = 0.02
"""Distance at which a place of the painting counts e times less."""
HEIGHT: Final = 0.5
"""Distance of the top of a picture from its bottom; two places that have nothing in common are 1 apart."""
BRIGHTNESS: Final = 0.6
"""Distance of the darkest from the brightest, if the painting has all between in equal shares."""
LEAST_CONTRAST: Final = 0.3
"""Least spread of a photo's activations, in the painting's: below it they are noise, and are not blown up."""
_LUMINANCE: Final = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture, 1×3×H×W in [0, 1], and the network's activations of it, 1×C×h×w for each layer."""

    pixels: Tensor
    activations: Mapping[str, Tensor]


def cell_means(activations: Tensor, stride: int) -> Tensor:
    """Average N×C×h×w activations, one to ``stride`` pixels, over each cell, in fp32."""
    wide = activations.float()
    return functional.avg_pool2d(wide, CELL // stride, ceil_mode=True) if stride < CELL else wide


@torch.no_grad()
def place_paint(photo: Seen, painting: Seen, layers: Iterable[str]) -> dict[str, Values]:
    """Find the paint of each cell of a photo.

    Args:
        photo: in the painting's colours, at the canvas's size; :data:`MATCHED` layers.
        painting: these, and the layers asked for.
        layers: layers to give the paint of, of a stride of :data:`CELL` at most.

    Returns:
        For each layer, the mean activations that each cell should have, 1×C×h×w, and their variance over the
        painting's places, averaged over the channels, 1 number: the unit of a squared difference.
    """
    larger = math.sqrt(painting.pixels.numel() / photo.pixels.numel())
    cells, places = _grid(photo.pixels, CELL), _grid(painting.pixels, PLACE * max(larger, 1.0))
    distance = 1 - _cosines(photo, painting, cells, places)
    distance += HEIGHT * (_height(cells, distance)[:, None] - _height(places, distance)).square()
    dark, bright = _brightness(photo, cells), _brightness(painting, places)
    full = math.sqrt(12) * bright.std(correction=0).clamp_min(0.01)  # of an even distribution
    distance += BRIGHTNESS * (dark[:, None] - bright).abs() / full
    shares = torch.softmax(distance / -SHARPNESS, 1)
    found: dict[str, Values] = {}
    for layer in layers:
        paint = _columns(painting.activations[layer], places)
        unit = paint.var(1, correction=0).mean().clamp_min(1e-12)
        aims = (shares @ paint.mT).view(1, *cells, -1).permute(0, 3, 1, 2)  # channels last, as the network's
        found[layer] = (aims, unit.view(1))
    return found


def _cosines(photo: Seen, painting: Seen, cells: tuple[int, int], places: tuple[int, int]) -> Tensor:
    """Return the cosines of the activations, cells × places, each centred and scaled within its picture."""
    ours, theirs = [], []
    for layer in MATCHED:
        one, other = _columns(photo.activations[layer], cells), _columns(painting.activations[layer], places)
        spread = other.std(1, correction=0, keepdim=True)
        own = one.std(1, correction=0, keepdim=True).maximum(LEAST_CONTRAST * spread)
        share = 1 / math.sqrt(len(MATCHED) * len(one))
        ours.append((one - one.mean(1, keepdim=True)) / own.clamp_min(1e-6) * share)
        theirs.append((other - other.mean(1, keepdim=True)) / spread.clamp_min(1e-6) * share)
    return _unit(torch.cat(ours)).mT @ _unit(torch.cat(theirs))


def _unit(columns: Tensor) -> Tensor:
    """Bring columns to length 1, but those of places that look like the average to less."""
    length: Tensor = torch.linalg.vector_norm(columns, dim=0, keepdim=True)
    return columns / length.clamp_min(0.5)


def _grid(pixels: Tensor, side: float) -> tuple[int, int]:
    height, width = pixels.shape[2:]
    return math.ceil(height / side), math.ceil(width / side)


def _columns(activations: Tensor, grid: tuple[int, int]) -> Tensor:
    """Bring 1×C×h×w activations to a grid: C × places, in fp32."""
    wide = activations.float()
    if wide.shape[2] < grid[0] or wide.shape[3] < grid[1]:
        return functional.interpolate(wide, grid, mode="bilinear")[0].flatten(1)
    rows, columns = (_averaging(side, parts) for side, parts in zip(wide.shape[2:], grid, strict=True))
    return (rows.to(wide.device) @ wide[0] @ columns.mT.to(wide.device)).flatten(1)


def _averaging(side: int, parts: int) -> Tensor:
    """Return the matrix that averages ``side`` places over each of so many parts, which overlap in places.

    Adaptive pooling does the same, but not on Apple's GPUs where the one is no multiple of the other.
    """
    part, place = torch.arange(parts)[:, None], torch.arange(side)
    within = (place >= part * side // parts) & (place * parts < (part + 1) * side)
    return within / within.sum(1, keepdim=True)


def _height(grid: tuple[int, int], like: Tensor) -> Tensor:
    """Return each place's share of the way from top to bottom."""
    rows = (torch.arange(grid[0], device=like.device, dtype=like.dtype) + 0.5) / grid[0]
    return rows[:, None].expand(grid).flatten()


def _brightness(seen: Seen, grid: tuple[int, int]) -> Tensor:
    luminance = seen.pixels.new_tensor(_LUMINANCE).view(1, 3, 1, 1)
    return _columns((seen.pixels * luminance).sum(1, keepdim=True), grid)[0]
