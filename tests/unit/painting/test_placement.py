"""Like paint on like places."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.painting.features import stride_of, width_of
from engine.painting.loss import FeatureExtractor
from engine.painting.network import Network
from engine.painting.placement import CELL, MATCHED, PLACE, Seen, cell_means, place_paint

LAYERS = ("relu2_1", "relu3_1")
SIDE = 64


@pytest.fixture(scope="module")
def extractor(network: Network) -> FeatureExtractor:
    return FeatureExtractor(network.features(torch.float32))


def seen(extractor: FeatureExtractor, pixels: Tensor) -> Seen:
    return Seen(pixels, extractor.activations(pixels, frozenset((*MATCHED, *LAYERS))))


def stripes(side: int = SIDE) -> Tensor:
    """A picture of stripes of 4 pixels, 1×3×H×W."""
    wave = (torch.arange(side) // 2 % 2).float()
    return (0.3 + 0.4 * wave).expand(1, 3, side, side).clone()


def halves(above: Tensor, below: Tensor) -> Tensor:
    middle = above.shape[2] // 2
    return torch.cat([above[:, :, :middle], below[:, :, middle:]], 2)


def plane(red: float, green: float, blue: float, side: int = SIDE) -> Tensor:
    return torch.tensor([red, green, blue]).view(1, 3, 1, 1).expand(1, 3, side, side).clone()


def nearest(found: Tensor, *paints: Tensor) -> Tensor:
    """Say of each cell, 1×C×h×w, which of some paints, C numbers each, is nearest to it."""
    away = [(found - paint.view(1, -1, 1, 1)).square().sum(1) for paint in paints]
    return torch.stack(away).argmin(0)[0]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("turned", [False, True])
def test_stripes_get_the_paint_of_stripes_and_a_plain_place_that_of_a_plain_one(
    layer: str, turned: bool, extractor: FeatureExtractor
) -> None:
    plain = torch.full((1, 3, SIDE, SIDE), 0.5)
    painting = halves(plain, stripes())
    photo = painting.flip(2) if turned else painting
    paint, _ = place_paint(seen(extractor, photo), seen(extractor, painting), LAYERS)[layer]
    own = extractor.activations(painting, frozenset(LAYERS))[layer]
    quarter, rows = own.shape[2] // 4, paint.shape[2]
    flat, striped = own[:, :, :quarter].mean((2, 3)), own[:, :, -quarter:].mean((2, 3))
    which = nearest(paint, flat[0], striped[0])
    if turned:
        which = which.flip(0)
    # The rows at the border see both.
    assert bool((which[: rows // 2 - 1] == 0).all())
    assert bool((which[rows // 2 + 1 :] == 1).all())


def test_a_photo_without_anything_in_it_gets_paint_by_its_height_and_brightness(
    extractor: FeatureExtractor,
) -> None:
    sky, ground = plane(0.4, 0.5, 0.9), plane(0.5, 0.3, 0.1)
    painting = halves(sky, ground)
    dawn = torch.linspace(0.45, 0.35, SIDE).view(1, 1, -1, 1).expand(1, 3, SIDE, SIDE)
    paint, _ = place_paint(seen(extractor, dawn), seen(extractor, painting), LAYERS)["relu2_1"]
    own = extractor.activations(painting, frozenset(LAYERS))["relu2_1"]
    quarter = own.shape[2] // 4
    which = nearest(paint, own[:, :, :quarter].mean((2, 3))[0], own[:, :, -quarter:].mean((2, 3))[0])
    assert float(which[:2].float().mean()) < 0.1
    assert float(which[-2:].float().mean()) > 0.9


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_paint_and_unit_are_finite_where_nothing_differs(level: float) -> None:
    def blank(level: float) -> Seen:
        activations = {
            layer: torch.full((1, width_of(layer), 40 // stride_of(layer), 40 // stride_of(layer)), level)
            for layer in (*MATCHED, *LAYERS)
        }
        return Seen(torch.full((1, 3, 40, 40), level), activations)

    for paint, unit in place_paint(blank(level), blank(1 - level), LAYERS).values():
        torch.testing.assert_close(paint, torch.full_like(paint, 1 - level))
        assert float(unit) > 0


@pytest.mark.parametrize("layer", LAYERS)
def test_there_is_a_mean_for_each_cell_of_any_picture(layer: str, extractor: FeatureExtractor) -> None:
    pixels = torch.rand(1, 3, 45, 70, generator=torch.Generator().manual_seed(0))
    both = seen(extractor, pixels)
    means = cell_means(both.activations[layer], stride_of(layer))
    assert means.shape == (1, width_of(layer), math.ceil(45 / CELL), math.ceil(70 / CELL))
    assert place_paint(both, both, LAYERS)[layer][0].shape == means.shape
    size = CELL // stride_of(layer)
    corner = both.activations[layer][0, :, :size, :size].mean((1, 2))
    torch.testing.assert_close(means[0, :, 0, 0], corner)


def test_the_unit_is_the_variance_over_the_paintings_places(extractor: FeatureExtractor) -> None:
    painting = seen(extractor, halves(plane(0.9, 0.1, 0.1), stripes()))
    activations = painting.activations["relu3_1"]
    assert stride_of("relu3_1") == PLACE
    _, unit = place_paint(painting, painting, LAYERS)["relu3_1"]
    columns = activations[0].flatten(1)
    wanted = (columns - columns.mean(1, keepdim=True)).square().mean()
    torch.testing.assert_close(unit, wanted.view(1))


def test_a_larger_painting_has_larger_places(extractor: FeatureExtractor) -> None:
    painting = halves(plane(0.9, 0.9, 0.9), stripes())
    large = seen(extractor, functional.interpolate(painting, scale_factor=2.0))
    paint, unit = place_paint(seen(extractor, painting), large, LAYERS)["relu2_1"]
    assert paint.shape[2:] == (SIDE // CELL, SIDE // CELL)
    columns = functional.avg_pool2d(large.activations["relu2_1"], 2 * PLACE // 2)[0].flatten(1)
    torch.testing.assert_close(unit, columns.var(1, correction=0).mean().view(1))


def test_places_of_any_number_are_averaged_over_their_area(extractor: FeatureExtractor) -> None:
    pixels = torch.rand(1, 3, 111, 148, generator=torch.Generator().manual_seed(0))
    painting = seen(extractor, pixels)
    _, unit = place_paint(painting, painting, LAYERS)["relu2_1"]
    own = painting.activations["relu2_1"].float()
    assert own.shape[2:] == (56, 74)
    columns = functional.interpolate(own, (28, 37), mode="area")[0].flatten(1)
    torch.testing.assert_close(unit, columns.var(1, correction=0).mean().view(1))
    wider = seen(extractor, pixels[:, :, :, :140])
    _, unit = place_paint(wider, seen(extractor, pixels[:, :, :90, :99]), LAYERS)["relu3_1"]
    assert unit.isfinite().all()
