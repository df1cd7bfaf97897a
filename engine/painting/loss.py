"""The loss that a painting minimises: an objective's content + style (Gatys et al. 2016, equation 7)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.detail import detail
from engine.painting.features import Features, stride_of
from engine.painting.objective import DEFAULT, PIXELS, Objective, Style
from engine.painting.placement import CELL, cell_means
from engine.painting.sums import Sums, Values, palette_weights, squared_error, weighted_square
from engine.painting.tiles import Tile, lay

TARGET_TILE: Final = 1024
"""Side in pixels of the tiles that targets are taken from: a style image may be far larger than a canvas."""


FLAT: Final = 0.04
"""Fine detail of a photo, of levels in [0, 1], at which a place counts half as flat."""
SHARP: Final = 0.14
"""Fine detail, likewise, at which a place counts half as one of sharp strokes, such as writing."""
UNEVEN: Final = 0.02
"""Weight of fine detail where a photo is neither flat nor sharp, against that where it is."""


@dataclass(frozen=True, slots=True)
class Losses:
    """The terms of one evaluation, N numbers each, still on their device: reading them waits for it."""

    total: Tensor
    content: Tensor
    style: Tensor


@dataclass(frozen=True, slots=True)
class FeatureExtractor:
    """The network, the size of its tiles, and the objective whose layers and statistics it extracts."""

    features: Features
    side: int | None = None
    """Longest side of a tile in pixels, its surroundings included; None: images are taken whole."""
    objective: Objective = DEFAULT

    def look(self, image: Tensor, layers: frozenset[str]) -> dict[str, Tensor]:
        """Compute activations of an N×3×H×W image, with the objective's pooling."""
        found: dict[str, Tensor] = self.features(image, layers, self.objective.pooling)
        return found

    def tiles(self, image: Tensor, side: int | None = None) -> Sequence[Tile]:
        """Lay tiles over an N×3×H×W image; ``side`` is theirs if the extractor has none of its own."""
        height, width = image.shape[2:]
        return list(lay(height, width, self.side or side or max(height, width), self.features.reach))

    def content(self, photo: Tensor) -> dict[str, Tensor]:
        """Return the activations of a photo, 1×3×H×W, at each content layer, in the network's precision."""
        return self.activations(photo, frozenset(self.objective.content_layers))

    @torch.no_grad()
    def activations(self, image: Tensor, layers: frozenset[str]) -> dict[str, Tensor]:
        """Return the activations of an image, 1×3×H×W, at some layers, in the network's precision."""
        whole: dict[str, Tensor] = {}
        for tile in self.tiles(image, TARGET_TILE):
            activations = self.look(tile.window(image), layers)
            for layer in layers:
                stride = stride_of(layer)
                core = tile.core(activations[layer], stride)
                if layer not in whole:
                    shape = (1, core.shape[1], *(math.ceil(side / stride) for side in image.shape[2:]))
                    whole[layer] = core.new_empty(shape).contiguous(memory_format=torch.channels_last)
                tile.part(whole[layer], stride).copy_(core)
        return whole

    @torch.no_grad()
    def style(self, image: Tensor) -> dict[str, Values]:
        """Return the statistics of a style image, 1×3×H×W in [0, 1]."""
        parts = [self._sums(image, tile) for tile in self.tiles(image, TARGET_TILE)]
        averages = {layer: total([part[layer] for part in parts]) for layer in self.objective.style_layers}
        values = {}
        for layer, statistic in self.objective.statistics.items():
            values[layer] = statistic.values(statistic.sums(image) if layer == PIXELS else averages[layer])
        return values

    def _sums(self, image: Tensor, tile: Tile) -> dict[str, Sums]:
        layers = self.objective.style_layers
        activations = self.look(tile.window(image), frozenset(layers))
        return {layer: self.sums(activations[layer], tile, layer, image.shape[2:]) for layer in layers}

    def sums(
        self, activations: Tensor, tile: Tile, layer: str, canvas: torch.Size, weights: Tensor | None = None
    ) -> Sums:
        """Sum a tile's activations over its core; the sums of all tiles are averages over the canvas."""
        stride, statistic = stride_of(layer), self.objective.statistic
        core = tile.core(activations, stride)
        if weights is not None:
            return statistic.sums(core, tile.part(weights, stride))
        places = math.ceil(canvas[0] / stride) * math.ceil(canvas[1] / stride)
        share = core.shape[2] * core.shape[3] / places
        part = statistic.sums(core)
        return part if share == 1 else tuple(each * share for each in part)


