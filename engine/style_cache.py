"""A cache on disk of the catalogue's style statistics, which are the same in every job.

Only of those: what a person sends is not written anywhere but into their own job. As in the weights'
cache a file's name carries the digest of its content, so that a damaged one is never taken for a hit.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load, save
from torch import Tensor

from engine.files import write_whole
from engine.painting.loss import FeatureExtractor, StyleStatistics
from engine.painting.network import Network, hardware
from engine.painting.statistics import Moments

log = logging.getLogger(__name__)

LIMIT: Final = 200 * 10**6
"""Bytes on disk, of which one style on one canvas takes two and a half million."""
AT_HAND: Final = 16
"""Styles kept in memory, on the device."""


class StyleCache:
    """Looks at a painting once; remembers the rest of the time. Whatever the disk does, there is a style."""

    def __init__(self, folder: Path, network: Network, limit: int = LIMIT) -> None:
        """Keep at most ``limit`` bytes in ``folder``, which is made when it is needed."""
        self.folder, self.network, self.limit = folder, network, limit
        self._at_hand: OrderedDict[str, StyleStatistics] = OrderedDict()

    def style(self, extractor: FeatureExtractor, painting: Tensor, *, gram: bool) -> StyleStatistics:
        """Return what :meth:`FeatureExtractor.style` does, exactly, for a catalogue painting, 1×3×H×W."""
        key = self._key(extractor, painting, gram=gram)
        style = self._at_hand.pop(key, None) or self._read(key)
        if style is None:
            style = extractor.style(painting.to(self.network.device), gram=gram)
            self._write(key, style)
        self._at_hand[key] = style
        if len(self._at_hand) > AT_HAND:
            self._at_hand.popitem(last=False)
        return style

    def _key(self, extractor: FeatureExtractor, painting: Tensor, *, gram: bool) -> str:
        """Name everything that the last bit of a style depends on."""
        threads = torch.get_num_threads()  # each adds up its own part
        where = f"{hardware(self.network.device)} {threads} {torch.__version__} {_code()}"
        precision = next(extractor.features.convolutions.parameters()).dtype
        what = f"{self.network.fingerprint} {precision} {extractor.side} {gram} {tuple(painting.shape)}"
        digest = hashlib.sha256(f"{where} {what}".encode())
        digest.update(painting.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()[:32]

    def _read(self, key: str) -> StyleStatistics | None:
        for file in self.folder.glob(f"{key}-*.safetensors"):
            try:
                data = file.read_bytes()
                if _digest(data) == file.stem.removeprefix(f"{key}-"):
                    style = _unpacked(load(data), self.network.device)
                    with contextlib.suppress(OSError):
                        os.utime(file)  # what was not used for longest goes first
                    return style
                log.warning("%s is damaged; the style is looked at again.", file)
                file.unlink(missing_ok=True)
            except OSError as error:
                log.info("A style is not at hand: %s", error)
        return None

    def _write(self, key: str, style: StyleStatistics) -> None:
        data = save(_packed(style))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / f"{key}-{_digest(data)}.safetensors", data)
            self._make_room()
        except OSError as error:
            log.info("A style is not kept: %s", error)

    def _make_room(self) -> None:
        """Remove what was not used for longest, a killed worker's leftovers included."""
        kept = []
        for file in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another worker made room
                found = file.stat()
                kept.append((found.st_mtime_ns, found.st_size, file))
        total = sum(size for _, size, _ in kept)
        for _, size, file in sorted(kept):
            if total <= self.limit:
                break
            file.unlink(missing_ok=True)
            total -= size


def _packed(style: StyleStatistics) -> dict[str, Tensor]:
    return {
        f"{layer}.{name}": getattr(moments, name).cpu().contiguous()
        for layer, moments in style.items()
        for name in ("mean", "covariance")
    }


def _unpacked(tensors: dict[str, Tensor], device: torch.device) -> StyleStatistics:
    layers = dict.fromkeys(name.rpartition(".")[0] for name in tensors)
    return {
        layer: Moments(*(tensors[f"{layer}.{name}"].to(device) for name in ("mean", "covariance")))
        for layer in layers
    }


@cache
def _code() -> str:
    """Digest the painter itself: what it sees may change with any line of it."""
    painter = Path(__file__).parent / "painting"
    return _digest(b"".join(file.read_bytes() for file in sorted(painter.glob("*.py"))))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
