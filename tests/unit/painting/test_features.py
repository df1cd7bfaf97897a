"""What the network sees, against torchvision's own layers."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.errors import WeightsError
from engine.painting.features import (
    Features,
    Pooling,
    architecture,
    convolutions,
    stride_of,
)
from engine.painting.network import Network
from engine.painting.objective import CLASSIC, DEFAULT
from tests.support.networks import torchvision_vgg

CONFIGURATION = {"vgg16": "D", "vgg19": "E"}
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def torchvisions_layers(name: str) -> nn.Sequential:
    """Give torchvision's own ``features`` module, with whatever was in memory for weights."""
    with torch.device("meta"):
        layers = make_layers(name)
    return layers.to_empty(device="cpu")


def make_layers(name: str) -> nn.Sequential:
    vgg = torchvision_vgg()
    layers: nn.Sequential = vgg.make_layers(vgg.cfgs[CONFIGURATION[name]], batch_norm=False)
    return layers


@cache
def random_weights(name: str) -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {f"features.{key}": value for key, value in make_layers(name).state_dict().items()}


def torchvisions_state(name: str) -> dict[str, Tensor]:
    return dict(random_weights(name))


POOLINGS: dict[Pooling, nn.Module] = {
    "max": nn.MaxPool2d(2, ceil_mode=True),
    "average": nn.AvgPool2d(2, ceil_mode=True),
}


def expected(name: str, state: dict[str, Tensor], image: Tensor, pooling: Pooling) -> dict[str, Tensor]:
    """Run torchvision's layers, with a pooling of odd sides too and an edge that is repeated, not black."""
    layers = torchvisions_layers(name)
    layers.load_state_dict({key.removeprefix("features."): value for key, value in state.items()})
    found: dict[str, Tensor] = {}
    block = number = 1
    x = (image - MEAN) / STD
    with torch.no_grad():
        for index, layer in enumerate(layers):
            if isinstance(layer, nn.MaxPool2d):
                x = POOLINGS[pooling](x)
                block, number = block + 1, 1
            elif isinstance(layer, nn.Conv2d):
                if index == 0:
                    layer.padding_mode = "replicate"
                    layer._reversed_padding_repeated_twice = [1, 1, 1, 1]
                x = layer(x)
            else:
                x = torch.relu(x)
                found[f"relu{block}_{number}"] = x.clone()
                number += 1
    return found


def test_layers_are_named_as_in_the_paper() -> None:
    assert [name for name, _ in convolutions("vgg16")] == [
        *("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3"),
        *("4_1", "4_2", "4_3", "5_1", "5_2", "5_3"),
    ]
    assert len(list(convolutions("vgg19"))) == 16


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_layers_are_found_where_torchvision_has_them(name: str) -> None:
    indices = [index for index, layer in enumerate(torchvisions_layers(name)) if isinstance(layer, nn.Conv2d)]
    assert [index for _, index in convolutions(name)] == indices


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_the_architecture_is_told_from_the_state(name: str) -> None:
    state = torchvisions_state(name)
    assert architecture(state) == name
    assert architecture({**state, "classifier.0.weight": torch.zeros(1)}) == name
    features = Features(state)
    assert features.name == name
    assert features.layers[0] == "relu1_1"
    assert features.layers[-1] == "relu5_1"
    assert DEFAULT.layers | CLASSIC.layers <= set(features.layers)


def test_other_networks_are_refused() -> None:
    vgg16 = torchvisions_state("vgg16")
    without_one = {key: value for key, value in vgg16.items() if not key.startswith("features.28.")}
    vgg13_layers = torchvision_vgg().make_layers(torchvision_vgg().cfgs["B"], batch_norm=False)
    vgg13 = {f"features.{key}": value for key, value in vgg13_layers.state_dict().items()}
    densenet = {"features.conv0.weight": torch.zeros(1), "features.norm0.bias": torch.zeros(1)}
    for state in ({}, {"conv1.weight": torch.zeros(1)}, densenet, without_one, vgg13):
        with pytest.raises(WeightsError, match=r"neither VGG-16's nor VGG-19's"):
            architecture(state)


def test_batch_normalised_vgg_is_refused() -> None:
    layers = torchvision_vgg().make_layers(torchvision_vgg().cfgs["D"], batch_norm=True)
    with pytest.raises(WeightsError):
        Features({f"features.{key}": value for key, value in layers.state_dict().items()})


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("features.0.weight", (64, 3, 5, 5)),
        ("features.17.weight", (512, 256, 1, 1)),
        ("features.5.bias", (64,)),
    ],
)
def test_tensors_of_the_wrong_shape_are_refused_by_name(key: str, shape: tuple[int, ...]) -> None:
    state = {**torchvisions_state("vgg16"), key: torch.zeros(shape)}
    with pytest.raises(WeightsError, match=key.rsplit(".", 1)[0]):
        Features(state)