def total(parts: Sequence[Sums]) -> Sums:
    """Add up the sums of all tiles."""
    return tuple(reduce(add, column) for column in zip(*parts, strict=True))


@dataclass(frozen=True, slots=True)
class Target:
    """One canvas's photo, content and style, and the weight between them."""

    photo: Tensor
    """1×3×H×W in [0, 1]."""
    content: Mapping[str, Tensor]
    """The photo's activations, 1×C×h×w for each content layer."""
    style: Style
    alpha: float
    mask: Tensor | None = None
    """1×1×H×W in [0, 1], 1 where the style goes."""
    faces: Tensor | None = None
    """1×1×H×W in [0, 1], 1 on the faces that are kept."""
    face_weight: float = 1.0
    """Weight of the content on faces against that elsewhere."""
    placement: Mapping[str, Values] = field(default_factory=dict)
    """What :func:`~engine.painting.placement.place_paint` found for each layer, on the coarsest canvas."""


@dataclass(frozen=True, slots=True)
class _TileTerms:
    """One tile's share in the terms of N canvases."""

    content: Tensor
    """Of the content error, N numbers."""
    sums: dict[str, Sums]
    """Of the style's sums."""
    placement: Tensor | None
    """Of the placement's error, N numbers; None on all canvases but the coarsest."""


