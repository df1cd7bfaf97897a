"""The cache of networks: one safetensors file each, named after the network and the content's digest."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from engine.errors import WeightsError
from engine.files import write_whole
from engine.networks import NETWORKS
from engine.weights.files import parse_safetensors
from engine.weights.state import Weights

log = logging.getLogger(__name__)


def from_cache(
    cache: Path, names: Iterable[str] = NETWORKS, *, remove_damaged: bool = True
) -> Weights | None:
    """Return the first of ``names`` that the cache holds undamaged, or None.

    Args:
        cache: the folder.
        names: networks in order of preference.
        remove_damaged: remove damaged files, so that they are downloaded again. Else the folder is only read.

    Raises:
        WeightsError: the folder or a file in it cannot be read.
    """
    for name in names:
        try:
            files = sorted(cache.glob(f"{name}-*.safetensors"))
        except OSError as error:
            raise WeightsError(f"{cache} cannot be read ({error.strerror}).") from error
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                raise WeightsError(f"{file} cannot be read ({error.strerror}).") from error
            if _digest(data) == file.stem.removeprefix(f"{name}-"):
                return Weights(name, parse_safetensors(data), str(file))
            log.warning("%s is damaged%s.", file, "; it is downloaded again" if remove_damaged else "")
            if remove_damaged:
                with suppress(OSError):
                    file.unlink(missing_ok=True)
    return None


def make_folder(cache: Path) -> None:
    """Make the folder of the cache: before a download, which would be in vain without it.

    Raises:
        WeightsError: it cannot be made, or not be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_be_stored(cache, error) from error
    if not os.access(cache, os.W_OK | os.X_OK):
        raise _cannot_be_stored(cache, PermissionError(0, "it cannot be written"))


def _cannot_be_stored(cache: Path, error: OSError) -> WeightsError:
    return WeightsError(f"The weights cannot be stored in {cache} ({error.strerror}).")


def store(cache: Path, networks: Mapping[str, Mapping[str, Tensor]]) -> Weights:
    """Store networks in the cache, and return the first. Without safetensors it is not stored.

    Raises:
        WeightsError: the cache cannot be written.
    """
    try:
        from safetensors.torch import save
    except ImportError:
        log.warning("safetensors is not installed, so the downloaded weights are not kept.")
        name, state = next(iter(networks.items()))
        return Weights(name, dict(state), "a download that was not kept")
    make_folder(cache)
    stored = []
    for name, state in networks.items():
        tensors = {key: value.contiguous() for key, value in state.items()}
        data = save(tensors)
        file = cache / f"{name}-{_digest(data)}.safetensors"
        try:
            write_whole(file, data)
        except OSError as error:
            raise _cannot_be_stored(cache, error) from error
        stored.append(Weights(name, tensors, str(file)))
    return stored[0]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
