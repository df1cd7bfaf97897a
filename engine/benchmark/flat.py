"""Flat places: how much fine detail lies where the photo has none, as lattices and speckle do."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

PERIOD: Final = 8
"""Longest wave in pixels that is fine detail: half of its amplitude and more counts."""
BLANK: Final = 0.015
"""Fine detail, of levels in [0, 1], below which a photo is flat: that of the noise of a good camera."""
AROUND: Final = 9
"""Side of the square in pixels within which it is measured."""
LEAST: Final = 0.05
"""Share of a photo that has to be flat."""


def busyness(picture: Tensor, photo: Tensor, painting: Tensor) -> float | None:
    """Return the fine detail of a picture in its photo's flat places, over the painting's own everywhere.

    0 is blank, 1 as busy as the painting. None if the photo has no flat places.

    Args:
        picture: 1×3×H×W in [0, 1].
        photo: 1×3×H×W in [0, 1].
        painting: 1×3×h×w in [0, 1], at the size at which the style was taken from it.
    """
    around = functional.avg_pool2d(_detail(photo), AROUND, 1, AROUND // 2, count_include_pad=False)
    flat = around.sqrt() < BLANK
    if float(flat.float().mean()) < LEAST:
        return None
    return math.sqrt(float(_detail(picture)[flat].mean()) / float(_detail(painting).mean().clamp_min(1e-8)))


def _detail(picture: Tensor) -> Tensor:
    """Return the squared difference of a picture and its blur, 1×1×H×W."""
    sigma = PERIOD * math.sqrt(math.log(2) / 2) / math.pi
    reach = math.ceil(3 * sigma)
    places = torch.arange(-reach, reach + 1, dtype=picture.dtype)
    bell = torch.exp(-places.square() / (2 * sigma**2))
    kernel = torch.outer(bell, bell) / bell.sum() ** 2
    padded = functional.pad(picture, (reach,) * 4, mode="reflect")
    blurred = functional.conv2d(padded, kernel.expand(3, 1, -1, -1), groups=3)
    return (picture - blurred).square().mean(1, keepdim=True)
