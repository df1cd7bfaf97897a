"""Say how a painting was made, for its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

import engine
from engine.painting.commission import Commission
from engine.painting.result import Painting
from engine.styles.catalogue import catalogue


def preset_of(data: bytes) -> str | None:
    """Tell which style's file of the catalogue this is, if it is one: nobody's secret."""
    return catalogue().id_of(data)


def facts_of(painting: Painting, commission: Commission) -> dict[str, Any]:
    """Complete the facts by what only the files could tell."""
    pictures: Sequence[Image.Image | None] = (commission.photo, *commission.styles, commission.mask)
    moving = any(picture is not None and picture.info.get("animated") for picture in pictures)
    return {**painting.facts, "notes": [*painting.facts["notes"], *["animation-first-frame"] * moving]}


def made_with(painting: Painting, commission: Commission) -> dict[str, Any]:
    """Say what goes into the file: enough to repeat it from the same pictures, and nothing personal."""
    return {
        "atelier": engine.__version__,
        "torch": str(torch.__version__),
        "recipe": commission.recipe.as_dict(),
        "presets": list(commission.presets),
        "mask": commission.mask is not None,
        **{name: painting.facts[name] for name in ("network", "device", "precision", "optimizer", "tile")},
    }
