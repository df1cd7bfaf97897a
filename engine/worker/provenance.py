"""A painting's provenance: its facts for the queue, and the metadata in its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image

import engine
from engine.painting.commission import Commission
from engine.painting.result import Painting
from engine.styles.catalogue import catalogue


def style_id_of(data: bytes) -> str | None:
    """Return the id of the catalogue's style that has this file, if one has: a public picture."""
    return catalogue().id_of(data)


def facts_of(painting: Painting, commission: Commission) -> dict[str, Any]:
    """Return the painting's facts, with notes on pictures that are animations or incomplete."""
    pictures: Sequence[Image.Image | None] = (commission.photo, *commission.styles, commission.mask)
    notes = [
        note
        for mark, note in (("animated", "animation-first-frame"), ("incomplete", "picture-incomplete"))
        if any(picture is not None and picture.info.get(mark) for picture in pictures)
    ]
    return {**painting.facts, "notes": [*painting.facts["notes"], *notes]}


def metadata_of(painting: Painting, commission: Commission) -> dict[str, Any]:
    """Return the file's metadata: enough to repeat the painting with the same pictures, nothing personal."""
    return {
        "atelier": engine.__version__,
        "torch": str(torch.__version__),
        "recipe": commission.recipe.as_dict(),
        "presets": list(commission.presets),
        "mask": commission.mask is not None,
        "faces": painting.facts["faces"],
        **{name: painting.facts[name] for name in ("network", "device", "precision", "optimizer", "tile")},
    }
