"""Checkpoints of a painting: a finished scale's canvas and the optimizer's state."""

from __future__ import annotations

import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from engine.painting.optimizers import Optimizer
from engine.painting.scales import Scale

_DAMAGE: Final = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, RuntimeError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
"""Errors of numpy over a damaged archive, whose parts may claim to be compressed or encrypted."""
_PREFIX: Final = "optimizer."


def write_checkpoint(scale: int, pixels: Tensor, optimizer: Optimizer, number: int) -> bytes:
    """Encode canvas ``number`` of a finished scale, exactly.

    Args:
        scale: the scale's number.
        pixels: N×3×H×W, as the optimizer leaves them.
        optimizer: whose state goes along.
        number: of the canvas in the batch.
    """
    state = {f"{_PREFIX}{name}": part for name, part in optimizer.state().items()}
    parts = {"canvas": optimizer.best(pixels), "scale": torch.tensor(scale), **state}
    own = {name: part[number : number + 1] if part.dim() else part for name, part in parts.items()}
    arrays: dict[str, Any] = {name: part.detach().cpu().numpy() for name, part in own.items()}
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def read_checkpoint(data: bytes) -> dict[str, Tensor]:
    """Decode the number of the finished ``scale``, its 1×3×H×W ``canvas``, and the optimizer's state.

    Raises:
        ValueError: damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            parts = {name: torch.from_numpy(archive[name]) for name in archive.files}
        if "scale" not in parts or "canvas" not in parts:
            raise ValueError("It has no canvas.")
        return parts
    except _DAMAGE as error:
        raise ValueError("The checkpoint is damaged.") from error


def resume(
    checkpoints: Sequence[bytes | None], scales: Sequence[Scale], optimizer: Optimizer, device: torch.device
) -> tuple[int, Tensor | None]:
    """Restore the optimizer, and return the number of the scale to begin with and the canvases to begin from.

    All canvases of a batch are resumed, or none: then it is 0 and None.
    """
    try:
        every = [read_checkpoint(data or b"") for data in checkpoints]
        numbers = {int(parts["scale"]) for parts in every}
        number = numbers.pop()
        if numbers or not 0 <= number < len(scales) - 1:
            return 0, None
        joined = {
            name: torch.cat([parts[name] for parts in every]).to(device) if part.dim() else part
            for name, part in every[0].items()
        }
        pixels, scale = joined["canvas"], scales[number]
        shape = (len(every), 3, scale.height, scale.width)
        for plane in (pixels, *(part for part in joined.values() if part.dim())):
            if plane.shape != shape or plane.dtype != torch.float32 or not plane.isfinite().all():
                return 0, None
        optimizer.restore(
            {name.removeprefix(_PREFIX): part for name, part in joined.items() if name.startswith(_PREFIX)}
        )
    except (ValueError, KeyError, RuntimeError, OverflowError):
        return 0, None
    return number + 1, pixels
