"""The function that a painting minimises, against one written out plainly in double precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor
from torch.nn import functional

from engine.painting.detail import detail
from engine.painting.faces import Face, face_map
from engine.painting.features import Features, Pooling, convolutions, stride_of
from engine.painting.loss import FeatureExtractor, Losses, StyleTransferLoss, Target
from engine.painting.network import Network
from engine.painting.objective import DEFAULT, PIXELS, content_weight, face_weight, objective_of
from engine.painting.placement import CELL
from engine.painting.recipe import QUALITIES, STRENGTHS, Recipe
from engine.painting.statistic import STATISTICS
from engine.painting.sums import Values
from engine.painting.tensors import to_tensor
from tests.support.narrow import narrow, narrow_state

State = dict[str, Tensor]
CONTENT_LAYERS, STYLE_LAYERS = DEFAULT.content_layers, DEFAULT.style_layers
PALETTE, GRAIN = DEFAULT.palette, DEFAULT.grain
SHAPE = (45, 70)
"""Odd sides: neither is a whole number of the deepest layer's places."""
PARTS = {"left": (slice(None), slice(0, 35)), "middle": (slice(10, 34), slice(20, 50))}


@dataclass(frozen=True)
class Pictures:
    """The pictures that a loss compares."""

    photo: Tensor
    painting: Tensor
    canvas: Tensor
    alpha: float = 1e-3
    mask: Tensor | None = None
    faces: Tensor | None = None
    statistic: str = "moments"
    placed: bool = False
    """True if the cells are told their paint: any paint."""


@pytest.fixture(scope="module")
def extractor(vgg16: State) -> FeatureExtractor:
    return FeatureExtractor(narrow(Features(vgg16)))


@pytest.fixture(scope="module")
def pictures(photo: Image.Image, painting: Image.Image) -> Pictures:
    content, style = to_tensor(photo, SHAPE[::-1]), to_tensor(painting, (60, 52))
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(0))
    return Pictures(content, style, 0.6 * content + 0.4 * noise)


def masked(pictures: Pictures, where: str, inside: float = 1.0, outside: float = 0.0) -> Pictures:
    mask = torch.full_like(pictures.photo[:, :1], outside)
    mask[0, 0][PARTS[where]] = inside
    return replace(pictures, mask=mask)


def with_face(pictures: Pictures) -> Pictures:
    height, width = pictures.photo.shape[2:]
    face = Face(0.45 * width, 0.4 * height, 0.15 * width, 0.25 * height, 0.3)
    return replace(pictures, faces=face_map([face], (width, height), (width, height)))


def of(extractor: FeatureExtractor, statistic: str) -> FeatureExtractor:
    return replace(extractor, objective=replace(DEFAULT, statistic=STATISTICS[statistic]))


def target(extractor: FeatureExtractor, pictures: Pictures) -> Target:
    style = extractor.style(pictures.painting)
    convolutions = zip(extractor.features.layers, extractor.features.convolutions, strict=True)
    widths = {layer: len(cast("Tensor", convolution.weight)) for layer, convolution in convolutions}
    return Target(
        *(pictures.photo, extractor.content(pictures.photo), style, pictures.alpha, pictures.mask),
        *(pictures.faces, face_weight(pictures.alpha), paint(pictures, widths) if pictures.placed else {}),
    )


def paint(pictures: Pictures, widths: Mapping[str, int]) -> dict[str, Values]:
    """Make up some paint for each cell, and a unit, for each layer of the placement, of so many channels."""
    generator, cells = (
        torch.Generator().manual_seed(0),
        [math.ceil(n / CELL) for n in pictures.photo.shape[2:]],
    )
    return {
        layer: (torch.rand(1, widths[layer], *cells, generator=generator), torch.tensor([2.0 + number]))
        for number, layer in enumerate(DEFAULT.placement)
    }


def loss(extractor: FeatureExtractor, *every: Pictures) -> StyleTransferLoss:
    extractor = of(extractor, every[0].statistic)
    return StyleTransferLoss(extractor, [target(extractor, pictures) for pictures in every])


