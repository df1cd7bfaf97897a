"""Writing stays legible: words on a sign, on a screen, in a drawing's lines."""

from __future__ import annotations

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from engine.painting.commission import Commission
from engine.painting.detail import detail
from engine.painting.network import Network
from engine.painting.painter import paint
from engine.painting.recipe import Recipe
from engine.painting.result import Painting
from engine.painting.tensors import to_tensor
from engine.styles.style import preset

SIDE = 96


def sign() -> Image.Image:
    """Write small black words on pale paper."""
    image = Image.new("RGB", (SIDE, SIDE), (235, 230, 220))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=13)
    for line, words in enumerate(("Bread and", "cakes, open", "8 to 18")):
        draw.text((10, 22 + 18 * line), words, fill=(20, 20, 25), font=font)
    return image


def fine(image: Image.Image) -> Tensor:
    """Return the fine detail of the grey picture around the words."""
    found: Tensor = detail(to_tensor(image).mean(1, keepdim=True))[0, 0, 20:76, 8:86]
    return found.flatten()


def test_words_can_be_read_in_a_painting_of_balanced_strength(network: Network) -> None:
    photo = sign()
    with Image.open(preset("golden_tree").path) as image:
        painting = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    commission = Commission(photo, [painting], Recipe(size=128, quality="draft"))
    picture = next(step.image for step in paint(network, commission) if isinstance(step, Painting))
    strokes = torch.corrcoef(torch.stack([fine(photo), fine(picture)]))[0, 1]
    assert strokes > 0.8
    assert (to_tensor(picture) - to_tensor(photo)).abs().mean() > 0.1, "it is painted all the same"
