"""A VGG with a quarter of the channels, for tests whose point is not what it sees: far less to compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from engine.painting.features import Features, convolutions
from engine.painting.network import Network

EACH: Final = 4
"""Of so many channels one is kept."""


def narrow(features: Features) -> Features:
    """Drop three of four channels of each layer, in place. Those that are kept are the network's own."""
    kept = 3
    for layer in features.convolutions:
        assert isinstance(layer, nn.Conv2d)
        assert layer.bias is not None
        channels = slice(None) if kept == 3 else slice(None, None, EACH)
        # What is left of a sum of four parts is made as large again.
        scale = 1.0 if kept == 3 else EACH**0.5
        layer.weight = nn.Parameter(scale * layer.weight[::EACH, channels], requires_grad=False)
        layer.bias = nn.Parameter(layer.bias[::EACH], requires_grad=False)
        layer.in_channels, layer.out_channels = kept, layer.weight.shape[0]
        kept = layer.out_channels
    features.convolutions.to(memory_format=torch.channels_last)
    return features


def narrow_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a narrow VGG-16, under torchvision's names, from those of the whole one."""
    narrowed = {}
    for name, index in convolutions("vgg16"):
        first = name == "1_1"
        weight, bias = (state[f"features.{index}.{kind}"][::EACH] for kind in ("weight", "bias"))
        narrowed[f"features.{index}.weight"] = weight if first else EACH**0.5 * weight[:, ::EACH]
        narrowed[f"features.{index}.bias"] = bias
    return narrowed


class NarrowNetwork(Network):
    """A network with narrow convolutions."""

    def features(self, precision: torch.dtype | None = None) -> Features:
        """Return the convolutions in ``precision``."""
        known = (precision or self.precision) in self._resident
        features = super().features(precision)
        return features if known else narrow(features)