class StyleTransferLoss:
    """The loss of N canvases of one shape, and its gradient."""

    def __init__(self, extractor: FeatureExtractor, targets: Sequence[Target]) -> None:
        """Compare each canvas with its target, by the extractor's objective."""
        self.extractor, self.objective = extractor, extractor.objective
        content_layers = self.objective.content_layers
        self.photo = torch.cat([target.photo for target in targets])
        self.content = {
            layer: torch.cat([target.content[layer] for target in targets]) for layer in content_layers
        }
        self.style = {
            layer: _together(target.style[layer] for target in targets) for layer in self.objective.statistics
        }
        self.placement = {
            layer: _together(target.placement[layer] for target in targets) for layer in targets[0].placement
        }
        weights = [self.objective.content_weight(target.alpha) for target in targets]
        self.weight = self.objective.content_share * self.photo.new_tensor(weights)
        self.mask: Tensor | None = None
        self.places: Mapping[str, Tensor] = {}
        if any(target.mask is not None for target in targets):
            everywhere = torch.ones_like(self.photo[:1, :1])
            self.mask = torch.cat([everywhere if target.mask is None else target.mask for target in targets])
            self.places = {
                layer: _place_weights(self.mask, stride_of(layer))
                for layer in (*self.objective.layers, PIXELS)
            }
        self.cells = None if self.mask is None else _place_weights(self.mask, CELL)
        self.emphasis = {layer: _emphasis(targets, layer) for layer in content_layers}
        self.content_scale = {
            layer: share / self._content_unit(self.content[layer]) for layer, share in content_layers.items()
        }
        self.held = _held_detail(self.photo) if self.objective.grain else None
        self.aims, self.style_weights = _joined(self.style), self._weights_of_style()
        """All values of the style in one row for each canvas, and what each one's square counts."""
        self.tiles = extractor.tiles(self.photo)
        self.layers = self.objective.layers
        half = extractor.features.precision == torch.float16
        self.magnified = self.photo[0, 0].numel() if half else 1
        """How many times the slopes are enlarged on their way: in fp16 those of a large canvas would vanish,
        since each is a share of an average over its pixels."""

    def picture(self, canvas: Tensor) -> Tensor:
        """Return N×3×H×W canvases as they are shown: the photo stays wherever the mask is black."""
        return canvas if self.mask is None else torch.lerp(self.photo, canvas, self.mask)

    def evaluate(self, canvas: Tensor) -> tuple[Losses, Tensor]:
        """Evaluate N×3×H×W canvases.

        Returns:
            The content error, the grain's included, the style error, the placement's included, and their
            weighted sum; and the gradient of the latter.
        """
        picture = canvas.detach()
        if self.mask is not None:
            # Grey counts as white here: a canvas would overshoot to make up for the photo's share in it.
            picture = torch.where(self.mask > 0, picture, self.photo)
        picture = picture.requires_grad_()
        losses, gradient = self._whole(picture) if len(self.tiles) == 1 else self._tiled(picture)
        if self.magnified > 1:
            gradient = gradient / self.magnified
        if self.mask is not None:
            gradient = gradient * (self.mask > 0)
        return losses, gradient

    def _whole(self, picture: Tensor) -> tuple[Losses, Tensor]:
        tile = self.tiles[0]
        terms = self._tile_terms(picture, tile)
        content, style = terms.content, self._style_error(picture, terms.sums)
        if self.held is not None:
            content = content + self._grain_error(picture, self.held)
        if terms.placement is not None:
            style = style + terms.placement
        losses = self._sum_up(content, style)
        (gradient,) = torch.autograd.grad(self._start(losses.total), picture)
        return _detached(losses), gradient

    def _tiled(self, picture: Tensor) -> tuple[Losses, Tensor]:
        """Do the same in two passes: the statistics of all tiles, then each tile's part in the gradient.

        Chain rule: the style error depends on a tile only through the sums, to which the tile adds.
        """
        with torch.no_grad():
            every = [self._tile_terms(picture, tile) for tile in self.tiles]
        content = torch.stack([terms.content for terms in every]).sum(0)
        placed = [terms.placement for terms in every if terms.placement is not None]
        sums = {layer: total([terms.sums[layer] for terms in every]) for layer in self.objective.style_layers}
        leaves = [leaf.requires_grad_() for part in sums.values() for leaf in part]
        style = self._style_error(picture, sums)
        known = style
        if self.held is not None:
            grain = self._grain_error(picture, self.held)
            content, known = content + grain.detach(), self.weight * grain + style
        # A Gram matrix makes no use of the first sums, nor an objective without a palette of the picture
        # itself: their slopes are zero.
        gradient, *slopes = torch.autograd.grad(
            self._start(known), (picture, *leaves), materialize_grads=True
        )
        for tile in self.tiles:
            window = tile.window(picture).detach().requires_grad_()
            terms = self._tile_terms(window, tile, cut=True)
            parts = [leaf for part in terms.sums.values() for leaf in part]
            pull = self._start(self.weight * terms.content) + sum(
                (part * slope).sum() for part, slope in zip(parts, slopes, strict=True)
            )
            if terms.placement is not None:
                pull = pull + self._start(terms.placement)
            tile.window(gradient).add_(torch.autograd.grad(pull, window)[0])
        if placed:
            style = style + torch.stack(placed).sum(0)
        return _detached(self._sum_up(content, style)), gradient

    def _start(self, terms: Tensor) -> Tensor:
        """Add up N terms, enlarged for the way back."""
        total = terms.sum()
        return total * self.magnified if self.magnified > 1 else total

    def _tile_terms(self, picture: Tensor, tile: Tile, *, cut: bool = False) -> _TileTerms:
        """Return one tile's share in the terms."""
        activations = self.extractor.look(picture if cut else tile.window(picture), self.layers)
        errors = [
            self._content_error(activations[layer], layer, tile) for layer in self.objective.content_layers
        ]
        content = torch.stack(errors).sum(0)
        canvas = self.photo.shape[2:]
        sums = {
            layer: self.extractor.sums(activations[layer], tile, layer, canvas, self.places.get(layer))
            for layer in self.objective.style_layers
        }
        placed = [self._placement_error(activations[layer], layer, tile) for layer in self.placement]
        return _TileTerms(content, sums, torch.stack(placed).sum(0) if placed else None)

    def _content_unit(self, content: Tensor) -> Tensor | float:
        """Return the mean squared difference that is an error of one."""
        if self.objective.relative:
            return content.float().square().mean((1, 2, 3)).clamp_min(1e-12)
        return 2 / content[0].numel()

    def _content_error(self, activations: Tensor, layer: str, tile: Tile) -> Tensor:
        stride, emphasis, places = stride_of(layer), self.emphasis[layer], self.places.get(layer)
        own, target = tile.core(activations, stride), tile.part(self.content[layer], stride)
        if emphasis is None and places is None:
            return squared_error(own, target) * (self.content_scale[layer] / self.content[layer][0].numel())
        squares = (own.float() - target.float()).square()
        if emphasis is not None:
            squares = squares * tile.part(emphasis, stride)
        if places is None:
            error = squares.sum((1, 2, 3)) / self.content[layer][0].numel()
        else:
            error = (squares.mean(1, keepdim=True) * tile.part(places, stride)).sum((1, 2, 3))
        return self.content_scale[layer] * error

    def _placement_error(self, activations: Tensor, layer: str, tile: Tile) -> Tensor:
        """Compare the cells' means with the paint that belongs to them: N numbers."""
        stride, (paint, unit) = stride_of(layer), self.placement[layer]
        off = cell_means(tile.core(activations, stride), stride) - tile.part(paint, CELL)
        if self.cells is None:
            error = off.square().sum((1, 2, 3)) / paint[0].numel()
        else:
            places = tile.part(self.cells, CELL)
            error = (off.square().mean(1, keepdim=True) * places).sum((1, 2, 3))
        return self.objective.placement[layer] * error / unit

    def _grain_error(self, picture: Tensor, held: Tensor) -> Tensor:
        """Compare the fine detail, foremost where the photo is flat or sharp: N numbers."""
        fine, places = detail(picture - self.photo), self.places.get(PIXELS)
        if places is None:
            return weighted_square(fine, held) * (self.objective.grain / fine[0].numel())
        return weighted_square(fine, held * places) * (self.objective.grain / fine.shape[1])

    def _style_error(self, picture: Tensor, sums: Mapping[str, Sums]) -> Tensor:
        statistic = self.objective.statistic
        values = {layer: statistic.values(sums[layer]) for layer in self.objective.style_layers}
        if self.objective.palette:
            moments = self.objective.statistics[PIXELS]
            values[PIXELS] = moments.values(moments.sums(picture, self.places.get(PIXELS)))
        return weighted_square(_joined(values) - self.aims, self.style_weights)

    def _weights_of_style(self) -> Tensor:
        objective, weights = self.objective, {}
        for layer, share in objective.style_layers.items():
            found = objective.statistic.weights(self.style[layer])
            weights[layer] = tuple(share * each for each in found)
        if objective.palette:
            weights[PIXELS] = tuple(objective.palette * each for each in palette_weights(self.style[PIXELS]))
        spread = {
            layer: tuple(
                weight.view(-1, *[1] * (value.dim() - 1)).expand_as(value)
                for weight, value in zip(weights[layer], values, strict=True)
            )
            for layer, values in self.style.items()
        }
        return _joined(spread)

    def _sum_up(self, content: Tensor, style: Tensor) -> Losses:
        return Losses(self.weight * content + style, content, style)