def test_a_missing_bias_is_refused() -> None:
    state = torchvisions_state("vgg16")
    del state["features.7.bias"]
    with pytest.raises(WeightsError):
        Features(state)


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
@pytest.mark.parametrize("shape", [(64, 64), (67, 49)])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_activations_are_torchvisions_but_for_average_pooling_and_the_edge(
    name: str, shape: tuple[int, int], pooling: Pooling, vgg16: dict[str, Tensor]
) -> None:
    state = vgg16 if name == "vgg16" else torchvisions_state(name)
    image = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(2))
    wanted = expected(name, state, image, pooling)
    features = Features(state)
    found = features(image, frozenset(features.layers), pooling)
    assert set(found) == set(features.layers)
    for layer, activations in found.items():
        torch.testing.assert_close(activations, wanted[layer], rtol=1e-3, atol=1e-4)


def test_only_what_is_wanted_is_given(network: Network) -> None:
    features = network.features()
    image = torch.rand(2, 3, 64, 96)
    found = features(image, frozenset({"relu3_1", "relu1_1"}), "max")
    assert {layer: tuple(found[layer].shape) for layer in found} == {
        "relu1_1": (2, 64, 64, 96),
        "relu3_1": (2, 256, 16, 24),
    }


def test_a_flat_picture_has_no_frame_at_the_first_layer(network: Network) -> None:
    grey = torch.full((1, 3, 64, 64), 0.3)
    seen = network.features(torch.float32)(grey, frozenset({"relu1_1"}), "max")["relu1_1"]
    torch.testing.assert_close(seen, seen[..., 32:33, 32:33].expand_as(seen), rtol=1e-4, atol=1e-5)


def test_activations_leave_in_the_precision_of_the_convolutions_with_the_channels_last(
    network: Network,
) -> None:
    image = torch.rand(2, 3, 40, 48, generator=torch.Generator().manual_seed(3))
    wanted = frozenset(DEFAULT.style_layers)
    exact = network.features(torch.float32)(image, wanted, "max")
    for layer, found in network.features(torch.bfloat16)(image, wanted, "max").items():
        assert (found.dtype, exact[layer].dtype) == (torch.bfloat16, torch.float32)
        assert found.is_contiguous(memory_format=torch.channels_last)
        assert float((found.float() - exact[layer]).norm() / exact[layer].norm()) < 0.03


@pytest.mark.parametrize("shape", [(64, 96), (33, 47), (128, 65)])
def test_a_stride_is_the_pixels_to_one_place(shape: tuple[int, int], network: Network) -> None:
    features = network.features()
    seen = features(torch.rand(1, 3, *shape), frozenset(features.layers), "max")
    for layer, activations in seen.items():
        expected = [math.ceil(side / stride_of(layer)) for side in shape]
        assert list(activations.shape[2:]) == expected
    assert stride_of("pixels") == 1


@cache
def see_everything(name: str) -> Features:
    """Build a network of positive weights, in which every pixel that can be seen counts."""
    state = {
        key: torch.full_like(value, 1 / (9 * value.shape[1])) if key.endswith("weight") else value * 0
        for key, value in torchvisions_state(name).items()
    }
    return Features(state)


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
@pytest.mark.parametrize("place", [0, 9, 12, 19])
def test_the_reach_is_how_far_the_deepest_layer_sees_and_not_a_stride_more(name: str, place: int) -> None:
    features = see_everything(name)
    image = torch.ones(1, 3, 20 * 16, 16, requires_grad=True)
    deepest = features.layers[-1]
    # Under average pooling every pixel that can be seen has a gradient.
    seen = features(image, frozenset({deepest}), "average")[deepest]
    (gradient,) = torch.autograd.grad(seen[:, :, place].sum(), image)
    rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
    before, after = place * 16 - int(rows.min()), int(rows.max()) - (place * 16 + 15)
    for beyond, edge in ((before, place * 16), (after, image.shape[2] - (place * 16 + 16))):
        assert beyond <= features.reach
        assert beyond > features.reach - 16 or beyond == edge, "it sees less than it says"
    assert features.reach % 16 == 0


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_pixel_beyond_the_reach_changes_no_activation_of_any_layer(
    network: Network, pooling: Pooling
) -> None:
    features = network.features(torch.float32)
    image = torch.rand(1, 3, 240, 32, generator=torch.Generator().manual_seed(4))
    other = image.clone()
    other[:, :, 112:128] = 1 - other[:, :, 112:128]
    everything = frozenset(features.layers)
    one, two = (features(each, everything, pooling) for each in (image, other))
    for layer in features.layers:
        stride = stride_of(layer)
        above, below = (112 - features.reach) // stride, (128 + features.reach) // stride
        torch.testing.assert_close(one[layer][:, :, :above], two[layer][:, :, :above], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(one[layer][:, :, below:], two[layer][:, :, below:], rtol=1e-5, atol=1e-5)
        assert not torch.allclose(one[layer][:, :, above:below], two[layer][:, :, above:below], rtol=1e-2)


def test_gradients_reach_the_picture_and_not_the_weights(network: Network) -> None:
    features = network.features()
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    total: Any = features(image, frozenset({"relu4_2"}), "max")["relu4_2"].sum()
    total.backward()
    assert image.grad is not None
    assert bool(image.grad.isfinite().all())
    assert float(image.grad.abs().sum()) > 0
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_a_network_is_built_once_in_each_precision(network: Network) -> None:
    assert network.features(torch.float32) is network.features(torch.float32)
    assert network.features() is network.features(network.precision)
    assert network.features(torch.float32) is not network.features(torch.bfloat16)
