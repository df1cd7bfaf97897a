"""Keep my colours: give a painting the photo's colours before its style is taken.

Gatys et al., "Preserving Color in Neural Artistic Style Transfer" (2016), with the Monge-Kantorovich
map of Pitié & Kokaram (2007), which moves the colours least.
"""

from __future__ import annotations

import torch
from torch import Tensor

_FLOOR = 1e-5
"""Least variance along any colour axis, in squared units of [0, 1]: a grey picture has none."""


def match_colours(painting: Tensor, photo: Tensor) -> Tensor:
    """Map the painting's colours so that their mean and covariance are the photo's.

    Args:
        painting: 1×3×H×W in [0, 1].
        photo: 1×3×h×w in [0, 1].

    Returns:
        1×3×H×W in [0, 1], fp32.
    """
    colours = painting.double().squeeze(0).flatten(1)
    mean, covariance = _moments(colours)
    wanted_mean, wanted_covariance = _moments(photo.double().squeeze(0).flatten(1))
    root, inverse = _roots(covariance)
    middle, _ = _roots(root @ wanted_covariance @ root, floor=0)
    mapped = inverse @ middle @ inverse @ (colours - mean) + wanted_mean
    return mapped.clamp(0, 1).view(painting.shape).float()


def _moments(colours: Tensor) -> tuple[Tensor, Tensor]:
    mean = colours.mean(1, keepdim=True)
    centred = colours - mean
    return mean, centred @ centred.T / colours.shape[1]


def _roots(symmetric: Tensor, floor: float = _FLOOR) -> tuple[Tensor, Tensor]:
    """Give the square root and its inverse of a symmetric positive matrix, stable when it is singular."""
    values, vectors = torch.linalg.eigh(symmetric)
    roots = values.clamp_min(floor).sqrt()
    return vectors @ roots.diag() @ vectors.T, vectors @ (1 / roots).diag() @ vectors.T
