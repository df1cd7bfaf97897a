"""The classic method: Gatys et al. (2016), against the paper's equations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.errors import OutOfMemoryError, RecipeError
from engine.painting import scales
from engine.painting.commission import Commission, check
from engine.painting.features import Features, convolutions, width_of
from engine.painting.loss import FeatureExtractor, Losses, StyleTransferLoss, Target
from engine.painting.memory_prediction import choose_method
from engine.painting.network import Network
from engine.painting.objective import CLASSIC, objective_of
from engine.painting.recipe import STRENGTHS, Recipe
from engine.painting.scales import Scale
from engine.painting.tensors import to_tensor
from tests.support.narrow import narrow, narrow_state
from tests.support.painting_runs import finish
from tests.unit.painting.test_loss import State, plain_activations

ALPHA = 1e-4
WIDTHS = (64, 128, 256, 512, 512)
"""Channels of conv1_1, conv2_1, conv3_1, conv4_1 and conv5_1."""


def red_and_green_network() -> Features:
    """Build a network whose first two channels are, in every layer, the picture's red and green."""
    state: State = {}
    channels = 3
    for name, index in convolutions("vgg16"):
        width = width_of(f"relu{name}")
        weight, bias = torch.zeros(width, channels, 3, 3), torch.zeros(width)
        for channel, (mean, std) in enumerate(((0.485, 0.229), (0.456, 0.224))):
            weight[channel, channel, 1, 1] = std if name == "1_1" else 1.0
            bias[channel] = mean if name == "1_1" else 0.0
        state[f"features.{index}.weight"], state[f"features.{index}.bias"] = weight, bias
        channels = width
    return Features(state)


def flat(red: float, green: float) -> Tensor:
    return torch.tensor([red, green, 0.5]).view(1, 3, 1, 1).repeat(1, 1, 32, 32)


def loss_of(
    features: Features, photo: Tensor, style: Tensor, alpha: float = ALPHA, side: int | None = None
) -> StyleTransferLoss:
    extractor = FeatureExtractor(features, side, CLASSIC)
    target = Target(photo, extractor.content(photo), extractor.style(style), alpha)
    return StyleTransferLoss(extractor, [target])


def evaluate(features: Features, photo: Tensor, style: Tensor, canvas: Tensor) -> tuple[Losses, Tensor]:
    return loss_of(features, photo, style).evaluate(canvas)


def test_the_losses_of_flat_pictures_by_hand() -> None:
    canvas, photo, style = flat(0.75, 0.5), flat(0.25, 0.5), flat(1.0, 0.25)
    losses, _ = evaluate(red_and_green_network(), photo, style, canvas)
    # conv4_2 has 4 × 4 places: ½ · 16 · ((0.75 - 0.25)² + 0).
    assert float(losses.content) == pytest.approx(2.0, rel=1e-4)
    # Gram matrices over M: (9/16, 6/16; 6/16, 4/16) and (1, 1/4; 1/4, 1/16).
    squares = (9 / 16 - 1) ** 2 + 2 * (6 / 16 - 1 / 4) ** 2 + (4 / 16 - 1 / 16) ** 2
    style_loss = sum(squares / (4 * width**2) / 5 for width in WIDTHS)
    assert float(losses.style) == pytest.approx(style_loss, rel=1e-4)
    assert float(losses.total) == pytest.approx(ALPHA * 2.0 + style_loss, rel=1e-4)


def test_a_gram_matrix_is_of_all_places_by_hand() -> None:
    """A half red picture has red·red = M/2: the paper's sum, not a product of means."""
    halves = torch.cat([flat(0.0, 0.5), flat(1.0, 0.5)], dim=3)
    (matrix,) = FeatureExtractor(red_and_green_network(), objective=CLASSIC).style(halves)["relu1_1"]
    assert matrix.shape == (1, 64, 64)
    expected = torch.tensor([[0.5, 0.25], [0.25, 0.25]])
    torch.testing.assert_close(matrix[0, :2, :2], expected, rtol=1e-4, atol=1e-5)
    assert float(matrix.abs().sum()) == pytest.approx(float(expected.sum()), rel=1e-4)


def papers_losses(state: State, photo: Tensor, style: Tensor, canvas: Tensor) -> tuple[Tensor, Tensor]:
    """Compute content and style by equations 1, 3, 4 and 5 as they are printed, in double precision."""
    ours, original, wanted = (
        plain_activations(state, image.double(), "average") for image in (canvas, photo, style)
    )
    content = (ours["relu4_2"] - original["relu4_2"]).square().sum() / 2
    errors = []
    for layer in ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"):
        f, a = ours[layer][0].flatten(1), wanted[layer][0].flatten(1)
        n, m = f.shape
        assert f.shape == a.shape, "the paper has both pictures at one size"
        errors.append((f @ f.T - a @ a.T).square().sum() / (4 * n**2 * m**2) / 5)
    return content, torch.stack(errors).sum()


@pytest.fixture(scope="module")
def pictures(photo: Image.Image, painting: Image.Image) -> tuple[Tensor, Tensor, Tensor]:
    """Photo, style and canvas of one odd size."""
    noise = torch.rand(1, 3, 45, 70, generator=torch.Generator().manual_seed(0))
    return to_tensor(photo, (70, 45)), to_tensor(painting, (70, 45)), noise


