"""Read the checkpoint of a painting that was interrupted."""

from __future__ import annotations

import io
import lzma
import struct
import tokenize
import zipfile
import zlib
from typing import Final

import numpy as np
import torch
from torch import Tensor

_DAMAGE: Final = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, RuntimeError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
)
"""What numpy raises over a damaged archive, whose parts may say that they are compressed or encrypted."""


def read_checkpoint(data: bytes) -> dict[str, Tensor]:
    """Read the number of the finished ``scale``, its 1×3×H×W ``canvas``, and the optimizer's state.

    Raises:
        ValueError: damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as kept:
            parts = {name: torch.from_numpy(kept[name]) for name in kept.files}
        if "scale" not in parts or "canvas" not in parts:
            raise ValueError("It has no canvas.")
        return parts
    except _DAMAGE as error:
        raise ValueError("The checkpoint is damaged.") from error
