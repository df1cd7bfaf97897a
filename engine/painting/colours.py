"""Transfer the colours of one image to another, before the run.

A style image gets the photo's, to keep them; a photo gets the style's, to begin from.

Gatys et al., "Preserving Color in Neural Artistic Style Transfer" (2016), with the Monge-Kantorovich
map of Pitié & Kokaram (2007), which moves the colours least.
"""

from __future__ import annotations

import torch
from torch import Tensor

_FLOOR = 1e-5
"""Least variance along any colour axis, in squared units of [0, 1]: a grey picture has none."""
_CHUNK = 2**20
"""Pixels converted to double precision in one go: an image may have eighty million."""


def match_colours(style_image: Tensor, photo: Tensor) -> Tensor:
    """Map a style image's colours so that their mean and covariance are the photo's.

    Args:
        style_image: 1×3×H×W in [0, 1].
        photo: 1×3×h×w in [0, 1].

    Returns:
        1×3×H×W in [0, 1], fp32.
    """
    mean, covariance = _moments(photo.squeeze(0).flatten(1))
    return recolour(style_image, mean, covariance)


def recolour(picture: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """Map a picture's colours so that they have this mean and covariance.

    Args:
        picture: 1×3×H×W in [0, 1].
        mean: 3 numbers.
        covariance: 3×3.

    Returns:
        1×3×H×W in [0, 1], fp32.
    """
    colours = picture.squeeze(0).flatten(1)
    own_mean, own_covariance = _moments(colours)
    root, inverse = _roots(own_covariance)
    middle, _ = _roots(root @ covariance.double() @ root, floor=0)
    turn, shift = inverse @ middle @ inverse, mean.double().view(3, 1)
    parts = torch.split(colours, _CHUNK, 1)
    mapped = [(turn @ (part.double() - own_mean) + shift).clamp_(0, 1).float() for part in parts]
    return torch.cat(mapped, 1).view(picture.shape)


def _moments(colours: Tensor) -> tuple[Tensor, Tensor]:
    mean = colours.mean(1, keepdim=True, dtype=torch.float64)
    products = torch.zeros(3, 3, dtype=torch.float64, device=colours.device)
    for part in torch.split(colours, _CHUNK, 1):
        centred = part.double() - mean
        products += centred @ centred.T
    return mean, products / colours.shape[1]


def _roots(symmetric: Tensor, floor: float = _FLOOR) -> tuple[Tensor, Tensor]:
    """Return the square root and its inverse of a symmetric positive matrix, stable when it is singular."""
    values, vectors = torch.linalg.eigh(symmetric)
    roots = values.clamp_min(floor).sqrt()
    return vectors @ roots.diag() @ vectors.T, vectors @ (1 / roots).diag() @ vectors.T
