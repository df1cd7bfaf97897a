"""Conversions between images and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

Levels = np.ndarray[Any, Any]
"""H×W×3 bytes."""


def to_tensor(image: Image.Image, size: tuple[int, int] | None = None) -> Tensor:
    """Turn an RGB image into 1×3×H×W in [0, 1], resized to ``size`` (width, height) with Lanczos."""
    if size is not None and size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float().div_(255).contiguous()


def to_mask(image: Image.Image, size: tuple[int, int]) -> Tensor:
    """Turn an image into a 1×1×H×W mask in [0, 1], white is 1, resized to ``size`` (width, height)."""
    grey = image.convert("L").resize(size, Image.Resampling.BOX)
    return torch.from_numpy(np.array(grey))[None, None].float().div(255).contiguous()


def to_levels(pixels: Tensor) -> Tensor:
    """Round 3×H×W in [0, 1] to the nearest levels: H×W×3 bytes, on the same device."""
    return pixels.detach().clamp(0, 1).mul_(255).round_().byte().permute(1, 2, 0).contiguous()


def to_image(pixels: Tensor) -> Image.Image:
    """Turn 3×H×W in [0, 1] into an RGB image, rounding to the nearest level."""
    return Image.fromarray(to_levels(pixels).cpu().numpy())


def resize(pixels: Tensor, height: int, width: int) -> Tensor:
    """Resize N×3×H×W pixels to another canvas."""
    size = (height, width)
    return functional.interpolate(pixels.detach(), size, mode="bicubic", align_corners=False).contiguous()


def rows(x: Tensor) -> Tensor:
    """View N×C×H×W as N×D, its numbers in the order in which they lie: channels first or last."""
    return x.flatten(1) if x.is_contiguous() else x.permute(0, 2, 3, 1).flatten(1)


def from_rows(x: Tensor, like: Tensor) -> Tensor:
    """View N×D as a tensor in the layout of ``like``: the inverse of :func:`rows`."""
    if like.is_contiguous():
        return x.view(like.shape)
    count, channels, height, width = like.shape
    return x.view(count, height, width, channels).permute(0, 3, 1, 2)
