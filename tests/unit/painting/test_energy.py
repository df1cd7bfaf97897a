"""The function that a painting minimises."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from engine.painting.energy import BALANCE, Energy, content_weight
from engine.painting.features import CONTENT_LAYER, STYLE_LAYERS, Features, convolutions
from engine.painting.network import Network
from engine.painting.painter import to_tensor
from engine.painting.statistics import distance, moments, palette_distance

SMALL = (96, 64)


@pytest.fixture(scope="module")
def features(network: Network) -> Features:
    return network.features(torch.float32)


def test_the_contents_weight_is_calibrated_at_balanced_strength() -> None:
    assert content_weight(1e-4) == pytest.approx(BALANCE)
    assert content_weight(1e-2) / content_weight(1e-6) == pytest.approx(39.8, abs=0.1)
    assert content_weight(1e-2) / content_weight(1e-4) == pytest.approx(
        content_weight(1e-4) / content_weight(1e-6)
    )


@given(st.floats(min_value=1e-8, max_value=0.99), st.floats(min_value=1.001, max_value=100))
def test_a_larger_alpha_always_weighs_the_content_more(alpha: float, factor: float) -> None:
    assert 0 < content_weight(alpha) < content_weight(alpha * factor) < math.inf


def test_the_photo_itself_has_no_content_loss_and_the_painting_no_style_loss(
    features: Features, photo: Image.Image, painting: Image.Image
) -> None:
    content, style = to_tensor(photo, SMALL), to_tensor(painting, (96, 96))
    energy = Energy.towards(features, content, [(1.0, style)], 1e-4)
    at_photo, at_painting = energy(content), energy(style[..., :64, :])
    assert float(at_photo.content) == 0.0
    assert float(at_photo.style) > 0.1
    assert float(at_painting.content) > 0.1
    whole = Energy.towards(features, style, [(1.0, style)], 1e-4)(style)
    assert float(whole.total) == pytest.approx(0.0, abs=1e-9)


def test_the_total_is_the_weighted_sum_of_its_terms(
    features: Features, photo: Image.Image, painting: Image.Image
) -> None:
    content, style = to_tensor(photo, SMALL), to_tensor(painting, (96, 96))
    canvas = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    losses = Energy.towards(features, content, [(1.0, style)], 1e-2)(canvas)
    ours = features(canvas, frozenset((*STYLE_LAYERS, CONTENT_LAYER)))
    theirs, seen = features(content, frozenset({CONTENT_LAYER})), features(style, frozenset(STYLE_LAYERS))
    wanted = sum(float(distance(moments(ours[layer]), moments(seen[layer]))) for layer in STYLE_LAYERS)
    wanted += float(palette_distance(moments(canvas), moments(style)))
    assert float(losses.style) == pytest.approx(wanted, rel=1e-4)
    relative = (ours[CONTENT_LAYER] - theirs[CONTENT_LAYER]).norm() ** 2 / theirs[CONTENT_LAYER].norm() ** 2
    assert float(losses.content) == pytest.approx(float(relative), rel=1e-4)
    total = content_weight(1e-2) * float(losses.content) + float(losses.style)
    assert float(losses.total) == pytest.approx(total, rel=1e-5)


def test_two_paintings_blend_between_the_two(
    features: Features, photo: Image.Image, painting: Image.Image
) -> None:
    content, style = to_tensor(photo, SMALL), to_tensor(painting, (96, 96))
    other = style.flip(1)
    alone = Energy.towards(features, content, [(1.0, style)], 1e-4)(content)
    for weights in ((1.0, 1e-9), (1e3, 1e-6)):
        both = Energy.towards(features, content, list(zip(weights, (style, other), strict=True)), 1e-4)
        assert float(both(content).style) == pytest.approx(float(alone.style), rel=1e-4)
    half = Energy.towards(features, content, [(1.0, style), (1.0, other)], 1e-4)
    assert float(half(content).style) != pytest.approx(float(alone.style), rel=1e-2)


def rescaled(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Scale every layer's activations by a factor of its own: weights by its ratio to the layer before."""
    result, before = dict(state), 1.0
    for number, (_, index) in enumerate(convolutions("vgg16")):
        scale = (0.5, 8.0, 0.125, 3.0)[number % 4]
        result[f"features.{index}.weight"] = state[f"features.{index}.weight"] * (scale / before)
        result[f"features.{index}.bias"] = state[f"features.{index}.bias"] * scale
        before = scale
    return result


def test_rescaling_the_network_layer_by_layer_changes_no_loss(
    features: Features, vgg16: dict[str, Tensor], photo: Image.Image, painting: Image.Image
) -> None:
    content, style = to_tensor(photo, SMALL), to_tensor(painting, (96, 96))
    canvas = 0.5 * content + 0.5 * style[..., :64, :]
    other = Features(rescaled(vgg16))
    one = Energy.towards(features, content, [(1.0, style)], 1e-4)(canvas)
    two = Energy.towards(other, content, [(1.0, style)], 1e-4)(canvas)
    assert float(one.style) > 0.05
    for ours, theirs in ((one.content, two.content), (one.style, two.style), (one.total, two.total)):
        assert float(ours) == pytest.approx(float(theirs), rel=1e-3)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_flat_pictures_have_finite_losses_and_gradients(features: Features, level: float) -> None:
    flat = torch.full((1, 3, 64, 64), level)
    canvas = flat.clone().requires_grad_()
    losses = Energy.towards(features, flat, [(1.0, 1 - flat)], 1e-4)(canvas)
    total: Any = losses.total
    total.backward()
    assert bool(losses.total.isfinite())
    assert canvas.grad is not None
    assert bool(canvas.grad.isfinite().all())