def test_the_losses_of_real_pictures_are_the_papers(
    vgg16: State, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    losses, _ = evaluate(narrow(Features(vgg16)), *pictures)
    content, style = papers_losses(narrow_state(vgg16), *pictures)
    assert float(losses.content) == pytest.approx(content.item(), rel=1e-4)
    assert float(losses.style) == pytest.approx(style.item(), rel=1e-4)
    assert float(losses.total) == pytest.approx((ALPHA * content + style).item(), rel=1e-4)


def test_the_gradient_is_that_of_finite_differences(
    vgg16: State, pictures: tuple[Tensor, Tensor, Tensor]
) -> None:
    photo, style, canvas = pictures
    state = narrow_state(vgg16)
    _, gradient = evaluate(narrow(Features(vgg16)), photo, style, canvas)

    def total(canvas: Tensor) -> float:
        content, error = papers_losses(state, photo, style, canvas)
        return float(ALPHA * content + error)

    noise = torch.randn(canvas.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for direction in (noise, gradient.double()):
        step = direction * (1e-6 / direction.abs().mean())
        slope = (total(canvas.double() + step) - total(canvas.double() - step)) / 2
        assert float((gradient.double() * step).sum()) == pytest.approx(slope, rel=1e-3)


def test_tiles_see_what_the_whole_sees(vgg16: State, pictures: tuple[Tensor, Tensor, Tensor]) -> None:
    exact = narrow(Features(vgg16, torch.float64))
    photo, style, canvas = (torch.cat([each] * 5, 3)[..., :301] for each in pictures)
    whole, gradient = loss_of(exact, photo, style).evaluate(canvas)
    tiled_loss = loss_of(exact, photo, style, side=208)
    assert len(tiled_loss.tiles) == 3
    tiled, tiled_gradient = tiled_loss.evaluate(canvas)
    for name in ("total", "content", "style"):
        torch.testing.assert_close(getattr(tiled, name), getattr(whole, name), rtol=1e-5, atol=0)
    assert float((tiled_gradient - gradient).abs().max() / gradient.abs().max()) < 1e-6


def test_it_paints_from_white_noise_on_one_canvas_in_fp32_and_says_so(
    narrow_network: Network, photo: Image.Image, painting: Image.Image
) -> None:
    recipe = Recipe.of(size=128, quality="draft", classic=True, alpha=1e-8, seed=5)
    small = photo.resize((96, 64), Image.Resampling.LANCZOS)
    shown: list[tuple[int, ...]] = []
    take = FeatureExtractor.style

    def watched(self: FeatureExtractor, image: Tensor) -> Any:
        shown.append(tuple(image.shape))
        return take(self, image)

    with (
        mock.patch.dict(scales._CLASSIC_ITERATIONS, {"draft": 40}),
        mock.patch.object(FeatureExtractor, "style", watched),
    ):
        run = finish(narrow_network, Commission(small, [painting], recipe))
    assert shown == [(1, 3, 64, 96)], "the style has the photo's size"
    assert [mark[1:3] for mark in run.marks] == [(0, 1)] * 40
    assert run.facts["precision"] == "float32"
    assert run.facts["classic"] is True
    assert "fell-back-to-fp32" not in run.facts["notes"]
    assert run.style[-1] < run.style[0] / 20
    assert run.image.size == small.size


def test_the_recipe_is_the_papers_and_remembers_it() -> None:
    recipe = Recipe.of(classic=True)
    assert (recipe.init, recipe.statistic, recipe.optimizer) == ("noise", "gram", "lbfgs")
    assert recipe.alpha == STRENGTHS["painting"]
    assert recipe.as_dict()["classic"] is True
    assert Recipe.of(**recipe.as_dict()) == recipe
    assert objective_of(recipe) is CLASSIC
    assert objective_of(Recipe.of(**replace(recipe, classic=False).as_dict())) is not CLASSIC
    assert CLASSIC.content_weight(recipe.alpha) == recipe.alpha


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("init", "photo"),
        ("statistic", "moments"),
        ("optimizer", "adam"),
        ("keep_colours", True),
        ("stroke", 2.0),
        ("style_weights", (1.0, 1.0)),
    ],
)
def test_a_setting_that_the_method_has_not_is_refused_by_name(setting: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=rf"^{setting}: the classic method") as caught:
        Recipe.of(classic=True, **{setting: value})
    assert "\n" not in str(caught.value)


def test_a_mask_is_refused_and_a_pass_has_one_method(photo: Image.Image, painting: Image.Image) -> None:
    recipe = Recipe.of(size=128, classic=True)
    with pytest.raises(RecipeError, match=r"^mask: the classic method has none"):
        check(Commission(photo, [painting], recipe, Image.new("L", photo.size, 255)))
    other = Commission(photo, [painting], replace(recipe, classic=False))
    with pytest.raises(RecipeError, match="one canvas shape"):
        check(Commission(photo, [painting], recipe), other)


def test_adam_is_never_taken_for_want_of_memory(network: Network) -> None:
    scale = Scale(1024, 1024, 100)
    thrifty = choose_method(network, torch.float32, scale, 1, Recipe(), 850 * 10**6)
    assert thrifty.optimizer == "adam"
    with pytest.raises(OutOfMemoryError):
        choose_method(network, torch.float32, scale, 1, Recipe.of(classic=True), 850 * 10**6)
