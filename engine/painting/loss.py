"""What the optimisation makes small: content + style (Gatys et al. 2016, equation 7)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.features import CONTENT_LAYERS, STYLE_LAYERS, Features, stride_of
from engine.painting.recipe import STRENGTHS
from engine.painting.statistics import Moments, Sums, blend, distance, moments, palette_distance, sums
from engine.painting.tiles import Tile, lay

WANTED: Final = frozenset((*STYLE_LAYERS, *CONTENT_LAYERS))
AT_ONCE: Final = 1024
"""Side in pixels of what targets are taken from in one go: a painting may be far larger than a canvas."""
PIXELS: Final = "pixels"
"""The layer below the first: the canvas itself, whose statistics are its palette."""
PALETTE: Final = 1.0
"""Weight of the palette against the layers of the style, whose shares sum to one."""
BALANCE: Final = 0.08
"""Weight of the content at balanced strength, judged by eye and by AlexNet at 256 px."""
GRAIN: Final = 3.0
"""Weight of the photo's grain within the content. Networks hardly see a diagonal weave of two or three
pixels, VGG-19 least: nothing else keeps it away (docs/painter.md)."""
GENTLENESS: Final = 0.5
"""Exponent of α: four decades of the dial are a factor of 100 in the weight of the content."""

StyleStatistics = Mapping[str, Moments]
"""A style: the statistics of each of :data:`STYLE_LAYERS`, and of the :data:`PIXELS`, because the network
alone cares little for colours, VGG-16 least."""


def content_weight(alpha: float) -> float:
    """Turn the dial's α into the weight of the content term against a style term of weight one.

    Both terms are relative errors without units. Taken linearly, a hundredfold α leaves the photo
    untouched; the exponent makes 1e-2, 1e-4 and 1e-6 the rows "keeps the photo", "balanced" and
    "nearly all style".
    """
    return BALANCE * float((alpha / STRENGTHS["balanced"]) ** GENTLENESS)


@dataclass(frozen=True, slots=True)
class Losses:
    """The terms of one evaluation, N numbers each, still on their device: reading them waits for it."""

    total: Tensor
    content: Tensor
    style: Tensor


@dataclass(frozen=True, slots=True)
class FeatureExtractor:
    """The network, and how much of a picture it looks at in one go."""

    features: Features
    side: int | None = None
    """Longest side of a tile in pixels, its surroundings included; None: pictures are looked at whole."""

    def tiles(self, image: Tensor, most: int | None = None) -> Sequence[Tile]:
        """Lay tiles over an N×3×H×W image; ``most`` is their side if the eyes have no limit of their own."""
        height, width = image.shape[2:]
        return list(lay(height, width, self.side or most or max(height, width), self.features.reach))

    @torch.no_grad()
    def content(self, photo: Tensor) -> dict[str, Tensor]:
        """Look at a photo, 1×3×H×W: each of :data:`CONTENT_LAYERS` in the network's precision."""
        whole: dict[str, Tensor] = {}
        for tile in self.tiles(photo, AT_ONCE):
            seen = self.features(tile.window(photo), frozenset(CONTENT_LAYERS))
            for layer in CONTENT_LAYERS:
                stride = stride_of(layer)
                core = tile.core(seen[layer], stride)
                if layer not in whole:
                    shape = (1, core.shape[1], *(math.ceil(side / stride) for side in photo.shape[2:]))
                    whole[layer] = core.new_empty(shape).contiguous(memory_format=torch.channels_last)
                tile.part(whole[layer], stride).copy_(core)
        return whole

    @torch.no_grad()
    def style(self, painting: Tensor, *, gram: bool = False) -> dict[str, Moments]:
        """Look at a painting, 1×3×H×W in [0, 1]."""
        parts = [self._averages(painting, tile) for tile in self.tiles(painting, AT_ONCE)]
        seen = {layer: reduce(add, (part[layer] for part in parts)) for layer in STYLE_LAYERS}
        seen[PIXELS] = sums(painting)
        return {layer: moments(average, gram=gram and layer != PIXELS) for layer, average in seen.items()}

    def _averages(self, image: Tensor, tile: Tile) -> dict[str, Sums]:
        seen = self.features(tile.window(image), frozenset(STYLE_LAYERS))
        return {layer: core_sums(seen[layer], tile, layer, image.shape[2:]) for layer in STYLE_LAYERS}


