"""The parts that data folders of one machine share: the network's weights, and the precision that is fast."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

PRECISION: Final = "precision.json"
"""The measured precision's file in a data folder."""


def measure_precision(weights_cache: Path) -> None:
    """Measure the precision for good, beside the weights: each new data folder would do it again."""
    import torch

    from engine import weights
    from engine.painting.precision import STARTS
    from engine.runtime import measured_precision

    found = weights.from_cache(weights_cache)
    assert found is not None
    for _ in range(STARTS):
        measured_precision(found, torch.device("cpu"), weights_cache.parent / PRECISION)


def share_data(weights_cache: Path, folder: Path) -> None:
    """Give a data folder the weights and the measured precision."""
    (folder / "weights").symlink_to(weights_cache.resolve(), target_is_directory=True)
    if (measured := weights_cache.parent / PRECISION).exists():
        shutil.copy(measured, folder)
