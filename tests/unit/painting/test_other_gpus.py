"""Nothing is asked of Apple's and Intel's GPUs that they lack.

Seen without one, on tensors that have a device and no numbers: Apple's GPUs have no fp64, nor have many of
Intel's, and Apple's pool adaptively only where sizes divide.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.painting import painter
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import Step, paint
from engine.painting.recipe import Recipe
from engine.painting.tensors import to_levels

META: Final = torch.device("meta")
LACKED: Final = ("adaptive", "eigh", "svd", "upsample_linear")
"""Parts of the names of operations that one of them lacks, or has for some sizes only."""
ITERATIONS: Final = 3
"""From the third on, L-BFGS has a pair to go by."""
RECIPES: Final = {
    "usual": Recipe(size=128),
    "otherwise": Recipe(size=128, keep_colours=True, optimizer="adam", statistic="gram"),
    "classic": Recipe.of(classic=True),
}


class Asked(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps the names of a device's operations, and the kinds of its numbers."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.device = device
        self.operations: set[str] = set()
        self.numbers: set[torch.dtype] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        tensors = [each for each in tree_leaves((args, kwargs, found)) if isinstance(each, Tensor)]
        if kinds := {each.dtype for each in tensors if each.device == self.device}:
            self.operations.add(func.overloadpacket.__name__)
            self.numbers.update(kinds)
        return found


@pytest.fixture(scope="module")
def network(vgg16: dict[str, Tensor]) -> Network:
    return Network(vgg16, META, torch.float32)


@pytest.mark.parametrize("kind", RECIPES)
def test_a_device_is_asked_for_nothing_that_others_lack(
    network: Network, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = Image.effect_noise((148, 111), 60).convert("RGB")  # 4:3, as most photos are
    mask = Image.linear_gradient("L") if kind == "otherwise" else None
    commission = Commission(photo, [photo.rotate(90, expand=True)], RECIPES[kind], mask)
    # It is made on the CPU, from the numbers of a target, which has none here. Nor has a loss.
    monkeypatch.setattr(painter, "_first_canvas", lambda *_: torch.rand(1, 3, 111, 148))
    monkeypatch.setattr(painter, "is_checked", lambda *_: False)
    with Asked(META) as asked:
        for _, step in zip(range(ITERATIONS), paint(network, commission, memory=2**40), strict=False):
            assert isinstance(step, Step)
            assert to_levels(step.snapshot()[0]).shape == (111, 148, 3)
            if step.iteration == ITERATIONS:
                step.optimizer.resize(222, 296)
    assert {"convolution", "_softmax"} - asked.operations == ({"_softmax"} if kind == "classic" else set())
    assert not [name for name in asked.operations if any(lacked in name for lacked in LACKED)]
    assert torch.float64 not in asked.numbers
