"""Skies and walls stay clean: no dots, checkerboards, weave or speckle where nothing is to be seen."""

from __future__ import annotations

from unittest import mock

import pytest
import torch
from PIL import Image

from engine.benchmark.flat import busyness
from engine.painting import scales
from engine.painting.commission import Commission
from engine.painting.network import Network
from engine.painting.painter import paint
from engine.painting.recipe import STRENGTHS, Recipe
from engine.painting.result import Painting
from engine.painting.tensors import to_tensor
from engine.styles.style import preset
from tests.unit.painting.flat_photos import MOST, flat_photos

SIDE = 64


def style(name: str) -> Image.Image:
    with Image.open(preset(name).path) as image:
        return image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)


@pytest.mark.parametrize(("name", "kind"), [("swirling_night", "sky"), ("golden_tree", "wall")])
def test_a_flat_photo_is_never_busier_than_the_painting_and_hardly_at_photo_strength(
    name: str, kind: str, network: Network
) -> None:
    photo, painting = flat_photos(SIDE)[kind], style(name)
    every = [
        Commission(photo, [painting], Recipe(size=128, alpha=alpha, quality="draft"))
        for alpha in STRENGTHS.values()
    ]
    with mock.patch.dict(scales._BUDGET, {"draft": (24, 24)}):
        pictures = [step.image for step in paint(network, *every) if isinstance(step, Painting)]
    found = {
        strength: busyness(to_tensor(picture), to_tensor(photo), to_tensor(painting))
        for strength, picture in zip(STRENGTHS, pictures, strict=True)
    }
    for strength, value in found.items():
        assert value is not None
        assert value < MOST[strength], found
    assert to_tensor(pictures[-1]).std() > 0.5 * to_tensor(painting).std(), "it is painted at last"


def test_a_lattice_is_seen_by_hand() -> None:
    grey = torch.full((1, 3, 64, 64), 0.5)
    dots = grey.clone()
    dots[..., ::4, ::4] += 0.2
    soft = grey + 0.2 * torch.linspace(-1, 1, 64)
    assert busyness(dots, grey, dots) == pytest.approx(1)
    assert busyness(soft, grey, dots) == pytest.approx(0, abs=0.05)
    assert busyness(grey, dots, dots) is None, "no place of the photo is flat"
    half = torch.cat([grey, dots], 3)
    assert busyness(torch.cat([grey, grey], 3), half, dots) == pytest.approx(0, abs=1e-4)
    assert busyness(half, half, dots) == pytest.approx(0, abs=0.2), "only the photo's flat places count"