def _joined(style: Mapping[str, Values]) -> Tensor:
    return torch.cat([value.flatten(1) for values in style.values() for value in values], 1)


def _held_detail(photo: Tensor) -> Tensor:
    """Return how much fine detail counts: 1 where a photo has none or sharp strokes, N×1×H×W.

    Between the two, where a photo has texture, it falls to :data:`UNEVEN`.
    """
    squares = detail(photo).square().mean(1, keepdim=True)
    around = functional.avg_pool2d(squares, 9, 1, 4, count_include_pad=False)
    flat = 1 / (1 + around / FLAT**2)
    sharp = 1 - 1 / (1 + (around / SHARP**2) ** 4)  # steep: textures have two thirds of it
    return UNEVEN + (1 - UNEVEN) * (flat + sharp)


def _together(every: Iterable[Values]) -> Values:
    """Put the values of several canvases together."""
    return tuple(torch.cat(column) for column in zip(*every, strict=True))


def _place_weights(mask: Tensor, stride: int) -> Tensor:
    """Return how much each place, of so many pixels along a side, counts: N×1×h×w that sum to one."""
    coarse = _coarse(mask, stride)
    return coarse / coarse.sum((1, 2, 3), keepdim=True).clamp_min(1e-12)


def _emphasis(targets: Sequence[Target], layer: str) -> Tensor | None:
    """Return how much an error at each place of a layer counts, N×1×h×w, or None if all count the same."""
    if all(target.faces is None for target in targets):
        return None
    parts = []
    for target in targets:
        faces = torch.zeros_like(target.photo[:, :1]) if target.faces is None else target.faces
        parts.append(1 + (target.face_weight - 1) * _coarse(faces, stride_of(layer)))
    return torch.cat(parts)


def _coarse(plane: Tensor, stride: int) -> Tensor:
    """Average a plane over the pixels of each place."""
    return functional.avg_pool2d(plane, stride, ceil_mode=True) if stride > 1 else plane


def _detached(losses: Losses) -> Losses:
    return Losses(losses.total.detach(), losses.content.detach(), losses.style.detach())
