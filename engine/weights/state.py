"""A network's weights and their source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from torch import Tensor

JUDGE: Final = "judge"
"""The benchmark's network: AlexNet with the linear heads of LPIPS, see :mod:`engine.benchmark.judge`."""
SECOND_JUDGE: Final = "efficientnet-lite0"
"""The benchmark's second network, see :mod:`engine.benchmark.second_judge`."""
FACES: Final = "yunet"
"""The network that finds the faces of a photo, see :mod:`engine.faces.yunet`."""
FACES_JUDGE: Final = "mtcnn"
"""The benchmark's network for faces, see :mod:`engine.benchmark.mtcnn`."""

State = dict[str, Tensor]
"""Tensors by their names in torchvision; the judge's heads are ``heads.N``, YuNet's layers ``N.weight``."""
Networks = dict[str, State]
"""States by the network's name."""
Report = Callable[[str], None]
"""Function that is called with a line about each download."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A network's convolutions (the judge has heads, too), and their source."""

    name: str
    """``vgg19``, ``vgg16``, or another of this module's names."""
    state: State
    source: str
    """A path, or a description for users."""
