"""torchvision's own networks, imported late: that takes seconds, and not every pytest process needs them."""

from __future__ import annotations

from typing import Any


def torchvision_vgg() -> Any:
    """Return torchvision's module of VGG-16 and VGG-19."""
    from torchvision.models import vgg

    return vgg
