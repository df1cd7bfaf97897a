"""Statistics of the catalogue's styles, kept on disk: such a style is the same in every job.

An image of the user's own is not cached. As in the weights' cache a file's name carries the digest of its
content, so that a damaged one is never taken for a hit.
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
from engine.painting.device import hardware
from engine.painting.loss import FeatureExtractor
from engine.painting.network import Network
from engine.painting.objective import Style

log = logging.getLogger(__name__)

MAX_BYTES: Final = 200 * 10**6
"""Bytes on disk, of which one style on one canvas takes two and a half million."""
MAX_IN_MEMORY: Final = 16
"""Styles kept in memory, on the device."""


class StyleCache:
    """A least-recently-used cache of styles in memory and on disk. An error of the disk is only a miss."""

    def __init__(self, folder: Path, network: Network, max_bytes: int = MAX_BYTES) -> None:
        """Keep at most ``max_bytes`` in ``folder``, which is made when it is needed."""
        self.folder, self.network, self.max_bytes = folder, network, max_bytes
        self._in_memory: OrderedDict[str, Style] = OrderedDict()

    def style(self, extractor: FeatureExtractor, image: Tensor) -> Style:
        """Return the same as :meth:`FeatureExtractor.style`, exactly, for a catalogue style, 1×3×H×W."""
        key = self._key(extractor, image)
        style = self._in_memory.pop(key, None) or self._read(key)
        if style is None:
            style = extractor.style(image.to(self.network.device))
            self._write(key, style)
        self._in_memory[key] = style
        if len(self._in_memory) > MAX_IN_MEMORY:
            self._in_memory.popitem(last=False)
        return style

    def _key(self, extractor: FeatureExtractor, image: Tensor) -> str:
        """Digest everything that the last bit of a style depends on."""
        threads = torch.get_num_threads()  # each adds up its own part
        machine = f"{hardware(self.network.device)} {threads} {torch.__version__} {_code()}"
        precision = next(extractor.features.convolutions.parameters()).dtype
        statistics = {layer: each.name for layer, each in extractor.objective.statistics.items()}
        network = f"{self.network.fingerprint} {precision} {extractor.objective.pooling} {extractor.side}"
        digest = hashlib.sha256(f"{machine} {network} {statistics} {tuple(image.shape)}".encode())
        digest.update(image.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()[:32]

    def _read(self, key: str) -> Style | None:
        for file in self.folder.glob(f"{key}-*.safetensors"):
            try:
                data = file.read_bytes()
                if _digest(data) == file.stem.removeprefix(f"{key}-"):
                    style = _unpacked(load(data), self.network.device)
                    with contextlib.suppress(OSError):
                        os.utime(file)  # the least recently used is removed first
                    return style
                log.warning("%s is damaged; the style is computed again.", file)
                file.unlink(missing_ok=True)
            except OSError as error:
                log.info("A cached style cannot be read: %s", error)
        return None

    def _write(self, key: str, style: Style) -> None:
        data = save(_packed(style))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.folder / f"{key}-{_digest(data)}.safetensors", data)
            self._make_room()
        except OSError as error:
            log.info("A style cannot be cached: %s", error)

    def _make_room(self) -> None:
        """Remove the least recently used files, a killed worker's leftovers included."""
        kept = []
        for file in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another worker made room
                found = file.stat()
                kept.append((found.st_mtime_ns, found.st_size, file))
        total = sum(size for _, size, _ in kept)
        for _, size, file in sorted(kept):
            if total <= self.max_bytes:
                break
            file.unlink(missing_ok=True)
            total -= size


def _packed(style: Style) -> dict[str, Tensor]:
    return {
        f"{layer}.{number}": value.cpu().contiguous()
        for layer, values in style.items()
        for number, value in enumerate(values)
    }


def _unpacked(tensors: dict[str, Tensor], device: torch.device) -> Style:
    style: dict[str, tuple[Tensor, ...]] = {}
    for name in sorted(tensors):  # of the values of a layer, which are fewer than ten
        layer = name.rpartition(".")[0]
        style[layer] = (*style.get(layer, ()), tensors[name].to(device))
    return style


@cache
def _code() -> str:
    """Digest the painter itself: a style may change with any line of it."""
    painter = Path(__file__).parent / "painting"
    return _digest(b"".join(file.read_bytes() for file in sorted(painter.glob("*.py"))))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