def evaluate(extractor: FeatureExtractor, *every: Pictures) -> tuple[Losses, Tensor]:
    return loss(extractor, *every).evaluate(torch.cat([pictures.canvas for pictures in every]))


def off(found: Tensor, wanted: Tensor) -> float:
    """Relative error."""
    return float((found - wanted).norm() / wanted.norm())


POOL: Final[Mapping[str, Callable[..., Tensor]]] = {
    "max": functional.max_pool2d,
    "average": functional.avg_pool2d,
}


def plain_activations(state: State, image: Tensor, pooling: Pooling) -> dict[str, Tensor]:
    """Look through VGG-16 as the papers write it down, in double precision."""
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(1, 3, 1, 1)
    x, found = functional.pad((image - mean) / std, (1, 1, 1, 1), mode="replicate"), {}
    for name, index in convolutions("vgg16"):
        block, number = name.split("_")
        if number == "1" and block != "1":
            x = POOL[pooling](x, 2, ceil_mode=True)
        weight, bias = (state[f"features.{index}.{kind}"].double() for kind in ("weight", "bias"))
        x = functional.conv2d(x, weight, bias, padding=int(name != "1_1")).relu()
        found[f"relu{name}"] = x
        if name == "5_1":
            break
    return {**found, PIXELS: image}


def plain_places(mask: Tensor | None, activations: Tensor, layer: str) -> Tensor:
    """Say how much each place counts, as a flat distribution: by the average of the mask over its pixels."""
    height, width = activations.shape[2:]
    if mask is None:
        return torch.full((height * width,), 1 / (height * width), dtype=torch.float64)
    blocks = plain_averages(mask, layer)
    assert blocks.numel() == height * width
    return blocks / blocks.sum()


def plain_averages(plane: Tensor, layer: str) -> Tensor:
    """Average a plane over the pixels of each place of a layer, row by row."""
    return plain_blocks(plane[0, 0], stride_of(layer))


def plain_blocks(plane: Tensor, side: int) -> Tensor:
    """Average a plane over squares, row by row."""
    pixels = plane.double().numpy()
    blocks = [
        pixels[row : row + side, column : column + side].mean()
        for row in range(0, pixels.shape[0], side)
        for column in range(0, pixels.shape[1], side)
    ]
    return torch.tensor(np.array(blocks))


def plain_statistics(activations: Tensor, places: Tensor, *, gram: bool) -> tuple[Tensor, Tensor]:
    columns = activations[0].flatten(1)
    mean = (columns * places).sum(1, keepdim=True)
    if gram:
        return mean * 0, (columns * places) @ columns.T
    return mean, ((columns - mean) * places) @ (columns - mean).T


def plain_detail(image: Tensor) -> Tensor:
    """Take the binomial blur of 5 × 5 pixels away."""
    tap = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=torch.float64) / 16
    padded = functional.pad(image, (2, 2, 2, 2), mode="replicate")
    return image - functional.conv2d(padded, torch.outer(tap, tap).expand(3, 1, 5, 5), groups=3)


def plain_held_detail(photo: Tensor) -> Tensor:
    """Say how much detail counts at each pixel, by the photo's mean squared detail within 9 × 9 pixels."""
    squares = plain_detail(photo).square().mean(1)[0].numpy()
    height, width = squares.shape
    around = [
        [
            squares[max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5].mean()
            for column in range(width)
        ]
        for row in range(height)
    ]
    squared = torch.tensor(np.array(around))
    flat, sharp = 1 / (1 + squared / 0.04**2), squared**4 / (squared**4 + 0.14**8)
    return 0.02 + 0.98 * (flat + sharp)


def relative(ours: Tensor, theirs: Tensor) -> Tensor:
    return (ours - theirs).square().sum() / theirs.square().sum()