def core_sums(
    activations: Tensor, tile: Tile, layer: str, canvas: torch.Size, weights: Tensor | None = None
) -> Sums:
    """Sum a tile's activations over its core, so that the sums of all tiles are averages over the canvas."""
    stride = stride_of(layer)
    core = tile.core(activations, stride)
    if weights is not None:
        return sums(core, tile.part(weights, stride))
    share = core.shape[2] * core.shape[3] / (math.ceil(canvas[0] / stride) * math.ceil(canvas[1] / stride))
    part = sums(core)
    return part if share == 1 else Sums(part.first * share, part.second * share)


@dataclass(frozen=True, slots=True)
class Target:
    """What one canvas is to become."""

    photo: Tensor
    """1×3×H×W in [0, 1]."""
    content: Mapping[str, Tensor]
    """The photo's activations, 1×C×h×w for each of :data:`CONTENT_LAYERS`."""
    style: StyleStatistics
    alpha: float
    mask: Tensor | None = None
    """1×1×H×W in [0, 1], 1 where the style goes."""


class StyleTransferLoss:
    """The function of N canvases of one shape that their painting minimises."""

    def __init__(self, extractor: FeatureExtractor, targets: Sequence[Target], *, gram: bool = False) -> None:
        self.extractor, self.gram = extractor, gram
        self.photo = torch.cat([target.photo for target in targets])
        self.content = {
            layer: torch.cat([target.content[layer] for target in targets]) for layer in CONTENT_LAYERS
        }
        self.style = {
            layer: Moments(
                torch.cat([target.style[layer].mean for target in targets]),
                torch.cat([target.style[layer].covariance for target in targets]),
            )
            for layer in (*STYLE_LAYERS, PIXELS)
        }
        self.weight = self.photo.new_tensor([content_weight(target.alpha) for target in targets])
        self.mask: Tensor | None = None
        self.places: Mapping[str, Tensor] = {}
        if any(target.mask is not None for target in targets):
            everywhere = torch.ones_like(self.photo[:1, :1])
            self.mask = torch.cat([everywhere if target.mask is None else target.mask for target in targets])
            self.places = {layer: _place_weights(self.mask, layer) for layer in (*WANTED, PIXELS)}
        self.content_scale = {
            layer: share / self.content[layer].float().square().mean((1, 2, 3)).clamp_min(1e-12)
            for layer, share in CONTENT_LAYERS.items()
        }
        spread = self.photo - self.photo.mean((2, 3), keepdim=True)
        self.grain_scale = GRAIN / spread.square().mean((1, 2, 3)).clamp_min(1e-4)
        self.tiles = extractor.tiles(self.photo)

    def picture(self, canvas: Tensor) -> Tensor:
        """Show N×3×H×W canvases as people will see them: the photo stays wherever the mask is black."""
        return canvas if self.mask is None else torch.lerp(self.photo, canvas, self.mask)

    def evaluate(self, canvas: Tensor) -> tuple[Losses, Tensor]:
        """Evaluate N×3×H×W canvases.

        Returns:
            Relative content error, the grain's included, relative style errors and their weighted sum; and
            the gradient of the latter.
        """
        picture = canvas.detach()
        if self.mask is not None:
            # Grey counts as white here: a canvas would overshoot to make up for the photo's share in it.
            picture = torch.where(self.mask > 0, picture, self.photo)
        picture = picture.requires_grad_()
        losses, gradient = self._whole(picture) if len(self.tiles) == 1 else self._tiled(picture)
        if self.mask is not None:
            gradient = gradient * (self.mask > 0)
        return losses, gradient

    def _whole(self, picture: Tensor) -> tuple[Losses, Tensor]:
        tile = self.tiles[0]
        content, seen = self._look(picture, tile)
        losses = self._sum_up(content + self._grain_error(picture), self._style_error(picture, seen))
        (gradient,) = torch.autograd.grad(losses.total.sum(), picture)
        return _detached(losses), gradient

    def _tiled(self, picture: Tensor) -> tuple[Losses, Tensor]:
        """The same in two passes: what the statistics are, then what each tile has to do about them.

        Chain rule: the style error depends on a tile only through the sums, to which the tile adds.
        """
        with torch.no_grad():
            looks = [self._look(picture, tile) for tile in self.tiles]
        content = torch.stack([look[0] for look in looks]).sum(0)
        seen = {layer: reduce(add, (look[1][layer] for look in looks)) for layer in STYLE_LAYERS}
        leaves = [leaf.requires_grad_() for part in seen.values() for leaf in (part.first, part.second)]
        grain, style = self._grain_error(picture), self._style_error(picture, seen)
        known = (self.weight * grain + style).sum()
        # A Gram matrix makes no use of the first sums: their slopes are zero.
        gradient, *slopes = torch.autograd.grad(known, (picture, *leaves), materialize_grads=True)
        for tile in self.tiles:
            window = tile.window(picture).detach().requires_grad_()
            content_part, seen_part = self._look(window, tile, cut=True)
            parts = [leaf for part in seen_part.values() for leaf in (part.first, part.second)]
            pull = (self.weight * content_part).sum() + sum(
                (part * slope).sum() for part, slope in zip(parts, slopes, strict=True)
            )
            tile.window(gradient).add_(torch.autograd.grad(pull, window)[0])
        return _detached(self._sum_up(content + grain, style)), gradient

    def _look(self, picture: Tensor, tile: Tile, *, cut: bool = False) -> tuple[Tensor, dict[str, Sums]]:
        """Look at one tile: its share of the content error, N numbers, and of the style's sums."""
        seen = self.extractor.features(picture if cut else tile.window(picture), WANTED)
        errors = [self._content_error(seen[layer], layer, tile) for layer in CONTENT_LAYERS]
        content = torch.stack(errors).sum(0)
        canvas = self.photo.shape[2:]
        return content, {
            layer: core_sums(seen[layer], tile, layer, canvas, self.places.get(layer))
            for layer in STYLE_LAYERS
        }

    def _content_error(self, seen: Tensor, layer: str, tile: Tile) -> Tensor:
        stride = stride_of(layer)
        squares = (tile.core(seen, stride).float() - tile.part(self.content[layer], stride).float()).square()
        if (places := self.places.get(layer)) is None:
            error = squares.sum((1, 2, 3)) / self.content[layer][0].numel()
        else:
            error = (squares.mean(1, keepdim=True) * tile.part(places, stride)).sum((1, 2, 3))
        return self.content_scale[layer] * error

    def _grain_error(self, picture: Tensor) -> Tensor:
        """Compare mixed differences of 2 × 2 pixels, over the spread of the photo's colours: N numbers."""
        new = picture - self.photo
        across = new[..., 1:] - new[..., :-1]
        squares = ((across[..., 1:, :] - across[..., :-1, :]) / 4).square()
        if (places := self.places.get(PIXELS)) is None:
            return self.grain_scale * squares.sum((1, 2, 3)) / self.photo[0].numel()
        return self.grain_scale * (squares.mean(1, keepdim=True) * places[..., 1:, 1:]).sum((1, 2, 3))

    def _style_error(self, picture: Tensor, seen: Mapping[str, Sums]) -> Tensor:
        errors = [
            share * distance(moments(seen[layer], gram=self.gram), self.style[layer])
            for layer, share in STYLE_LAYERS.items()
        ]
        palette = moments(sums(picture, self.places.get(PIXELS)))
        return torch.stack([*errors, PALETTE * palette_distance(palette, self.style[PIXELS])]).sum(0)

    def _sum_up(self, content: Tensor, style: Tensor) -> Losses:
        return Losses(self.weight * content + style, content, style)


def blend_styles(parts: Iterable[tuple[float, StyleStatistics]]) -> StyleStatistics:
    """Blend styles linearly, layer by layer."""
    parts = list(parts)
    return {layer: blend((weight, style[layer]) for weight, style in parts) for layer in parts[0][1]}


def _place_weights(mask: Tensor, layer: str) -> Tensor:
    """Say how much each place of a layer counts: N×1×h×w that sum to one."""
    stride = stride_of(layer)
    coarse = functional.avg_pool2d(mask, stride, ceil_mode=True) if stride > 1 else mask
    return coarse / coarse.sum((1, 2, 3), keepdim=True).clamp_min(1e-12)


def _detached(losses: Losses) -> Losses:
    return Losses(losses.total.detach(), losses.content.detach(), losses.style.detach())