def plain_losses(state: State, pictures: Pictures, canvas: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Compute total, content and style as the documentation has them, in double precision."""
    photo, painting = pictures.photo.double(), pictures.painting.double()
    if pictures.mask is not None:
        canvas = torch.where(pictures.mask > 0, canvas, photo)
    ours, theirs, wanted = (plain_activations(state, image, "max") for image in (canvas, photo, painting))
    content = torch.zeros((), dtype=torch.float64)
    for layer, share in CONTENT_LAYERS.items():
        places = plain_places(pictures.mask, ours[layer], layer)
        squares = (ours[layer] - theirs[layer])[0].flatten(1).square().mean(0)
        if pictures.faces is not None:
            squares = squares * (
                1 + (face_weight(pictures.alpha) - 1) * plain_averages(pictures.faces, layer)
            )
        error = (squares * places).sum()
        content = content + share * error / theirs[layer].square().mean()
    places = plain_places(pictures.mask, photo, PIXELS).view(photo.shape[2:])
    squares = plain_detail(canvas - photo).square().mean(1) * plain_held_detail(photo)
    content = content + GRAIN * (squares * places).sum()
    style = torch.zeros((), dtype=torch.float64)
    for layer, share in {**STYLE_LAYERS, PIXELS: PALETTE}.items():
        gram = pictures.statistic == "gram" and layer != PIXELS
        places = plain_places(pictures.mask, ours[layer], layer)
        mean, covariance = plain_statistics(ours[layer], places, gram=gram)
        even = plain_places(None, wanted[layer], layer)
        wanted_mean, wanted_covariance = plain_statistics(wanted[layer], even, gram=gram)
        error = relative(covariance, wanted_covariance)
        if layer == PIXELS:
            error = error + (mean - wanted_mean).square().sum() / wanted_covariance.trace()
        elif not gram:
            error = (relative(mean, wanted_mean) + error) / 2
        style = style + share * error
    if pictures.placed:
        style = style + plain_placement(pictures, ours)
    return content_weight(pictures.alpha) * content + style, content, style


def plain_placement(pictures: Pictures, ours: dict[str, Tensor]) -> Tensor:
    height, width = pictures.photo.shape[2:]
    mask = torch.ones(1, 1, height, width) if pictures.mask is None else pictures.mask
    cells = plain_blocks(mask[0, 0], CELL)
    error = torch.zeros((), dtype=torch.float64)
    widths = {layer: ours[layer].shape[1] for layer in DEFAULT.placement}
    for layer, (wanted, unit) in paint(pictures, widths).items():
        side = CELL // stride_of(layer)
        rows, columns = ours[layer].shape[2:]
        means = [
            ours[layer][0, :, row : row + side, column : column + side].mean((1, 2))
            for row in range(0, rows, side)
            for column in range(0, columns, side)
        ]
        squares = (torch.stack(means, 1) - wanted[0].flatten(1)).square().mean(0)
        error = error + DEFAULT.placement[layer] * (squares * cells).sum() / cells.sum() / unit[0]
    return error


def variants(pictures: Pictures) -> dict[str, Pictures]:
    return {
        "moments": pictures,
        "gram": replace(pictures, statistic="gram"),
        "masked": masked(pictures, "middle"),
        "grey mask": masked(pictures, "left", inside=0.8, outside=0.3),
        "faces": with_face(pictures),
        "faces and mask": with_face(masked(pictures, "middle")),
        "placed": replace(pictures, placed=True),
        "placed and masked": replace(masked(pictures, "left", inside=0.8, outside=0.3), placed=True),
    }


@pytest.mark.parametrize("variant", ["moments", "gram", "masked", "grey mask", "placed", "placed and masked"])
def test_losses_and_gradient_are_those_of_a_plain_double_precision_computation(
    variant: str, extractor: FeatureExtractor, vgg16: State, pictures: Pictures
) -> None:
    case = variants(pictures)[variant]
    losses, gradient = evaluate(extractor, case)
    canvas = case.canvas.double().requires_grad_()
    total, content, style = plain_losses(narrow_state(vgg16), case, canvas)
    (wanted,) = torch.autograd.grad(total, canvas)
    assert float(losses.content) == pytest.approx(content.item(), rel=1e-4)
    assert float(losses.style) == pytest.approx(style.item(), rel=1e-4)
    assert float(losses.total) == pytest.approx(total.item(), rel=1e-4)
    assert gradient.shape == canvas.shape
    assert off(gradient.double(), wanted) < 1e-3


def test_the_gradient_says_how_the_total_changes(extractor: FeatureExtractor, pictures: Pictures) -> None:
    function = loss(extractor, pictures)
    _, gradient = function.evaluate(pictures.canvas)
    step = gradient * (0.002 / gradient.abs().mean())
    above, below = (function.evaluate(pictures.canvas + sign * step)[0].total for sign in (0.5, -0.5))
    assert float(above - below) == pytest.approx(float((gradient * step).sum()), rel=0.02)


def red_network() -> Features:
    """Build a network whose first channel is, in every layer, the red of the picture; the rest is black."""
    state: State = {}
    channels = 3
    for name, index in convolutions("vgg16"):
        width = 64 * 2 ** min(int(name[0]) - 1, 3)
        weight, bias = torch.zeros(width, channels, 3, 3), torch.zeros(width)
        weight[0, 0, 1, 1] = 0.229 if name == "1_1" else 1.0
        bias[0] = 0.485 if name == "1_1" else 0.0
        state[f"features.{index}.weight"], state[f"features.{index}.bias"] = weight, bias
        channels = width
    return Features(state)


def flat(red: float, side: int = 32) -> Tensor:
    return torch.tensor([red, 0.5, 0.5]).view(1, 3, 1, 1).repeat(1, 1, side, side)


def test_the_losses_of_flat_pictures_by_hand() -> None:
    extractor = FeatureExtractor(red_network())
    losses, _ = evaluate(extractor, Pictures(photo=flat(0.25), painting=flat(1.0), canvas=flat(0.75)))
    # Content: ((0.75 - 0.25) / 0.25)² at each layer. Style: ((0.75 - 1) / 1)² for the mean, none for the
    # covariance; the palette's floor of 1e-4 stands in for the painting's spread.
    assert float(losses.content) == pytest.approx(4 * sum(CONTENT_LAYERS.values()), rel=1e-4)
    layers, palette = 0.0625 / 2 * sum(STYLE_LAYERS.values()), 0.0625 / 1e-4
    assert float(losses.style) == pytest.approx(layers + PALETTE * palette, rel=1e-3)


def test_the_losses_of_two_coloured_pictures_by_hand() -> None:
    extractor = FeatureExtractor(red_network())
    halves = torch.cat([flat(0.0), flat(1.0)], dim=3)
    faint = torch.cat([flat(0.25), flat(0.75)], dim=3)
    losses, _ = evaluate(extractor, Pictures(photo=halves, painting=halves, canvas=faint))
    # Content: 0.25² over an average of 0.5, and a step of half the height between the halves.
    # Style: variances of 1/16 instead of 1/4, so (3/4)² and its half.
    step = plain_detail((faint - halves).double()).square().mean(1) * plain_held_detail(halves.double())
    content = 0.125 * sum(CONTENT_LAYERS.values()) + GRAIN * float(step.mean())
    assert float(losses.content) == pytest.approx(content, rel=1e-3)
    layers, palette = 0.5625 / 2 * sum(STYLE_LAYERS.values()), 0.5625
    assert float(losses.style) == pytest.approx(layers + PALETTE * palette, rel=1e-3)


def grain(extractor: FeatureExtractor, photo: Tensor, canvas: Tensor) -> float:
    """Give the part of the content that no layer of the network sees."""
    losses, _ = evaluate(extractor, Pictures(photo=photo, painting=photo, canvas=canvas))
    seen = 0.0
    for layer, share in CONTENT_LAYERS.items():
        ours, wanted = (extractor.content(picture)[layer] for picture in (canvas, photo))
        seen += share * float((ours - wanted).square().mean() / wanted.square().mean())
    return float(losses.content) - seen


def test_a_weave_counts_whole_on_a_flat_or_sharp_photo_and_hardly_on_a_busy_one_by_hand() -> None:
    extractor = FeatureExtractor(red_network())
    weave = torch.ones(64, 64)
    weave[::2, ::2] = weave[1::2, 1::2] = -1
    flat_photo = flat(0.5, 64)
    # A blur leaves nothing of a weave but at the edges: 0.1² stays.
    assert grain(extractor, flat_photo, flat_photo + 0.1 * weave) == pytest.approx(GRAIN * 0.01, rel=0.02)
    for amplitude, weight in ((0.08, 0.227), (0.28, 1.016)):
        # 1 / (1 + 2²) is flat and 0.08⁸ over 0.08⁸ + 0.14⁸ sharp; 1 / (1 + 7²) and 1 / (1 + 2⁻⁸).
        own = flat_photo + amplitude * weave
        assert grain(extractor, own, own + 0.1 * weave) == pytest.approx(GRAIN * 0.01 * weight, rel=0.02)
    slope = flat_photo + 0.2 * torch.linspace(-1, 1, 64)
    assert grain(extractor, flat_photo, slope) == pytest.approx(0, abs=GRAIN * 1e-4)


def test_detail_and_its_slope_are_those_of_a_plain_double_precision_computation() -> None:
    picture = torch.rand(2, 3, 9, 12, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    picture.requires_grad_()
    for one, other in zip(picture, detail(picture), strict=True):
        torch.testing.assert_close(other[None], plain_detail(one[None]))
    assert torch.autograd.gradcheck(detail, picture[:1, :1])


def test_a_larger_alpha_weighs_the_content_by_the_same_factor_wherever_it_is() -> None:
    assert content_weight(1e-2) / content_weight(1e-4) == pytest.approx(
        content_weight(1e-4) / content_weight(1e-6)
    )


@given(st.floats(min_value=1e-8, max_value=0.99), st.floats(min_value=1.001, max_value=100))
def test_a_larger_alpha_always_weighs_the_content_more(alpha: float, factor: float) -> None:
    assert 0 < content_weight(alpha) < content_weight(alpha * factor) < math.inf


def test_the_more_iterations_the_less_the_content_weighs(
    extractor: FeatureExtractor, pictures: Pictures
) -> None:
    """Or a finer painting would be nearer to its photo, where it should be the same, and better."""
    ratios = []
    for quality in QUALITIES:
        seen = replace(extractor, objective=objective_of(Recipe(quality=quality)))
        losses, _ = StyleTransferLoss(seen, [target(seen, pictures)]).evaluate(pictures.canvas)
        ratios.append(float((losses.total - losses.style) / losses.content))
    draft, normal, fine = (ratio / content_weight(pictures.alpha) for ratio in ratios)
    assert draft == pytest.approx(1, rel=1e-3)
    assert draft > normal > fine > 0.7


def test_the_photo_itself_has_no_content_loss_and_the_painting_no_style_loss(
    extractor: FeatureExtractor, pictures: Pictures
) -> None:
    at_photo, _ = evaluate(extractor, replace(pictures, canvas=pictures.photo))
    assert float(at_photo.content) == pytest.approx(0.0, abs=1e-9)
    assert float(at_photo.style) > 0.1
    same = Pictures(pictures.painting, pictures.painting, pictures.painting)
    at_painting, gradient = evaluate(extractor, same)
    assert float(at_painting.total) == pytest.approx(0.0, abs=1e-9)
    assert float(gradient.abs().max()) < 1e-6
    assert float(evaluate(extractor, replace(same, photo=pictures.painting.flip(2)))[0].content) > 0.1


def rescaled(state: State) -> State:
    """Scale every layer's activations by a factor of its own: weights by its ratio to the layer before."""
    result, before = dict(state), 1.0
    for number, (_, index) in enumerate(convolutions("vgg16")):
        scale = (0.5, 8.0, 0.125, 3.0)[number % 4]
        result[f"features.{index}.weight"] = state[f"features.{index}.weight"] * (scale / before)
        result[f"features.{index}.bias"] = state[f"features.{index}.bias"] * scale
        before = scale
    return result


@pytest.mark.parametrize("statistic", ["moments", "gram"])
def test_rescaling_the_network_layer_by_layer_changes_no_loss_and_no_gradient(
    extractor: FeatureExtractor, vgg16: State, pictures: Pictures, statistic: str
) -> None:
    case = replace(pictures, statistic=statistic)
    one, slope = evaluate(extractor, case)
    two, other_slope = evaluate(FeatureExtractor(narrow(Features(rescaled(vgg16)))), case)
    assert float(one.style) > 0.05
    for ours, theirs in ((one.content, two.content), (one.style, two.style), (one.total, two.total)):
        assert float(theirs) == pytest.approx(float(ours), rel=1e-4)
    assert off(other_slope, slope) < 1e-3


def test_fast_arithmetic_changes_the_losses_little(network: Network, pictures: Pictures) -> None:
    exact, slope = evaluate(FeatureExtractor(network.features(torch.float32)), pictures)
    fast, fast_slope = evaluate(FeatureExtractor(network.features(torch.bfloat16)), pictures)
    assert float(fast.content) == pytest.approx(float(exact.content), rel=0.05)
    assert float(fast.style) == pytest.approx(float(exact.style), rel=0.05)
    assert fast_slope.dtype == torch.float32
    assert float(torch.cosine_similarity(fast_slope.flatten(), slope.flatten(), 0)) > 0.95


def test_canvases_of_one_batch_do_not_touch_each_other(
    extractor: FeatureExtractor, pictures: Pictures
) -> None:
    every = [
        pictures,
        replace(masked(pictures, "left"), alpha=1e-6, canvas=pictures.canvas.flip(3)),
        replace(pictures, painting=pictures.painting.flip(1)[..., :44], photo=pictures.photo.flip(2)),
        with_face(masked(pictures, "middle")),
    ]
    every = [replace(case, placed=True) for case in every]
    together, gradient = evaluate(extractor, *every)
    for number, case in enumerate(every):
        alone, slope = evaluate(extractor, case)
        for ours, theirs in ((together.content, alone.content), (together.style, alone.style)):
            assert float(ours[number]) == pytest.approx(float(theirs), rel=1e-4)
        assert float(together.total[number]) == pytest.approx(float(alone.total), rel=1e-4)
        assert off(gradient[number : number + 1], slope) < 1e-4


def test_styles_blend_linearly_whatever_their_order(extractor: FeatureExtractor, pictures: Pictures) -> None:
    one, other = (extractor.style(picture) for picture in (pictures.painting, pictures.painting.flip(1)))
    blended = DEFAULT.blend([(3.0, one), (1.0, other)])
    again = DEFAULT.blend(iter([(0.5, other), (1.5, one)]))
    assert set(blended) == {*STYLE_LAYERS, PIXELS}
    for layer, found in blended.items():
        (mean, covariance), (other_mean, other_covariance) = one[layer], other[layer]
        wanted = 0.75 * covariance + 0.25 * other_covariance
        torch.testing.assert_close(found[0], 0.75 * mean + 0.25 * other_mean)
        torch.testing.assert_close(found[1], wanted)
        torch.testing.assert_close(again[layer][1], wanted)
    same = DEFAULT.blend([(2.0, one), (5.0, one)])
    for layer, found in same.items():
        torch.testing.assert_close(found, one[layer])


def test_a_black_mask_hides_the_canvas_and_stops_its_gradient(
    extractor: FeatureExtractor, pictures: Pictures
) -> None:
    case = masked(pictures, "middle")
    assert case.mask is not None
    function = loss(extractor, case)
    black = (case.mask == 0).expand_as(case.canvas)
    elsewhere = torch.where(black, torch.rand(case.canvas.shape), case.canvas)
    shown = function.picture(elsewhere)
    assert torch.equal(shown[black], case.photo[black])
    assert torch.equal(shown[~black], case.canvas[~black])
    (losses, gradient), (same, _) = function.evaluate(case.canvas), function.evaluate(elsewhere)
    assert float(losses.total) == float(same.total)
    assert float(gradient[black].abs().max()) == 0
    assert float(gradient[~black].abs().min()) > 0


def test_a_white_mask_is_no_mask(extractor: FeatureExtractor, pictures: Pictures) -> None:
    without, slope = evaluate(extractor, pictures)
    case = replace(pictures, mask=torch.ones_like(pictures.photo[:, :1]))
    with_mask, masked_slope = evaluate(extractor, case)
    assert torch.equal(loss(extractor, case).picture(case.canvas), case.canvas)
    assert float(with_mask.total) == pytest.approx(float(without.total), rel=1e-5)
    assert off(masked_slope, slope) < 1e-4


def test_no_face_is_no_map(extractor: FeatureExtractor, pictures: Pictures) -> None:
    without, slope = evaluate(extractor, pictures)
    for case in (
        replace(pictures, faces=torch.zeros_like(pictures.photo[:, :1])),
        replace(with_face(pictures), alpha=STRENGTHS["painting"]),
    ):
        losses, gradient = evaluate(extractor, case)
        assert float(losses.content) == pytest.approx(float(without.content), rel=1e-6)
        if case.alpha == pictures.alpha:
            assert off(gradient, slope) < 1e-6


def test_an_evaluation_leaves_the_canvas_as_it_is(extractor: FeatureExtractor, pictures: Pictures) -> None:
    function, canvas = loss(extractor, pictures), pictures.canvas.clone()
    losses, gradient = function.evaluate(canvas)
    again, same = function.evaluate(canvas)
    assert torch.equal(canvas, pictures.canvas)
    assert not canvas.requires_grad
    assert not any(part.requires_grad for part in (losses.total, losses.content, losses.style, gradient))
    assert torch.equal(losses.total, again.total)
    assert torch.equal(gradient, same)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_flat_pictures_have_finite_losses_and_gradients(extractor: FeatureExtractor, level: float) -> None:
    photo = torch.full((1, 3, 40, 40), level)
    losses, gradient = evaluate(extractor, Pictures(photo, 1 - photo, photo))
    assert bool(losses.total.isfinite())
    assert bool(gradient.isfinite().all())


def vgg19_state() -> State:
    """Make VGG-19's shapes with random weights that keep the scale of what passes through."""
    generator, channels, state = torch.Generator().manual_seed(19), 3, {}
    for name, index in convolutions("vgg19"):
        width = 64 * 2 ** min(int(name[0]) - 1, 3)
        weight = torch.randn(width, channels, 3, 3, generator=generator) * (2 / (9 * channels)) ** 0.5
        state[f"features.{index}.weight"] = weight
        state[f"features.{index}.bias"] = torch.randn(width, generator=generator) * 0.1
        channels = width
    return state


SIDE = 208
"""Of a tile."""


@pytest.fixture(scope="module")
def large(pictures: Pictures) -> Pictures:
    """A strip of three tiles."""
    return enlarged(pictures, 33, 301)


def enlarged(pictures: Pictures, height: int, width: int) -> Pictures:
    photo, canvas = (
        functional.interpolate(image, (height, width), mode="bilinear")
        for image in (pictures.photo, pictures.canvas)
    )
    noise = torch.rand(photo.shape, generator=torch.Generator().manual_seed(0))
    return replace(pictures, photo=photo, canvas=0.7 * canvas + 0.3 * noise)


KINKS: Final = 2e-3
"""In fp32 a kink may lie between two roundings, and one activation, on or off, shows in the gradient."""


EXACTLY: Final = 1e-6


def compare_with_whole(
    extractor: FeatureExtractor, *every: Pictures, side: int = SIDE, tiles: int = 3, close: float = KINKS
) -> None:
    whole, slope = evaluate(extractor, *every)
    function = loss(FeatureExtractor(extractor.features, side), *every)
    assert len(function.tiles) == tiles
    tiled, tiled_slope = function.evaluate(torch.cat([pictures.canvas for pictures in every]))
    for name in ("total", "content", "style"):
        torch.testing.assert_close(getattr(tiled, name), getattr(whole, name), rtol=1e-5, atol=0)
    assert off(tiled_slope, slope) < close
    worst = float((tiled_slope - slope).abs().max() / slope.abs().max())
    assert worst < close, "there is a seam"


@pytest.mark.parametrize("variant", ["moments", "faces and mask"])
def test_tiles_see_what_the_whole_sees(variant: str, extractor: FeatureExtractor, large: Pictures) -> None:
    compare_with_whole(extractor, variants(large)[variant])


@pytest.fixture(scope="module")
def exact(vgg16: State) -> FeatureExtractor:
    """Eyes to which no kink is lost by rounding."""
    return FeatureExtractor(narrow(Features(vgg16, torch.float64)))


@pytest.mark.parametrize(
    "variant",
    ["moments", "gram", "masked", "grey mask", "faces", "faces and mask", "placed", "placed and masked"],
)
def test_tiles_see_exactly_what_the_whole_sees_where_no_kink_is_lost_to_rounding(
    variant: str, exact: FeatureExtractor, large: Pictures
) -> None:
    compare_with_whole(exact, variants(large)[variant], close=EXACTLY)


def test_tiles_in_rows_and_columns_see_exactly_what_the_whole_sees(
    exact: FeatureExtractor, pictures: Pictures
) -> None:
    case = masked(enlarged(pictures, 161, 177), "left", inside=0.8, outside=0.3)
    compare_with_whole(exact, case, side=160, tiles=4, close=EXACTLY)


def test_tiles_of_a_batch_see_exactly_what_the_whole_sees(exact: FeatureExtractor, large: Pictures) -> None:
    every = (
        replace(large, canvas=large.photo),
        replace(masked(large, "left"), alpha=1e-6, painting=large.painting.flip(1)),
        with_face(large),
    )
    compare_with_whole(exact, *every, close=EXACTLY)


def test_tiles_of_vgg19_see_what_the_whole_sees(large: Pictures) -> None:
    compare_with_whole(FeatureExtractor(narrow(Features(vgg19_state()))), large, side=240, tiles=2)


def test_a_large_painting_has_the_same_style_in_tiles(extractor: FeatureExtractor, large: Pictures) -> None:
    for statistic in STATISTICS:
        whole = of(extractor, statistic).style(large.photo)
        tiled = of(FeatureExtractor(extractor.features, SIDE), statistic).style(large.photo)
        for layer, found in tiled.items():
            for value, wanted in zip(found, whole[layer], strict=True):
                assert off(value, wanted) < 1e-5


def test_a_large_photo_has_the_same_content_in_tiles(extractor: FeatureExtractor, large: Pictures) -> None:
    whole, tiled = (FeatureExtractor(extractor.features, side).content(large.photo) for side in (None, SIDE))
    for layer in CONTENT_LAYERS:
        assert tiled[layer].shape == whole[layer].shape
        torch.testing.assert_close(tiled[layer], whole[layer], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("side", [None, 384], ids=["whole", "tiles"])
def test_in_fp16_the_slopes_of_a_canvas_do_not_vanish(vgg16: dict[str, Tensor], side: int | None) -> None:
    """They are as near those of fp32 as bf16's, though a large canvas has small ones."""
    height, width = (96, 64) if side is None else (400, 48)
    generator = torch.Generator().manual_seed(0)
    photo, style, canvas = (torch.rand(1, 3, height, width, generator=generator) for _ in range(3))
    slopes = {}
    for precision in (torch.float32, torch.bfloat16, torch.float16):
        extractor = FeatureExtractor(narrow(Features(vgg16, precision)), side)
        target = Target(photo, extractor.content(photo), extractor.style(style), 1e-2)
        loss = StyleTransferLoss(extractor, [target])
        # As if there were a million pixels, of which each counts as little.
        loss.weight, loss.style_weights = loss.weight / 1e3, loss.style_weights / 1e3
        slopes[precision] = loss.evaluate(canvas)[1]
    exact = slopes.pop(torch.float32)
    off = {precision: float((slope - exact).norm() / exact.norm()) for precision, slope in slopes.items()}
    assert off[torch.float16] < off[torch.bfloat16] < 0.1
    vanished = (slopes[torch.float16] == 0).float().mean()
    assert vanished < 0.01
